"""One notice told in several places is one story; a correction supersedes what it corrects, whichever comes first."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from django.urls import reverse

from tests.factories import make_indicator, make_user
from tracker import moderation, propose, storing
from tracker.models import Candidate, Document, MatchRule, Source
from tracker.watchers import eforms, ted_export
from tracker.watchers.entry import Entry, NoticeFields, Page

pytestmark = pytest.mark.django_db

CLAUSE = "Le marché impose au moins deux fournisseurs de processeurs."
CALL = "0b9a3c1e-0000-4000-8000-0000000000b1"
FOLDER = "0b9a3c1e-0000-4000-8000-00000000000f"


def platform(format: str = "ted") -> Source:
    url = f"https://{format}.example/"
    return Source.objects.get_or_create(
        url=url, defaults={"slug": format, "name": format, "publisher": format, "format": format, "tier": 1}
    )[0]


def notice(number: str, *, text: str = CLAUSE, **fields) -> Entry:
    """A call of one procedure; `number` is its publication number, or any identity of another platform."""
    ted = number.rpartition("-")[0].isdigit() and len(number) == 11
    facts = {
        "publication_number": number if ted else "",
        "procedure_id": FOLDER,
        "form_type": "competition",
        "published_on": date(2026, 11, 10),
        "lots": ({"id": "LOT-0001", "title": "Nœuds"},),
    }
    return Entry(
        external_id=number,
        title=f"Avis {number}",
        text=text,
        language="fr",
        kind="notice",
        notice=NoticeFields(**facts | fields),
    )


def store(source: Source, *entries: Entry, at) -> None:
    storing.store(source, Page(entries=entries), now=at)


def match(at) -> None:
    propose.match_documents(Document.objects.unmatched().values_list("pk", flat=True), now=at)


def stories() -> set[frozenset[str]]:
    """The identities that stand in one story, for each story."""
    found: dict[int, set[str]] = {}
    for row in Document.objects.all():
        found.setdefault(row.story_id or row.pk, set()).add(row.external_id)
    return {frozenset(identities) for identities in found.values()}


def superseded() -> dict[str, str]:
    rows = Document.objects.exclude(superseded_by=None)
    return dict(rows.values_list("external_id", "superseded_by__external_id"))


def candidates() -> list[tuple[str, str]]:
    return list(
        Candidate.objects.order_by("document__external_id").values_list("document__external_id", "state")
    )


@pytest.fixture
def rule() -> MatchRule:
    terms = {"terms": {"fr": [{"re": "au moins deux fournisseurs"}]}}
    row = MatchRule.objects.create(slug="clause", definition=terms, kinds=["notice"], rung=3)
    row.indicators.set([make_indicator("1a")])
    return row


def test_a_notice_of_two_schemas_is_one_story_and_two_notices_are_two(shared, now) -> None:
    """The converter gave all its notices one identifier: only the publication number tells them apart."""
    pairs = sorted((shared / "data/tenders/pairs-ted-vs-eforms").glob("*.ted.xml"))
    assert pairs
    old, new = platform("ted_export"), platform("eforms")
    for path in pairs:
        store(old, *ted_export.read(path.read_bytes()).entries, at=now)
        store(
            new,
            *eforms.read(path.with_name(path.name.replace(".ted.", ".eforms.")).read_bytes()).entries,
            at=now,
        )
    mentions = Document.objects.exclude(story=None).values_list("external_id", "story__external_id")
    assert len(mentions) == len(pairs) == len(stories())
    assert all(copy == head for copy, head in mentions)
    assert superseded() == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_call_on_ted_and_on_the_boamp_is_one_candidate(rule, now, order) -> None:
    told = [
        (platform("ted"), notice("740123-2026", notice_id=CALL)),
        (platform("boamp"), notice("26-90002", notice_id=CALL, version="01", lots=())),
    ]
    for place in order:
        source, entry = told[place]
        store(source, entry, at=now)
        match(now)
    assert stories() == {frozenset({"740123-2026", "26-90002"})}
    assert len(candidates()) == 1


def test_a_procedure_told_by_two_platforms_under_two_identifiers_is_one_story(now) -> None:
    store(platform("ted"), notice("740123-2026"), at=now)
    store(platform("boamp"), notice("26-90002"), at=now)
    assert stories() == {frozenset({"740123-2026", "26-90002"})}


@pytest.mark.parametrize(
    "fields",
    [
        {"form_type": "result"},
        {"form_type": ""},
        {"lots": ({"id": "LOT-0002", "title": "Réseau"},)},
        {"procedure_id": "0b9a3c1e-0000-4000-8000-0000000000aa"},
        {"procedure_id": "2026-17"},
    ],
)
def test_an_award_another_lot_another_procedure_is_another_story(now, fields) -> None:
    """Even in the same words: an award repeats those of its call."""
    store(platform("ted"), notice("740123-2026"), at=now)
    other = notice("26-90002", **fields)
    store(platform("boamp"), replace(other, title="Avis 740123-2026"), at=now)
    assert len(stories()) == 2


def test_two_publications_of_one_platform_are_two_stories(now) -> None:
    store(platform("ted"), notice("740123-2026"), notice("750123-2026", notice_id=CALL), at=now)
    store(platform("ted"), notice("760123-2026", notice_id=CALL), at=now)
    assert len(stories()) == 3
    assert superseded() == {}


CORRECTIONS = [
    ({"notice_id": CALL, "version": "01"}, {"changes": f"{CALL}-01"}),
    ({"notice_id": CALL, "version": "01"}, {"changes": f"{CALL}-03"}),
    ({"notice_id": CALL}, {"changes": CALL}),
    ({}, {"changes": "740123-2026"}),
    ({}, {"changes": "740123-2026", "form_type": "change"}),
    ({"notice_id": CALL, "version": "01"}, {"notice_id": CALL, "version": "02"}),
]


@pytest.mark.parametrize(("earlier", "later"), CORRECTIONS)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_correction_supersedes_whichever_comes_first(now, earlier, later, order) -> None:
    entries = [notice("740123-2026", **earlier), notice("750123-2026", **later)]
    for _twice in range(2):
        for place in order:
            store(platform(), entries[place], at=now)
    assert superseded() == {"740123-2026": "750123-2026"}


@pytest.mark.parametrize(
    "fields",
    [
        {"changes": "740123-2026", "form_type": "cont-modif"},
        {"changes": "740999-2026"},
        {"changes": "740123-2025"},
        {"notice_id": CALL, "version": "01"},
        {"notice_id": CALL, "version": "02", "procedure_id": "0b9a3c1e-0000-4000-8000-0000000000aa"},
    ],
)
def test_what_corrects_nothing_supersedes_nothing(now, fields) -> None:
    store(platform(), notice("740123-2026", notice_id=CALL, version="01"), at=now)
    store(platform(), notice("750123-2026", **fields), at=now)
    assert superseded() == {}


def test_a_short_identifier_means_a_notice_of_its_own_platform_only(now) -> None:
    for format in ("boamp", "decp"):
        store(platform(format), notice("26-12345", notice_id="26-12345", procedure_id=""), at=now)
    corrected = notice("26-12999", notice_id="26-12999", procedure_id="", changes="26-12345")
    store(platform("boamp"), corrected, at=now)
    [document] = Document.objects.exclude(superseded_by=None)
    assert (document.source.format, document.superseded_by.external_id) == ("boamp", "26-12999")


def test_of_many_corrections_the_newest_stands_in_any_order_of_arrival(now) -> None:
    first = notice("740123-2026", notice_id=CALL, version="01")
    copy = notice("26-90002", notice_id=CALL, version="01")
    second = notice("750123-2026", changes="740123-2026", published_on=date(2026, 11, 12))
    third = notice("760123-2026", changes="740123-2026", published_on=date(2026, 11, 14))
    told = [
        (platform("ted"), first),
        (platform("boamp"), copy),
        (platform("ted"), second),
        (platform("ted"), third),
    ]
    for order in permutations(told):
        for source, entry in order:
            store(source, entry, at=now)
        earlier = ("740123-2026", "26-90002", "750123-2026")
        assert superseded() == dict.fromkeys(earlier, "760123-2026"), [
            entry.external_id for _, entry in order
        ]
        Document.objects.all().delete()


def test_notices_that_say_to_correct_each_other_end_somewhere(now) -> None:
    store(platform(), notice("740123-2026", changes="750123-2026"), at=now)
    store(platform(), notice("750123-2026", changes="740123-2026"), at=now)
    store(platform(), notice("760123-2026", changes="760123-2026"), at=now)
    assert superseded() == {"740123-2026": "750123-2026"}


def test_an_open_candidate_moves_to_the_notice_that_corrects(rule, now) -> None:
    store(platform(), notice("740123-2026"), at=now)
    match(now)
    [before] = Candidate.objects.all()
    store(platform(), notice("750123-2026", text=f"Modifié. {CLAUSE}", changes="740123-2026"), at=now)
    match(now)
    [after] = Candidate.objects.all()
    assert (after.pk, after.document.external_id, after.state) == (before.pk, "750123-2026", "new")
    assert after.document.text[after.reasons[0]["start"] :].startswith("au moins deux fournisseurs")


def test_a_decided_candidate_stays_and_the_correction_is_proposed_anew(rule, now) -> None:
    store(platform(), notice("740123-2026"), at=now)
    match(now)
    moderation.reject(Candidate.objects.get(), reason="off_topic", by=make_user(), now=now)
    store(platform(), notice("750123-2026", changes="740123-2026"), at=now)
    match(now)
    assert candidates() == [("740123-2026", "rejected"), ("750123-2026", "new")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("later", "proposed"),
    [
        ({"text": "La date change."}, "740123-2026"),  # the clause is gone, and somebody should look
        ({"form_type": "change"}, "740123-2026"),  # a corrigendum holds the changes only
        ({}, "750123-2026"),
    ],
)
def test_nothing_proposed_is_lost_to_a_correction(rule, now, later, proposed, order) -> None:
    entries = [notice("740123-2026"), notice("750123-2026", changes="740123-2026", **later)]
    for place in order:
        store(platform(), entries[place], at=now)
        match(now)
    if order == (1, 0) and later.get("form_type") == "change":
        proposed = "750123-2026"  # it came first, in the same words
    assert candidates() == [(proposed, "new")]


@pytest.mark.parametrize("reason", ["cancel", "cancel Budget withdrawn", "ANNULATION"])
def test_a_cancelled_notice_is_withdrawn_where_moderators_look(rule, now, admin_client, reason) -> None:
    store(platform(), notice("740123-2026"), notice("730123-2026"), at=now)
    match(now)
    cancelled = notice("750123-2026", text="Annulé.", changes="740123-2026", change_reason=reason)
    store(platform(), cancelled, at=now + timedelta(days=1))
    match(now)
    assert [document.external_id for document in Document.objects.withdrawn()] == ["740123-2026"]
    candidate = Candidate.objects.get(document__external_id="740123-2026")
    shown = admin_client.get(candidate.get_absolute_url()).content.decode()
    assert "Annulé par son éditeur." in shown
    address = reverse("admin:tracker_document_change", args=[candidate.document_id])
    assert "Annulé par son éditeur." in admin_client.get(address).content.decode()


@pytest.mark.parametrize("reason", ["cor-buy", "cancel-intent", ""])
def test_a_correction_is_no_cancellation(now, reason) -> None:
    store(platform(), notice("740123-2026"), at=now)
    store(platform(), notice("750123-2026", changes="740123-2026", change_reason=reason), at=now)
    assert superseded() == {"740123-2026": "750123-2026"}
    assert not Document.objects.withdrawn().exists()


def test_a_notice_whose_facts_change_keeps_them_and_is_matched_again(now) -> None:
    store(platform(), notice("740123-2026", deadline_on=date(2026, 12, 1)), at=now)
    Document.objects.update(matched_at=now)
    store(platform(), notice("740123-2026", deadline_on=date(2027, 1, 15)), at=now)
    document = Document.objects.get()
    assert (document.notice.deadline_on, document.matched_at) == (date(2027, 1, 15), None)
    assert [version.said["notice"]["deadline_on"] for version in document.versions.all()] == ["2026-12-01"]
