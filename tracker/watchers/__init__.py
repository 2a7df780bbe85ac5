"""How publishers write: one module per format, each with LABEL, first_request(url) and read(body). Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tracker.watchers import (
    boamp,
    decp,
    edgar,
    eforms,
    esef,
    feed,
    funding,
    ocds,
    page,
    page_text,
    prozorro,
    ted,
    ted_export,
    ted_package,
)
from tracker.watchers.entry import Page, Request, UnreadableError
from tracker.watchers.families import recognise as recognise
from tracker.watchers.families import refuse_unreadable, told_apart
from tracker.watchers.guarded import Refusal, read_each, read_in_child
from tracker.watchers.plaintext import load_codes

FORMATS = {
    "feed": feed,
    "page": page,
    "page_text": page_text,
    "ted": ted,
    "eforms": eforms,
    "ted_export": ted_export,
    "ted_package": ted_package,
    "ocds": ocds,
    "prozorro": prozorro,
    "boamp": boamp,
    "decp": decp,
    "funding": funding,
    "edgar": edgar,
    "esef": esef,
}


PAGES = ("page", "page_text")  # which part of it is read, the fragment of the address says


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Foreign bytes, and what is known of them."""

    format: str
    body: bytes
    url: str = ""  # where they came from, after redirects
    content_type: str = ""
    request: Request | None = None  # what was sent, which paging needs


def read_guarded(
    format: str, body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None
) -> Page:
    """Read foreign bytes in a child process with limits: with `read_all`, the only way from bytes to a Page.

    Raises UnreadableError (set the document aside) or IncompleteError (ask again later).
    """
    return read_alone(Unread(format=format, body=body, url=url, content_type=content_type, request=request))


def read_alone(unread: Unread) -> Page:
    """The same for one of those that `read_all` left."""
    load_codes()
    try:
        return read_in_child(_reader(unread))
    except UnreadableError as error:
        raise _told_apart(error, unread) from error


def read_all(documents: Sequence[Unread]) -> Iterator[tuple[int, Page | Refusal | None]]:
    """The same for many, by their numbers: a Page, the error that says why there is none, or nothing.

    Nothing of those that took longer than most need, or ended the child that they share: each must be read alone.
    """
    load_codes()
    for number, told in read_each([partial(_read, unread) for unread in documents]):
        yield number, _told_apart(told, documents[number]) if isinstance(told, UnreadableError) else told


def _read(unread: Unread) -> Page:
    return _reader(unread)()


def _reader(unread: Unread) -> Callable[[], Page]:
    if unread.format not in FORMATS:
        raise UnreadableError("No watcher reads this format.", unread.format)
    if unread.format != "ted_package":  # an archive, with limits of its own
        refuse_unreadable(unread.body)
    told = {"url": unread.url, "content_type": unread.content_type, "request": unread.request}
    return partial(FORMATS[unread.format].read, unread.body, **told)


def _told_apart(error: UnreadableError, unread: Unread) -> UnreadableError:
    return told_apart(error, unread.body, page_expected=unread.format in PAGES)
