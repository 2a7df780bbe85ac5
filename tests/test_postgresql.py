"""Every test that uses a database, once more on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("folder", ["tests/indicators", "tests/journeys", "tests/tracker"])
def test_what_holds_on_sqlite_holds_on_postgresql(postgresql: str, folder: str) -> None:
    command = [sys.executable, "-m", "pytest", folder, "-m", "django_db", "-q", "-p", "no:cacheprovider"]
    environment = os.environ | {"DATABASE_URL": postgresql}
    suite = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert suite.returncode == 0, suite.stdout[-10_000:]
