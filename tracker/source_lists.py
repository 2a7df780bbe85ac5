"""Lists of sources as other readers keep them, in and out: OPML."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.models import Indicator, Tier
from tracker.dedup import canonical_url
from tracker.fetch.address import AddressError, parse
from tracker.models import Source, free_slug
from tracker.watchers.opml import Outline, read_outlines_guarded, write_outlines

_EXAMPLES = 5  # of addresses that are refused, in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a list does not say of its sources, and an operator does, for all of them at once."""

    tier: int | None = None
    indicators: tuple[Indicator, ...] = ()
    interest_note_fr: str = ""
    interest_note_en: str = ""

    @property
    def complete(self) -> bool:
        """All is said that a source needs before it is watched."""
        return bool(self.tier and self.indicators and (self.interest_note_fr or self.interest_note_en))


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the lines of a list."""

    added: int
    paused: bool  # those added wait for an operator
    watched: int  # addresses that were sources before; nothing of them was changed
    repeated: int  # addresses that came twice in the list
    without_address: int
    invalid: tuple[str, ...]

    def sentences(self) -> list[str]:
        """The same in words, the first one always there."""
        told = ngettext("%(count)d source was added.", "%(count)d sources were added.", self.added)
        if self.added and self.paused:
            told += " " + _("Paused: fill in tier, interest and indicators, then make them active.")
        counted = [
            (self.watched, _("Watched already, and left as they are: %(count)d.")),
            (self.repeated, _("More than once in the list: %(count)d.")),
            (self.without_address, _("Lines without the address of a feed: %(count)d.")),
        ]
        sentences = [told % {"count": self.added}, *(words % {"count": n} for n, words in counted if n)]
        if self.invalid:
            shown = " · ".join(self.invalid[:_EXAMPLES]) + (" …" if len(self.invalid) > _EXAMPLES else "")
            words = _("Addresses that are none of the public web's: %(count)d (%(examples)s).")
            sentences.append(words % {"count": len(self.invalid), "examples": shown})
        return sentences


def import_opml(body: bytes, *, terms: Terms, now: datetime) -> Imported:
    """Add the feeds of a list that are not watched yet; a source that exists is never touched.

    They are paused unless the terms are complete. Raises UnreadableError for what is no list.
    """
    listing = read_outlines_guarded(body)
    usable = [outline for outline in listing.outlines if _is_address(outline.url)]
    invalid = [outline.url for outline in listing.outlines if not _is_address(outline.url)]
    distinct = {_key(outline.url): outline for outline in reversed(usable)}
    with transaction.atomic():
        known = {_key(url) for url in Source.objects.values_list("url", flat=True)}
        new = [outline for key, outline in reversed(distinct.items()) if key not in known]
        _add(new, terms=terms, now=now)
    return Imported(
        added=len(new),
        paused=not terms.complete,
        watched=len(distinct) - len(new),
        repeated=len(usable) - len(distinct),
        without_address=listing.without_address,
        invalid=(*listing.invalid, *invalid),
    )


def export_opml(sources: Iterable[Source], *, now: datetime) -> bytes:
    """The feeds among these sources, as other readers take them in: their queries of TED and the like are left out."""
    feeds = [source for source in sources if source.format == "feed" and _is_address(source.url)]
    return write_outlines(map(_outline, feeds), title=_("What we watch"), written_at=now)


def _key(url: str) -> str:
    return canonical_url(url) or url


def _is_address(url: str) -> bool:
    try:
        parse(url)
    except AddressError:
        return False
    return True


def _add(outlines: list[Outline], *, terms: Terms, now: datetime) -> None:
    taken, sources = set(Source.objects.values_list("slug", flat=True)), []
    for outline in outlines:
        source = _source(outline, taken=taken, terms=terms, now=now)
        taken.add(source.slug)
        sources.append(source)
    Source.objects.bulk_create(sources)
    known = {indicator.code: indicator for indicator in Indicator.objects.all()}
    link = Source.indicators.through
    link.objects.bulk_create(
        link(source=source, indicator=indicator)
        for source, outline in zip(sources, outlines, strict=True)
        for indicator in terms.indicators or [known[code] for code in known if code in outline.categories]
    )


def _source(outline: Outline, *, taken: set[str], terms: Terms, now: datetime) -> Source:
    name = outline.title or urlsplit(outline.url).hostname or outline.url
    return Source(
        slug=free_slug(name, url=outline.url, taken=taken),
        name=name[:200],
        publisher=name[:200],
        format="feed",
        url=outline.url,
        language=outline.language,
        tier=terms.tier or Tier.INTERESTED,  # the lowest, until somebody says better
        interest_note_fr=terms.interest_note_fr,
        interest_note_en=terms.interest_note_en,
        state=Source.State.ACTIVE if terms.complete else Source.State.PAUSED,
        next_due_at=now,
    )


def _outline(source: Source) -> Outline:
    return Outline(
        url=source.url,
        title=source.name,
        site=urljoin(source.url, "/"),
        language=source.language,
        categories=tuple(indicator.code for indicator in source.indicators.all()),
    )
