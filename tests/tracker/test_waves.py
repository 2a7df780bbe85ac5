"""Waves: copies, a farm, a storm, among honest contributions; none of them moves anything that the public reads."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from indicators.models import Indicator, Status, StatusChange
from indicators.publishing import NewAssessment
from tests.factories import make_definition, make_indicator, make_user, verified
from tracker import consequences, moderation, waves
from tracker.models import Candidate, Contribution, Source, Wave
from tracker.receiving import Sent, receive

pytestmark = pytest.mark.django_db

PUBLIC = ("/", "/en/", "/indicateurs/1a/", "/indicateurs/2b/", "/api/v1/status/", "/flux/atom.xml")
TESTIMONIES = ("la salle blanche", "le centre de calcul", "notre laboratoire", "la régie", "une filiale")


@pytest.fixture(autouse=True)
def six() -> dict[str, Indicator]:
    rows = {code: make_indicator(code) for code in ("1a", "1b", "2a", "2b", "3a", "3b")}
    for row in rows.values():
        make_definition(row)
    return rows


def send(row: dict[str, Any], *, now: datetime) -> None:
    kind = {"example": "example", "counter": "counter_example"}[row["kind"]]
    sent = Sent(
        kind=kind,
        url=row["url"],
        indicator=Indicator.objects.get(code=row["indicator"]),
        statement=f"{row['title']}\n{row['summary']}",
    )
    receive(sent, address=row["ip"], now=now)


def row(number: int, **told: Any) -> dict[str, Any]:
    base = {"kind": "example", "indicator": "1a", "title": "", "summary": "", "ip": f"192.0.2.{number % 250}"}
    return base | {"url": f"https://site{number}.example/{number}"} | told


def copies(count: int) -> list[dict[str, Any]]:
    said = ("Notre ville a quitté ce nuage", "Ma ville n’y est plus !", "La ville est sortie du nuage")
    tails = ("?utm_source=x", "#haut", "/", "")
    return [
        row(
            number,
            indicator="2b",
            title=said[number % 3],
            url=f"https://www.tract.example/signez{tails[number % 4]}",
        )
        for number in range(count)
    ]


def farm(count: int) -> list[dict[str, Any]]:
    return [
        row(
            number,
            indicator="1b",
            kind="counter",
            title=f"Constat {number} : un seul fabricant de nouveau",
            summary=f"Chez S{number}, {TESTIMONIES[number % 5]} revient à une seule puce.",
            url=f"https://blog{number % 13}.grange.example/p/{number}",
        )
        for number in range(count)
    ]


def storm(count: int) -> list[dict[str, Any]]:
    return [
        row(
            number,
            indicator="3a",
            kind="counter",
            title=f"C’est faux ({number})",
            summary="Ce rapport est vide. Retirez cela." + " Honteux !" * (number % 3),
            url=f"https://salon{number}.example/fil/{number}",
        )
        for number in range(count)
    ]


def honest(count: int) -> list[dict[str, Any]]:
    said = [
        ("1a", "example", "Avis d’achat groupé", "Le lot 2 veut deux fabricants.", "avis"),
        ("1a", "counter", "Un marché sans concurrence", "L’attribution ne nomme qu’une marque.", "marches"),
        (
            "2b",
            "counter",
            "University renews its credits",
            "For three years, says the press release.",
            "univ",
        ),
        ("3a", "example", "Rapport annuel avec une section", "Pages 112 à 118.", "ir"),
        ("1b", "example", "Une jeune pousse lyonnaise", "Trois modèles sont publiés.", "presse"),
        ("3b", "counter", "L’indice n’est plus à jour", "Dernière édition il y a deux ans.", "indice"),
        ("2b", "example", "Travaux pratiques sur le calculateur régional", "La plaquette le dit.", "fac"),
        ("3a", "counter", "Annual report without a section", "No supplier is named.", "10k"),
        ("1b", "counter", "Startup abandons its chips", "Back to one vendor, says its blog.", "blog"),
        ("2a", "counter", "Le règlement l’oublie", "Seul le nuage privé est admis.", "appel"),
    ]
    return [
        row(
            number,
            indicator=said[number % 10][0],
            kind=said[number % 10][1],
            title=f"{said[number % 10][2]} ({2024 + number % 3})",
            summary=said[number % 10][3],
            url=f"https://{said[number % 10][4]}.example/{number}",
        )
        for number in range(count)
    ]


def public(client: Client) -> list[bytes]:
    pages = [client.get(path) for path in PUBLIC]
    assert {page.status_code for page in pages} == {200}
    return [page.content for page in pages]


def brigade(now: datetime) -> None:
    for each in copies(60):
        send(each, now=now - timedelta(days=2))
    for number, each in enumerate(farm(60)):
        send(each, now=now - timedelta(days=10) + timedelta(hours=3 * number))
    for number, each in enumerate(storm(40)):
        send(each, now=now - timedelta(hours=5) + timedelta(seconds=40 * number))
    for number, each in enumerate(honest(120)):
        send(each, now=now - timedelta(days=3) + timedelta(minutes=20 * number))


def test_three_waves_are_flagged_as_three_and_nobody_honest_is(client: Client, now: datetime) -> None:
    brigade(now)
    assert waves.find(now=now) == 3

    told = list(Wave.objects.order_by("began_at").values_list("kind", "indicator__code", "host", "size"))
    assert told == [("farm", "1b", "grange.example", 60), ("copies", "2b", "tract.example", 60), ("reaction", "3a", "", 40)]  # fmt: skip
    assert Contribution.objects.filter(wave=None).count() == 120
    assert not Contribution.objects.filter(wave=None, document__candidates__consequence=-1).exists()
    levels = Candidate.objects.filter(document__contribution__wave__isnull=False).values_list(
        "consequence", flat=True
    )
    assert set(levels) == {Candidate.Consequence.HELD}
    consequences.weigh(now=now)
    assert set(levels.all()) == {Candidate.Consequence.HELD}
    assert {each.consequence for each in Candidate.objects.waiting(now)[:120]} != {Candidate.Consequence.HELD}


def test_finding_again_changes_nothing_and_what_comes_later_joins(now: datetime) -> None:
    for each in copies(20):
        send(each, now=now)
    waves.find(now=now)
    first = list(Wave.objects.values())
    waves.find(now=now)
    assert list(Wave.objects.values()) == first
    send(copies(21)[-1], now=now + timedelta(days=1))
    waves.find(now=now + timedelta(days=1))
    assert list(Wave.objects.values_list("pk", "size")) == [(first[0]["id"], 21)]


def test_no_number_of_contributions_moves_what_the_public_reads(client: Client, now: datetime) -> None:
    before = public(client)
    statuses, changes = list(Status.objects.values()), StatusChange.objects.count()
    brigade(now)
    waves.find(now=now)
    consequences.weigh(now=now)
    assert (list(Status.objects.values()), StatusChange.objects.count()) == (statuses, changes)
    assert public(client) == before


def test_fewer_than_a_wave_are_none(now: datetime) -> None:
    for each in [*copies(waves.LEAST - 1), *farm(waves.LEAST - 1), *storm(waves.LEAST - 1)]:
        send(each, now=now)
    assert waves.find(now=now) == 0


def test_many_different_texts_on_a_site_that_we_watch_are_none(now: datetime) -> None:
    Source.objects.create(
        slug="boamp", name="B", publisher="B", url="https://www.boamp.example/flux", format="feed", tier=1
    )
    for number in range(20):
        send(
            row(number, title=f"{chr(97 + number) * 5} marché", url=f"https://boamp.example/{number}"),
            now=now,
        )
    assert waves.find(now=now) == 0
    Source.objects.filter(slug="boamp").delete()
    assert waves.find(now=now) == 1


def test_one_of_a_wave_is_published_by_two_moderators_only(now: datetime) -> None:
    for each in copies(20):
        send(each, now=now)
    alice, bob = make_user("alice"), make_user("bob")
    candidates = list(Candidate.objects.order_by("pk"))
    for each in candidates[:2]:
        document = each.document
        document.text = "La ville est sortie du nuage."
        document.save()
    alone = accept(candidates[0], by=alice, now=now)
    waves.find(now=now)
    decision = accept(candidates[1], by=alice, now=now)
    candidates[1].refresh_from_db()
    assert (alone.verdict, decision.verdict, candidates[1].state) == ("accepted", "proposed", "proposed")
    with pytest.raises(moderation.NotYoursToConfirmError):
        moderation.confirm(candidates[1], by=alice, now=now)
    assert moderation.confirm(candidates[1], by=bob, now=now).verdict == "accepted"


def accept(candidate: Candidate, *, by: Any, now: datetime) -> Any:
    event = {"kind": "tender", "title_fr": "Sortie", "owner": str(candidate.pk), "occurred_on": now.date()}
    told = NewAssessment(indicator=candidate.indicator, stance="supports", directness="direct", rung=2)
    citation = {"quote": "sortie du nuage"}
    return moderation.accept(candidate, event=event, citation=citation, assessments=[told], by=by, now=now)


def test_the_panel_shows_waves_and_freezes(client: Client, now: datetime) -> None:
    for each in copies(20):
        send(each, now=now)
    waves.find(now=now)
    team = verified(client, make_user("root", is_staff=True, is_superuser=True))
    wave = Wave.objects.get()
    assert f"?wave={wave.pk}" in team.get("/admin/tracker/wave/").content.decode()
    queue = team.get(f"/admin/tracker/candidate/?wave={wave.pk}").content.decode()
    assert queue.count('class="queue-row') == 20
    assert "partie d’une vague" in queue
    one = team.get(f"/admin/tracker/candidate/{Candidate.objects.first().pk}/change/").content.decode()
    assert "tract.example" in one
    added = team.post(
        "/admin/tracker/freeze/add/", {"indicator": Indicator.objects.first().pk, "reason": "Vague"}
    )
    assert added.status_code == 302
    assert "Vague" in team.get("/admin/tracker/freeze/").content.decode()


def test_the_corpus(now: datetime, shared: Path) -> None:
    lines = map(json.loads, (shared / "data/hostile/submissions.jsonl").read_text().splitlines())
    wanted = [each for each in lines if each["label"].startswith("brigade") or each["label"] == "ham"]
    began = now - timedelta(days=20)
    for each in sorted(wanted, key=lambda each: each["t"]):
        send(each, now=began + timedelta(seconds=each["t"]))
    waves.find(now=now)
    assert Wave.objects.count() == 3
    flagged = Contribution.objects.exclude(wave=None)
    assert flagged.count() == sum(each["label"] != "ham" for each in wanted)
    assert not flagged.filter(document__url__contains=".example").exists()


@given(st.lists(st.text(max_size=40), max_size=30))
def test_no_words_make_it_fail(texts: list[str]) -> None:
    sent = [
        waves._Sent(
            pk=n,
            wave=None,
            indicator=None,
            stance="",
            page="",
            host="",
            words=waves._words(text),
            at=datetime.now(UTC),
        )
        for n, text in enumerate(texts)
    ]
    groups = list(waves._groups(sent))
    assert sorted(each.pk for group in groups for each in group) == list(range(len(texts)))
