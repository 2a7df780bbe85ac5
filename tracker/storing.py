"""From the entries of a page to stored documents: once each, however often they are seen, edited or renamed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tracker import notices
from tracker.dedup import fingerprint, is_telling
from tracker.known import Draft, Sheet, alike_to, draft_of, rename, sheets_of
from tracker.models import VERSION_LIMIT, Document, DocumentVersion, Notice, Source, rows
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, UnreadableError

ENTRIES_AT_ONCE = 2_000  # of several sources: a statement can name only so many
_NO_WORDS = fingerprint("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How many entries of a page were new, edited since, or known already; and what a person should know of it."""

    new: int = 0
    changed: int = 0
    same: int = 0
    remarks: tuple[Remark, ...] = ()


def sentence(told: UnreadableError | Remark) -> str:
    """What a watcher has to say, in the reader's language."""
    return f"{_(told.reason)} ({told.detail})" if told.detail else _(told.reason)


def store(source: Source, page: Page, *, now: datetime) -> Stored:
    """Store each entry once, whatever the number of times it is seen; an edited one keeps what it said before.

    The entries that `page.known` names are taken for unchanged.
    """
    return store_all([(source, page)], now=now)[0]


@transaction.atomic(savepoint=False)
def store_all(pages: Sequence[tuple[Source, Page]], *, now: datetime) -> list[Stored]:
    """The same for a page each of many sources, in this order, with few statements for all of them."""
    return [stored for portion in _portions(pages) for stored in _store(portion, now=now)]


def _portions(pages: Sequence[tuple[Source, Page]]) -> Iterator[list[tuple[Source, Page]]]:
    portion: list[tuple[Source, Page]] = []
    weight = 0
    for source, page in pages:
        more = len(page.entries) + len(page.known)
        if portion and weight + more > ENTRIES_AT_ONCE:
            yield portion
            portion, weight = [], 0
        portion.append((source, page))
        weight += more
    if portion:
        yield portion


def _store(pages: list[tuple[Source, Page]], *, now: datetime) -> list[Stored]:
    sheets = sheets_of(pages)
    alike = alike_to(sheets)
    remarks = rename(sheets, alike)
    edited = _edited(sheets)
    changed = _edit(edited, remarks, now=now)
    new = [
        (_document(sheet.source, identity, draft, now=now), draft)
        for sheet in sheets
        for identity, draft in sheet.strangers.items()
    ]
    _create([document for document, _draft in new], alike_to(sheets) if changed else alike)
    _add_notices(new)
    seen = [(sheet.source.pk, identity) for sheet in sheets for identity in _unchanged(sheet, changed)]
    Document.objects.identified(seen).filter(last_seen_at__lt=now).update(last_seen_at=now)
    return [_told(sheet, changed, remarks[sheet.source.pk]) for sheet in sheets]


def _unchanged(sheet: Sheet, changed: set[int]) -> Iterator[str]:
    yield from sheet.held
    yield from (identity for identity, row in sheet.known.items() if row.pk not in changed)


def _told(sheet: Sheet, changed: set[int], remarks: list[Remark]) -> Stored:
    known = {row.pk for row in sheet.known.values()}
    return Stored(
        new=len(sheet.strangers),
        changed=len(known & changed),
        same=len(known - changed),
        remarks=tuple(remarks),
    )


def differences(document: Document, entry: Entry) -> dict[str, tuple[Any, Any]]:
    """What `store` would change of a known document, by name: what is stored, and what the entry says."""
    draft = draft_of(document.source, entry)
    told: dict[str, tuple[Any, Any]] = {}
    if draft.print != document.fingerprint:
        said = {"title": entry.title[:1000], "text": entry.text, "texts": dict(entry.texts)}
        told |= {name: (getattr(document, name), new) for name, new in said.items()}
    if draft.address not in {"", document.canonical_url}:
        told["url"] = (document.url, entry.url)
    if document.kind == Document.Kind.NOTICE:
        stored = _facts_of(document.notice)
        told |= {name: (stored[name], new) for name, new in _facts(entry).items()}
    return {name: (old, new) for name, (old, new) in told.items() if old != new}


def _edited(sheets: list[Sheet]) -> dict[int, Draft]:
    """The documents whose words, address or structured side differ now, by key; a date or a counter alone does not."""
    known = [(row, sheet.drafts[identity]) for sheet in sheets for identity, row in sheet.known.items()]
    official = [row.pk for row, _draft in known if row.kind == Document.Kind.NOTICE]
    notices_of = Notice.objects.filter(document__in=official) if official else ()
    stored = {row.document_id: row for row in notices_of}
    edited = {}
    for row, draft in known:
        notice = stored.get(row.pk)
        moved = draft.address not in {"", row.canonical_url}
        if moved or draft.print != row.fingerprint or (notice and _facts(draft.entry) != _facts_of(notice)):
            edited[row.pk] = draft
    return edited


def _facts(entry: Entry) -> dict[str, Any]:
    """The structured side of an entry, as the columns of a notice."""
    facts = asdict(entry.notice or NoticeFields())
    return facts | {name: list(value) for name, value in facts.items() if isinstance(value, tuple)}


def _facts_of(notice: Notice) -> dict[str, Any]:
    return {field.name: getattr(notice, field.name) for field in fields(NoticeFields)}


def _edit(edited: Mapping[int, Draft], remarks: Mapping[int, list[Remark]], *, now: datetime) -> set[int]:
    """Take over what the sources now say and keep what they said before; those edited too often stay as they are."""
    if not edited:
        return set()
    counts = Counter(DocumentVersion.objects.filter(document__in=edited).values_list("document", flat=True))
    versions, changed = [], []
    for document in Document.objects.filter(pk__in=edited).select_related("source", "notice"):
        if counts[document.pk] >= VERSION_LIMIT:
            continue
        facts = _facts_of(document.notice) if document.kind == Document.Kind.NOTICE else {}
        versions.append(DocumentVersion.objects.of(document, notice=facts, now=now))
        _take_over(document, edited[document.pk], facts, now=now)
        changed.append(document)
        if counts[document.pk] + 1 == VERSION_LIMIT:
            frozen = Remark("An entry is edited so often that it is no longer followed.", str(document))
            remarks[document.source_id].append(frozen)
    DocumentVersion.objects.bulk_create(versions)
    notices.supersede([document.pk for document in changed if document.kind == Document.Kind.NOTICE])
    return {document.pk for document in changed}


def _take_over(document: Document, draft: Draft, facts: dict[str, Any], *, now: datetime) -> None:
    """What the entry says now; new words and new facts are matched again, the copies taken before stay as they were."""
    said = _document(document.source, document.external_id, draft, now=now)
    rewritten = said.fingerprint != document.fingerprint
    names = ["url", "canonical_url", "last_seen_at"]
    names += ["title", "text", "texts", "language", "fingerprint"] if rewritten else []
    names += ["published_at", "published_raw"] if said.published_at else []
    for name in names:
        setattr(document, name, getattr(said, name))
    if rewritten or (facts and facts != _facts(draft.entry)):
        document.matched_at, document.tries, document.set_aside = None, 0, ""
    document.save(update_fields=[*names, "matched_at", "tries", "set_aside"])
    if facts:
        Notice.objects.filter(document=document).update(**_facts(draft.entry))


def _document(source: Source, identity: str, draft: Draft, *, now: datetime) -> Document:
    entry = draft.entry
    return Document(
        source_id=source.pk,
        external_id=identity,
        url=entry.url if len(entry.url) <= 2000 else "",
        canonical_url=draft.address,
        kind=entry.kind,
        title=entry.title[:1000],
        text=entry.text,
        texts=dict(entry.texts),
        language=entry.language or source.language,
        published_at=entry.published_at if entry.published_at and entry.published_at <= now else None,
        published_raw=entry.published_raw[:200],
        fingerprint=draft.print,
        first_seen_at=now,
        last_seen_at=now,
    )


def _create(documents: list[Document], alike: list[Any]) -> None:
    """Store new documents; copies of one page or of the same words belong to the story of the first one stored.

    Two notices are one story only where `notices` says so: a call and its award may use the same words.
    """
    heads: dict[tuple[str, str], Any] = {}
    copies = []
    for row in alike:
        _note(heads, row)
    for document in documents:
        head = _head_of(document, heads)
        if head is None:
            _note(heads, document)
        elif isinstance(head, Document):
            copies.append((document, head))
        else:
            document.story_id = head.story_id or head.pk
    waiting = {id(document) for document, _head in copies}
    rows.insert([document for document in documents if id(document) not in waiting])
    for document, head in copies:
        document.story = head
    rows.insert([document for document, _head in copies])


def _head_of(document: Document, heads: Mapping[tuple[str, str], Any]) -> Any:
    """The first one stored with the address of this document or, where its words say enough, with its words."""
    kinds = Document.Kind.values if document.kind == Document.Kind.ARTICLE else (Document.Kind.ARTICLE,)
    by_address = [(kind, document.canonical_url) for kind in kinds]
    by_words = [(kind, document.fingerprint) for kind in kinds]
    found = [heads[key] for key in by_address if key in heads]
    if not found and (same := [heads[key] for key in by_words if key in heads]):
        found = same if is_telling(document.whole_text()) else []
    return found[0] if found else None


def _note(heads: dict[tuple[str, str], Any], document: Any) -> None:
    for key in (document.canonical_url, document.fingerprint):
        if key and key != _NO_WORDS:
            heads.setdefault((document.kind, key), document)


def _add_notices(new: list[tuple[Document, Draft]]) -> None:
    official = [(document, draft) for document, draft in new if document.kind == Document.Kind.NOTICE]
    if not official:
        return
    Notice.objects.bulk_create(
        Notice(document=document, **_facts(draft.entry)) for document, draft in official
    )
    notices.relate([document.pk for document, draft_of in official])
