"""Canonical address, folded words, fingerprints: whether two documents, or two answers, are the same. Pure."""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit, urlunsplit

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
# Addresses that the whole work below would give back as they are, but for the scheme and a last slash.
_TIDY = re.compile(
    r"https?(://(?:[a-z0-9](?:-?[a-z0-9]){0,30}\.){1,4}[a-z]{2,24}(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+)/?"
)
_TYPOGRAPHIC = "’‘ʼ“”«»‐‑–—"
_TYPOGRAPHY = str.maketrans(_TYPOGRAPHIC, "'''" + 4 * '"' + "----")
_KEY_LENGTH = 2_000
TELLING_WORDS = 6
_INVISIBLE = {"Mn", "Cf", "Cc"}
_RARE = re.compile(r"[^\t-\r -~]")  # most letters are plain ones, which only their case can change
_FEW = 32  # letters that are cheaper replaced one after the other than wherever they stand
# How often something was read or answered, as feeds write it into their texts: it is not what they say.
_READERS = "comments?|commentaires?|replies|reponses?|views|vues|likes|shares|partages"
_COUNTED = (
    "comment",
    "repl",
    "reponse",
    "view",
    "vue",
    "like",
    "share",
    "partage",
)  # a part of each of these
_COUNTS = re.compile(rf"\d+ (?:{_READERS})\b")
_COUNTS_AFTER = re.compile(rf"\b(?:{_READERS}|points) ?: ?\d+")
# What a feed begins with, and its first entry. `<items>` is the table of contents of RSS 1.0.
_FEED = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|channel|RDF)\b|jsonfeed\.org", re.IGNORECASE)
_FIRST_ENTRY = re.compile(rb'<(?:[\w.-]+:)?(?:item|entry)[\s/>]|"items"\s*:', re.IGNORECASE)


def canonical_url(url: str) -> str:
    """The key under which two addresses of one page are equal; for comparison only, never to visit or to show.

    Empty when this is no web address, or one of more than 2,000 characters. Idempotent. Scheme, port, host, dots, case of escapes, order of parameters,
    trackers, fragment and last slash make no difference; but one that points to a passage (#:~:text=…) does.
    """
    if len(url) < _KEY_LENGTH and (tidy := _TIDY.fullmatch(url)):
        return "https" + tidy[1]
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
        key = canonicalize_url(safe_url_string(untracked)) + _passage("".join(url.split()))
    except ValueError:
        return ""
    return key if len(key) <= _KEY_LENGTH else ""


def _passage(url: str) -> str:
    directive = url.partition("#")[2].partition(":~:")[2]
    return f"#:~:{quote(unquote(directive), safe='=&,')}" if directive else ""


def fold(text: str) -> str:
    """The words without case, diacritics, invisible characters and typography: for comparison only."""
    rare = set(_RARE.findall(text))
    if len(rare) > _FEW:
        text = _RARE.sub(lambda found: _plain(found[0]), text)
    else:  # typography first: what few letters become, such as ʼ of ŉ, is left as it is
        for letter in sorted(rare, key=_TYPOGRAPHIC.__contains__, reverse=True):
            text = text.replace(letter, _plain(letter))
    return " ".join(text.casefold().split())


def fingerprint(text: str) -> str:
    """SHA-256, in hexadecimal, of the folded text without counts of readers: equal for two copies of the same words."""
    words = fold(text)
    said = _COUNTS.sub("", words) if any(word in words for word in _COUNTED) else words
    said = _COUNTS_AFTER.sub("", said) if ":" in said else said
    if said != words:
        said = " ".join(said.replace("()", "").split())
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def is_telling(text: str) -> bool:
    """Whether the same words elsewhere are a copy: many a notice is headed “Avis de marché” and says no more."""
    return len(text.split(maxsplit=TELLING_WORDS)) >= TELLING_WORDS


def entries_fingerprint(body: bytes) -> str:
    """SHA-256, in hexadecimal, of a feed from its first entry on; of the whole body where that cannot be told.

    What stands before (the time it was built, a counter) changes on every fetch of four feeds in ten.
    """
    first = _FIRST_ENTRY.search(body)
    start = first.start() if first and _FEED.search(body, 0, first.start()) else 0
    return hashlib.sha256(body[start:]).hexdigest()


@lru_cache(maxsize=8192)
def _plain(letter: str) -> str:
    """The plain letters of one that is none; nothing for a mark or what cannot be seen."""
    composed = unicodedata.normalize("NFKC", letter.translate(_TYPOGRAPHY))
    letters = unicodedata.normalize("NFKD", composed.casefold())
    return "".join(each for each in letters if unicodedata.category(each) not in _INVISIBLE or each.isspace())
