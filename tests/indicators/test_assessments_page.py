"""The reading grid: articles against the five pillars, apart from every score of an actor."""

import pytest
from django.test import Client
from lxml import html

from indicators import seeding
from indicators.models import ArticleAssessment, Pillar, PillarPoints, Publication
from tests.factories import PUBLISHED_AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def grids(client: Client):
    """The text of each grid on the page, and of what is said of both together."""
    seeding.load(now=PUBLISHED_AT)

    def read(path: str = "/grille/") -> tuple[list[str], str]:
        tree = html.fromstring(client.get(path).content)
        told = [_text(each) for each in tree.find_class("grid")]
        return told, _text(tree.get_element_by_id("main"))

    return read


def _text(tree: html.HtmlElement) -> str:
    words = " ".join(tree.itertext()).replace("\u202f", " ").replace("\u00a0", " ").split()
    return " ".join(words)


def assess(
    assessor: str, points: list[float], *, declared: float | None, most: float = 10
) -> ArticleAssessment:
    row = ArticleAssessment.objects.create(
        publication=Publication.objects.get(slug="dixie-nvidia-partenariats"),
        framework="5 piliers, version 1",
        assessor=assessor,
        assessed_on="2026-11-01",
        declared_total=declared,
        declared_max=most,
    )
    for pillar, given in zip(Pillar.objects.all(), points, strict=False):
        PillarPoints.objects.create(
            assessment=row,
            pillar=pillar,
            points=given,
            sentence=f"Phrase <b>{pillar.name_fr}</b>",
            quote="« mot »",
        )
    return row


def test_a_declared_total_stands_alone_and_nothing_is_invented(grids) -> None:
    [grid], page = grids()
    assert grid.startswith("8 /10 déclaré, sans détail par pilier ; aucun n’est inventé")
    assert grid.count("non publié") == 5 + 1  # each pillar, and the date
    assert "Confusion entre innovation et monopolisation" in grid
    assert "auteur de l’appréciation non nommé" in grid
    assert "Une seule appréciation" in page and "n’entre dans aucune note de l’indice" in page
    assert "Ouvre-t-il des possibles, ou présente-t-il un destin ?" in page
    assert "declared, without a breakdown by pillar" in grids("/en/grille/")[0][0]


def test_two_assessors_are_compared_and_a_mismatch_is_shown_not_corrected(grids) -> None:
    assess("Ada", [2, 1.5, 1, 0.5, 0], declared=8)
    assess("Berthe", [2, 1.5, 1, 1, 1.5], declared=None)
    told, page = grids()
    ada, berthe = (next(each for each in told if name in each) for name in ("Ada", "Berthe"))
    assert ada.startswith("5 /10 calculé à partir des cinq piliers")
    assert "Écart : 8 déclaré, 5 calculé. Les deux sont affichés, aucun n’est corrigé." in ada
    assert "Souveraineté 2/2 Phrase <b>Souveraineté</b> « mot »" in ada
    assert berthe.startswith("7 /10") and "Écart" not in berthe
    assert "les mêmes points à 3 des 5 piliers ; leur plus grand écart est de 1,5" in page


def test_a_computed_total_is_of_ten_whatever_the_maximum_of_the_declared_one(grids) -> None:
    assess("Ada", [2, 1.5, 1, 0.5, 0], declared=10, most=20)
    ada = next(each for each in grids()[0] if "Ada" in each)
    assert ada.startswith("5 /10 calculé") and "Écart" not in ada


def test_no_total_is_computed_before_every_pillar_is_filled(grids) -> None:
    assess("Ada", [2, 1.5], declared=None)
    told, _page = grids()
    ada = next(each for each in told if "Ada" in each)
    assert ada.startswith("non publié")
    assert "calculé" not in ada
