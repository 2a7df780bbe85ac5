"""Canonical address, folded words, fingerprints: whether two documents, or two answers, are the same. Pure."""

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from url_normalize import url_normalize
from w3lib.url import canonicalize_url, safe_url_string, url_query_cleaner

# Parameters that say where a reader came from, never which page it is. Only names known for that: a wider guess
# would merge distinct texts (`cidTexte` of Légifrance, `?article12` of SPIP sites).
_TRACKERS = re.compile(
    r"(?i:(?:utm|mtm|pk|piwik|matomo|at)_(?:source|medium|campaign|term|content|name|id|keyword|kwd|cid|link|format)|"
    r"fbclid|gclid|dclid|msclkid|twclid|yclid|ysclid|igshid|wbraid|gbraid|ttclid|li_fat_id|mc_[ce]id|_hsenc|_hsmi|"
    r"xtor|xtref|xtcr|ns_(?:campaign|mchannel|source|linkname)|cmpid|_ga|_gl|oly_(?:anon|enc)_id|vero_(?:id|conv))"
)
_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d+)?")  # no user, no password
_TYPOGRAPHY = str.maketrans("’‘ʼ“”«»‐‑–—", "'''" + 4 * '"' + "----")
_KEY_LENGTH = 2_000
_INVISIBLE = {"Mn", "Cf", "Cc"}
# What a feed begins with, and its first entry. `<items>` is the table of contents of RSS 1.0.
_FEED = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|channel|RDF)\b|jsonfeed\.org", re.IGNORECASE)
_FIRST_ENTRY = re.compile(rb'<(?:[\w.-]+:)?(?:item|entry)[\s/>]|"items"\s*:', re.IGNORECASE)


def canonical_url(url: str) -> str:
    """The key under which two addresses of one page are equal; for comparison only, never to visit or to show.

    Empty when this is no web address, or one of more than 2,000 characters. Idempotent. Scheme, port, host, dots, case of escapes, order of parameters,
    trackers, fragment and last slash make no difference.
    """
    try:
        normal = url_normalize("".join(url.split()).replace("\\", "/"), default_scheme="https") or ""
        parts = urlsplit(normal)
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
            return ""
        names = {name.partition("=")[0] for name in parts.query.split("&")}
        trackers = [name for name in names if _TRACKERS.fullmatch(name)]
        host = parts.netloc.removesuffix(":80").removesuffix(":443")
        plain = urlunsplit(("https", host, parts.path.rstrip("/;"), parts.query, ""))
        untracked = url_query_cleaner(plain, trackers, remove=True, unique=False)
        key = canonicalize_url(safe_url_string(untracked))
    except ValueError:
        return ""
    return key if len(key) <= _KEY_LENGTH else ""


def fold(text: str) -> str:
    """The words without case, diacritics, invisible characters and typography: for comparison only."""
    letters = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY)).casefold()
    )
    kept = "".join(
        letter for letter in letters if unicodedata.category(letter) not in _INVISIBLE or letter.isspace()
    )
    return " ".join(kept.split())


def fingerprint(text: str) -> str:
    """SHA-256, in hexadecimal, of the folded text: equal for two copies of the same words."""
    return hashlib.sha256(fold(text).encode("utf-8", "surrogatepass")).hexdigest()


def entries_fingerprint(body: bytes) -> str:
    """SHA-256, in hexadecimal, of a feed from its first entry on; of the whole body where that cannot be told.

    What stands before (the time it was built, a counter) changes on every fetch of four feeds in ten.
    """
    first = _FIRST_ENTRY.search(body)
    start = first.start() if first and _FEED.search(body, 0, first.start()) else 0
    return hashlib.sha256(body[start:]).hexdigest()
