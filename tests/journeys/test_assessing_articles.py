"""An article judged against the five pillars, typed by an editor: form, ledger, page; corrected by a new version."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client

from indicators import public
from indicators.models import ArticleAssessment, LedgerEntry
from tests.journeys.test_deal_to_registry import typed
from tests.journeys.test_editors import editor
from tests.tracker.test_receipt import words

ADD = "/admin/indicators/articleassessment/add/"
PILLARS = ("souverainete", "imprevisibilite", "mobilite", "factualite", "solidarite")
ARTICLE = {
    "url": "https://journal.example/puces", "source_title": "Les puces", "publisher": "Le Journal", "source_kind": "press",
    "published_on": "2026-10-01", "language": "fr", "framework": "5 piliers de la liberté, version 1", "assessor": "Ada",
    "assessed_on": "2026-11-01",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _seeded(db: None) -> None:
    call_command("seed", stdout=StringIO())


def points(*given: str) -> dict[str, str]:
    told = dict(zip(PILLARS, given, strict=False))
    said = {
        name: {"points": each, "sentence": f"Phrase {each}", "quote": "un mot"}
        for name, each in told.items()
        if each
    }
    return {f"{part}_{name}": value for name, parts in said.items() for part, value in parts.items()}


def entered(told: dict[str, Any], *, address: str = ADD) -> None:
    answer = editor("ada").post(address, told)
    assert answer.status_code == 302, answer.context["form"].errors


def test_two_assessors_stand_side_by_side_and_a_mismatch_is_shown() -> None:
    lists = {
        "vigilance_fr": "Une phrase\nUne autre",
        "vigilance_en": "One\nAnother",
        "open_points_fr": "?",
        "open_points_en": "?",
    }
    total = {"declared_total": "8", "declared_max": "10", "quote": "huit sur dix"}
    entered(ARTICLE | points("2", "1.5", "1", "0.5", "0") | lists | total)
    entered(ARTICLE | {"assessor": "Berthe"} | points("2", "1.5", "1", "1"))
    shown = words(Client(), "/grille/")
    assert "Écart : 8 déclaré, 5 calculé." in shown
    assert "les mêmes points à 3 des 4 piliers ; leur plus grand écart est de 0,5" in shown
    assert "Une autre" in shown
    first = ArticleAssessment.objects.get(assessor="Ada")
    last = LedgerEntry.objects.filter(subject=f"articleassessment/{first.pk}").get()
    assert json.loads(last.body) == public.body_of(first)
    assert [each["points"] for each in json.loads(last.body)["points"]] == ["2", "1.5", "1", "0.5", "0"]

    address = f"/admin/indicators/articleassessment/{first.pk}/change/"
    form = typed(editor("ada").get(address).context["form"])
    assert (form["points_factualite"], form["vigilance_fr"]) == ("0.5", "Une phrase\nUne autre")
    entered(form | {"points_solidarite": "2", "reason": "Une page n’avait pas été lue."}, address=address)
    shown = words(Client(), "/grille/")
    assert "Une page n’avait pas été lue." in shown
    assert "Écart : 8 déclaré, 7 calculé." in shown
    assert ArticleAssessment.objects.filter(publication__url=ARTICLE["url"]).standing().count() == 2
    subjects = list(LedgerEntry.objects.order_by("-number").values_list("kind", "subject")[:2])
    second = ArticleAssessment.objects.get(supersedes=first)
    assert subjects == [
        ("corrected", f"articleassessment/{first.pk}"),
        ("published", f"articleassessment/{second.pk}"),
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        ArticleAssessment.objects.filter(pk=first.pk).update(assessor="Zoé")


def test_what_makes_no_sense_is_refused_in_words_and_a_declared_total_may_stand_alone() -> None:
    for wrong, told in (
        ({}, "Donnez des points"),
        ({"points_mobilite": "1"}, "Dites pourquoi"),
        ({"points_mobilite": "3", "sentence_mobilite": "x", "quote_mobilite": "x"}, "choix"),
        ({"sentence_mobilite": "x"}, "que cette phrase explique"),
        ({"declared_total": "8"}, "avec son maximum"),
        ({"declared_total": "12", "declared_max": "10"}, "dépasse"),
        ({"declared_total": "8", "declared_max": "10", "vigilance_fr": "Seule"}, "Autant de lignes"),
    ):
        answer = editor("ada").post(ADD, ARTICLE | wrong)
        assert answer.status_code == 200, wrong
        assert told in answer.content.decode(), wrong
    assert ArticleAssessment.objects.count() == 1
    entered(ARTICLE | {"declared_total": "8", "declared_max": "10"})
    again = editor("ada").post(ADD, ARTICLE | {"declared_total": "9", "declared_max": "10"})
    assert "par une nouvelle version" in again.content.decode()
    assert "8/10 déclaré, sans détail par pilier" in words(Client(), "/grille/")
    assert editor("mo", "moderator").get(ADD).status_code == 403
