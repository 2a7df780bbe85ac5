"""Which documents tell one story: copies of one page, of the same words, or nearly of the same words."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tracker import dedup
from tracker.models import Candidate, Document, MatchRule, StoryMark

if TYPE_CHECKING:
    from tracker.near import Shingles

ALIKE = 0.6  # a press release between the header and the footer of two sites
ALIKE_OF_ONE_PUBLISHER = 0.8  # who writes two texts by one form writes much of them twice
COMPARED = 20  # documents at most whose texts are read for one that is new
MARKS_KEPT = timedelta(weeks=12)
_BATCH = 100  # documents joined in one transaction


def one_at_a_time() -> None:
    """Wait for whoever is proposing: of two copies matched at once, the second must see the first.

    Until the transaction ends. SQLite has one writer anyway.
    """
    MatchRule.objects.select_for_update(no_key=True).order_by("pk").first()


def join(document: Document) -> None:
    """Put the document, with its own copies, into the story of a copy that was proposed before; note its marks.

    Only under `one_at_a_time`. Doing it again, after an edit, never takes a document out of its story.
    """
    from tracker import near  # noqa: PLC0415 - numpy is for who proposes: 10 MB less in each idle process

    document.refresh_from_db(fields=["story"])
    StoryMark.objects.filter(document=document).delete()
    # Notices follow forms, so that most of their words are those of other notices.
    runs = near.shingles(document.text if document.kind == Document.Kind.ARTICLE else "")
    head = _same(document) or _alike(document, runs)
    if head:
        of_story(document).update(story=head)
        document.story_id = head
    StoryMark.objects.bulk_create(StoryMark(document=document, key=key) for key in near.keys(runs))


def join_unmarked(*, now: datetime) -> int:
    """Join what was proposed before there were marks, the first seen first; the number of documents marked.

    Twice is as once, and stopped half-way it goes on from there.
    """
    marked = StoryMark.objects.values("document").distinct()
    before = marked.count()
    known = Q(candidates__isnull=False) | Q(story__isnull=False)
    recent = Document.objects.filter(first_seen_at__gt=now - MARKS_KEPT, kind=Document.Kind.ARTICLE)
    proposed = recent.filter(known, marks=None)
    pks = list(proposed.order_by("pk").values_list("pk", flat=True).distinct())
    for start in range(0, len(pks), _BATCH):
        with transaction.atomic():
            one_at_a_time()
            documents = proposed.filter(pk__in=pks[start : start + _BATCH]).select_related("source")
            for document in documents.order_by("pk").distinct():
                join(document)
    return marked.count() - before


def of_story(document: Document) -> QuerySet[Document]:
    """The document and every copy of what it tells."""
    head = head_of(document)
    return Document.objects.filter(Q(pk=head) | Q(story=head))


def head_of(document: Document) -> int:
    """The first document of the story, by its primary key: what the story is known by."""
    return document.story_id or document.pk


def with_mentions(candidates: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """The candidates, each with the number of documents that tell its story, as `mentions`."""
    head = Coalesce(OuterRef("document__story"), OuterRef("document"))
    copies = Document.objects.filter(story=head).order_by().values("story").annotate(count=Count("pk"))
    return candidates.annotate(mentions=Coalesce(Subquery(copies.values("count")), 0) + 1)


def _elsewhere(document: Document) -> QuerySet[Document]:
    head = head_of(document)
    return Document.objects.exclude(pk=head).exclude(story=head)


def _same(document: Document) -> int | None:
    """The story of the first document of this page or of these words: storing missed one that came at once."""
    same = Q(canonical_url=document.canonical_url) & ~Q(canonical_url="")
    if dedup.is_telling(document.whole_text()):
        same |= Q(fingerprint=document.fingerprint)
    told = _elsewhere(document).filter(same)
    if document.kind == Document.Kind.NOTICE:  # a call and its award may use the same words
        told = told.exclude(kind=Document.Kind.NOTICE)
    # All of them and then the first: asked for the first alone, PostgreSQL walks through the whole table.
    rows = sorted(told.values_list("pk", "story"), key=lambda row: row[0])
    return next((story or pk for pk, story in rows), None)


def _alike(document: Document, runs: "Shingles") -> int | None:
    """The story of the document that is most like this one, if it is enough so."""
    from tracker import near  # noqa: PLC0415 - see join

    keys = near.keys(runs)
    if not keys:
        return None
    marked = StoryMark.objects.sharing(keys, at_least=near.SHARED, most=COMPARED)
    told = _elsewhere(document).filter(pk__in=marked).annotate(publisher=F("source__publisher"))
    likeness = {other: near.likeness(runs, near.shingles(other.text)) for other in told.order_by("pk")}
    enough = {
        other: alike
        for other, alike in likeness.items()
        if alike >= (ALIKE_OF_ONE_PUBLISHER if other.publisher == document.source.publisher else ALIKE)
    }
    return head_of(max(enough, key=enough.__getitem__)) if enough else None
