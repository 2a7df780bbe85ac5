"""From the entries of a page to stored documents: once each, however often they are seen, edited or renamed."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet

from tracker import notices
from tracker.dedup import canonical_url, fingerprint, is_telling
from tracker.models import VERSION_LIMIT, Document, DocumentVersion, Notice, Source
from tracker.watchers.entry import Entry, NoticeFields, Page, Remark

RENAMED_AT_LEAST = 3  # fewer entries under new identities are no change of the whole source
_NO_WORDS = fingerprint("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How many entries of a page were new, edited since, or known already; and what a person should know of it."""

    new: int = 0
    changed: int = 0
    same: int = 0
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    """An entry with what it is recognised by."""

    entry: Entry
    address: str
    print: str


@transaction.atomic(savepoint=False)
def store(source: Source, page: Page, *, now: datetime, held: Collection[str] = ()) -> Stored:
    """Store each entry once, whatever the number of times it is seen; an edited one keeps what it said before.

    `held` are the identities of entries that the same body holds and that the caller knows to be unchanged.
    """
    drafts = {entry.external_id[:500]: _draft(source, entry) for entry in reversed(page.entries)}
    known = {row.external_id: row for row in _rows(source.documents.filter(external_id__in=drafts))}
    strangers = {identity: draft for identity, draft in drafts.items() if identity not in known}
    alike = _alike(strangers.values())
    renamed, remarks = _renamed(source, strangers, alike, held={*held, *known})
    known |= renamed
    edited = _edited(drafts, known)
    changed, frozen = _edit(edited, now=now)
    new = [
        _document(source, identity, draft, now=now)
        for identity, draft in strangers.items()
        if identity not in renamed
    ]
    _create(new, alike)
    _add_notices(new, drafts)
    same = [row.pk for row in known.values() if row.pk not in changed]
    if same:
        Document.objects.filter(pk__in=same).update(last_seen_at=now)
    if held:
        seen(source, held, now=now)
    return Stored(new=len(new), changed=len(changed), same=len(same), remarks=(*remarks, *frozen))


def seen(source: Source, external_ids: Collection[str], *, now: datetime) -> None:
    """Note that the source still holds these entries, of which nothing changed."""
    source.documents.filter(external_id__in=external_ids, last_seen_at__lt=now).update(last_seen_at=now)


def differences(document: Document, entry: Entry) -> dict[str, tuple[Any, Any]]:
    """What `store` would change of a known document, by name: what is stored, and what the entry says."""
    draft = _draft(document.source, entry)
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


def as_document(source: Source, entry: Entry, *, now: datetime) -> Document:
    """The entry as `store` would store it as a new document, with its notice; nothing is saved."""
    document = _document(source, entry.external_id[:500], _draft(source, entry), now=now)
    if document.kind == Document.Kind.NOTICE:
        document.notice = Notice(**_facts(entry))
    return document


def _draft(source: Source, entry: Entry) -> _Draft:
    language = entry.language or source.language
    others = (words for code, words in entry.texts.items() if code != language)
    whole = "\n\n".join(filter(None, (entry.title[:1000], entry.text, *others)))
    return _Draft(entry, canonical_url(entry.url), fingerprint(whole))


def _rows(documents: QuerySet[Document], *more: str) -> list[Any]:
    """What is needed to recognise documents, without their texts."""
    names = (
        "pk",
        "source_id",
        "external_id",
        "url",
        "canonical_url",
        "fingerprint",
        "story_id",
        "kind",
        *more,
    )
    return list(documents.values_list(*names, named=True))


def _alike(strangers: Iterable[_Draft]) -> list[Any]:
    """Documents of any source with the address or the words of one of these, the first stored first."""
    addresses, prints = set(), set()
    for draft in strangers:
        addresses |= {draft.address, _identity_address(draft.entry)}
        prints.add(draft.print)
    if not prints:
        return []
    same_address = Document.objects.filter(canonical_url__in=addresses - {""})
    return _rows((same_address | Document.objects.filter(fingerprint__in=prints)).order_by("pk"))


def _identity_address(entry: Entry) -> str:
    return canonical_url(entry.external_id) if "://" in entry.external_id else ""


def _renamed(
    source: Source, strangers: Mapping[str, _Draft], alike: list[Any], *, held: Collection[str]
) -> tuple[dict[str, Any], tuple[Remark, ...]]:
    """Known documents that now come under another identity: their own address, and the old identity is gone.

    Where every identity is new, a known title of the same date tells an entry too: the source moved.
    """
    own = [row for row in alike if row.source_id == source.pk and row.kind == Document.Kind.ARTICLE]
    free = [row for row in own if row.external_id not in held]
    articles = {key: draft for key, draft in strangers.items() if draft.entry.kind == Document.Kind.ARTICLE}
    renamed = _one_to_one(articles, free, _addresses, lambda row: [(row.canonical_url, _fragment(row.url))])
    if held or len(strangers) < RENAMED_AT_LEAST:
        return _take_identities(renamed), ()
    rest = {identity: draft for identity, draft in articles.items() if identity not in renamed}
    taken = {row.pk for row in renamed.values()}
    titled = source.documents.filter(title__in=[draft.entry.title[:1000] for draft in rest.values()])
    untaken = [row for row in _rows(titled, "title", "published_at") if row.pk not in taken]
    moved = renamed | _one_to_one(rest, untaken, _headlines, _row_headlines)
    if len(moved) < max(RENAMED_AT_LEAST, len(strangers) / 2):
        return _take_identities(renamed), ()
    told = Remark("The source gave its entries new identities.", f"{len(moved)} / {len(strangers)}")
    return _take_identities(moved), (told,)


def _one_to_one(
    drafts: Mapping[str, _Draft],
    rows: list[Any],
    keys_of_draft: Callable[[_Draft], list[Hashable]],
    keys_of_row: Callable[[Any], list[Hashable]],
) -> dict[str, Any]:
    """Each draft with the row that shares a key with it, where no other draft and no other row has that key."""
    if not rows:
        return {}
    claims = Counter(key for draft in drafts.values() for key in set(keys_of_draft(draft)))
    holders: dict[Hashable, list[Any]] = {}
    for row in rows:
        for key in keys_of_row(row):
            holders.setdefault(key, []).append(row)
    found, taken = {}, set()
    for identity, draft in drafts.items():
        for key in keys_of_draft(draft):
            if claims[key] == 1 and len(holders.get(key, ())) == 1 and holders[key][0].pk not in taken:
                found[identity] = holders[key][0]
                taken.add(holders[key][0].pk)
                break
    return found


def _addresses(draft: _Draft) -> list[Hashable]:
    """Addresses that name one page, not the whole site: the link, then an identity that is an address."""
    written = ((draft.address, draft.entry.url), (_identity_address(draft.entry), draft.entry.external_id))
    return [(key, _fragment(url)) for key, url in written if _is_a_page(key)]


def _is_a_page(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.path.strip("/") or parts.query)


def _fragment(url: str) -> str:
    return url.partition("#")[2]


def _headlines(draft: _Draft) -> list[Hashable]:
    entry = draft.entry
    return [(entry.title[:1000], key) for key in (entry.published_at, draft.print) if key and entry.title]


def _row_headlines(row: Any) -> list[Hashable]:
    return [(row.title, key) for key in (row.published_at, row.fingerprint) if key]


def _take_identities(renamed: dict[str, Any]) -> dict[str, Any]:
    rows = [Document(pk=row.pk, external_id=identity) for identity, row in renamed.items()]
    Document.objects.bulk_update(rows, ["external_id"])
    return renamed


def _edited(drafts: Mapping[str, _Draft], known: Mapping[str, Any]) -> dict[int, _Draft]:
    """The documents whose words, address or structured side differ now, by key; a date or a counter alone does not."""
    official = [row.pk for row in known.values() if row.kind == Document.Kind.NOTICE]
    notices_of = Notice.objects.filter(document__in=official) if official else ()
    stored = {row.document_id: row for row in notices_of}
    edited = {}
    for identity, row in known.items():
        draft, notice = drafts[identity], stored.get(row.pk)
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


def _edit(edited: Mapping[int, _Draft], *, now: datetime) -> tuple[set[int], tuple[Remark, ...]]:
    """Take over what the source now says and keep what it said before; those edited too often stay as they are."""
    if not edited:
        return set(), ()
    counts = Counter(DocumentVersion.objects.filter(document__in=edited).values_list("document", flat=True))
    versions, changed, frozen = [], [], []
    for document in Document.objects.filter(pk__in=edited).select_related("source", "notice"):
        if counts[document.pk] >= VERSION_LIMIT:
            continue
        facts = _facts_of(document.notice) if document.kind == Document.Kind.NOTICE else {}
        versions.append(DocumentVersion.objects.of(document, notice=facts, now=now))
        _take_over(document, edited[document.pk], facts, now=now)
        changed.append(document)
        if counts[document.pk] + 1 == VERSION_LIMIT:
            frozen.append(Remark("An entry is edited so often that it is no longer followed.", str(document)))
    DocumentVersion.objects.bulk_create(versions)
    notices.supersede([document.pk for document in changed if document.kind == Document.Kind.NOTICE])
    return {document.pk for document in changed}, tuple(frozen)


def _take_over(document: Document, draft: _Draft, facts: dict[str, Any], *, now: datetime) -> None:
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


def _document(source: Source, identity: str, draft: _Draft, *, now: datetime) -> Document:
    entry = draft.entry
    return Document(
        source=source,
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
        kinds = [kind for kind in Document.Kind.values if "article" in (kind, document.kind)]
        known_by = [document.canonical_url, document.fingerprint][: 1 + is_telling(document.whole_text())]
        keys = [(kind, key) for key in known_by for kind in kinds]
        head = next((heads[key] for key in keys if key in heads), None)
        if head is None:
            _note(heads, document)
        elif isinstance(head, Document):
            copies.append((document, head))
        else:
            document.story_id = head.story_id or head.pk
    waiting = {id(document) for document, _head in copies}
    Document.objects.bulk_create(document for document in documents if id(document) not in waiting)
    for document, head in copies:
        document.story = head
    Document.objects.bulk_create(document for document, _head in copies)


def _note(heads: dict[tuple[str, str], Any], document: Any) -> None:
    for key in (document.canonical_url, document.fingerprint):
        if key and key != _NO_WORDS:
            heads.setdefault((document.kind, key), document)


def _add_notices(documents: list[Document], drafts: Mapping[str, _Draft]) -> None:
    official = [document for document in documents if document.kind == Document.Kind.NOTICE]
    if not official:
        return
    Notice.objects.bulk_create(
        Notice(document=document, **_facts(drafts[document.external_id].entry)) for document in official
    )
    notices.relate([document.pk for document in official])
