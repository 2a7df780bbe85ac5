"""Working days in France: Monday to Friday without the eleven public holidays (Code du travail, L3133-1). Pure."""

from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
_SATURDAY = 5


def after(day: date, days: int) -> date:
    """The working day that comes so many working days after a day; that day itself does not count."""
    while days:
        day += DAY
        days -= is_working(day)
    return day


def since(start: date, end: date) -> int:
    """How many working days came after `start`, up to `end` included; 0 where it is no later."""
    return sum(is_working(start + DAY * passed) for passed in range(1, (end - start).days + 1))


def latest_start(end: date, days: int) -> date:
    """The last day after which so many working days had passed by `end`."""
    start = end
    while since(start, end) < days:
        start -= DAY
    return start


def is_working(day: date) -> bool:
    """Whether offices are open on it."""
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[date]:
    """The public holidays of a year, without those of Alsace, Moselle and overseas."""
    sunday = easter(year)
    moving = (sunday + DAY * days for days in _AFTER_EASTER)
    return frozenset([*(date(year, month, day) for month, day in _FIXED), *moving])


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the method of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    corrected = century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + corrected + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
