"""The web side of the service alone, in processes of its own, without broker or worker: what a visitor meets."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tracker import serve

ROOT = Path(__file__).resolve().parent.parent.parent
FORM = "/contribuer/"
_TYPE = "application/x-www-form-urlencoded"


class Website:
    """A server that answers on a port of this machine."""

    def __init__(self, port: int, env: dict[str, str]) -> None:
        self.port, self.env = port, env

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers by lower-case name, body."""
        conversation = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            conversation.request(method, path, body or None, headers)
            answer = conversation.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read().decode()
        finally:
            conversation.close()

    def token(self) -> tuple[str, str]:
        """The token of the form, and the cookie that goes with it."""
        _status, headers, page = self.ask("GET", FORM)
        cookie = headers["set-cookie"].partition(";")[0]
        return re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0], cookie

    def send(self, token: tuple[str, str], *, address: str = "", **sent: str) -> tuple[int, float]:
        """Send the form; the status of the answer and the seconds that it took. `address` is told as a proxy does."""
        body = urlencode({"csrfmiddlewaretoken": token[0]} | sent)
        began = time.perf_counter()
        headers = {"Content-Type": _TYPE, "Cookie": token[1]} | (
            {"X-Forwarded-For": address} if address else {}
        )
        status, _headers, _body = self.ask("POST", FORM, body, **headers)
        return status, time.perf_counter() - began

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, text=True, check=True, capture_output=True)
        return done.stdout.strip()


@contextmanager
def website(folder: Path, *, database: str, **settings: str) -> Iterator[Website]:
    """Such a server with a seeded database of its own; `database` as in DATABASE_URL, its log in `folder`/log.

    `settings` are those of its environment.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = Website(
        port,
        os.environ
        | {"DATA_DIR": str(folder), "DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:1/0"}
        | settings,
    )
    site.manage("migrate", "-v0")
    site.manage("seed", "-v0")
    command = [*serve._tied_to_us(), sys.executable, "-m", "granian", *serve._WEB, "--port", str(port)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=site.env, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not _answers(site):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.2)
        yield site
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(site: Website) -> bool:
    try:
        return site.ask("GET", "/robots.txt")[0] == 200
    except OSError:
        return False
