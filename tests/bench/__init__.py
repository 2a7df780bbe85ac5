"""Benchmarks: not tests, since nothing should fail because a machine was busy. Importing this sets up Django on a
database of our own: SQLite in a temporary folder or, with ENGINE=postgresql, a throw-away PostgreSQL.
"""

import atexit
import os
from contextlib import ExitStack
from tempfile import TemporaryDirectory

import django

from tests.postgresql import cluster

_until_the_end = ExitStack()
os.environ["DATA_DIR"] = _until_the_end.enter_context(TemporaryDirectory(prefix="bench-"))
os.environ["DATABASE_URL"] = (
    _until_the_end.enter_context(cluster())
    if os.environ.get("ENGINE") == "postgresql"
    else f"sqlite:///{os.environ['DATA_DIR']}/db.sqlite3"
)
atexit.register(_until_the_end.close)  # after them: what is registered last is done first
os.makedirs(f"{os.environ['DATA_DIR']}/static")
os.environ["DJANGO_SETTINGS_MODULE"] = "tracker.settings"
django.setup()
