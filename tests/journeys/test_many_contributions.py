"""Many contributions at one moment, on a live server without a broker: each is stored or told to wait, none is lost."""

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.journeys.website import FORM, Website, website

POSTS = int(os.environ.get("MANY_POSTS", "100"))
COUNTED = """
from tracker.models import *
print(Contribution.objects.count(), Contact.objects.count(), Candidate.objects.count())
"""


def at_once(count: int, do: Callable[[int], int]) -> Counter[int]:
    """How often each answer came, of so many threads that begin together."""
    together = threading.Barrier(count)

    def wait_and_do(number: int) -> int:
        together.wait(timeout=60)
        return do(number)

    with ThreadPoolExecutor(count) as threads:
        return Counter(threads.map(wait_and_do, range(count)))


OPEN = {
    "CONTRIBUTIONS_PER_NETWORK": "100000",
    "CONTRIBUTIONS_PER_HOST": "100000",
    "CONTRIBUTIONS_PER_HOUR": "100000",
}


def flood(site: Website) -> None:
    """Everybody sends at once, every fifth the same link; what was answered 201 is there, once."""
    token = site.token()

    def send(number: int) -> int:
        link = f"https://agence{number % 50}.example/{number // 5 * (number % 5)}"
        return site.send(token, kind="example", url=link, email=f"{number}@example.org")[0]

    answers = at_once(POSTS, send)

    stored = answers[201]
    assert set(answers) <= {201, 429}
    assert stored > 0
    assert site.manage("shell", "-v0", "-c", COUNTED) == f"{stored} {stored} {stored}"
    assert site.ask("GET", FORM)[0] == 200


def test_with_sqlite(tmp_path: Path) -> None:
    with website(tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite3'}", **OPEN) as site:
        flood(site)


def test_with_postgresql(tmp_path: Path, postgresql: str) -> None:
    with website(tmp_path, database=postgresql, **OPEN) as site:
        flood(site)


def test_no_log_of_the_server_holds_a_token(tmp_path: Path) -> None:
    with website(tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite3'}") as site:
        token = site.token()
        body = f"csrfmiddlewaretoken={token[0]}&kind=example&url=https://boamp.fr/a"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": token[1]}
        status, told, _body = site.ask("POST", FORM, body, **headers)
        right = told["location"]
        wrong = right[:-4] + "abc/"
        assert (status, site.ask("GET", right)[0], site.ask("GET", wrong)[0]) == (201, 200, 404)
    log = (tmp_path / "log").read_text()
    assert right.split("/")[-2][:-3] not in log
