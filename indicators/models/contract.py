"""What no contract can say: ends before beginnings, shares of more than the whole. Raises ValidationError, in words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

partial_day = RegexValidator(
    r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$",
    gettext_lazy("Write a year, a month or a day: 2025, 2025-09 or 2025-09-22."),
)


def check_period(start: str, end: str) -> None:
    """Both as precise as their sources, empty where nobody tells; compared as precisely as both are told."""
    for told in filter(None, (start, end)):
        partial_day(told)
    precise = min(len(start), len(end))
    if end[:precise] < start[:precise]:
        told = {"start": start, "end": end}
        raise ValidationError(_("It ends before it begins: %(end)s is before %(start)s.") % told)


def check_term(term: Mapping[str, Any]) -> None:
    """A term as Leg holds it: start, end, years (a number, or at least and at most)."""
    check_period(str(term.get("start") or ""), str(term.get("end") or ""))
    years = term.get("years")
    if isinstance(years, list) and years[0] > years[1]:
        raise ValidationError(_("A duration runs from its lower to its upper bound."))


def check_shares(vendors: Sequence[Mapping[str, Any]]) -> None:
    """Shares of one amount as Leg holds them: each of an actor, at least and at most, from 0 to 1."""
    for each in vendors:
        if not 0 <= Decimal(each["lo"]) <= Decimal(each["hi"]) <= 1:
            raise ValidationError(_("A share runs from its lower to its upper bound, within 0 and 100%."))
    if len({each["actor"] for each in vendors}) < len(vendors):
        raise ValidationError(_("Name each maker of chips once."))
    least = 100 * sum(Decimal(each["lo"]) for each in vendors)
    if least > 100:
        told = {"percent": f"{least.normalize():f}"}
        raise ValidationError(
            _("These shares come to %(percent)s%% at least; there is no more than 100%%.") % told
        )
