"""Web pages without a feed: what the part that a selector names says now and did not say before, as one entry. Pure."""

import re
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote

from tracker.watchers.entry import Entry, Page, Request
from tracker.watchers.page import TITLE_LIMIT, Part, links_in, part_of, words_of
from tracker.watchers.page import first_request as first_request
from tracker.watchers.plaintext import clean, line

LABEL = "Page without a feed: each change of its text"
REMOVED = "− "  # before each passage that is no longer there

# A short line that tells when the page was changed, or how often it was seen, says nothing new with each number.
_VOLATILE = re.compile(
    r"(?i)©|\b(?:mise? à jour|modifié|updated|modified|generated|il y a|ago|vues?|views?|visites?|lectures?|"
    r"comment(?:aire)?s?|partages?|shares?|likes?|aujourd.hui|today)\b"
)
_VOLATILE_LENGTH = 80


def read(body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None) -> Page:
    """The first time the text as it stands, then one entry for each change: new passages, and those that are gone.

    Passages are compared as a set: one that only moved is no change. Raises UnreadableError when the part is not there.
    """
    part = part_of(body, url=url, content_type=content_type, address=request.url if request else url)
    after = clean("\n".join(map(words_of, part.elements)))
    before = request.before if request else ""
    entries = [_change(part, before, after)] if before else [_whole(part, after)]
    return Page(entries=tuple(filter(None, entries)), title=part.title, text=after)


def _whole(part: Part, text: str) -> Entry:
    return _entry(part, title=part.title, text=text, identity=sha256(text.encode()).hexdigest(), url=part.url)


def _change(part: Part, before: str, after: str) -> Entry | None:
    """The passages that came and went; None when there are none."""
    old, new = _passages(before), _passages(after)
    came = [passage for key, passage in new.items() if key not in old]
    went = [passage for key, passage in old.items() if key not in new]
    if not came and not went:
        return None
    told = [*came, *(REMOVED + passage for passage in went)]
    links = {link for link, name in _named_links(part) if any(name in passage for passage in came)}
    identity = sha256("\n".join([*sorted(old), "", *sorted(new)]).encode()).hexdigest()
    return _entry(
        part,
        title=f"{part.title} — {told[0]}" if part.title else told[0],
        text="\n".join(told),
        identity=identity,
        url=links.pop() if len(links) == 1 else _at_passage(part.url, (came or went)[0], identity),
    )


def _at_passage(url: str, passage: str, identity: str) -> str:
    """The page, opened where the passage stands: an address of its own for each change, which browsers understand."""
    words = quote(" ".join(passage.split()[:8]), safe="").replace("-", "%2D")
    return f"{url}#:~:text={words}&change={identity[:12]}"


def _entry(part: Part, *, title: str, text: str, identity: str, url: str) -> Entry:
    return Entry(
        external_id=f"sha256:{identity}",
        url=url,
        title=line(title, limit=TITLE_LIMIT),
        text=text,
        language=part.language,
    )


def _passages(text: str) -> dict[str, str]:
    """The lines of a text under what makes each the same as before."""
    return {_key(passage): passage for passage in text.split("\n") if passage}


def _key(passage: str) -> str:
    volatile = _VOLATILE.search(passage) if len(passage) <= _VOLATILE_LENGTH else None
    return volatile[0].casefold() if volatile else passage


def _named_links(part: Part) -> Iterable[tuple[str, str]]:
    for element in part.elements:
        for anchor, link in links_in(element, part.base):
            if name := line(words_of(anchor)):
                yield link, name
