"""The page of an actor: what is known, what is not, and what is never made up; a deal over time."""

from datetime import date, datetime

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from lxml import html

from indicators import seeding
from indicators.models import Actor, Answer, Deal, DealEvent, LegAmount, Publication, Reply, Statement
from indicators.site import deal_charts
from tests.factories import PUBLISHED_AT
from tests.indicators.test_circuits_pages import make_leg, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded() -> None:
    seeding.load(now=PUBLISHED_AT)


def read(client: Client, path: str) -> html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()
    return html.fromstring(answer.content)


def rows(tree: html.HtmlElement, section: str) -> list[str]:
    found = tree.cssselect(f"section[aria-labelledby={section}] tbody tr")
    return [" ".join(text(cell) for cell in row) for row in found]


def test_exposure_stands_with_both_horizons_and_the_published_figure(seeded: None, client: Client) -> None:
    openai = rows(read(client, "/registre/acteurs/openai/"), "exposure")
    assert openai[0].startswith("selon la source")
    assert "79x 1 000 Md$" in openai[0]
    assert openai[1].startswith("recalculé avec le total déclaré 78,74x 1 000 Md$")
    assert "horizon non indiqué" in openai[1]
    assert "2025 (prévu)" in openai[1]
    assert "de 27,55x à 36,53x de 349,9 Md$ à 463,9 Md$" in openai[2]
    oracle = " ".join(rows(read(client, "/registre/acteurs/oracle/"), "exposure"))
    assert all(told in oracle for told in ("6,5x", "6,54x", "le même, pour une année 1,31x", "0,77x"))
    assert "0,44x" in " ".join(rows(read(client, "/registre/acteurs/meta/"), "exposure"))


def test_dependence_is_told_between_bounds_and_twice(seeded: None, client: Client) -> None:
    page = read(client, "/registre/acteurs/openai/")
    told = rows(page, "dependence")
    assert any("de 0,47 à 0,75 de 0,08 à 0,9" in row for row in told)
    assert any("ne s’applique pas" in row for row in told)
    nvidia = read(client, "/registre/acteurs/nvidia/")
    assert any("jusqu’à 100 Md$" in row for row in rows(nvidia, "dependence"))
    assert len(nvidia.cssselect("section[aria-labelledby=circuits] li")) == 2
    assert "Nvidia finance OpenAI" in text(nvidia)
    unit = read(client, "/registre/acteurs/aws/")
    assert "OpenAI paie AWS" in text(unit)
    assert "Les circuits et la matrice la comptent avec Amazon" in text(unit)


def test_what_nobody_told_is_never_zero_and_nothing_is_made_up(client: Client, now: datetime) -> None:
    poor = Actor.objects.create(slug="poor", name="Poor", kind="company")
    rich = Actor.objects.create(slug="rich", name="Rich", kind="company")
    Actor.objects.create(slug="silent", name="Silent", kind="company")
    make_leg("untold", poor, rich)
    make_leg("told", poor, rich, flow="F", lo=10**9, hi=10**9)
    gone = make_leg("gone", rich, poor, lo=10**9, hi=10**9)
    Deal.objects.filter(pk=gone.deal_id).update(status="cancelled")
    source = Publication.objects.create(
        slug="source", title="Bilan", published_on=date(2026, 1, 1), language="fr"
    )
    for field, value in (("revenue", "0"), ("commitments_total_declared", "5000000000")):
        Statement.objects.create(
            slug=f"poor-{field}", actor=poor, field=field, value=value, unit="USD", publication=source, quote="5", claim="reported"
        )  # fmt: skip

    page = read(client, "/registre/acteurs/poor/")
    assert "infini : il n’y a pas de revenus" in text(page)
    [untold] = page.cssselect("svg .purchase .perhaps")
    assert "Z" not in untold.get("d")  # its end is open
    assert "P ?" in [text(each) for each in page.cssselect("svg text.sum")]
    assert "n’est pas en vigueur : annulé 1" in text(page)
    assert not any("gone" in row for row in rows(page, "money"))

    silent = text(read(client, "/registre/acteurs/silent/"))
    assert "C’est ce que nous savons, pas la preuve qu’il n’y en a pas." in silent
    assert "aucune donnée" in silent
    assert client.get("/registre/acteurs/nobody/").status_code == 404


def test_searched_and_not_found_is_not_the_same_as_not_searched(
    client: Client, django_user_model: type[User], now: datetime
) -> None:
    actor = Actor.objects.create(slug="one", name="One", kind="company")
    Answer.objects.create(
        slug="one/report", actor=actor, question="annual_report_published", found="no", recorded_at=now,
        searched_on=date(2026, 11, 1), searched_in="le site de One",
    )  # fmt: skip
    editor = django_user_model.objects.create(username="editor")
    Reply.objects.create(
        actor=actor, party="One SA", text="Nous publions un rapport.", received_at=PUBLISHED_AT,
        published_at=PUBLISHED_AT, published_by=editor,
    )  # fmt: skip
    page = read(client, "/registre/acteurs/one/")
    answers = [text(each) for each in page.cssselect(".answers dt")]
    assert answers.count("cherché et non trouvé") == 1
    assert answers.count("pas cherché") == len(answers) - 1 == 13
    assert "Cherché le 1er nov. 2026 dans : le site de One." in text(page)
    assert "Nous publions un rapport." in text(page)


def test_a_deal_over_time_draws_what_is_known_and_tells_the_rest() -> None:
    one = Actor.objects.create(slug="one", name="One", kind="company")
    other = Actor.objects.create(slug="other", name="Other", kind="company")
    leg = make_leg("deal", one, other, lo=0, hi=100 * 10**9)
    deal = leg.deal
    assert deal_charts.timeline(deal) is None
    deal.announced = "2025-09"
    deal.save()
    LegAmount.objects.create(
        leg=leg, stage="announced", since="2026-03-01", basis="exact", lo=40 * 10**9, hi=40 * 10**9, currency="USD"
    )  # fmt: skip
    LegAmount.objects.create(leg=leg, stage="disbursed", basis="undisclosed", lo=0)
    DealEvent.objects.create(deal=deal, happened="2026-04", status="cancelled")

    drawn = deal_charts.timeline(Deal.objects.get(pk=deal.pk))
    assert drawn is not None
    assert [stage.name for stage in drawn.stages] == ["annoncé"]
    assert [(mark.number, mark.event.status) for mark in drawn.marks] == [(1, "announced"), (2, "cancelled")]
    assert [year for _x, year in drawn.ticks] == [2026]
    page = html.fromstring(render_to_string("partials/deal_timeline.html", {"timeline": drawn}))
    table = [" ".join(text(cell) for cell in row) for row in page.cssselect("tbody tr")]
    assert "1er mars 2026 annoncé : 40 Md$" in table
    assert "date non publiée versé : non publié" in table
    assert len(page.cssselect("svg circle")) == 2
