"""The page behind a teaser: read on need, politely, once; kept byte for byte; and matched again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_httpserver import HTTPServer

from indicators.models import Indicator
from tests.factories import make_indicator
from tests.samples.pages import ARTICLE, PARAGRAPHS, pdf, web_page
from tests.tracker.feed_source import serve
from tracker import fulltext, ingest, moderation, propose
from tracker.models import Candidate, Document, FullText, Host, MatchRule, Original, Snapshot, Source, lease

pytestmark = pytest.mark.django_db

ROBOTS = "User-agent: *\nDisallow: /private\n"
TEASER = "Le ministère a publié hier un appel d’offres […]"


@pytest.fixture
def rules() -> Indicator:
    """A rule that the teaser meets, and a stronger one that only the page meets."""
    indicator = make_indicator("1a")
    for slug, words, rung in (("offre", "appel d.offres", 1), ("lot", "aucun lot", 3)):
        row = MatchRule.objects.create(
            slug=slug, definition={"terms": {"fr": [{"re": words}]}}, kinds=["article"], rung=rung
        )
        row.indicators.set([indicator])
    return indicator


@pytest.fixture
def web(httpserver: HTTPServer, source: Source, settings) -> HTTPServer:
    """The server of the source; no pause between two questions, and pages that robots may read."""
    settings.FETCH_HOST_SECONDS = 0.0
    serve_teaser(httpserver)
    return httpserver


def serve_teaser(httpserver: HTTPServer, text: str = TEASER) -> None:
    link = httpserver.url_for("/article").replace("localhost", "127.0.0.1")
    item = f"<item><guid>1</guid><title>Un appel</title><link>{link}</link><description>{text}</description></item>"
    serve(httpserver, f"<rss version='2.0'><channel><title>T</title>{item}</channel></rss>".encode())
    httpserver.expect_request("/robots.txt").respond_with_data(ROBOTS)


def serve_page(httpserver: HTTPServer, body: bytes = ARTICLE, **answer) -> None:
    answer.setdefault("content_type", "text/html; charset=utf-8")
    httpserver.expect_request("/article").respond_with_data(body, **answer)


def asked(httpserver: HTTPServer, path: str = "/article") -> int:
    return sum(request.path == path for request, _answer in httpserver.log)


def read_feed(source: Source, now: datetime) -> None:
    ingest.read_source(source.pk, now=now)
    propose.match_documents(Document.objects.values_list("pk", flat=True), now=now)


def read_all(source: Source, now: datetime) -> None:
    """What the worker does: the feed, the rules, the pages that are due, the rules again."""
    read_feed(source, now)
    for pk in FullText.objects.due(now).values_list("pk", flat=True):
        fulltext.read_page(pk, now=now)
    propose.match_documents(Document.objects.values_list("pk", flat=True), now=now)


def test_a_teaser_that_meets_a_rule_gets_the_text_of_its_page_and_its_candidate_is_refreshed(
    web, source, rules, now
):
    serve_page(web)
    read_all(source, now)

    document, row, candidate = Document.objects.get(), FullText.objects.get(), Candidate.objects.get()
    assert document.text == "\n".join(PARAGRAPHS)
    assert (row.state, row.due_at, row.error, row.language_told, row.language_found) == (
        "read",
        None,
        "",
        "fr",
        "fr",
    )
    told = {(reason["rule"], reason["words"]) for reason in candidate.reasons}
    assert told == {("offre", "appel d’offres"), ("lot", "aucun lot")}
    for reason in candidate.reasons:
        assert document.text[reason["start"] : reason["end"]] == reason["words"]
    assert candidate.rung == 3


def test_the_page_is_kept_byte_for_byte_and_quotes_are_looked_up_in_it(web, source, rules, now):
    serve_page(web)
    read_all(source, now)

    document, original = Document.objects.get(), Original.objects.get()
    copy = document.snapshots.get(original=original)
    assert original.body == ARTICLE
    assert (copy.body_sha256, copy.content_type) == (original.sha256, "text/html; charset=utf-8")
    assert copy.url == document.url
    assert copy.text == document.whole_text()
    assert document.snapshots.count() == 2  # that of the teaser, which met a rule first, stays
    moderation.check_quote(document, "aucun lot ne pourra être attribué à un seul fournisseur")
    with pytest.raises(moderation.QuoteNotFoundError):
        moderation.check_quote(document, "Mentions légales")


def test_equal_bytes_are_stored_once(web, source, now):
    documents = [
        Document.objects.create(
            source=source,
            external_id=str(number),
            kind="article",
            text=str(number),
            first_seen_at=now,
            last_seen_at=now,
        )
        for number in range(2)
    ]
    for document in documents:
        Snapshot.objects.take_page(
            document, ARTICLE, url="https://a.example/", content_type="text/html", now=now
        )
    assert (Original.objects.count(), Snapshot.objects.count()) == (1, 2)


def test_a_pdf_behind_a_teaser_is_read_too(web, source, rules, now):
    serve_page(
        web,
        pdf(["Le lot unique : aucun lot ne va au seul fournisseur du ministere."]),
        content_type="application/pdf",
    )
    read_all(source, now)

    assert (
        Document.objects.get().text
        == f"{TEASER}\n\nLe lot unique : aucun lot ne va au seul fournisseur du ministere."
    )
    assert Candidate.objects.get().rung == 3


def test_nothing_is_asked_for_an_entry_that_meets_no_rule_or_is_no_teaser(web, source, rules, now):
    serve_teaser(web, "La météo de demain.")
    read_all(source, now)
    assert (FullText.objects.count(), asked(web)) == (0, 0)

    serve_teaser(web, "Un appel d’offres. " + "Et bien d’autres mots. " * 100)
    Source.objects.update(next_due_at=now, body_sha256="")
    read_all(source, now + timedelta(minutes=1))
    assert (Candidate.objects.count(), FullText.objects.count(), asked(web)) == (1, 0, 0)


def test_a_teaser_on_the_subject_of_a_rule_is_followed_even_if_it_says_no_more(web, source, rules, now):
    terms = {"terms": {"fr": [{"re": "ministère"}, {"re": "météo", "precision": "M"}]}}
    MatchRule.objects.create(slug="subject", role="gate", definition=terms)
    MatchRule.objects.filter(slug="lot").update(
        definition={"gates": ["subject"], "terms": {"fr": [{"re": "aucun lot"}]}}
    )
    serve_teaser(web, "La météo de demain.")
    serve_page(web)
    read_all(source, now)
    assert asked(web) == 0

    serve_teaser(web, "Le ministère a tranché.")
    serve_page(web)
    Source.objects.update(next_due_at=now, body_sha256="")
    read_all(source, now + timedelta(minutes=1))
    assert (asked(web), Candidate.objects.get().rung) == (1, 3)


def test_of_a_source_whose_pages_are_read_every_teaser_is_followed(web, source, rules, now):
    Source.objects.update(full_text=True)
    serve_teaser(web, "La météo de demain.")
    serve_page(web)
    read_all(source, now)

    assert Document.objects.get().text == "La météo de demain.\n\n" + "\n".join(PARAGRAPHS)
    assert Candidate.objects.get().rung == 3


def test_a_page_is_read_once_for_each_wording_of_its_entry(web, source, rules, now):
    serve_page(web)
    read_all(source, now)
    read_all(source, now)
    assert asked(web) == 1

    serve_teaser(web, "Corrigé : un appel d’offres […]")
    serve_page(web)
    Source.objects.update(next_due_at=now, body_sha256="", etag="", last_modified="")
    read_all(source, now + timedelta(minutes=1))
    assert asked(web) == 1  # the log begins again with the new answers
    assert Document.objects.get().text.startswith("Corrigé : un appel d’offres […]\n\nLe ministère")


def test_a_page_that_says_no_more_changes_nothing(web, source, rules, now):
    serve_page(web, b"<html><body><p>Abonnez-vous pour lire.</p></body></html>")
    read_all(source, now)

    assert (FullText.objects.get().state, Document.objects.get().text) == ("short", TEASER)


def test_a_page_that_does_not_answer_is_tried_five_times_ever_more_rarely(web, source, rules, now):
    serve_page(web, b"", status=500)
    read_feed(source, now)
    row, waits = FullText.objects.get(), []
    for _try in range(6):
        row.refresh_from_db()
        if row.due_at is None:
            break
        moment = row.due_at
        fulltext.read_page(row.pk, now=moment)
        row.refresh_from_db()
        waits.append((row.due_at - moment) // timedelta(hours=1) if row.due_at else None)

    assert waits == [1, 2, 4, 8, None]
    assert (row.state, row.tries, asked(web)) == ("failed", 5, 5)
    assert row.error == "Le serveur a répondu avec le statut 500."
    assert Document.objects.get().text == TEASER


def test_a_page_that_cannot_be_read_is_told_in_words_and_not_asked_again(web, source, rules, now):
    serve_page(web, pdf(["x"], encrypted=True), content_type="application/pdf")
    read_all(source, now)

    row = FullText.objects.get()
    assert (row.state, row.due_at, row.error) == ("failed", None, "Ce PDF est chiffré.")


def test_a_site_that_closes_a_page_to_robots_is_obeyed_and_asked_once_a_day(
    web, source, rules, now, monkeypatch
):
    monkeypatch.setattr("tests.tracker.test_fulltext.ROBOTS", "User-agent: *\nDisallow: /article")
    serve_teaser(web)
    serve_page(web)
    read_all(source, now)

    row = FullText.objects.get()
    assert (row.state, row.due_at) == ("refused", None)
    assert row.error == "Le site demande aux robots de ne pas lire cette page (robots.txt)."
    assert (asked(web), asked(web, "/robots.txt")) == (0, 1)

    FullText.objects.update(state="waiting", due_at=now, error="")
    fulltext.read_page(row.pk, now=now)
    assert asked(web, "/robots.txt") == 1


@pytest.fixture
def elsewhere(settings) -> Iterator[HTTPServer]:
    """Another server, that nothing is known of."""
    with HTTPServer(host="127.0.0.2") as server:
        settings.FETCH_ALLOW |= {f"127.0.0.2:{server.port}"}
        yield server


def redirect_to(elsewhere: HTTPServer, web: HTTPServer, robots: str) -> None:
    location = {"Location": elsewhere.url_for("/article")}
    web.expect_request("/article").respond_with_data(status=302, headers=location)
    elsewhere.expect_request("/robots.txt").respond_with_data(robots)
    serve_page(elsewhere)


@pytest.mark.parametrize(
    ("robots", "state", "questions"),
    [("User-agent: *\nDisallow: /article", "refused", 0), ("", "read", 1)],
    ids=["closed", "open"],
)
def test_the_site_that_a_redirect_leads_to_is_asked_what_it_asks_of_robots(
    web, elsewhere, source, rules, now, robots, state, questions
):
    redirect_to(elsewhere, web, robots)
    read_all(source, now)

    assert FullText.objects.get().state == state
    assert (asked(web), asked(elsewhere, "/robots.txt"), asked(elsewhere)) == (1, 1, questions)


def test_the_host_that_a_redirect_leads_to_has_its_pause_too(web, elsewhere, source, rules, settings, now):
    redirect_to(elsewhere, web, "User-agent: *\nCrawl-delay: 30")
    read_feed(source, now)
    settings.FETCH_HOST_SECONDS = 5.0
    for _visit in range(3):  # the robots.txt of each site, then the page
        row = FullText.objects.get()
        fulltext.read_page(row.pk, now=row.due_at)

    row.refresh_from_db()
    assert row.state == "read"
    free_at = dict(Host.objects.values_list("name", "free_at"))
    assert free_at["127.0.0.1"] - row.read_at == timedelta(seconds=5)
    assert free_at["127.0.0.2"] - row.read_at == timedelta(seconds=30)

    FullText.objects.update(state="waiting", due_at=free_at["127.0.0.1"])
    fulltext.read_page(row.pk, now=free_at["127.0.0.1"])
    row.refresh_from_db()
    assert (row.state, row.due_at, asked(elsewhere)) == ("waiting", free_at["127.0.0.2"], 1)


def test_a_host_is_left_a_pause_and_a_page_that_waits_counts_no_try(web, source, rules, settings, now):
    serve_page(web)
    read_feed(source, now)
    settings.FETCH_HOST_SECONDS = 5.0
    Host.objects.update(free_at=now + timedelta(seconds=3))
    row = FullText.objects.get()
    fulltext.read_page(row.pk, now=row.due_at)

    row.refresh_from_db()
    assert (row.state, row.tries) == ("waiting", 0)
    assert row.due_at > now


def test_two_workers_read_a_page_once_and_a_killed_one_leaves_it_due(web, source, rules, now):
    serve_page(web)
    read_feed(source, now)
    row = FullText.objects.get()
    moment = row.due_at

    assert FullText.objects.claim(row.pk, now=moment)  # and then its worker dies
    assert fulltext.read_page(row.pk, now=moment) is None
    assert asked(web) == 0
    assert fulltext.read_page(row.pk, now=moment + lease()) == row.document_id
    assert asked(web) == 1


def test_a_page_that_kills_its_worker_every_time_is_given_up(web, source, rules, now):
    read_feed(source, now)
    FullText.objects.update(tries=5)
    row = FullText.objects.get()
    fulltext.read_page(row.pk, now=row.due_at)

    row.refresh_from_db()
    assert (row.state, asked(web)) == ("failed", 0)


def test_a_language_that_the_source_tells_wrongly_is_corrected_and_said(web, source, rules, now):
    english = (
        "The ministry published a call for tenders yesterday that asks for at least two makers of processors.",
        "No lot may go to a single supplier of chips, and every bidder has to say how its software can be moved.",
        "Bids are expected before the end of January, and the contract will be signed in spring.",
    )
    Source.objects.update(language="fr", full_text=True)
    serve_page(web, web_page(english).encode())
    read_all(source, now)

    row = FullText.objects.get()
    assert (row.language_told, row.language_found, Document.objects.get().language) == ("fr", "en", "en")


def test_the_page_of_a_document_shows_what_became_of_its_full_text(web, source, rules, now, admin_client):
    serve_page(web)
    read_all(source, now)
    page = admin_client.get(f"/admin/tracker/document/{Document.objects.get().pk}/change/").content.decode()

    assert "Textes intégraux" in page or "Texte intégral" in page
    assert Original.objects.get().sha256 in page
    assert Snapshot.objects.exclude(original=None).get().text_sha256 in page


def test_the_language_that_nobody_tells_is_recognised_before_the_rules_read(web, source, rules, now):
    italian = (
        "Il ministero ha pubblicato un bando che chiede almeno due fabbricanti di processori grafici. " * 4
    )
    Source.objects.update(language="")
    terms = {"terms": {"it": [{"re": "almeno due fabbricanti"}]}}
    MatchRule.objects.filter(slug="lot").update(definition=terms)
    serve_teaser(web, italian)
    read_feed(source, now)

    assert (Document.objects.get().language, Candidate.objects.get().rung) == ("it", 3)


def test_a_round_of_the_watch_on_the_command_line_reads_pages_too(web, source):
    call_command("seed", verbosity=0)
    serve_teaser(web, "Un marché public de serveurs GPU avec une clause de diversification […]")
    serve_page(web)
    Source.objects.exclude(pk=source.pk).update(state=Source.State.PAUSED)
    Source.objects.update(next_due_at=datetime(2026, 1, 1, tzinfo=UTC))
    call_command("watch", stdout=StringIO())

    assert (asked(web), FullText.objects.get().state) == (1, "read")
