from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from indicators.models import Measure
from tests.factories import make_definition, make_indicator
from tracker.coverage import measures, record_coverage
from tracker.health import note_day
from tracker.models import Document, HubSubscription, MatchRule, Source

pytestmark = pytest.mark.django_db


def make_source(slug: str, **fields: Any) -> Source:
    defaults = {
        "name": f"Source {slug}",
        "format": "feed",
        "url": f"https://{slug}.example/feed",
        "publisher": "Éditeur",
        "tier": 1,
    }
    return Source.objects.create(**{"slug": slug} | defaults | fields)


def make_document(source: Source, number: int, *, days_ago: int) -> Document:
    seen = timezone.now() - timedelta(days=days_ago)
    return Document.objects.create(
        source=source,
        external_id=str(number),
        kind="article",
        first_seen_at=seen,
        last_seen_at=seen,
        fingerprint=str(number),
    )


def watch(client: Client, path: str = "/veille/") -> html.HtmlElement:
    response = client.get(path)
    assert response.status_code == 200
    return html.fromstring(response.content)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def test_each_source_shows_its_health_its_interest_and_what_it_brought(client: Client) -> None:
    source = make_source(
        "anr",
        interest_note_fr="publie ses appels",
        licence="CC BY",
        country="FR",
        last_success_at=timezone.now(),
    )
    source.indicators.add(make_indicator("2a"))
    make_document(source, 1, days_ago=2)
    make_document(source, 2, days_ago=40)
    shown = words(watch(client).get_element_by_id("s-anr"))
    for said in (
        "répond",
        "1 document en 30 jours",
        "intérêt : publie ses appels",
        "licence : CC BY",
        "2a",
        "France",
    ):
        assert said in shown


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("degraded", "répond par moments"),
        ("failing", "ne répond pas"),
        ("paused", "suspendue par nous"),
        ("gone", "disparue"),
        ("active", "pas encore lue"),
    ],
)
def test_the_health_of_a_source_is_said_in_words(client: Client, state: str, said: str) -> None:
    make_source("x", state=state)
    assert said in words(watch(client).get_element_by_id("s-x"))


def test_a_source_that_is_a_local_file_is_nobody_elses_business(client: Client) -> None:
    make_source("here", state="local", url="file:///feed")
    assert watch(client).find_class("health") == []


def test_a_source_that_answers_without_bringing_what_was_expected_is_silent(client: Client) -> None:
    make_source("mute", expected_per_week=3, last_success_at=timezone.now())
    make_source("rare", last_success_at=timezone.now())
    make_source("paused", expected_per_week=3, last_success_at=timezone.now(), state="paused")
    links = watch(client).xpath("//section[@aria-labelledby='silences']//a/@href")
    assert links == ["#s-mute"]


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [
        ((40, 42, 44, 46, 48), "aucune entrée depuis 40 jours, d’habitude une tous les 2 jours"),
        ((9, 9, 10, 10, 11), "aucune entrée depuis 9 jours, d’habitude une par jour ou plus"),
        ((6, 7, 8, 9, 10), None),
        ((40, 60, 80, 100, 120), None),
        ((40, 42, 44, 46), None),
    ],
)
def test_a_silence_is_told_by_what_the_source_usually_brings(
    client: Client, days_ago: tuple[int, ...], said: str | None
) -> None:
    source = make_source("x", last_success_at=timezone.now())
    for number, days in enumerate(days_ago):
        make_document(source, number, days_ago=days)
    section = words(watch(client).xpath("//section[@aria-labelledby='silences']")[0])
    assert (said in section) if said else ("aucune entrée" not in section)
    assert ("Aucune source de cette page" in section) is (said is None)


def test_what_came_is_told_beside_what_usually_comes(client: Client) -> None:
    source = make_source("x", last_success_at=timezone.now())
    for number in range(10):
        make_document(source, number, days_ago=10 * number)
    shown = words(watch(client).get_element_by_id("s-x"))
    assert "3 documents en 30 jours, pour environ 3 d’habitude" in shown


def test_why_a_source_does_not_answer_is_said_without_what_its_server_wrote(client: Client) -> None:
    source = make_source("x", state="failing", failures=6, last_success_at=timezone.now())
    for hour, kind in ((2, "dns"), (1, "timeout")):
        source.fetches.create(
            started_at=timezone.now() - timedelta(hours=hour),
            outcome="failed",
            error_kind=kind,
            error="<b>secret</b>",
        )
    shown = words(watch(client).get_element_by_id("s-x"))
    assert "ne répond pas (trop lente)" in shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("format", "said", "mark"),
    [
        ("feed", "flux ·", "#by-feed"),
        ("page", "liens d’une page ·", "#by-page"),
        ("page_text", "texte d’une page ·", "#by-page"),
        ("ted", "question à un service – Recherche TED (API v3) ·", "#by-question"),
        ("ted_package", "fichier – Paquet quotidien de TED (tar.gz) ·", "#by-file"),
    ],
)
def test_by_what_a_source_is_asked_is_said_with_a_mark(
    client: Client, format: str, said: str, mark: str
) -> None:
    make_source("a", format=format, state="paused")
    source = watch(client).get_element_by_id("s-a")
    assert said in words(source)
    assert source.xpath(".//use/@href") == [mark]


@pytest.mark.parametrize(
    ("promise", "said"),
    [({}, True), ({"silent_since": timezone.now()}, False), ({"verified_until": timezone.now()}, False)],
    ids=["kept", "broken", "over"],
)
def test_who_tells_us_at_once_is_named_as_long_as_the_promise_is_kept(
    client: Client, promise: dict[str, Any], said: bool
) -> None:
    now = timezone.now()
    told = {"state": "verified", "ask_at": now, "verified_at": now, "verified_until": now + timedelta(days=3)}
    hub = {"source": make_source("a"), "hub": "https://hub.example/x?secret", "topic": "https://a.example/"}
    HubSubscription.objects.create(**hub | told | promise)
    text = words(watch(client).get_element_by_id("s-a"))
    assert ("son hub nous prévient aussitôt (hub.example)" in text) is said
    assert "secret" not in text


def test_where_a_source_has_moved_to_is_said(client: Client) -> None:
    moved = {"moved_to": "https://b.example/feed", "moved_times": 5}
    make_source("a", state="paused", **moved)
    make_source("b")
    make_source("c", moved_to="https://d.example/feed", moved_times=1)
    tree = watch(client)
    merged, other = (words(tree.get_element_by_id(name)) for name in ("s-a", "s-c"))
    assert "réunie à une autre source" in merged
    assert "a déménagé : Source b, qui continue pour elle" in merged
    assert "nous renvoie vers : https://d.example/feed" in other


def test_many_sources_stand_on_several_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.contribute.views.PAGE", 2)
    for number in range(3):
        make_source(f"s{number}")
    first, second = watch(client), watch(client, "/veille/?page=2")
    assert [each.get("id") for each in (*first.find_class("piece"), *second.find_class("piece"))] == [
        "s-s0",
        "s-s1",
        "s-s2",
    ]
    assert first.xpath("//a[@rel='next']/@href") == ["?page=2#sources"]
    assert "3 sources" in words(second)
    assert client.get("/veille/?page=3").status_code == 400


@pytest.mark.parametrize(
    ("read", "said"), [(71, "insuffisante : si rien"), (72, "suffisante : « Rien trouvé »")]
)
def test_the_coverage_says_what_it_decides(client: Client, read: int, said: str) -> None:
    source, now = make_source("x", last_success_at=timezone.now()), timezone.now()
    indicator = make_indicator("1a")
    make_definition(indicator)
    source.indicators.add(indicator)
    Measure.objects.bulk_create(measures())
    for day in range(read):
        note_day(source, now=now - timedelta(days=day))
    source.save()
    record_coverage(now=now)
    assert said in words(watch(client).get_element_by_id("i1a"))


def test_the_rules_at_work_are_shown_without_a_precision_that_nobody_measured(client: Client) -> None:
    for slug, state in (("diversification", "active"), ("retraite", "retired")):
        rule = MatchRule.objects.create(
            slug=slug, title_fr=f"Règle {slug}", title_en=slug, definition={}, state=state
        )
    rule.indicators.add(make_indicator())
    rows = watch(client).xpath("//section[@aria-labelledby='rules']//tbody/tr")
    assert [words(row) for row in rows] == [
        "Règle diversification version 1exempletrop peu de décisions pour le dire"
    ]


def test_the_page_exists_in_english(client: Client) -> None:
    make_source("x", tier=3)
    tree = watch(client, "/en/veille/")
    assert tree.get("lang") == "en"
    assert "not read yet" in words(tree.get_element_by_id("s-x"))


def test_the_number_of_queries_does_not_depend_on_the_number_of_sources(
    client: Client, django_assert_max_num_queries
) -> None:
    counts = []
    for number in range(3):
        make_document(make_source(f"s{number}"), number, days_ago=1)
        if number != 1:
            with django_assert_max_num_queries(12) as queries:
                watch(client)
            counts.append(len(queries))
    assert counts[0] == counts[1]
