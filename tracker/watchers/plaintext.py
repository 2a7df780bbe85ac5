"""Text, links and language codes of foreign origin, made harmless: what every watcher passes its strings through. Pure."""

import html
import re
import unicodedata
from functools import lru_cache
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
_BLOCK_TAG = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|hr|blockquote|pre|section|article|"
    r"header|footer|figure|figcaption|aside|nav|main|option|script|style|img)\b)",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]*)?\s*")
_QUOTED_IN_LINKS = {ord(c): f"%{ord(c):02X}" for c in " \"<>\\^`{|}'"}


def clean(text: str, *, limit: int = FIELD_LIMIT) -> str:
    """NFC, without control, format and surrogate characters; one space, one line break, at most `limit` bytes."""
    if not text.isprintable():  # as is everything that is removed here, and every odd space
        text = _tidy(text)
    elif "  " in text:
        text = " ".join(text.split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if len(text) * 4 > limit:  # no character takes more bytes
        text = text.encode()[:limit].decode(errors="ignore")
    return text.strip()


def line(text: str, *, limit: int = FIELD_LIMIT) -> str:
    """The same on one line, as titles, names and identifiers are kept."""
    return clean(text, limit=limit).replace("\n", " ") if text else ""


def strip_markup(text: str) -> str:
    """The words of an HTML fragment: no element, no script or style, entities decoded; not yet `clean`."""
    text = text.encode(errors="ignore").decode()
    if "<" not in text and "&" not in text:
        return text
    return html.unescape(nh3.clean(_BLOCK_TAG.sub("\n<", text), tags=set()))


def web_link(link: object, base: str = "") -> str:
    """The absolute http(s) address, resolved against `base`; empty when it is anything else or names a user."""
    if not isinstance(link, str) or not link.strip():
        return ""
    try:
        # Browsers drop these three inside an address, too.
        whole = line(re.sub(r"[\t\r\n]", "", link))
        joined = urljoin(base, whole.translate(_QUOTED_IN_LINKS))
        parts = urlsplit(joined)
        acceptable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return joined if acceptable and "@" not in parts.netloc and len(joined) <= LINK_LIMIT else ""


def language_code(code: object) -> str:
    """ISO 639-1 from "fr", "fr-FR", "FRA" or "fre"; empty for anything else, such as "us"."""
    return _short_language(code[:40]) if isinstance(code, str) else ""


def country_code(code: object) -> str:
    """ISO 3166-1 alpha-2 from "FRA", "fr", or TED's own UK and EL; empty when there is none."""
    if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z]{2,3}", code.strip()):
        return ""
    code = code.strip().upper()
    known: str = get_global("territory_aliases").get(code, [code])[0]
    short = {"EL": "GR", "1A": "XK", "XKX": "XK"}.get(code, known)
    return short if len(short) == 2 else ""


def _tidy(text: str) -> str:
    if not text.replace("\n", "").isprintable():
        told = text.replace("\r\n", "\n").replace("\t", " ").replace("\u00a0", " ").split("\n")
        text = "\n".join(words if words.isprintable() else _printable(words) for words in told)
    if "  " in text or " \n" in text or "\n " in text or "\n\n" in text:
        lines = (" ".join(words.split()) if "  " in words else words.strip(" ") for words in text.split("\n"))
        text = "\n".join(filter(None, lines))
    return text


def _printable(words: str) -> str:
    words = _ODD_SPACE.sub(" ", words)
    if not words.isprintable():
        words = words.translate(_TRANSLATION)
    return _STRAY_JOINER.sub("", words) if "\u200d" in words else words


@lru_cache(maxsize=512)
def _short_language(code: str) -> str:
    found = _LANGUAGE.fullmatch(code)
    if not found:
        return ""
    short = found[1].lower()
    short = get_global("language_aliases").get(short, short)
    return short if len(short) == 2 and short in Locale("en").languages else ""
