"""The scheduler when the clock jumps: each task once in its time, and none that waits for a clock that was set back."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.beat import ScheduleEntry
from celery.schedules import crontab

from tracker.scheduler import Scheduler

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Recorded(Scheduler):
    """Notes what it would send, to no broker."""

    producer = None

    def apply_async(self, entry: ScheduleEntry, **_options: Any) -> None:
        self.sent[entry.name] += 1


class Clocked(Celery):
    """Reads the clock that the test sets."""

    moment = START

    def now(self) -> datetime:
        return self.moment


@pytest.mark.parametrize("jump", [timedelta(), timedelta(days=1), timedelta(days=-1), timedelta(days=-4_000)])
def test_after_a_jump_each_task_is_sent_once_in_its_time(jump: timedelta) -> None:
    app = Clocked("test", set_as_current=False)
    app.conf.beat_schedule = {
        "often": {"task": "often", "schedule": 30},
        "seldom": {"task": "seldom", "schedule": 600},
        "hourly": {"task": "hourly", "schedule": crontab(minute="7")},
    }
    scheduler = Recorded(app=app)
    scheduler.sent = Counter()

    def run(hours: int) -> Counter[str]:
        scheduler.sent.clear()
        for _tick in range(hours * 720):
            app.moment += timedelta(seconds=5)
            scheduler.tick()
        return scheduler.sent.copy()

    run(1)
    app.moment += jump
    told = run(2)
    planned = {"often": 240, "seldom": 12, "hourly": 2}
    assert {name: abs(told[name] - times) <= 1 for name, times in planned.items()} == dict.fromkeys(
        planned, True
    )
