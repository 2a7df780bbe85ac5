"""One event, one line: whatever a visitor sends, the log holds it escaped, short, and without what is nobody's business."""

import io
import json
import logging
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tracker.logs import OneLine

HOSTILE = [
    "plain",
    "x\nWARNING forged line",
    "x\r\n127.0.0.1 - - [01/Jan/2026] forged",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\x00b",
    "tab\there",
    "bell\x07",
    "del\x7f",
    "nel\u0085here",
    "line\u2028sep\u2029par",
    "bidi \u202egnp.exe",
    "zero\u200bwidth",
    "${jndi:ldap://evil.example/a}",
    "%s %n %(name)s {0}",
    "\\n not a line",
    "\ud800 lone",
    "x" * 100_000,
]
RAW = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


@pytest.fixture
def log() -> io.StringIO:
    """What the service would print, of everything."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def values(shared_too: Path) -> list[str]:
    """Ours, and those of the shared folder where it is."""
    file = shared_too / "data" / "hostile" / "injection.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return HOSTILE + [row["value"] for row in rows if row["family"] in ("log", "header")]


def lines_of(log: io.StringIO) -> list[dict[str, str]]:
    text = log.getvalue()
    log.seek(0)
    log.truncate()
    assert text.endswith("\n") or not text
    lines = text.split("\n")[:-1]
    assert [line for line in lines if RAW.search(line)] == []
    assert [len(line) for line in lines if len(line) > 40_000] == []
    return [json.loads(line) for line in lines]


def test_each_event_is_one_line_wherever_the_value_comes_from(log, monkeypatch):
    ours, everybodys = logging.getLogger("tracker"), logging.getLogger().handlers
    monkeypatch.setattr(
        ours, "handlers", [handler for handler in everybodys if getattr(handler, "stream", None) is log]
    )
    monkeypatch.setattr(ours, "propagate", False)  # to pytest, whose workers cannot pass a lone surrogate on
    found = values(Path(__file__).resolve().parents[3] / "shared")
    logger = logging.getLogger("tracker.trial")
    for value in found:
        logger.warning("Said: %s", value)
        logger.warning("Twice: %s %s", value, value)
        logger.warning(value.replace("%", "%%"))
        logging.getLogger(f"tracker.{value[:20]}").warning("by its name")
        try:
            raise ValueError(value)
        except ValueError:
            logger.exception("Failed")
    lines = lines_of(log)
    assert len(lines) == 5 * len(found)
    assert max(len(line["said"]) for line in lines) == 1000
    assert all("ValueError" in line["failed"] or len(line["failed"]) == 4000 for line in lines[4::5])


@pytest.mark.django_db
def test_what_visitors_send_makes_no_line_of_its_own_and_no_person_is_named(log):
    alice = User.objects.create_user("alice-dupont", password="une phrase assez longue", is_staff=True)
    client, told = Client(raise_request_exception=False), 0
    for value in HOSTILE[:12]:
        for send in (
            lambda v: client.get("/nulle-part/", {"q": v}),
            lambda v: client.get("/", headers={"user-agent": v}),
            lambda v: client.get("/", headers={"host": v}),
            lambda v: client.post("/admin/login/", {"username": v, "password": v}),
            lambda v: Client(enforce_csrf_checks=True).post("/admin/login/", {"username": v}),
        ):
            assert send(value).status_code < 500
            told += 1
    for _ in range(12):
        client.post(
            "/admin/login/", {"username": "alice-dupont", "password": "faux"}, REMOTE_ADDR="192.0.2.77"
        )
    lines = lines_of(log)
    assert told == 60 and len(lines) <= 5 * told
    text = json.dumps(lines)
    assert alice.username not in text
    assert "192.0.2.77" not in text


def test_a_row_that_the_database_quotes_is_left_out(log):
    row = "Key (email)=(alice@example.org) already exists."
    try:
        raise ValueError(f"duplicate key\nDETAIL:  {row}")
    except ValueError:
        logging.getLogger("tracker").exception("Failed at /contribuer/suivi/%s/", "secret-token")
    [line] = lines_of(log)
    assert "alice" not in line["failed"]
    assert "secret-token" not in line["said"]
