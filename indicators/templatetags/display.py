"""How dates, numbers, amounts and foreign texts are written on a page, in its language."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial, reduce
from operator import add
from typing import Any
from urllib.parse import urlencode, urlsplit

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from django import template
from django.conf import settings
from django.db.models import Model
from django.urls import translate_url
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from indicators.models import Citation, CorrectionRequest, Evidence, Leg, Precision, Rung, StatusChange
from indicators.models.evidence import world_date
from indicators.public import subject_of
from indicators.rules.measures import MIN_CASES
from indicators.templatetags.vocabulary import FLOWS, VOCABULARIES

register = template.Library()

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
RUNGS = tuple(range(1, 6))
KNOWN = Decimal("0.6")  # below it a percentage would say more than anybody knows


def locale() -> str:
    """The Babel locale of the page: French, or English with the day first."""
    return "en_GB" if (get_language() or "fr").startswith("en") else "fr_FR"


@register.filter
def day(value: date | None) -> str:
    """14 oct. 2026 · 14 Oct 2026; nothing for an unknown date."""
    return format_date(value, _day_pattern(value), locale=locale()) if value else ""


@register.filter
def time(value: datetime | None) -> str:
    """14 oct. 2026, 09:30, in the time of Paris."""
    if not value:
        return ""
    local = timezone.localtime(value)
    return format_datetime(local, f"{_day_pattern(local)}, HH:mm", locale=locale())


def _day_pattern(value: date) -> str:
    return "d'er' MMM y" if value.day == 1 and locale() == "fr_FR" else "d MMM y"


@register.filter
def at_that_moment(change: StatusChange) -> str:
    """The query that shows a page as it was when a status changed."""
    return urlencode({"as_of": change.as_of, "known_at": change.changed_at.astimezone(UTC).isoformat()})


@register.filter
def when(evidence: Evidence) -> str:
    """The date of the event, as far as it is known: a day, a month, a quarter, a half-year or a year."""
    on = evidence.occurred_on
    match evidence.occurred_precision:
        case Precision.YEAR:
            return f"{on:%Y}"
        case Precision.HALF:
            return _("1st half of %(year)s") % {"year": on.year} if on.month <= 6 else (
                _("2nd half of %(year)s") % {"year": on.year}
            )  # fmt: skip
        case Precision.QUARTER:
            return format_date(on, "QQQ y", locale=locale())
        case Precision.MONTH:
            return format_date(on, "MMM y", locale=locale())
    return day(on)


@register.filter
def machine_date(evidence: Evidence) -> str:
    """The same date for machines; empty where HTML has no way to write it (a quarter, a half-year)."""
    if evidence.occurred_precision in (Precision.QUARTER, Precision.HALF):
        return ""
    return world_date(evidence.occurred_on, evidence.occurred_precision)


@register.filter
def number(value: Decimal | int | float | None) -> str:
    """1 240 · 1,240; an unknown number is said, never 0."""
    return _("not disclosed") if value is None else format_decimal(value, "#,##0.##", locale=locale())


@register.filter
def percent(value: float | Decimal | None) -> str:
    """7,5 % · 7.5%; an unknown share is said, never 0."""
    pattern = "#,##0.#%" if locale() == "en_GB" else "#,##0.#\u202f%"
    return _("not measured") if value is None else format_percent(value, pattern, locale=locale())


@register.filter
def share(counted: Any) -> float | None:
    """The part of the known cases that a measure found; None below 10 known cases, or 60 % known."""
    if counted.numerator is None or not counted.denominator or counted.denominator < MIN_CASES:
        return None
    known = counted.denominator / (counted.denominator + counted.unknown)
    return float(counted.numerator / counted.denominator) if known >= KNOWN else None


@register.filter
def amount(bounds: Any) -> str:
    """An interval of money in words: « jusqu’à 100 Md$ », « de 3 à 5 Md€ », « non publié »."""
    lo, hi, currency = bounds.lo, bounds.hi, bounds.currency
    if hi is None:
        return _("at least %(amount)s") % {"amount": money(lo, currency)} if lo else _("not disclosed")
    if lo == hi:
        return money(lo, currency)
    if not lo:
        return _("up to %(amount)s") % {"amount": money(hi, currency)}
    return _("from %(low)s to %(high)s") % {"low": money(lo, currency), "high": money(hi, currency)}


def money(value: Decimal, currency: str) -> str:
    """100 Md$ · $100bn; a currency that nobody gave is said so."""
    size, power = _scaled(value)
    plain = format_decimal(size, "#,##0.##", locale=locale())
    if locale() == "fr_FR":
        unit = {9: "Md", 6: "M", 0: ""}[power]
        last = unit + SYMBOLS[currency] if currency in SYMBOLS else f"{unit}\u00a0{currency}"
        text = "\u00a0".join(part for part in (plain, last.strip("\u00a0")) if part)
    else:
        sign = SYMBOLS.get(currency, f"{currency} " if currency else "")
        text = f"{sign}{plain}{ {9: 'bn', 6: 'm', 0: ''}[power] }"
    return text if currency else _("%(amount)s (currency not stated)") % {"amount": text}


def _scaled(value: Decimal) -> tuple[Decimal, int]:
    power = next((power for power in (9, 6) if value >= 10**power), 0)
    return Decimal(value) / 10**power, power


@register.filter
def country(code: str) -> str:
    """The name of a country, or of the European Union; the code itself where nobody knows it."""
    return Locale.parse(locale()).territories.get(code, code)


@register.filter
def language(code: str) -> str:
    """The name of a language; the code itself where nobody knows it."""
    return Locale.parse(locale()).languages.get(code, code)


@register.filter
def of_language(row: Any, name: str) -> str:
    """The text `name` of a row in the page's language, where the row has no pair of its own; else in French."""
    language = "en" if locale() == "en_GB" else "fr"
    read = row.get if isinstance(row, Mapping) else partial(getattr, row)
    return read(f"{name}_{language}") or read(f"{name}_fr")


@register.filter
def pair(texts: Mapping[str, str]) -> str:
    """The text of a {"fr": …, "en": …} pair in the page's language."""
    language = "en" if locale() == "en_GB" else "fr"
    return texts.get(language) or texts["fr"]


@register.filter
def rung_name(rung: int) -> str:
    """The name of a rung: Signal, Amorcé, Première occurrence…"""
    return str(Rung(rung).label)


@register.filter
def in_words(code: str, vocabulary: str) -> str:
    """A code of the registry or of the founding facts in words; the code itself where it has none."""
    return str(VOCABULARIES[vocabulary].get(code, code))


@register.filter
def leg_in_words(leg: Leg) -> str:
    """« OpenAI paie Oracle » : a direction of money, never an arrow of service."""
    return str(FLOWS[leg.flow]) % {"payer": leg.payer.name, "payee": leg.payee.name}


@register.filter
def spaced(values: Iterable[object]) -> str:
    """A list in one line, separated by commas."""
    return ", ".join(str(value) for value in values)


@register.filter
def typeset(text: str) -> SafeString:
    """The text unchanged, with each French mark kept on the line of the word that it belongs to."""
    pieces = enumerate(_MARKED.split(text))
    kept = (
        format_html('<span class="nb">{}</span>', piece) if n % 2 else escape(piece) for n, piece in pieces
    )
    return reduce(add, kept, SafeString(""))


_MARKED = re.compile(r"((?:« )?\S+ [»:;!?]+|« \S+)")


@register.simple_tag
def foreign_link(url: str, text: str) -> SafeString:
    """A link to somebody else's page; only its text when the address is not http or https."""
    label = format_html("<bdi>{}</bdi>", text)
    if not is_web(url):
        return label
    return format_html(
        '<a href="{}" rel="nofollow noopener ugc" referrerpolicy="no-referrer">{}</a>', url, label
    )


@register.inclusion_tag("partials/link.html")
def link_known(citation: Citation, known_at: datetime) -> dict[str, Any]:
    """What was known at a moment of the address of a citation: since when it is broken, or when it was last found well."""
    link = citation.link_at(known_at)
    seen_since = citation.checked_at is not None and citation.checked_at <= known_at
    return {"link": link, "checked_at": citation.checked_at if seen_since else link.checked_at}


def is_web(url: str) -> bool:
    """Whether an address is one that a reader may be sent to: http or https, with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


@register.simple_tag
def absolute(path: str) -> str:
    """The full address of a path of this site, from the settings: never from the request."""
    return settings.SITE_URL + path


@register.simple_tag(takes_context=True)
def in_language(context: template.Context, language: str, *, query: bool = False) -> str:
    """The path of this page in a language; with `query`, at the same moment and with the same filters."""
    request = context["request"]
    path = translate_url(request.path, language)
    return f"{path}?{request.GET.urlencode()}" if query and request.GET else path


@register.simple_tag(takes_context=True)
def with_page(context: template.Context, page: int) -> str:
    """The query of this page with another page number."""
    query = context["request"].GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"


@register.inclusion_tag("partials/ladder.html")
def ladder(rung: int) -> dict[str, Any]:
    """Five steps drawn, those reached filled; decoration, the words stand beside it."""
    steps = [
        {"x": 12 * (step - 1), "y": 20 - 4 * step, "height": 4 * step - 1, "filled": step <= rung}
        for step in RUNGS
    ]
    return {"steps": steps}


@register.filter
def contested_in(row: Model, contested: Mapping[str, CorrectionRequest]) -> CorrectionRequest | None:
    """The request by which a named party contests a statement or an answer, where it is undecided."""
    return contested.get(subject_of(row)) if row and contested else None
