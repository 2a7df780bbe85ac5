"""A throw-away PostgreSQL that the tests start and end: a socket in a folder of its own, nothing kept on the disk."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_OPTIONS = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def is_installed() -> bool:
    """Whether this machine has the programs of a PostgreSQL server."""
    return bool(_program("initdb") and _program("pg_ctl"))


@contextmanager
def cluster() -> Iterator[str]:
    """The address of an empty database, as DATABASE_URL and as psycopg takes it; gone when the context ends."""
    owner = _owner()
    with TemporaryDirectory(prefix="pg-") as folder:  # a short path: it holds a socket
        if owner:
            os.chown(folder, owner["user"], owner["group"])

        def run(program: str, *arguments: str) -> None:
            command = [_program(program), "-D", f"{folder}/cluster", *arguments]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, **owner)

        run("initdb", "--username=tests", "--auth=trust", "--encoding=UTF8", "--no-sync")
        run("pg_ctl", "start", "--wait", f"--log={folder}/log", f"--options=-k {folder} {_OPTIONS}")
        try:
            yield f"postgresql://tests@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate")


def _program(name: str) -> str | None:
    """Where a program is: Debian keeps those of the server beside the PATH, by version."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return shutil.which(name, path=os.pathsep.join([*map(str, reversed(beside)), os.environ["PATH"]]))


def _owner() -> dict[str, object]:
    """As whom to run it: PostgreSQL refuses to be run by root."""
    if os.getuid() != 0:
        return {}
    people = {person.pw_name: person for person in pwd.getpwall()}
    person = people.get("postgres") or people["nobody"]
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
