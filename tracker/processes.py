"""What the measures T1 to T10 and T12 count: procurement processes, and what is known of each. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from indicators.rules.measures import DETECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One procurement process in scope, as its notices and the decisions on them tell it; None is unknown.

    A notice that only points to its documents says neither yes nor no.
    """

    key: str
    country: str = ""
    clause: bool | None = None  # a mandatory diversification clause, confirmed by a person
    clause_detected: bool | None = None
    criterion: bool | None = None  # scored and not mandatory
    vendor_named: bool | None = None  # without "or equivalent"
    neutral: bool | None = None
    awarded_makers: tuple[str | None, ...] = ()  # of each award
    lots_with_one_tender: tuple[bool | None, ...] = ()
    joint: bool | None = None
    survival: bool | None = None  # of a confirmed clause, once awarded
    fields: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of a measure: numerator out of denominator known, and how many are unknown."""

    code: str
    numerator: int | None
    denominator: int | None
    unknown: int = 0
    variant: str = ""
    geography: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What texts are searched for: makers by name, "or equivalent", and wording that is neutral."""

    makers: Mapping[str, re.Pattern[str]]
    equivalent: re.Pattern[str]
    neutral: re.Pattern[str]

    def makers_in(self, text: str) -> tuple[str, ...]:
        """The makers that a text names, in the order of the list."""
        return tuple(maker for maker, pattern in self.makers.items() if pattern.search(text))

    def vendor_named(self, text: str, *, elsewhere: bool) -> bool | None:
        """Whether one maker is named without "or equivalent"; `elsewhere`: the specification is not in the text."""
        if not self.makers_in(text):
            return None if elsewhere else False
        return not self.equivalent.search(text)

    def neutral_in(self, text: str, *, elsewhere: bool) -> bool | None:
        """Whether the wording is neutral as to the vendor."""
        if self.neutral.search(text):
            return True
        return None if elsewhere and not self.makers_in(text) else False


def wording_from(lists: Mapping[str, Mapping[str, Sequence[str]] | Sequence[str]]) -> Wording:
    """From the lists of measures.toml: words as they stand, in any case."""
    makers = {maker: _any_of(words) for maker, words in dict(lists["makers"]).items()}
    return Wording(makers=makers, equivalent=_any_of(lists["equivalent"]), neutral=_any_of(lists["neutral"]))


def measurements(processes: Sequence[Process]) -> list[Measurement]:
    """T1 to T9 and T12 over all processes, then T1 and T2 by country."""
    confirmed = [each for each in processes if each.clause]
    makers = [maker for each in processes for maker in each.awarded_makers]
    lots = [single for each in processes for single in each.lots_with_one_tender]
    found = [
        Measurement(code="T1", numerator=len(processes), denominator=None),
        _share("T2", (each.clause for each in processes)),
        _share("T2", (each.clause_detected for each in processes), variant=DETECTED),
        _share("T3", (each.criterion for each in processes)),
        _share("T4", (each.vendor_named for each in processes), variant=DETECTED),
        _share("T5", (each.neutral for each in processes), variant=DETECTED),
        _concentration("T6", makers),
        _share("T7", lots),
        _share("T8", (each.joint for each in processes)),
        _share("T9", (each.survival for each in confirmed)),
        _share("T12", (all(each.fields.values()) for each in processes)),
    ]
    names = sorted({name for each in processes for name in each.fields})
    found += [_share("T12", (each.fields[name] for each in processes), variant=name) for name in names]
    for country in sorted({each.country for each in processes} - {""}):
        own = [each for each in processes if each.country == country]
        found.append(Measurement(code="T1", numerator=len(own), denominator=None, geography=country))
        found.append(_share("T2", (each.clause for each in own), geography=country))
    return found


def calls_for_projects(answers: Iterable[bool | None]) -> Measurement:
    """T10: whether access to a public infrastructure is a condition, of each call in scope."""
    return _share("T10", answers)


def complete_months(today: date, *, months: int) -> tuple[date, date]:
    """The first and the last day of the whole months that ended before this one."""
    last = today.replace(day=1).toordinal() - 1
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(years, month + 1, 1), date.fromordinal(last)


def _share(
    code: str, answers: Iterable[bool | None], *, variant: str = "", geography: str = ""
) -> Measurement:
    counted = Counter(answers)
    return Measurement(
        code=code,
        numerator=counted[True],
        denominator=counted[True] + counted[False],
        unknown=counted[None],
        variant=variant,
        geography=geography,
    )


def _concentration(code: str, makers: Sequence[str | None]) -> Measurement:
    """Herfindahl and Hirschman: the sum of the squared shares, as a fraction of whole numbers."""
    counted = Counter(maker for maker in makers if maker)
    return Measurement(
        code=code,
        numerator=sum(number * number for number in counted.values()),
        denominator=counted.total() ** 2,
        unknown=sum(maker is None for maker in makers),
        variant=DETECTED,
    )


def _any_of(words: object) -> re.Pattern[str]:
    listed = [str(word) for word in words] if isinstance(words, list | tuple) else []
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, listed))})", re.IGNORECASE)
