import re
from datetime import date

from indicators.site.charts import FOOT, LEFT, RIGHT, timeline


def test_the_time_line_steps_on_the_day_of_the_change() -> None:
    drawn = timeline(
        [(date(2026, 7, 1), 2)],
        examples=[(date(2026, 1, 1), 1)],
        counterexamples=[],
        until=date(2026, 12, 31),
    )
    assert re.fullmatch(rf"M{LEFT} {FOOT}H[\d.]+V{FOOT - 48}H{RIGHT}", drawn.path)
    assert [mark.number for mark in drawn.examples] == [1]
    assert (drawn.examples[0].x, drawn.end_y) == (LEFT, FOOT - 48)
