"""From the entries of a page to stored documents: once each, however often they are seen."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from tracker.dedup import canonical_url, fingerprint
from tracker.models import Document, Notice, Source
from tracker.watchers.entry import Entry, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How many entries of a page were new, edited since, or known already."""

    new: int = 0
    changed: int = 0
    same: int = 0


@transaction.atomic
def store(source: Source, page: Page, *, now: datetime) -> Stored:
    """Store each entry once, whatever the number of times it is seen; an edited one is matched again."""
    entries = {entry.external_id[:500]: entry for entry in reversed(page.entries)}
    known = {row.external_id: row for row in source.documents.filter(external_id__in=entries)}
    new, same, changed = [], [], 0
    for external_id, entry in entries.items():
        document = _document(source, external_id, entry, now=now)
        stored = known.get(external_id)
        if stored is None:
            new.append(document)
        elif stored.fingerprint == document.fingerprint:
            same.append(stored.pk)
        else:
            _edit(stored, document, entry)
            changed += 1
    _join_stories(new)
    Document.objects.bulk_create(new)
    Notice.objects.bulk_create(_notice(doc, entries[doc.external_id]) for doc in new if doc.kind == "notice")
    Document.objects.filter(pk__in=same).update(last_seen_at=now)
    return Stored(new=len(new), changed=changed, same=len(same))


def _document(source: Source, external_id: str, entry: Entry, *, now: datetime) -> Document:
    document = Document(
        source=source,
        external_id=external_id,
        url=entry.url if len(entry.url) <= 2000 else "",
        canonical_url=canonical_url(entry.url)[:2000],
        kind=entry.kind,
        title=entry.title[:1000],
        text=entry.text,
        texts=dict(entry.texts),
        language=entry.language or source.language,
        published_at=entry.published_at if entry.published_at and entry.published_at <= now else None,
        published_raw=entry.published_raw[:200],
        first_seen_at=now,
        last_seen_at=now,
    )
    document.fingerprint = fingerprint(document.whole_text())
    return document


def _edit(stored: Document, document: Document, entry: Entry) -> None:
    """Take over what the source now says; the copies taken before stay as they were."""
    for name in ("url", "canonical_url", "title", "text", "texts", "language", "fingerprint", "last_seen_at"):
        setattr(stored, name, getattr(document, name))
    stored.matched_at, stored.tries, stored.set_aside = None, 0, ""
    stored.save()
    if stored.kind == Document.Kind.NOTICE:
        Notice.objects.filter(document=stored).delete()
        _notice(stored, entry).save()


def _notice(document: Document, entry: Entry) -> Notice:
    fields = asdict(entry.notice) if entry.notice else {}
    for name in ("buyers", "cpv", "lots", "winners", "document_urls"):
        fields[name] = list(fields.get(name, ()))
    return Notice(document=document, **fields)


def _join_stories(documents: list[Document]) -> None:
    """Copies of one page or of the same words belong to the story of the first one seen."""
    urls = {doc.canonical_url for doc in documents} - {""}
    prints = {doc.fingerprint for doc in documents}
    earlier = Document.objects.filter(canonical_url__in=urls) | Document.objects.filter(
        fingerprint__in=prints
    )
    heads: dict[str, Document] = {}
    for row in earlier.only("pk", "story", "canonical_url", "fingerprint").order_by("-pk"):
        heads |= {key: row for key in (row.canonical_url, row.fingerprint) if key}
    for document in documents:
        head = heads.get(document.canonical_url) or heads.get(document.fingerprint)
        document.story_id = (head.story_id or head.pk) if head else None
