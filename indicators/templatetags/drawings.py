"""How the money between actors is written: in drawings, where there is little room, and beside them."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from babel.numbers import format_decimal
from django import template
from django.utils.translation import gettext as _

from indicators.legs import MILLION
from indicators.models import Leg, Statement
from indicators.rules.bounds import NotApplicable
from indicators.rules.deal_graph import Arc
from indicators.rules.dependence import Measure
from indicators.templatetags.display import amount, in_words, locale, money, number, percent
from indicators.templatetags.vocabulary import FLOWS, PAIRS

register = template.Library()

BILLION = 1_000 * MILLION
Hop = tuple[str, str, str]
# What XML cannot hold, be it escaped: a drawing with it would not open.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Span(NamedTuple):
    """An amount between two bounds, in units of its currency; without an upper bound, `hi` is None."""

    lo: float
    hi: float | None
    currency: str = "USD"


@register.filter
def named(slug: str, names: Mapping[str, str]) -> str:
    """The name of an actor, by its slug; the slug where nobody named it."""
    return drawable(names.get(slug, slug))


@register.filter
def drawable(text: object) -> str:
    """The text without the characters that no XML document may hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(text))


@register.filter
def hop_in_words(arc: Arc | Hop, names: Mapping[str, str]) -> str:
    """« Nvidia finance OpenAI », of an arc or of any (payer, payee, kind)."""
    payer, payee, kind = arc[:3]
    return str(FLOWS[Leg.Flow(kind)]) % {"payer": names.get(payer, payer), "payee": names.get(payee, payee)}


@register.filter
def pair_in_words(pair: tuple[str, str, str], names: Mapping[str, str]) -> str:
    """What two actors are to each other: « Nvidia finance OpenAI, qui lui achète »."""
    relation, one, other = pair
    return str(PAIRS[relation]) % {"one": names.get(one, one), "other": names.get(other, other)}


@register.filter
def why_left_out(reason: str) -> str:
    """Why a leg does not count, in words."""
    status = reason.removeprefix("status:")
    if status != reason:
        return _("not in force: %(status)s") % {"status": in_words(status, "status")}
    return in_words(reason, "left out")


@register.filter
def amounts_in_words(hops: Iterable[tuple[Arc, object]]) -> str:
    """The amount of each payment of a circuit, in order."""
    return ", ".join(amount(as_amount(arc)) for arc, _payments in hops)


@register.filter
def first_said(leg: Leg) -> Statement | None:
    """The quote that stands first for a payment: one about the payment itself, else the first report on its deal."""
    told = list(leg.deal.statements.all())
    own = [each for each in told if each.leg_id == leg.pk]
    reported = [each for each in told if each.claim == Statement.Claim.REPORTED]
    return next(iter([*own, *reported, *told]), None)


@register.filter
def as_amount(bounds: Any) -> Span:
    """What has a lower and an upper bound in millions of dollars, as an amount."""
    hi = None if bounds.hi is None else bounds.hi * MILLION
    return Span(bounds.lo * MILLION, hi)


@register.filter
def millions(value: float) -> str:
    """A sum in millions of dollars, as people write it: 609,9 Md$."""
    return money(Decimal(str(value)) * MILLION, "USD")


@register.filter
def between(share: tuple[float, float] | None) -> str:
    """A share between two bounds: 40 % · de 10 % à 40 % · au plus 40 % · au moins 10 % · entre 0 % et 100 %."""
    if share is None:
        return percent(None)
    low, high = share
    told = {"low": percent(low), "high": percent(high)}
    if low == high:
        return told["low"]
    if not low and high == 1:
        return _("unknown: anything between %(low)s and %(high)s") % told
    if not low:
        return _("at most %(high)s") % told
    return _("at least %(low)s") % told if high == 1 else _("from %(low)s to %(high)s") % told


@register.filter
def times(ratio: tuple[float | None, float | None]) -> str:
    """Commitments in revenues: 78,74x · de 27,55x à 36,53x · infini where there is no revenue to pay them from."""
    low, high = ratio
    if low is None:
        return _("infinite: there is no revenue")
    if high is None:
        return (
            _("at least %(low)s") % {"low": _times(low)} if low else _("cannot be told: a figure is missing")
        )
    if low == high:
        return _times(low)
    return _("from %(low)s to %(high)s") % {"low": _times(low), "high": _times(high)}


@register.filter
def measured(value: Measure, name: str) -> str:
    """A measure of the registry in words; no data and not applicable are two things, and neither is zero."""
    if value is None:
        return _("no data")
    if isinstance(value, NotApplicable):
        return _("does not apply")
    if name.endswith("_share"):
        return between(value)
    return _("from %(low)s to %(high)s") % {"low": number(value[0]), "high": number(value[1])} if (
        value[0] != value[1]
    ) else number(value[0])  # fmt: skip


@register.simple_tag(takes_context=True)
def filtered(context: template.Context, **chosen: str) -> str:
    """The query of this page with other choices, on its first page; an empty one is taken out."""
    query = context["request"].GET.copy()
    for name, value in {"page": "", **chosen}.items():
        query[name] = value
        if not value:
            del query[name]
    return f"?{query.urlencode()}"


@register.filter
def billions(amount: object) -> str:
    """An interval in billions, as short as a cell: 40 · ≤ 100 · ≥ 2 · 3–5; ? where nothing is disclosed."""
    lo, hi = amount.lo, amount.hi
    if hi is None:
        return f"≥\u00a0{_billions(lo)}" if lo else "?"
    if lo == hi:
        return _billions(lo)
    return f"{_billions(lo)}–{_billions(hi)}" if lo else f"≤\u00a0{_billions(hi)}"


def _times(ratio: float) -> str:
    return f"{number(ratio)}x"


def _billions(value: float) -> str:
    size = value / BILLION
    return format_decimal(size, "#,##0.#" if size >= 1 or not size else "0.###", locale=locale())
