"""`make run`, as a person uses it: it starts, answers, says what is wrong, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.embedded import broker_socket

ROOT = Path(__file__).resolve().parent.parent.parent
STAMP = ROOT / ".venv" / "installed-requirements.lock"
MEGABYTES = 400  # of memory for all processes together, while they wait for work

pytestmark = pytest.mark.skipif(not STAMP.exists(), reason="`make setup` has not made .venv here")


def start(command: list[str], **environment: str) -> subprocess.Popen[str]:
    """Start a command in a process group of its own, as a terminal does."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKELEVEL", "MAKEFLAGS", "REDIS_URL")
    }
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def serve(**environment: str) -> str:
    """What the runner says when it cannot start."""
    process = start([sys.executable, "-m", "tracker.serve"], **environment)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    return said


def processes_of(data_dir: Path) -> set[int]:
    """The processes that were started for a data folder, by their environment."""
    mark = f"DATA_DIR={data_dir}".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
        except OSError:  # it ended meanwhile
            continue
    return found


def megabytes(processes: set[int]) -> float:
    """What they hold together; what two share counts twice."""
    status = [Path(f"/proc/{process}/status").read_text() for process in processes]
    return (
        sum(int(line.split()[1]) for text in status for line in text.splitlines() if "VmRSS" in line) / 1024
    )


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def data_dir(tmp_path) -> Path:
    """Deeper than a socket's path may be."""
    return tmp_path / "deep" / ("x" * 80)


def test_make_run_starts_answers_and_leaves_nothing_behind(data_dir, free_port):
    make = start(["make", "run"], PORT=str(free_port), DATA_DIR=str(data_dir))
    try:
        said = []
        for line in make.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        page = urllib.request.urlopen(f"http://localhost:{free_port}/", timeout=10)
        second = serve(PORT=str(free_port), DATA_DIR=str(data_dir / ".." / data_dir.name))
        running = processes_of(data_dir)
        held = megabytes(running)
    finally:
        asked_at = time.monotonic()
        os.killpg(make.pid, signal.SIGINT)
        rest, _ = make.communicate(timeout=20)

    assert page.status == 200
    assert [line.split()[0] for line in said if " started: " in line] == [
        "broker",
        "web",
        "worker",
        "scheduler",
    ]
    assert f"http://localhost:{free_port}/" in "".join(said)
    assert "manage.py createsuperuser" in "".join(said)
    assert len(running) >= 6
    assert held < MEGABYTES
    assert f"port {free_port} is used by another program" in second
    assert "Traceback" not in "".join(said) + rest
    assert processes_of(data_dir) == set()
    assert not broker_socket(data_dir).exists()  # the broker removes it when it ends
    assert time.monotonic() - asked_at < 10


def test_a_busy_port_is_told_before_anything_is_started(data_dir, busy_port):
    said = serve(PORT=str(busy_port), DATA_DIR=str(data_dir))

    assert (
        said == f"Stopped: port {busy_port} is used by another program; try PORT={busy_port % 65535 + 1}.\n"
    )
    assert not data_dir.exists()


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "٨", "9" * 5000])
def test_a_port_that_is_none_is_told(data_dir, port):
    assert serve(PORT=port, DATA_DIR=str(data_dir)) == (
        f"Stopped: PORT={port} is not a port: give a number from 1 to 65535.\n"
    )


def test_a_data_folder_that_cannot_be_written_to_is_told(free_port):
    said = serve(PORT=str(free_port), DATA_DIR="/proc/tracker")

    assert said == "Stopped: DATA_DIR /proc/tracker cannot be written to (No such file or directory).\n"


def test_a_data_folder_that_is_a_loop_is_told(tmp_path, free_port):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    said = serve(PORT=str(free_port), DATA_DIR=str(loop))

    assert said == f"Stopped: DATA_DIR {loop} is a link that leads back to itself.\n"


def test_a_data_folder_in_use_is_told(data_dir, free_port):
    data_dir.mkdir(parents=True)
    with subprocess.Popen(
        ["flock", str(data_dir / "lock"), "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdin.write("ready\n")
        other.stdin.flush()
        other.stdout.readline()
        said = serve(PORT=str(free_port), DATA_DIR=str(data_dir))
        other.stdin.close()

    assert said == f"Stopped: the service already runs in {data_dir}; stop it, or give another DATA_DIR.\n"
