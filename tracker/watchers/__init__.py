"""How publishers write: one module per format, each with LABEL, first_request(url) and read(body). Pure."""

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
from tracker.watchers.guarded import read_in_child

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


def read_guarded(
    format: str, body: bytes, *, url: str = "", content_type: str = "", request: Request | None = None
) -> Page:
    """Read foreign bytes in a child process with limits: the only way from bytes to a Page outside of tests.

    `url` is where they came from, after redirects; `request` what was sent, which paging needs.
    Raises UnreadableError (set the document aside) or IncompleteError (ask again later).
    """
    if format not in FORMATS:
        raise UnreadableError("No watcher reads this format.", format)
    if format != "ted_package":  # an archive, with limits of its own
        refuse_unreadable(body)
    read = partial(FORMATS[format].read, body, url=url, content_type=content_type, request=request)
    try:
        return read_in_child(read)
    except UnreadableError as error:
        raise told_apart(error, body, page_expected=format in PAGES) from error
