"""The worker: Celery's own, started without its command line, whose shell costs 12 MB in every process."""

import warnings

from celery.platforms import SecurityWarning

from tracker.celery import app
from tracker.watchers.guarded import collect_seldom

if __name__ == "__main__":
    warnings.simplefilter("ignore", SecurityWarning)  # the runner says it, in one line
    worker = app.Worker(
        loglevel="WARNING", quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True
    )
    collect_seldom()  # what is loaded by now stays, and children share it untouched
    worker.start()
    raise SystemExit(worker.exitcode)
