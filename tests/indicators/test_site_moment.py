from datetime import UTC, date, datetime

import pytest

from indicators.site.moment import BadParameterError, moment_from

NOW = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)


def test_the_moment_is_read_from_both_clocks() -> None:
    known = moment_from({"known_at": "2026-10-14T09:00:00Z"}, now=NOW)
    assert (known.as_of, known.known_at, known.past) == (
        date(2026, 10, 14),
        datetime(2026, 10, 14, 9, tzinfo=UTC),
        True,
    )
    today = moment_from({}, now=NOW)
    assert (today.as_of, today.known_at, today.past) == (date(2026, 10, 20), NOW, False)


def test_a_bad_clock_names_itself() -> None:
    with pytest.raises(BadParameterError) as caught:
        moment_from({"as_of": "2026-13-01"}, now=NOW)
    assert (caught.value.name, caught.value.value) == ("as_of", "2026-13-01")
