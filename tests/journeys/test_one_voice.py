"""Articles of one site, or of one text, are one source: the answer's page says it in words, in both languages."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from indicators import publishing
from indicators.models import Citation, Indicator, Status
from tests.factories import make_definition, make_indicator, make_user
from tracker import moderation
from tracker.models import Candidate, Document, Source

pytestmark = pytest.mark.django_db
SAID = {"/": "(2 articles, une seule source)", "/en/": "(2 articles, a single source)"}


@pytest.fixture
def indicator() -> Indicator:
    row = make_indicator("1a")
    make_definition(row)
    return row


@pytest.fixture
def now() -> datetime:
    """Pages are read now."""
    return timezone.now()


def accept(site: str, *, publisher: str, now: datetime, story: Document | None = None) -> Citation:
    """An event that an article of this site tells, accepted by a moderator."""
    source = Source.objects.create(slug=publisher, name=publisher, publisher=publisher, url=f"https://{site}/", format="feed", tier=3)  # fmt: skip
    document = Document.objects.create(
        source=source, external_id="1", url=f"https://{site}/1", text="Une clause.", kind="article",
        fingerprint=site, story=story, first_seen_at=now, last_seen_at=now,
    )  # fmt: skip
    indicator = Indicator.objects.get()
    candidate = Candidate.objects.create(
        document=document, indicator=indicator, stance="supports", created_at=now
    )
    event = {
        "kind": "tender",
        "title_fr": f"Selon {publisher}",
        "owner": publisher,
        "occurred_on": now.date(),
    }
    assessment = publishing.NewAssessment(indicator=indicator, stance="supports", directness="direct", rung=3)
    decision = moderation.accept(
        candidate, event=event, citation={"quote": "Une clause."}, assessments=[assessment], by=make_user(), now=now
    )  # fmt: skip
    if decision.verdict == "proposed":  # it reaches « Atteint »
        decision = moderation.confirm(candidate, by=make_user("another"), now=now)
    return decision.evidence.citations.get()


def said(client: Client, now: datetime) -> list[bool]:
    pages = {start: client.get(f"{start}indicateurs/1a/").content.decode() for start in SAID}
    return [words in pages[start].replace("\u00a0", " ") for start, words in SAID.items()]


def test_two_publishers_of_one_site_are_one_source(client: Client, indicator: Indicator, now) -> None:
    one = accept("nord.journal.co.uk", publisher="Nord", now=now)
    other = accept("sud.journal.co.uk", publisher="Sud", now=now)
    assert (one.domain, other.domain) == ("journal.co.uk", "journal.co.uk")
    assert "single_source" in Status.objects.get().flags
    assert said(client, now) == [True, True]


def test_two_publishers_of_one_text_are_one_source(client: Client, indicator: Indicator, now) -> None:
    one = accept("nord.example", publisher="Nord", now=now)
    other = accept("sud.example", publisher="Sud", now=now, story=Document.objects.get())
    assert one.story == other.story != ""
    assert "single_source" in Status.objects.get().flags
    assert said(client, now) == [True, True]


def test_two_publishers_of_two_texts_are_two_sources(client: Client, indicator: Indicator, now) -> None:
    accept("nord.example", publisher="Nord", now=now)
    accept("sud.example", publisher="Sud", now=now)
    assert "single_source" not in Status.objects.get().flags
    assert said(client, now) == [False, False]


def test_what_was_cited_before_keeps_its_digest_and_its_flags(indicator: Indicator, now) -> None:
    """Citations of earlier years have neither domain nor story; giving them one changes no digest either."""
    for site in ("nord", "sud"):
        accept(f"{site}.example", publisher=site, now=now)
    Citation.objects.update(domain="", story="")
    publishing.refresh(now=now)
    before = Status.objects.get()
    Citation.objects.update(domain="journal.example", story="1")
    publishing.refresh(now=now)
    after = Status.objects.get()
    assert (after.digest, after.rung, after.trace) == (before.digest, before.rung, before.trace)
    assert set(after.flags) - set(before.flags) == {"single_source"}


@pytest.mark.parametrize(("story", "told"), [("1", True), ("", False)])
def test_an_evidence_says_when_its_articles_are_one(client: Client, indicator, now, story: str, told: bool) -> None:  # fmt: skip
    citations = [
        publishing.NewCitation(
            url=f"https://{site}.example/", publisher=site, title="Article", quote="Une clause.", tier=3,
            independence_group=site, snapshot_sha256="0" * 64, domain=f"{site}.example", story=story,
        )
        for site in ("nord", "sud")
    ]  # fmt: skip
    event = {"kind": "tender", "title_fr": "Marché", "owner": "Agence", "occurred_on": timezone.localdate(now)}  # fmt: skip
    assessment = publishing.NewAssessment(indicator=indicator, stance="supports", directness="direct", rung=3)
    evidence = publishing.publish(event, citations=citations, assessments=[assessment], by=make_user(), now=now)  # fmt: skip
    page = client.get(f"/preuves/{evidence.number}/").content.decode()
    assert ("2 articles, une seule source" in page.replace("\u00a0", " ")) is told
