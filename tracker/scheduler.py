"""The scheduler: Celery's beat without Django, because it only sends the names of tasks (50 MB less)."""

from celery import Celery

if __name__ == "__main__":
    app = Celery("tracker")
    app.config_from_object("tracker.settings", namespace="CELERY")
    # Kept in memory: the rows know what is due, so a schedule file would have nothing to add.
    app.Beat(loglevel="WARNING", quiet=True, scheduler_cls="celery.beat:Scheduler").run()
