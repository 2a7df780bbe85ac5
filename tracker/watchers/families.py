"""Telling formats apart: which watcher reads a local file, and words for what none reads. Pure."""

import re
import zlib

from tracker.watchers.entry import UnreadableError
from tracker.watchers.jsontext import load_json, mapping, sequence
from tracker.watchers.markup import root_name

BODY_LIMIT = 10 << 20
LARGEST_BODY = 64 << 20  # of an archive as sent; a day of TED is 15 to 20 MB

_FEED_ROOTS = {"rss", "feed", "entry", "rdf", "channel"}
_EFORMS_ROOTS = {
    "contractnotice", "contractawardnotice", "priorinformationnotice", "businessregistrationinformationnotice",
}  # fmt: skip
_MAGIC = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz",
}  # fmt: skip
# What robot checks say in place of a page: Cloudflare, DataDome, Imperva, Anubis, Amazon.
_ROBOT_CHECK = re.compile(
    rb"/cdn-cgi/challenge-platform/|cf-chl-|cf_chl_opt|<title>Just a moment\.\.\.|<title>Attention Required! \| Cloudflare|"
    rb"captcha-delivery\.com|_Incapsula_Resource|/\.within\.website/|awsWafCookieDomainList|"
    rb"<title>Pardon Our Interruption",
    re.IGNORECASE,
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"RIFF")


def refuse_unreadable(body: bytes) -> None:
    """Refuse in words, at no cost, what no watcher reads: nothing, too much, archives, pictures."""
    if not body.strip():
        raise UnreadableError("This document is empty.")
    if len(body) > BODY_LIMIT:
        raise UnreadableError("This document is larger than 10 MiB.")
    for magic, name in _MAGIC.items():
        if body.startswith(magic):
            raise UnreadableError("This file is compressed; unpack it first.", name)
    if body.startswith(_PICTURES):
        raise UnreadableError("This is a picture or a PDF, not a feed or a notice.")


def told_apart(error: UnreadableError, body: bytes, *, page_expected: bool) -> UnreadableError:
    """The same refusal, unless the server answered with a web page that nobody asked for: a robot check, or any."""
    if root_name(body) != "html":
        return error
    if _ROBOT_CHECK.search(body):
        return UnreadableError("The server wants to check that we are not a robot.", kind="challenged")
    return (
        error
        if page_expected
        else UnreadableError("This is a web page, not a feed or a notice.", kind="web_page")
    )


def recognise(body: bytes, *, name: str = "") -> str:
    """The key in FORMATS of the watcher that reads this file; `name` (its file name) only makes a refusal clearer.

    Raises UnreadableError for what nothing reads.
    """
    if _is_tar_gz(body):
        return "ted_package"
    refuse_unreadable(body)
    if body.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \r\n\t").startswith((b"{", b"[")):
        return _json_format(load_json(body), name=name)
    root = root_name(body)
    if root in _FEED_ROOTS:
        return "feed"
    if root in _EFORMS_ROOTS:
        return "eforms"
    if root == "ted_export":
        return "ted_export"
    if root == "annonce":
        return "boamp"
    if root in {"marches", "marche", "contrat-concession"}:
        return "decp"
    if re.match(rb"\s*HTTP/\d|\s*(?:GET|POST) /", body):
        raise UnreadableError("This is a recorded exchange with a server, not a document.", name)
    if root == "html":
        raise UnreadableError("This is a web page, not a feed or a notice.", name)
    if root == "opml":
        raise UnreadableError("This is a list of feeds (OPML), not a feed.", name)
    raise UnreadableError("No watcher reads this kind of file.", name or root)


def _is_tar_gz(body: bytes) -> bool:
    if not body.startswith(b"\x1f\x8b"):
        return False
    try:
        return zlib.decompressobj(wbits=31).decompress(body, 512)[257:262] == b"ustar"
    except zlib.error:
        return False


def _json_format(value: object, *, name: str) -> str:
    keys = mapping(value)
    if "jsonfeed.org/version" in str(keys.get("version")):
        return "feed"
    if "notices" in keys:
        return "ted"
    if "releases" in keys or "records" in keys or "ocid" in keys:
        return "ocds"
    if "idweb" in mapping(next(iter(sequence(keys.get("results"))), None)):
        return "boamp"
    if "apiVersion" in keys:
        return "funding"
    if "filings" in keys or "hits" in keys:
        return "edgar"
    if "jsonapi" in keys:
        return "esef"
    if "next_page" in keys or "tenderID" in mapping(keys.get("data")):
        return "prozorro"
    if "marches" in keys:
        return "decp"
    raise UnreadableError("No watcher reads this kind of JSON.", name)
