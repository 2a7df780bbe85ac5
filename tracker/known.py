"""What sources say now, beside what is stored: which entries are known, be it under another identity."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet

from tracker.dedup import canonical_url, fingerprint
from tracker.models import Document, Source
from tracker.watchers.entry import Entry, Page, Remark

RENAMED_AT_LEAST = 3  # fewer entries under new identities are no change of the whole source


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry with what it is recognised by."""

    entry: Entry
    address: str
    print: str


@dataclass(slots=True, kw_only=True)
class Sheet:
    """What a source says now, and which of its documents say so already."""

    source: Source
    drafts: dict[str, Draft]
    known: dict[str, Any] = field(default_factory=dict)  # its documents, under the identities of their drafts
    held: frozenset[str] = frozenset()  # identities of those that nobody needed to read again

    @property
    def strangers(self) -> dict[str, Draft]:
        return {identity: draft for identity, draft in self.drafts.items() if identity not in self.known}


def sheets_of(pages: list[tuple[Source, Page]]) -> list[Sheet]:
    """What each page says, beside the documents of its source that have these identities; the last entry first."""
    sheets = {}
    for source, page in pages:
        drafts = {entry.external_id[:500]: draft_of(source, entry) for entry in reversed(page.entries)}
        held = frozenset(page.known) - drafts.keys()
        sheets[source.pk] = Sheet(source=source, drafts=drafts, held=held)
    said = [(pk, identity) for pk, sheet in sheets.items() for identity in sheet.drafts]
    for row in _rows(Document.objects.identified(said)):
        sheets[row.source_id].known[row.external_id] = row
    return list(sheets.values())


def draft_of(source: Source, entry: Entry) -> Draft:
    """The entry with the address and the words that it is recognised by."""
    language = entry.language or source.language
    others = (words for code, words in entry.texts.items() if code != language)
    whole = "\n\n".join(filter(None, (entry.title[:1000], entry.text, *others)))
    return Draft(entry, canonical_url(entry.url), fingerprint(whole))


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


def alike_to(sheets: list[Sheet]) -> list[Any]:
    """Documents of any source with the address or the words of a draft of no known one, the first stored first."""
    addresses, prints = set(), set()
    for draft in (draft for sheet in sheets for draft in sheet.strangers.values()):
        addresses |= {draft.address, _identity_address(draft.entry)}
        prints.add(draft.print)
    if not prints:
        return []
    same_address = Document.objects.filter(canonical_url__in=addresses - {""})
    return _rows((same_address | Document.objects.filter(fingerprint__in=prints)).order_by("pk"))


def _identity_address(entry: Entry) -> str:
    return canonical_url(entry.external_id) if "://" in entry.external_id else ""


def rename(sheets: list[Sheet], alike: list[Any]) -> dict[int, list[Remark]]:
    """Recognise known documents that now come under another identity: their own address, and the old one is gone.

    Where every identity is new, a known title of the same date tells an entry too: the source moved. Remarks on
    that, by source.
    """
    remarks: dict[int, list[Remark]] = {sheet.source.pk: [] for sheet in sheets}
    own: dict[int, list[Any]] = {sheet.source.pk: [] for sheet in sheets}
    for row in alike:
        if row.source_id in own and row.kind == Document.Kind.ARTICLE:
            own[row.source_id].append(row)
    moving = [sheet for sheet in sheets if sheet.drafts and not (sheet.known or sheet.held)]
    renamed = {sheet.source.pk: _renamed(sheet, own[sheet.source.pk]) for sheet in sheets}
    titled = _titled([sheet for sheet in moving if len(sheet.drafts) >= RENAMED_AT_LEAST])
    for sheet in moving:
        pk, strangers = sheet.source.pk, len(sheet.drafts)
        moved = renamed[pk] | _retitled(sheet, renamed[pk], titled.get(pk, []))
        if len(moved) >= max(RENAMED_AT_LEAST, strangers / 2):
            renamed[pk] = moved
            told = f"{len(moved)} / {strangers}"
            remarks[pk].append(Remark("The source gave its entries new identities.", told))
    _take_identities([pair for found in renamed.values() for pair in found.items()])
    for sheet in sheets:
        sheet.known |= renamed[sheet.source.pk]
    return remarks


def _renamed(sheet: Sheet, own: list[Any]) -> dict[str, Any]:
    free = [row for row in own if row.external_id not in sheet.known and row.external_id not in sheet.held]
    return _one_to_one(
        _articles(sheet), free, _addresses, lambda row: [(row.canonical_url, _fragment(row.url))]
    )


def _retitled(sheet: Sheet, renamed: Mapping[str, Any], titled: list[Any]) -> dict[str, Any]:
    rest = {identity: draft for identity, draft in _articles(sheet).items() if identity not in renamed}
    taken = {row.pk for row in renamed.values()}
    untaken = [row for row in titled if row.pk not in taken]
    return _one_to_one(rest, untaken, _headlines, _row_headlines)


def _articles(sheet: Sheet) -> dict[str, Draft]:
    articles = Document.Kind.ARTICLE
    return {key: draft for key, draft in sheet.strangers.items() if draft.entry.kind == articles}


def _titled(sheets: list[Sheet]) -> dict[int, list[Any]]:
    """Documents of these sources that have the title of one of their drafts, by source."""
    wanted = Q(pk__in=())
    for sheet in sheets:
        titles = {draft.entry.title[:1000] for draft in _articles(sheet).values()}
        wanted |= Q(source=sheet.source.pk, title__in=titles)
    found: dict[int, list[Any]] = {}
    for row in _rows(Document.objects.filter(wanted), "title", "published_at") if sheets else ():
        found.setdefault(row.source_id, []).append(row)
    return found


def _one_to_one(
    drafts: Mapping[str, Draft],
    rows: list[Any],
    keys_of_draft: Callable[[Draft], list[Hashable]],
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


def _addresses(draft: Draft) -> list[Hashable]:
    """Addresses that name one page, not the whole site: the link, then an identity that is an address."""
    written = ((draft.address, draft.entry.url), (_identity_address(draft.entry), draft.entry.external_id))
    return [(key, _fragment(url)) for key, url in written if _is_a_page(key)]


def _is_a_page(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.path.strip("/") or parts.query)


def _fragment(url: str) -> str:
    return url.partition("#")[2]


def _headlines(draft: Draft) -> list[Hashable]:
    entry = draft.entry
    return [(entry.title[:1000], key) for key in (entry.published_at, draft.print) if key and entry.title]


def _row_headlines(row: Any) -> list[Hashable]:
    return [(row.title, key) for key in (row.published_at, row.fingerprint) if key]


def _take_identities(renamed: Iterable[tuple[str, Any]]) -> None:
    rows = [Document(pk=row.pk, external_id=identity) for identity, row in renamed]
    Document.objects.bulk_update(rows, ["external_id"])
