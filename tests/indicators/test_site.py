import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import get_resolver
from lxml import html
from pytest_django.asserts import assertRedirects

from indicators import publishing
from indicators.models import Assessment, Evidence, Indicator, Measure, Publication, Status
from tests.factories import make_definition, make_evidence, make_indicator, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)  # in the past of every reader: pages read the real clock
PAGES = [
    "/",
    "/actions/action-a1/",
    "/indicateurs/1a/",
    "/preuves/",
    "/preuves/1/",
    "/methode/",
    "/registre/",
    "/journal/verifier/",
]


@pytest.fixture
def indicator() -> Indicator:
    row = make_indicator(
        statement_fr="les premiers appels d'offres européens incluront des clauses",
        statement_en="the first European calls for tenders include clauses",
    )
    make_definition(row)
    return row


@pytest.fixture
def page(client: Client):
    """The text of a page as a reader sees it, white space folded; its status must be the one expected."""

    def read(path: str, status: int = 200) -> str:
        response = client.get(path)
        assert response.status_code == status
        main = html.fromstring(response.content).get_element_by_id("main")
        return " ".join(main.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())

    return read


def publish(
    indicator: Indicator, *, rung: int = 1, stance: str = "supports", now: datetime = NOW, **fields
) -> Evidence:
    event = {
        "kind": "tender",
        "title_fr": "Un appel d'offres",
        "occurred_on": now.date(),
        "owner": "GENCI",
        "country": "FR",
    }
    return publishing.publish(
        event | fields,
        citations=[
            publishing.NewCitation(
                url="https://buyer.example/notice",
                publisher="Journal officiel",
                title="Avis",
                quote="au moins deux fabricants",
                tier=1,
                independence_group="état",
                snapshot_sha256="0" * 64,
            )
        ],
        assessments=[
            publishing.NewAssessment(
                indicator=indicator,
                stance=stance,
                directness="direct",
                rung=rung if stance == "supports" else None,
            )
        ],
        by=make_user(),
        now=now,
    )


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_its_language_with_its_twin_and_without_anything_inline(
    client: Client, indicator: Indicator, prefix: str, path: str
) -> None:
    make_evidence(assessments=[{"indicator": indicator}])
    response = client.get(prefix + path)
    tree = html.fromstring(response.content)
    twins = {link.get("hreflang"): link.get("href") for link in tree.iterfind(".//link[@hreflang]")}
    assert response.status_code == 200
    assert tree.get("lang") == ("en" if prefix else "fr")
    assert twins == {
        "fr": settings.SITE_URL + path,
        "en": settings.SITE_URL + "/en" + path,
        "x-default": settings.SITE_URL + path,
    }
    assert not tree.xpath("//@style | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]")
    assert not response.cookies
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert len(tree.findall(".//h1")) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_nothing_of_another_site(client: Client, indicator: Indicator, path: str) -> None:
    make_evidence(assessments=[{"indicator": indicator}])
    tree = html.fromstring(client.get(path).content)
    asked = tree.xpath(
        "//img/@src | //source/@srcset | //link[not(@rel='canonical' or @rel='alternate')]/@href"
    )
    assert [address for address in asked if not address.startswith("/static/")] == []


def test_home_says_the_sentence_and_its_answer(page, indicator: Indicator) -> None:
    publish(indicator)
    sentence = "On saura que ça marche quand les premiers appels d'offres européens incluront des clauses."
    answer = "Pas encore — Signal. 1 exemple, 0 contre-exemple · dernière preuve : 20 oct. 2026"
    assert f"{sentence} {answer}" in page("/")
    sentence = "We will know it works when the first European calls for tenders include clauses."
    assert f"{sentence} Not yet — Signal. 1 example, 0 counter-examples · last evidence: 20 Oct 2026" in page(
        "/en/"
    )


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        (0, "Rien trouvé."),
        (1, "Pas encore — Signal."),
        (2, "Pas encore — Amorcé."),
        (3, "Ça commence — Première occurrence."),
        (4, "Oui — Atteint."),
        (5, "Oui — Installé."),
    ],
)
def test_each_rung_has_its_words(page, indicator: Indicator, rung: int, words: str) -> None:
    set_status(indicator, rung=rung)
    assert words in page("/")
    assert words in page("/indicateurs/1a/")


def test_nothing_found_by_a_blind_watch_is_not_an_answer(page, indicator: Indicator) -> None:
    set_status(indicator, rung=0, flags=["blind"])
    assert "On ne sait pas." in page("/")


def test_home_says_what_was_watched_or_that_nobody_measured(page, indicator: Indicator) -> None:
    assert "Sources surveillées, avis lus : pas encore mesuré." in page("/")
    for code, numerator in (("sources-watched", 61), ("documents-read", 1240)):
        Measure.objects.create(code=code, name_fr=code, name_en=code)
        publishing.observe(
            code,
            period=(date(2026, 10, 1), date(2026, 10, 19)),
            numerator=numerator,
            denominator=None,
            now=NOW,
        )
    assert "61 sources surveillées, 1 240 avis lus ce mois-ci." in page("/")


def test_an_indicator_page_shows_why_with_the_numbers_of_the_evidence(page, indicator: Indicator) -> None:
    publish(indicator, rung=3)
    text = page("/indicateurs/1a/")
    assert "3. Première occurrence ✓ tient Un cas" in text
    assert (
        "Au moins 1 exemple confirmé au palier « Première occurrence » ou au-dessus : 1 trouvé (n° 1)."
        in text
    )
    assert "Ce qui manque pour « Atteint » 1 exemple de plus" in text
    assert "Sans la n° 1, la réponse serait « Rien trouvé »." in text


def test_examples_and_counter_examples_stand_side_by_side(client: Client, indicator: Indicator) -> None:
    publish(indicator, title_fr="Pour")
    publish(indicator, stance="contradicts", title_fr="Contre")
    columns = html.fromstring(client.get("/indicateurs/1a/").content).find_class("columns")[0]
    assert [section.xpath("string(.//*[@class='title'])") for section in columns] == ["Pour", "Contre"]


def test_a_withdrawn_measure_of_the_past_shows_again_as_of_then(page, indicator: Indicator) -> None:
    evidence = publish(indicator, now=NOW - timedelta(days=20))
    publishing.retract(evidence, reason="mal lue", by=make_user(), now=NOW - timedelta(days=10))
    assert "Pas encore — Signal." not in page("/")
    then = (NOW - timedelta(days=15)).date()
    text = page(f"/?known_at={then}")
    assert "Pas encore — Signal. 1 exemple" in text


def test_home_says_since_when_an_answer_is_up_or_down(page, indicator: Indicator) -> None:
    publishing.recompute([indicator], cause="time_passed", now=NOW - timedelta(days=10))
    evidence = publish(indicator)
    assert "en hausse depuis le 20 oct. 2026" in page("/")
    publishing.retract(evidence, reason="mal lue", by=make_user(), now=NOW + timedelta(days=1))
    assert "en baisse depuis le 21 oct. 2026" in page("/")


def test_a_long_column_shows_the_newest_fifty_and_leads_to_all(client: Client, indicator: Indicator) -> None:
    for number in range(1, 52):
        make_evidence(number, citations=(), assessments=[{"indicator": indicator}])
    examples, _ = html.fromstring(client.get("/indicateurs/1a/").content).find_class("columns")[0]
    assert len(examples.find_class("piece")) == 50
    assert examples.xpath("./p/a/@href") == ["/preuves/?indicator=1a&stance=supports"]


def test_an_evidence_read_again_under_a_new_definition_is_shown_once(
    client: Client, indicator: Indicator
) -> None:
    evidence = make_evidence(assessments=[{"indicator": indicator}])
    Assessment.objects.create(
        evidence=evidence,
        indicator=indicator,
        definition=make_definition(indicator, version=2),
        stance="contradicts",
        directness="direct",
    )
    examples, against = html.fromstring(client.get("/indicateurs/1a/").content).find_class("columns")[0]
    assert (len(examples.find_class("piece")), len(against.find_class("piece"))) == (0, 1)


def test_a_page_of_the_past_says_so_and_links_back(client: Client, indicator: Indicator) -> None:
    tree = html.fromstring(client.get("/indicateurs/1a/?as_of=2026-10-14").content)
    banner = tree.find_class("banner")[0]
    assert "14 oct. 2026" in banner.text_content()
    assert banner.find(".//a").get("href") == "/indicateurs/1a/"


@pytest.mark.parametrize(
    ("path", "name", "accepted"),
    [
        ("/?as_of=hier", "as_of", "écrit 2026-10-14"),
        ("/?as_of=2999-01-01", "as_of", "écrit 2026-10-14"),
        ("/?as_of=0001-01-01", "as_of", "écrit 2026-10-14"),
        ("/?known_at=2999", "known_at", "2026-10-14T09:00:00Z"),
        ("/methode/?as_of=", "as_of", "écrit 2026-10-14"),
        ("/preuves/?stance=pour", "stance", "supports, contradicts, context"),
        ("/preuves/?indicator=9z", "indicator", "1a"),
        ("/preuves/?kind=x", "kind", "tender"),
        ("/preuves/?tier=5", "tier", "1, 2, 3, 4"),
        ("/preuves/?country=france", "country", "FR, DE, EU"),
        ("/preuves/?retracted=oui", "retracted", "true, false"),
        ("/preuves/?occurred_after=x", "occurred_after", "2026-10-14"),
        ("/preuves/?page=0", "page", "de 1 à 1"),
        ("/preuves/?page=99999999999999999999", "page", "de 1 à 1"),
        ("/preuves/?q=%00", "q", "200"),
        ("/preuves/?sort=x", "sort", "indicator, stance"),
    ],
)
def test_a_value_nobody_can_read_gets_a_page_that_says_which(
    page, indicator: Indicator, path: str, name: str, accepted: str
) -> None:
    text = page(path, 400)
    assert f"Elle demande {name} =" in text
    assert accepted in text


@pytest.mark.parametrize(
    "path", ["/preuves/7/", "/preuves/99999999999999999999/", "/indicateurs/9z/", "/actions/rien/", "/rien/"]
)
def test_what_does_not_exist_gets_a_designed_page(page, path: str) -> None:
    assert "Il n’y a rien à cette adresse" in page(path, 404)


@pytest.mark.parametrize(
    ("cut", "listed"),
    [("registre/accords/", "registre/"), ("indice/methode/", "indice/"), ("donnees/", "telechargements/")],
)
def test_an_address_cut_short_leads_to_the_list(client: Client, cut: str, listed: str) -> None:
    for prefix in ("/", "/en/"):
        assertRedirects(client.get(f"{prefix}{cut}"), f"{prefix}{listed}")


@pytest.mark.parametrize("status", [403, 410, 429, 500])
def test_an_error_page_needs_neither_a_request_nor_anything_else(status: int) -> None:
    tree = html.fromstring(render_to_string(f"{status}.html"))
    assert tree.get_element_by_id("main").find(".//p[@class='kicker']").text == str(status)


def test_a_form_without_its_token_gets_our_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {})
    assert "Ceci ne t’est pas permis" in answer.content.decode()


def test_a_retracted_evidence_keeps_its_page_with_the_reason(page, indicator: Indicator) -> None:
    evidence = publish(indicator)
    publishing.retract(evidence, reason="La source parlait d’autre chose.", by=make_user(), now=NOW)
    assert "Retirée le 20 oct. 2026." in page("/preuves/1/")
    assert "Motif : La source parlait d’autre chose." in page("/preuves/1/")


def test_a_superseded_evidence_says_by_which(client: Client, indicator: Indicator) -> None:
    publishing.correct(
        publish(indicator), changes={"title_fr": "Juste"}, reason="Une erreur", by=make_user(), now=NOW
    )
    tombstone = html.fromstring(client.get("/preuves/1/").content).find_class("tombstone")[0]
    assert tombstone.find(".//a").get("href") == "/preuves/2/"


def test_an_evidence_page_shows_the_quote_its_source_and_how_to_cite_it(page, indicator: Indicator) -> None:
    publish(indicator)
    text = page("/preuves/1/")
    for words in (
        "au moins deux fabricants",
        "Journal officiel",
        "Rang 1 — texte officiel",
        "état",
        "0" * 64,
    ):
        assert words in text
    assert f"{settings.SITE_URL}/preuves/1/" in text


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/registre/"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    client: Client, indicator: Indicator, django_assert_max_num_queries, path: str
) -> None:
    counts = []
    for number in range(1, 4):
        publish(indicator, title_fr=f"Preuve {number}", owner=f"Acheteur {number}")
        if number == 2:
            for code in ("1b", "2a"):
                make_definition(make_indicator(code))
            continue
        with django_assert_max_num_queries(12) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_link_to_an_odd_address_is_only_its_text(client: Client, indicator: Indicator) -> None:
    Publication.objects.update(url="javascript:alert(1)")
    assert b"javascript:" not in client.get("/actions/action-a1/").content


def test_what_the_article_says_of_itself_is_escaped(client: Client, indicator: Indicator) -> None:
    make_evidence(title_fr="<script>alert(1)</script>", assessments=[{"indicator": indicator}])
    content = client.get("/preuves/1/").content
    assert b"<script" not in content
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_the_fonts_are_those_of_their_manifest_with_their_licence() -> None:
    folder = Path(settings.BASE_DIR) / "indicators" / "static" / "indicators" / "fonts"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {row["file"] for row in manifest} == {path.name for path in folder.glob("*.woff2")}
    assert [
        row for row in manifest if sha256((folder / row["file"]).read_bytes()).hexdigest() != row["sha256"]
    ] == []
    assert all((folder / row["licence_file"]).is_file() for row in manifest)


def test_the_handler_of_bad_requests_is_ours() -> None:
    assert get_resolver().resolve_error_handler(400).__module__ == "indicators.site.views"


def set_status(indicator: Indicator, *, rung: int, flags: list[str] | None = None) -> None:
    Status.objects.create(
        indicator=indicator,
        computed_at=NOW,
        as_of=NOW.date(),
        rung=rung,
        flags=flags or [],
        confidence="low",
        trace=[],
        digest="0" * 64,
    )
