"""Citations checked again: whether their address still answers, with the quote; and a public copy asked for."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from indicators import publishing
from indicators.models import Citation, LinkState
from indicators.rules.quotes import contains_quote
from tracker import fetch, visiting
from tracker.dedup import canonical_url, fingerprint
from tracker.models import ArchiveRequest, CitedLink, Snapshot
from tracker.watchers.article import Article, read_article
from tracker.watchers.entry import UnreadableError
from tracker.watchers.plaintext import web_link

TRIES = 5  # failures in a row before a link counts as unreachable, or an archive is asked no more
RETRY = timedelta(hours=6)  # longer after each failure
CONFIRMED_AFTER = timedelta(hours=20)  # what is lost must be found lost twice, on two days
SELDOM = timedelta(days=30)

_GONE = (404, 410)


def follow(*, now: datetime) -> None:
    """Follow the address of every citation of standing evidence; ask the archive, if there is one, to keep it."""
    standing = Citation.objects.filter(
        evidence__retracted_at=None, evidence__superseded_by=None, evidence__published_at__lte=now
    )
    CitedLink.objects.follow(standing)
    if settings.ARCHIVE_REQUEST_URL:
        ArchiveRequest.objects.want(standing.filter(archive_url=""), now=now)


def check_link(pk: int, *, now: datetime) -> None:
    """Ask for a cited page that is due and publish what it shows; nothing when another worker has it.

    A failure is counted, never an exception. What is lost is believed when it was lost twice, a day apart.
    """
    if not CitedLink.objects.claim(pk, now=now):
        return
    link = CitedLink.objects.select_related("citation__evidence").get(pk=pk)
    if not link.citation.evidence.standing:
        _close(link, due_at=None)
        return
    try:
        validators = fetch.Validators(etag=link.etag, last_modified=link.last_modified)
        response = visiting.visit(link.citation.url, validators=validators, now=now)
    except visiting.BusyError as busy:
        CitedLink.objects.put_off(pk, until=busy.until)
    except visiting.ClosedError as error:  # nobody may look: what is known stays
        _close(link, due_at=now + SELDOM, error=str(error))
    except fetch.FetchError as error:
        if error.status in _GONE:
            _suspect(link, LinkState.GONE, str(error), now=now)
        else:
            _take_failure(link, str(error), retry_after=error.retry_after or 0, now=now)
    else:
        _take_answer(link, response, now=now)


def request_archive(pk: int, *, now: datetime) -> None:
    """Ask the public archive to keep a cited page, and publish where it does; tried TRIES times."""
    if not settings.ARCHIVE_REQUEST_URL or not ArchiveRequest.objects.claim(pk, now=now):
        return
    request = ArchiveRequest.objects.select_related("citation").get(pk=pk)
    citation, error = request.citation, _("The archive did not say where it keeps the page.")
    try:
        response = visiting.visit(settings.ARCHIVE_REQUEST_URL + citation.url, robot=False, now=now)
        address = archive_address(response)
    except visiting.BusyError as busy:
        ArchiveRequest.objects.put_off(pk, until=busy.until)
        return
    except fetch.FetchError as failure:
        address, error = "", str(failure)
    if address:
        publishing.record_link(citation, archive_url=address, now=now)
        Snapshot.objects.filter(text_sha256=citation.snapshot_sha256).update(archive_url=address)
        _close(request, due_at=None)
    else:
        wait = None if request.tries >= TRIES else now + RETRY * request.tries
        ArchiveRequest.objects.filter(pk=pk).update(due_at=wait, error=error)


def archive_address(response: fetch.Response) -> str:
    """Where the archive says that it keeps the page: an address of its own that is not the request; else empty."""
    asked = urlsplit(settings.ARCHIVE_REQUEST_URL)
    told = [response.headers.get("content-location", ""), *_mementos(response.headers.get("link", ""))]
    for address in (*(web_link(each, response.final_url) for each in told), response.final_url):
        parts = urlsplit(address)
        ours = (parts.scheme, parts.netloc) == (asked.scheme, asked.netloc)
        if ours and not address.startswith(settings.ARCHIVE_REQUEST_URL) and address != response.url:
            return address
    return ""


def next_check(published_at: datetime, *, now: datetime) -> datetime:
    """A cited page is asked for every week at first, every month after a quarter, every quarter after two years."""
    age = now - published_at
    if age < timedelta(days=90):
        return now + timedelta(days=7)
    return now + (SELDOM if age < timedelta(days=730) else 3 * SELDOM)


def _mementos(links: str) -> list[str]:
    """The addresses that a Link header calls a memento (RFC 7089)."""
    parts = [each.partition(">") for each in links.split("<")[1:]]
    return [address for address, _sign, rest in parts if "memento" in rest.partition(",")[0]]


def _take_answer(link: CitedLink, response: fetch.Response, *, now: datetime) -> None:
    if response.not_modified:  # validators are kept of a page as it was first read
        _record(link, LinkState.LIVE, now=now, quote_seen_at=now)
        return
    content_type = response.headers.get("content-type", "")
    article, error = _read(response.body, url=response.final_url, content_type=content_type)
    if not _holds(article, link.citation.quote):
        if not (link.quote_seen_at or _was_seen(link.citation)):
            # It may stand where our reader does not look: nobody can say that it is gone.
            _record(link, _live(link, response), now=now)
        elif error:  # nor can who could not read the page
            _take_failure(link, error, now=now)
        else:
            _suspect(link, LinkState.QUOTE_GONE, _("The quote was not found on the page."), now=now)
        return
    print_ = fingerprint(article.text)
    first = link.fingerprint or print_
    state = _live(link, response)
    if state == LinkState.LIVE and print_ != first:
        state = LinkState.CHANGED
    unchanged = state == LinkState.LIVE
    _record(
        link,
        state,
        now=now,
        quote_seen_at=now,
        fingerprint=first,
        etag=response.validators.etag if unchanged else "",
        last_modified=response.validators.last_modified if unchanged else "",
    )


def _read(body: bytes, *, url: str, content_type: str) -> tuple[Article, str]:
    """What a page says; where it cannot be read nothing, and why."""
    try:
        return read_article(body, url=url, content_type=content_type), ""
    except UnreadableError as error:
        return Article(text=""), _(error.reason)


def _holds(article: Article, quote: str) -> bool:
    return contains_quote(article.text, quote) or contains_quote(article.words, quote)


def _was_seen(citation: Citation) -> bool:
    """Whether the quote stood on the page that we keep: what our reader once found, it would find again."""
    copies = Snapshot.objects.filter(text_sha256=citation.snapshot_sha256).exclude(original=None)
    return any(
        _holds(_read(copy.original.body, url=copy.url, content_type=copy.content_type)[0], citation.quote)
        for copy in copies.select_related("original")[:1]
    )


def _live(link: CitedLink, response: fetch.Response) -> str:
    elsewhere = canonical_url(response.permanent_url) not in ("", canonical_url(link.citation.url))
    return LinkState.MOVED if elsewhere else LinkState.LIVE


def _record(link: CitedLink, state: str, *, now: datetime, **seen: object) -> None:
    publishing.record_link(link.citation, state=state, now=now)
    due_at = next_check(link.citation.evidence.published_at, now=now)
    _close(link, due_at=due_at, suspicion="", suspected_at=None, **seen)


def _suspect(link: CitedLink, state: str, error: str, *, now: datetime) -> None:
    """Believe that something is lost when it was found so before, and not just now."""
    again = link.suspicion == state and now - link.suspected_at >= CONFIRMED_AFTER
    if again or link.citation.link_state == state:
        publishing.record_link(link.citation, state=state, now=now)
        _close(link, due_at=now + SELDOM, error=error, suspicion="", suspected_at=None)
        return
    since = link.suspected_at if link.suspicion == state else now
    _close(link, due_at=now + timedelta(days=1), error=error, suspicion=state, suspected_at=since)


def _take_failure(link: CitedLink, error: str, *, retry_after: int = 0, now: datetime) -> None:
    wait = max(RETRY * link.tries, timedelta(seconds=retry_after))
    if link.tries >= TRIES:
        publishing.record_link(link.citation, state=LinkState.UNREACHABLE, now=now)
        wait = SELDOM / 4
    CitedLink.objects.filter(pk=link.pk).update(due_at=now + wait, tries=min(link.tries, TRIES), error=error)


def _close(row: CitedLink | ArchiveRequest, *, due_at: datetime | None, **told: object) -> None:
    """Give a row back, due again at that time, with no failure counted."""
    type(row).objects.filter(pk=row.pk).update(due_at=due_at, tries=0, **{"error": ""} | told)
