"""The ledger for everybody: the page in two languages, the downloads, the feed; with them anybody verifies."""

import json
import subprocess
import sys
from datetime import datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import feedparser
import pytest
from django.test import Client

from indicators import ledger
from indicators.models import Checkpoint, LedgerEntry
from tests.indicators.ledger_kept import VERIFIER, Kept, make_ledger

pytestmark = pytest.mark.django_db
DOWNLOADS = ["ledger.jsonl", "checkpoints.jsonl", "ledger-keys.txt", "verify_ledger.py"]


@pytest.fixture
def kept(now: datetime) -> Kept:
    return make_ledger(now)


def body(client: Client, address: str) -> bytes:
    response = client.get(address)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    return response.getvalue()


def test_what_is_downloaded_verifies_by_the_program_that_is_downloaded(
    client: Client, kept: Kept, tmp_path: Path
) -> None:
    for name in DOWNLOADS:
        (tmp_path / name).write_bytes(body(client, f"/donnees/{name}"))
    assert (tmp_path / "ledger.jsonl").read_text().splitlines() == kept.entries
    assert (tmp_path / "verify_ledger.py").read_bytes() == VERIFIER.read_bytes()
    key = (tmp_path / "ledger-keys.txt").read_text().strip()
    command = [sys.executable, "-I", "verify_ledger.py", "ledger.jsonl", "checkpoints.jsonl", "--key", key]
    verified = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_feed_announces_checkpoints_to_keep(client: Client, kept: Kept) -> None:
    for address, title in [
        ("/flux/atom.xml", "Point de contrôle du grand livre\N{NO-BREAK SPACE}: {} entrées"),
        ("/en/flux/atom.xml", "Checkpoint of the ledger: {} entries"),
    ]:
        entries = feedparser.parse(BytesIO(client.get(address).content)).entries
        signed = Checkpoint.objects.get()
        [told] = [each for each in entries if "/checkpoint/" in each.id]
        assert (told.title, unescape(told.summary)) == (title.format(signed.size), kept.checkpoints[0])
    news = json.loads(client.get("/flux/feed.json").content)["items"]
    assert [each["content_text"] for each in news if "/checkpoint/" in each["id"]] == kept.checkpoints
    assert b"/checkpoint/" not in client.get("/indicateurs/1a/flux/atom.xml").content


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/journal/verifier/", ["Vérifier nos publications", "Dernières entrées", "correction"]),
        ("/en/journal/verifier/", ["Verify our record", "Latest entries", "observation"]),
    ],
)
def test_the_page_tells_how_and_shows_the_latest(
    client: Client, kept: Kept, address: str, words: list[str], django_assert_num_queries
) -> None:
    with django_assert_num_queries(4):
        page = client.get(address).content.decode()
    signed, last = Checkpoint.objects.get(), LedgerEntry.objects.last()
    for word in [*words, signed.hash, signed.public_key, signed.signature, last.subject]:
        assert word in page
    for name in ("ledger.jsonl", "checkpoints.jsonl", "ledger-keys.txt", "verify_ledger.py"):
        assert f'href="/donnees/{name}"' in page


def test_the_page_and_the_downloads_of_an_empty_ledger(client: Client) -> None:
    assert client.get("/journal/verifier/").status_code == 200
    assert [body(client, f"/donnees/{name}") for name in DOWNLOADS[:3]] == [b"", b"", b""]


def test_nobody_downloads_twice_what_did_not_change(client: Client, kept: Kept, now: datetime) -> None:
    for name, change in [("ledger.jsonl", "1"), ("checkpoints.jsonl", "2")]:
        tag = client.get(f"/donnees/{name}")["ETag"]
        assert client.get(f"/donnees/{name}", headers={"if-none-match": tag}).status_code == 304
        ledger.append([("edited", "x/1", {"change": change})], now=now)
        ledger.sign(now=now)
        assert client.get(f"/donnees/{name}", headers={"if-none-match": tag}).status_code == 200
    assert client.head("/donnees/ledger.jsonl").status_code == 200
    assert client.post("/donnees/ledger.jsonl").status_code == 405


def test_the_lines_are_told_one_after_the_other(client: Client, kept: Kept) -> None:
    response = client.get("/donnees/ledger.jsonl")
    assert (response.streaming, response["Content-Type"]) == (True, "application/jsonl; charset=utf-8")
    assert [json.loads(line)["number"] for line in response] == list(range(1, len(kept.entries) + 1))
