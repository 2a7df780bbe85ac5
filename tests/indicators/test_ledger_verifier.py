"""Whoever keeps an old checkpoint finds any tampering, with a program of a hundred lines that needs Python alone."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from indicators.rules import chain
from tests.indicators.ledger_kept import VERIFIER, Kept, found, make_ledger

TRIES = 30  # of each of the seven families
Entries = list[dict[str, Any]]


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Kept:
    """Made once, and taken back: a ledger is only lines to those who verify it."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_ledger(datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
        transaction.set_rollback(True)
    return made


def edit(entries: Entries, size: int, dice: random.Random) -> None:
    entry = entries[dice.randrange(size)]
    name = dice.choice(["body", "kind", "subject"])
    entry[name] = entry[name] | {"title_fr": "Autre chose"} if name == "body" else "corrected/x"


def delete(entries: Entries, size: int, dice: random.Random) -> None:
    del entries[dice.randrange(size)]


def insert(entries: Entries, size: int, dice: random.Random) -> None:
    place = dice.randrange(size)
    entries.insert(place, entries[place] | {"subject": "evidence/999"})


def reorder(entries: Entries, size: int, dice: random.Random) -> None:
    one, two = dice.sample(range(size), 2)
    entries[one], entries[two] = entries[two], entries[one]


def backdate(entries: Entries, size: int, dice: random.Random) -> None:
    """Anywhere, also behind the checkpoint: nothing may be older than what it follows."""
    entry = entries[dice.randrange(1, len(entries))]
    entry["recorded_at"] = "2025" + entry["recorded_at"][4:]


def cut(entries: Entries, size: int, dice: random.Random) -> None:
    del entries[dice.randrange(size) :]


def rewrite(entries: Entries, size: int, dice: random.Random) -> None:
    for entry in entries:
        entry["body"] = {"title_fr": f"Histoire réécrite {dice.random()}"}


def chained(entries: Entries) -> None:
    """What somebody does who holds the database: numbers and hashes made good again."""
    previous = chain.BEFORE_THE_FIRST
    for number, entry in enumerate(entries, 1):
        entry |= {"number": number, "previous_hash": previous}
        fields = {name: entry[name] for name in ("number", "recorded_at", "kind", "subject")}
        previous = entry["hash"] = chain.chain_hash(
            previous, chain.leaf_hash(chain.canonical(entry["body"]), **fields)
        )


@pytest.mark.parametrize("tamper", [edit, delete, insert, reorder, backdate, cut, rewrite])
def test_every_tampering_is_found(
    tamper: Callable[[Entries, int, random.Random], None], kept: Kept, tmp_path: Path
) -> None:
    """Thirty of each family; every second time by somebody who computes all hashes again."""
    size = json.loads(kept.checkpoints[-1])["size"]
    assert 30 < size < len(kept.entries) - 5
    missed = []
    for turn in range(TRIES):
        entries = [json.loads(line) for line in kept.entries]
        tamper(entries, size, random.Random(turn))
        if turn % 2 or tamper is rewrite:
            chained(entries)
        lines = [chain.canonical(entry) for entry in entries]
        assert lines != kept.entries
        if found(lines, kept.checkpoints, folder=tmp_path) is None:
            missed.append(turn)
    assert missed == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda lines: [*lines[:9], lines[9].replace('"kind":"', '"kind":"x'), *lines[10:]],
            "Entry 10 was edited",
        ),
        (lambda lines: lines[:9] + lines[10:], "Where entry 10 belongs, entry 11 stands"),
        (lambda lines: [*lines[:9], lines[8], *lines[9:]], "Where entry 10 belongs, entry 9 stands"),
        (
            lambda lines: [*lines[:9], lines[9].replace("{", "{ ", 1), *lines[10:]],
            "Entry 10 is not written in",
        ),
        (lambda lines: lines[:9], "Entries 10 to"),
        (lambda lines: [], "Entries 1 to"),
        (lambda lines: ["[]", *lines], "TAMPERED"),
        (lambda lines: ["[" * 100_000, *lines], "TAMPERED"),
    ],
    ids=["edited", "deleted", "doubled", "spaced", "cut", "emptied", "no object", "nested"],
)
def test_the_place_of_a_tampering_is_said(
    change: Callable[[list[str]], list[str]], told: str, kept: Kept, tmp_path: Path
) -> None:
    assert told in found(change(kept.entries), kept.checkpoints, folder=tmp_path)


def test_a_checkpoint_that_was_changed_is_found(kept: Kept, tmp_path: Path) -> None:
    [line] = kept.checkpoints
    one = json.loads(line)
    for name, value in {"size": one["size"] - 1, "hash": "0" * 64, "signed_at": "2026-01-01", "x": 1}.items():
        forged = chain.canonical(one | {name: value})
        assert "the checkpoint itself was tampered with" in found(kept.entries, [forged], folder=tmp_path)
    assert "is not yours" in found(kept.entries, [line], folder=tmp_path, key="ab" * 32)
    assert found(kept.entries, [line], folder=tmp_path, key=one["public_key"]) is None


def test_the_verifier_needs_nothing_but_python_and_is_short(kept: Kept, tmp_path: Path) -> None:
    assert found(kept.entries, kept.checkpoints, folder=tmp_path) is None
    command = [sys.executable, "-I", "-S", VERIFIER, "ledger.jsonl", "checkpoints.jsonl"]
    intact = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    size = json.loads(kept.checkpoints[0])["size"]
    assert (intact.returncode, intact.stderr) == (0, "")
    assert intact.stdout == (
        f"{len(kept.entries)} entries follow each other; the first {size} are those of the checkpoints.\n"
    )
    (tmp_path / "ledger.jsonl").write_text("\n".join(kept.entries[:5]))
    cut_off = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (cut_off.returncode, cut_off.stdout) == (1, "")
    assert cut_off.stderr.startswith(
        f"TAMPERED, or not a ledger with its checkpoints: Entries 6 to {size} were cut"
    )
    assert len(VERIFIER.read_text().splitlines()) <= 100
