"""The scheduler: Celery's beat without Django, because it only sends the names of tasks (50 MB less)."""

from datetime import datetime, timedelta
from typing import Any

from celery import Celery, beat

SET_BACK = timedelta(minutes=1)  # by less, a clock is only put right


class Scheduler(beat.Scheduler):
    """Celery's, which would send nothing until a clock that was set back has come again to where it was."""

    last_tick: datetime | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; seconds until the next time."""
        now = self.app.now()
        if self.last_tick and (back := self.last_tick - now) > SET_BACK:
            for entry in self.schedule.values():
                entry.last_run_at -= back
            self._heap = None  # made anew, by the clock as it is now
        self.last_tick = now
        seconds: float = super().tick(*args, **kwargs)
        return seconds


if __name__ == "__main__":
    app = Celery("tracker")
    app.config_from_object("tracker.settings", namespace="CELERY")
    # Kept in memory: the rows know what is due, so a schedule file would have nothing to add.
    app.Beat(loglevel="WARNING", quiet=True, scheduler_cls=Scheduler).run()
