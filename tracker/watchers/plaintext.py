"""Text, links and language codes of foreign origin, made harmless: what every watcher passes its strings through. Pure."""

import html
import re
import unicodedata
from functools import cache, lru_cache
from urllib.parse import urljoin, urlsplit

import nh3
from babel.core import Locale, get_global

FIELD_LIMIT = 65_536  # bytes of UTF-8 kept of one field
LINK_LIMIT = 2_000

_INVISIBLE_BLOCKS = (range(0x20000), range(0xE0000, 0xE0200))
_VISIBLE = "\n\u200d"  # the joiner is judged apart: emoji need it
_NOT_A_CHARACTER = {0xFFFE, 0xFFFF, 0x1FFFE, 0x1FFFF}
_REMOVED = {
    code: None
    for block in _INVISIBLE_BLOCKS
    for code in block
    if (unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs"} or code in _NOT_A_CHARACTER)
    and chr(code) not in _VISIBLE
}
_BREAKS = {ord(c): "\n" for c in "\r\x85\u2028\u2029"} | {ord(c): " " for c in "\t\x0b\x0c"}
_TRANSLATION = _REMOVED | _BREAKS
_EMOJI = "\u2190-\u2bff\u3030\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_ODD_SPACE = re.compile("[\t\x0b\x0c\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SPACES = re.compile("  +")
_BLOCK_TAG = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|hr|blockquote|pre|section|article|"
    r"header|footer|figure|figcaption|aside|nav|main|option|script|style|img)\b)",
    re.IGNORECASE,
)
# Between these tags HTML knows no other tag, and none is closed at once; feeds are written as if it were otherwise.
_OPAQUE_TAG = re.compile(r"<(/?)(?:iframe|noembed|noframes|plaintext|textarea|title|xmp)\b", re.IGNORECASE)
_ODD_TAG = re.compile(
    r"<(?:script|style|iframe|noembed|noframes|plaintext|textarea|title|xmp)\b", re.IGNORECASE
)
_CLOSED_AT_ONCE = re.compile(r"<(?:script|style)\b[^<>]*/>", re.IGNORECASE)
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]*)?\s*")
# Links that the whole work below would give back as they are, whatever the base.
_PLAIN_LINK = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?:/[\w.~%/+,:=-]*)?(?:\?[\w.~%/+,:=&-]+)?(?:#[\w.~%/+,:=&-]+)?",
    re.ASCII,
)
_QUOTED_IN_LINKS = {ord(c): f"%{ord(c):02X}" for c in " \"<>\\^`{|}'"}


def clean(text: str, *, limit: int = FIELD_LIMIT) -> str:
    """NFC, without control, format and surrogate characters; one space, one line break, at most `limit` bytes."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    # What is not printable is what is removed here, odd spaces, and emoji that are joined.
    if not text.replace("\n", " ").isprintable():
        text = "\n".join(map(_printable, text.split("\n")))
    text = _composed(_tidy(text))
    if len(text) * 4 > limit:  # no character takes more bytes
        text = text.encode()[:limit].decode(errors="ignore")
    return text.strip()


def line(text: str, *, limit: int = FIELD_LIMIT) -> str:
    """The same on one line, as titles, names and identifiers are kept."""
    if text.isprintable() and text.isascii() and "  " not in text and len(text) * 4 <= limit:
        return text.strip()
    return clean(text, limit=limit).replace("\n", " ")


def strip_markup(text: str) -> str:
    """The words of an HTML fragment: no element, no script or style, entities decoded; not yet `clean`."""
    text = text.encode(errors="ignore").decode()
    if "<" not in text and "&" not in text:
        return text
    if _ODD_TAG.search(text):
        text = _OPAQUE_TAG.sub(r"\n<\1x", _CLOSED_AT_ONCE.sub("", text))
    return html.unescape(nh3.clean(_BLOCK_TAG.sub("\n<", text), tags=set()))


def web_link(link: object, base: str = "") -> str:
    """The absolute http(s) address, resolved against `base`; empty when it is anything else or names a user."""
    if not isinstance(link, str) or not link.strip():
        return ""
    if len(link) <= LINK_LIMIT and _PLAIN_LINK.fullmatch(link):
        return link
    try:
        # Browsers drop these three inside an address, too.
        whole = line(re.sub(r"[\t\r\n]", "", link))
        joined = urljoin(base, whole.translate(_QUOTED_IN_LINKS))
        parts = urlsplit(joined)
        acceptable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return joined if acceptable and "@" not in parts.netloc and len(joined) <= LINK_LIMIT else ""


def load_codes() -> None:
    """Load what the codes below are looked up in: 6 MB and 30 ms, which each forked reader would pay for by itself."""
    _two_letters()
    get_global("language_aliases")


def language_code(code: object) -> str:
    """ISO 639-1 from "fr", "fr-FR", "FRA" or "fre"; empty for anything else, such as "us"."""
    return _short_language(code[:40]) if isinstance(code, str) else ""


def country_code(code: object) -> str:
    """ISO 3166-1 alpha-2 from "FRA", "fr", or TED's own UK and EL; empty when there is none."""
    return _short_country(code.strip()[:4]) if isinstance(code, str) else ""


def _printable(words: str) -> str:
    """One line without what cannot be seen; several where it holds rarer line breaks."""
    if words.isprintable():
        return words
    words = words.replace("\t", " ").replace("\u00a0", " ")
    if words.isprintable():
        return words
    words = _ODD_SPACE.sub(" ", words).translate(_TRANSLATION)
    return _STRAY_JOINER.sub("", words) if "\u200d" in words else words


def _tidy(text: str) -> str:
    """Without empty lines, spaces in a row and spaces at the ends of lines."""
    if "  " in text:
        text = _SPACES.sub(" ", text)
    if "\n" not in text:
        return text.strip(" ")
    return "\n".join([words for part in text.split("\n") if (words := part.strip(" "))])


def _composed(words: str) -> str:
    try:
        words.encode("latin-1")  # of which every letter is composed
    except UnicodeEncodeError:
        # By lines, since a text with one accent to compose is taken apart whole.
        return "\n".join([unicodedata.normalize("NFC", part) for part in words.split("\n")])
    return words


@lru_cache(maxsize=512)
def _short_language(code: str) -> str:
    found = _LANGUAGE.fullmatch(code)
    if not found:
        return ""
    short = found[1].lower()
    short = get_global("language_aliases").get(short, short)
    return short if short in _two_letters() else ""


@cache
def _two_letters() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").languages) if len(code) == 2)


@lru_cache(maxsize=512)
def _short_country(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}", code):
        return ""
    code = code.upper()
    known: str = get_global("territory_aliases").get(code, [code])[0]
    short = {"EL": "GR", "1A": "XK", "XKX": "XK"}.get(code, known)
    return short if len(short) == 2 else ""
