"""The only room that opens sockets: it asks public web servers, judges every address, and keeps within limits."""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from django.conf import settings
from django.utils.translation import gettext as _

from tracker.fetch.address import Address, AddressError, parse
from tracker.fetch.cadence import retry_after
from tracker.fetch.exchange import Exchange, FetchError
from tracker.fetch.rounds import Conversation, Round
from tracker.watchers.entry import Request
from tracker.watchers.plaintext import line

_MAX_REDIRECTS = 5
_MAX_VALIDATOR = 1_024
_MAX_SAID = 300
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MARKS = re.compile(r"[{}\[\]\"\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to recognise its document by: opaque, returned byte for byte (as Latin-1)."""

    etag: str = ""
    last_modified: str = ""


UNCONDITIONAL = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A document (status 200), or the word that it has not changed (304)."""

    url: str  # as asked
    final_url: str
    permanent_url: str  # where 301 and 308 alone led to, or empty
    status: int
    headers: Mapping[str, str]  # lower-case names; repeated ones joined with a comma
    body: bytes  # decompressed
    validators: Validators  # to store, and to send next time
    not_modified: bool
    milliseconds: int
    wire_bytes: int  # headers and bodies of all hops, as they came


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask, what lets the server answer that nothing changed, and when to stop waiting."""

    request: Request
    validators: Validators = UNCONDITIONAL
    deadline: float = (
        math.inf
    )  # on the monotonic clock; FETCH_TOTAL_SECONDS after its beginning at the latest
    admit: Callable[[str], None] | None = None  # told what a redirect leads to; what it raises ends the round


def send(
    request: Request,
    *,
    validators: Validators = UNCONDITIONAL,
    deadline: float = math.inf,
    admit: Callable[[str], None] | None = None,
) -> Response:
    """Ask, following at most five redirects, each judged again; raise FetchError unless it ends in 200 or 304.

    It ends after FETCH_TOTAL_SECONDS, or at `deadline` on the monotonic clock if that comes first. `admit` is told
    each address that a redirect leads to before it is asked; what it raises ends the question.
    """
    question = Question(request=request, validators=validators, deadline=deadline, admit=admit)
    [[(_number, answer)]] = send_all([question])
    if isinstance(answer, FetchError):
        raise answer
    return answer


def send_all(questions: Sequence[Question]) -> Iterator[list[tuple[int, Response | FetchError]]]:
    """Ask them all at once, but no host for more than two at a time; answers come as they do, with their numbers.

    A server that is slow or hostile delays nobody else. Between two lists the caller may take its time, but not so
    long that what is under way runs into its deadline.
    """
    with Round() as asking:
        yield from asking.lead((_host(question), _conversation(question)) for question in questions)


def _host(question: Question) -> str:
    try:
        return parse(question.request.url).host
    except AddressError:  # said by its conversation
        return ""


def _conversation(question: Question) -> Conversation:
    request, validators = question.request, question.validators
    started = time.monotonic()
    deadline = min(question.deadline, started + settings.FETCH_TOTAL_SECONDS)
    asked = target = _target(request.url)
    permanent, wire_bytes = True, 0
    for _hop in range(_MAX_REDIRECTS + 1):
        foreign = target is not asked and target.origin != asked.origin
        headers = _headers(request, validators, foreign=foreign)
        exchange = Exchange(target, request, headers, deadline=deadline)
        yield exchange
        wire_bytes += exchange.wire_bytes
        if exchange.status not in _REDIRECTS:
            return Response(
                url=request.url,
                final_url=target.url,
                permanent_url=target.url if permanent and target != asked else "",
                milliseconds=round((time.monotonic() - started) * 1000),
                wire_bytes=wire_bytes,
                **_outcome(exchange, validators, waits=request.waits),
            )
        permanent = permanent and exchange.status in _PERMANENT
        target = _redirected(exchange, target, method=request.method)
        if question.admit:
            question.admit(target.url)
    raise FetchError("redirect", _("The address redirects more than five times."), status=exchange.status)


def _target(url: str) -> Address:
    try:
        return parse(url)
    except AddressError as error:
        raise FetchError("refused", _("This is not the address of a page on the public web.")) from error


def _headers(request: Request, validators: Validators, *, foreign: bool) -> list[bytes]:
    """Return header lines; what the caller adds (a key, say) does not follow a redirect to another server."""
    named = {} if foreign else {name.title(): value for name, value in request.headers.items()}
    if validators.etag:
        named["If-None-Match"] = validators.etag
    if validators.last_modified:
        named["If-Modified-Since"] = validators.last_modified
    named |= {"User-Agent": settings.FETCH_USER_AGENT, "Accept-Encoding": "gzip"}
    lines = [f"{name}: {value}" for name, value in named.items()]
    if _CONTROL.search("".join(lines)):
        raise FetchError("refused", _("A header of the request holds a control character."))
    return [line.encode("latin-1") for line in lines] + [b"Expect:"]


def _redirected(exchange: Exchange, target: Address, *, method: str) -> Address:
    location = exchange.headers.get("location", "")
    if not location or _CONTROL.search(location) or "\\" in location:
        raise FetchError(
            "redirect", _("The server redirects without saying where to."), status=exchange.status
        )
    # Raw bytes beyond ASCII are percent-coded as they came, before anybody guesses their encoding.
    url = quote(location.encode("latin-1"), safe="/?#:@!$&'()*+,;=~-._%[]|")
    try:
        # urljoin would take http:///x and http:x for relative ones.
        url = url if _SCHEME.match(url) else urljoin(target.url, url)
    except ValueError:
        url = ""
    if method != "GET":
        raise FetchError(
            "redirect", _("The service has moved: it redirects a query."), status=exchange.status
        )
    following = _target(url)
    if target.scheme == "https" and following.scheme == "http":
        raise FetchError("redirect", _("The server redirects from https to http."), status=exchange.status)
    return following


def _outcome(exchange: Exchange, validators: Validators, *, waits: Mapping[str, int]) -> dict[str, object]:
    """Return the fields of a Response for a final answer, or raise what its status means."""
    status, headers = exchange.status, exchange.headers
    asked_whether = validators != UNCONDITIONAL
    if _is_challenge(exchange):
        message = _("The server wants to check that we are not a robot.")
        raise FetchError("challenged", message, status=status, retry_after=retry_after(headers))
    if status == 410:
        raise FetchError("gone", _("The server says that this address is gone for good."), status=status)
    if status in {429, 503} or str(status) in waits:
        message = _("The server asks us to come back later.") + _said(exchange)
        wait = retry_after(headers) or waits.get(str(status))
        raise FetchError("backoff", message, status=status, retry_after=wait)
    if status != 200 and not (status == 304 and asked_whether):
        message = _("The server answered with status %(status)s.") % {"status": status} + _said(exchange)
        raise FetchError("http", message, status=status)
    if status == 200 and not exchange.body:
        raise FetchError("protocol", _("The server answered with an empty page."), status=status)
    return {
        "status": status,
        "headers": headers,
        "body": exchange.body,
        "validators": _validators(headers, before=validators if status == 304 else UNCONDITIONAL),
        "not_modified": status == 304,
    }


def _said(exchange: Exchange) -> str:
    """What a server says of its refusal, quoted and without the marks of JSON: which part of a query it is, say."""
    words = line(_MARKS.sub(" ", exchange.body.decode(errors="replace")), limit=_MAX_SAID)
    return " " + _("It says: “%(words)s”") % {"words": words} if words else ""


def _is_challenge(exchange: Exchange) -> bool:
    """Amazon's and Cloudflare's robot checks; the first also answers 202 with nothing at all."""
    headers = exchange.headers
    return (
        "x-amzn-waf-action" in headers
        or headers.get("cf-mitigated") == "challenge"
        or (exchange.status == 202 and not exchange.body)
    )


def _validators(headers: Mapping[str, str], *, before: Validators) -> Validators:
    """Return what the server gave; a 304 that repeats nothing leaves what we had."""

    def given(name: str) -> str:
        value = headers.get(name, "")
        return "" if len(value) > _MAX_VALIDATOR or _CONTROL.search(value) else value

    return Validators(
        etag=given("etag") or before.etag, last_modified=given("last-modified") or before.last_modified
    )
