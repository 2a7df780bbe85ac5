"""A flood from many addresses, on a live server: bounded, never a failure, and who is honest gets in meanwhile."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.journeys.website import FORM, Website, website

POSTS = int(os.environ.get("FLOOD_POSTS", "240"))  # 10000 is what was promised, from fifty networks
NETWORKS = 50 if POSTS >= 10_000 else 20
STORED_AT_MOST = 10 * NETWORKS
COUNTED = "from tracker.models import *; print(Contribution.objects.count(), Contribution.objects.filter(held=True).count())"


def network(number: int) -> str:
    """An address of one of the networks; those of IPv6 change their address within their /64."""
    place = number % NETWORKS
    return f"198.51.100.{place}" if place % 2 else f"2001:db8:0:{place:x}::{number:x}"


def flood(site: Website) -> tuple[Counter[int], int]:
    """What a flood was answered, and what somebody else, in the middle of it."""
    token = site.token()

    def send(number: int) -> int:
        link = f"https://ferme{number}.example/{number}"
        if number == POSTS // 2:
            return site.send(token, address="203.0.113.7", kind="example", url="https://boamp.fr/honnete")[0]
        return site.send(
            token, address=network(number), kind="example", url=link, statement="casino en ligne"
        )[0]

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(send, range(POSTS)))
    honest = answers.pop(POSTS // 2)
    assert site.ask("GET", FORM)[0] == 200
    return Counter(answers), honest


def judge(site: Website) -> None:
    answers, honest = flood(site)
    assert set(answers) == {201, 429}
    assert answers[201] + 1 <= STORED_AT_MOST
    assert honest == 201
    stored, held = map(int, site.manage("shell", "-v0", "-c", COUNTED).split())
    assert stored == answers[201] + 1
    assert held >= answers[201]


def test_with_sqlite(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    with website(tmp_path, database=database, BEHIND_PROXY="true") as site:
        judge(site)


def test_with_postgresql(tmp_path: Path, postgresql: str) -> None:
    with website(tmp_path, database=postgresql, BEHIND_PROXY="true") as site:
        judge(site)


def test_without_the_limit_of_networks_more_would_be_stored(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    off = {"CONTRIBUTIONS_PER_NETWORK": "100000", "CONTRIBUTIONS_PER_HOUR": "100000"}
    with website(tmp_path, database=database, BEHIND_PROXY="true", **off) as site:
        answers, _honest = flood(site)
    assert answers[201] > STORED_AT_MOST
