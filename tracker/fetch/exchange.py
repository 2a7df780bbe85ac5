"""One question to one judged server, by libcurl: every byte counted, every connection judged as it opens."""

import math
import re
import socket
import ssl
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Literal

import pycurl
from django.conf import settings
from django.utils.http import http_date
from django.utils.translation import gettext as _

from tracker.fetch.address import Address, is_public
from tracker.fetch.inflate import DamagedError, Inflater
from tracker.watchers.entry import Request

_PORTS = {80, 443, 8080, 8443}
SMALL_BYTES = 512 * 1024  # a body, decompressed, that nobody needs to be asked for
_MAX_HEADER_BYTES = 256 * 1024  # all header lines of one answer, 1xx included
_MAX_WORDS = 2_000  # bytes of what a server says of its refusal
_WORDS = ("application/json", "application/problem+json", "text/plain")
_TLS_FAILURES = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_INVALIDCERTSTATUS,
}
_E_TOO_LARGE = 100  # of libcurl, for headers; pycurl has no name for it
_SYSTEM = ssl.get_default_verify_paths()
_TRUST = {pycurl.CAINFO: _SYSTEM.cafile} if _SYSTEM.cafile else {pycurl.CAPATH: _SYSTEM.capath}
_RECEIVED = (pycurl.INFOTYPE_HEADER_IN, pycurl.INFOTYPE_DATA_IN)
_STATUS_LINE = re.compile(r"HTTP/[0-9.]+ ([0-9]{3})\b")

Kind = Literal[
    "refused",  # by the guard: no URL that we ask, or no public address behind it
    "dns",
    "connect",
    "tls",
    "timeout",
    "too_large",
    "protocol",  # not HTTP, broken off, damaged, empty
    "redirect",
    "http",  # a status that brings no document
    "challenged",  # a robot check in place of the document
    "backoff",  # the server asks us to wait
    "gone",
]


class FetchError(Exception):
    """The source did not answer usefully; try again later. Its text is a sentence for people."""

    def __init__(
        self, kind: Kind, message: str, *, status: int | None = None, retry_after: int | None = None
    ):
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after  # seconds, 1 to 86,400


class Exchange:
    """One question to one judged host. libcurl calls back here, and every callback may end it."""

    def __init__(self, target: Address, request: Request, headers: list[bytes], *, deadline: float):
        """`headers` are all its lines; `deadline`, of the monotonic clock, is for all, the look-up of the name included.

        Who holds the handle keeps to it, and moves it while the exchange is halted.
        """
        self.target, self.deadline = target, deadline
        self.status = 0
        self.headers: dict[str, str] = {}  # lower-case names; repeated ones joined with a comma
        self.body = b""
        self.wire_bytes = 0
        self._request, self._header_lines = request, headers
        self._max_bytes = max(request.max_bytes, settings.FETCH_MAX_BYTES)
        self._header_bytes = 0
        self._addresses: tuple[str, ...] = ()
        self._may_grow: Callable[[], bool] = lambda: True
        self._fields: defaultdict[str, list[str]] = defaultdict(list)
        self._body = bytearray()
        self._inflater: Inflater | None = None
        self._failure: FetchError | None = None
        self._complete = False  # the last header block has ended
        self._enough = False  # we hung up: the rest would be of no use
        self._refused = False  # in words, which are worth reading but not worth an error
        self._handle: pycurl.Curl | None = None
        self._sockets: list[socket.socket] = []

    def begin(self, addresses: tuple[str, ...], *, may_grow: Callable[[], bool]) -> pycurl.Curl:
        """The handle that asks one of these addresses once all were judged; raises FetchError.

        `may_grow` is asked before the body gets beyond SMALL_BYTES: when it says no, who holds the handle lets it go
        on later.
        """
        if not addresses:
            raise FetchError("dns", _("The host name %(host)s was not found.") % {"host": self.target.host})
        for ip in addresses:  # a single one that is not public refuses them all
            _judge(ip, self.target.port)
        self._addresses, self._may_grow = addresses, may_grow
        seconds = _seconds_left(self.deadline)
        self._handle = pycurl.Curl()
        for option, value in self._options(seconds).items():
            self._handle.setopt(option, value)
        self._handle.setopt(pycurl.HTTPHEADER, self._header_lines)
        if self._request.method == "POST":
            self._handle.setopt(pycurl.POSTFIELDS, self._request.body or b"")
        return self._handle

    def end(self, code: int) -> None:
        """Take libcurl's verdict; afterwards status, headers and body are what a complete answer said, or FetchError."""
        self.hang_up()
        useless = self._enough or self._refused
        if code != pycurl.E_OK and not useless:
            raise self._failure or _failure(code)
        if self._inflater and not self._inflater.finished and not useless:
            raise _damaged()
        self.body = bytes(self._body)
        self._body.clear()

    def hang_up(self) -> None:
        """Give back what the machine lent us; this may be said twice.

        What calls back here is forgotten, too: a circle of references would outlive the round.
        """
        if self._handle:
            self._handle.close()
        self._handle, self._may_grow = None, lambda: False
        for opened in self._sockets:
            opened.close()

    def _options(self, seconds: float) -> dict[int, object]:
        named = not self.target.is_literal
        pinned = ",".join(f"[{ip}]" if ":" in ip else ip for ip in self._addresses)
        return _TRUST | {
            pycurl.URL: self.target.url,
            pycurl.RESOLVE: [f"{self.target.host}:{self.target.port}:{pinned}"] if named else [],
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.PROXY: "",  # whatever the environment says
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.HTTP_CONTENT_DECODING: 0,
            pycurl.FRESH_CONNECT: 1,
            pycurl.FORBID_REUSE: 1,
            pycurl.NOSIGNAL: 1,
            pycurl.CONNECTTIMEOUT_MS: math.ceil(1000 * min(seconds, settings.FETCH_CONNECT_SECONDS)),
            pycurl.MAXFILESIZE: self._max_bytes,
            pycurl.OPENSOCKETFUNCTION: self._on_socket,
            pycurl.VERBOSE: 1,  # for DEBUGFUNCTION, which sees the bytes as they came
            pycurl.DEBUGFUNCTION: self._on_wire,
            pycurl.NOPROGRESS: 0,
            pycurl.XFERINFOFUNCTION: self._on_progress,
            pycurl.HEADERFUNCTION: self._take_header,
            pycurl.WRITEFUNCTION: partial(self._guarded, self._take_body),
        }

    def _on_socket(self, _purpose: int, address: tuple) -> socket.socket | int:
        """Open a socket to a judged address only; announced as Python's own are, so that an audit hook may refuse."""
        family, kind, protocol, (ip, port, *_rest) = address
        try:
            if ip not in self._addresses:
                raise FetchError("refused", _("This address does not lead to the public web."))
            _judge(ip, port)
            sys.audit("socket.connect", None, (ip, port))
            opened = socket.socket(family, kind, protocol)
        except FetchError as error:
            self._failure = error
            return pycurl.SOCKET_BAD
        except Exception:  # a hook refuses by raising whatever it likes
            self._failure = FetchError("refused", _("This machine refuses the connection."))
            return pycurl.SOCKET_BAD
        self._sockets.append(opened)  # libcurl works on a duplicate of its own
        return opened

    def _guarded(self, take: Callable[..., int | None], *received: bytes) -> int | None:
        try:
            wish = take(*received)
        except FetchError as error:
            self._failure = error
            return -1
        except DamagedError:
            self._failure = _damaged()
            return -1
        return -1 if self._enough else wish

    def _on_wire(self, kind: int, passing: bytes) -> None:
        if kind in _RECEIVED:
            self.wire_bytes += len(passing)

    def _on_progress(self, *_counts: int) -> int:
        """Stop what never reaches the body: a chunk extension without end, say."""
        if self.wire_bytes <= self._max_bytes + _MAX_HEADER_BYTES:
            return 0
        self._failure = _too_large()
        return 1

    def _take_header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        if self._header_bytes > _MAX_HEADER_BYTES:
            self._failure = _too_large()
            return -1
        if self._complete:  # what follows the body counts, and says nothing
            return None
        text = line.decode("latin-1")
        if text.startswith("HTTP/") and (status_line := _STATUS_LINE.match(text)):
            self.status = int(status_line[1])
            self._fields.clear()
        elif not text.strip("\r\n"):
            return self._guarded(self._end_headers)
        elif text[0] not in " \t":
            name, _colon, value = text.partition(":")
            self._fields[name.strip().lower()].append(value.strip())
        return None

    def _end_headers(self) -> None:
        if 100 <= self.status < 200 and self.status != 101:
            return
        self._complete = True
        self.headers = {name: ", ".join(dict.fromkeys(values)) for name, values in self._fields.items()}
        # RFC 9110, 6.6.1: who receives a message without a date notes its own.
        if "date" not in self.headers:
            self.headers["date"] = http_date()
        # Of other answers the status says it all, or some words do; 202 is either empty, or not.
        self._refused = 400 <= self.status < 500 and self.headers.get("content-type", "").startswith(_WORDS)
        self._enough = self.status not in {200, 202} and not self._refused
        encoding = self.headers.get("content-encoding", "identity").lower()
        if (self.status == 200 or self._refused) and encoding in {"gzip", "x-gzip"}:
            self._inflater = Inflater()
        elif self.status == 200 and encoding not in {"identity", ""}:
            raise FetchError("protocol", _("The server packs its pages in a way that we did not ask for."))

    def _take_body(self, chunk: bytes) -> int | None:
        if self._refused:
            self._body += self._unpacked(chunk, limit=_MAX_WORDS)[:_MAX_WORDS]
            self._enough = len(self._body) >= _MAX_WORDS
            return None
        self._enough = self.status != 200
        before = self._inflater.copy() if self._inflater else None
        grown = self._unpacked(chunk, limit=max(SMALL_BYTES - len(self._body), 0))
        if len(self._body) + len(grown) > SMALL_BYTES:
            if not self._may_grow():
                self._inflater = before
                return pycurl.WRITEFUNC_PAUSE  # libcurl says this chunk again when it may go on
            self._inflater = before
            grown = self._unpacked(chunk, limit=self._max_bytes - len(self._body))
        self._body += grown
        if len(self._body) > self._max_bytes:
            raise _too_large()
        return None

    def _unpacked(self, chunk: bytes, *, limit: int) -> bytes:
        """What the chunk holds; of what holds more than `limit`, one byte more."""
        return self._inflater.feed(chunk, limit=limit + 1) if self._inflater else chunk


def _judge(ip: str, port: int) -> None:
    if f"{ip}:{port}" in settings.FETCH_ALLOW:
        return
    if port not in _PORTS:
        raise FetchError("refused", _("Port %(port)s is not one of the web's.") % {"port": port})
    if not is_public(ip):
        raise FetchError("refused", _("This address does not lead to the public web."))


def _seconds_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchError("timeout", _("The server took too long to answer."))
    return left


def _damaged() -> FetchError:
    return FetchError("protocol", _("The page arrived damaged or cut off."))


def _too_large() -> FetchError:
    return FetchError("too_large", _("The answer is larger than we accept."))


def _failure(code: int) -> FetchError:
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return FetchError("timeout", _("The server took too long to answer."))
    if code == pycurl.E_COULDNT_CONNECT:
        return FetchError("connect", _("The server cannot be reached."))
    if code in _TLS_FAILURES:
        return FetchError("tls", _("The server's identity could not be verified (TLS)."))
    if code in {pycurl.E_FILESIZE_EXCEEDED, _E_TOO_LARGE}:
        return _too_large()
    return FetchError("protocol", _("The server broke off, or its answer is not proper HTTP."))
