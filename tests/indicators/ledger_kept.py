"""A ledger made by publishing, as a stranger would download it, and the program with which strangers verify it."""

import runpy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from indicators import ledger, publishing
from indicators.models import Checkpoint, Evidence, Indicator, LedgerEntry, Measure
from tests.factories import make_definition, make_indicator, make_user

VERIFIER = Path(__file__).resolve().parent.parent.parent / "docs" / "verify_ledger.py"
_main = runpy.run_path(str(VERIFIER))["main"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The lines of a ledger and the lines of its checkpoints."""

    entries: list[str]
    checkpoints: list[str]


def downloaded() -> Kept:
    """What can be downloaded now."""
    return Kept(
        entries=[entry.line() for entry in LedgerEntry.objects.all()],
        checkpoints=[checkpoint.line() for checkpoint in Checkpoint.objects.all()],
    )


def found(entries: Iterable[str], checkpoints: Iterable[str], *, folder: Path, key: str = "") -> str | None:
    """What the verifier says is wrong; None where all is well."""
    paths = folder / "ledger.jsonl", folder / "checkpoints.jsonl"
    for path, lines in zip(paths, (entries, checkpoints), strict=True):
        path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    try:
        _main([*map(str, paths), *(["--key", key] if key else [])])
    except SystemExit as tampered:
        return str(tampered.code)
    return None


def publish(indicator: Indicator, *, now: datetime, title: str = "Marché", **fields: Any) -> Evidence:
    """One event, published with one citation."""
    event = {
        "kind": "tender",
        "title_fr": title,
        "owner": "Agence",
        "occurred_on": now.date(),
        "country": "FR",
    }
    citation = publishing.NewCitation(
        url="https://s.example/1",
        publisher="S",
        title="Avis",
        quote="deux fournisseurs",
        tier=1,
        independence_group="S",
        snapshot_sha256="0" * 64,
    )
    assessment = publishing.NewAssessment(indicator=indicator, stance="supports", directness="direct", rung=3)
    return publishing.publish(
        event | fields, citations=[citation], assessments=[assessment], by=make_user(), now=now
    )


def make_ledger(now: datetime) -> Kept:
    """Some fifty entries of most kinds, with a checkpoint after the first forty."""
    indicator = make_indicator("1a")
    make_definition(indicator)
    Measure.objects.create(code="T1", name_fr="Part", name_en="Share", indicator=indicator)
    ledger.enter_missing(now=now)
    for number in range(12):
        at = now + timedelta(hours=number)
        evidence = publish(indicator, now=at, title=f"Marché {number}")
        publishing.observe("T1", period=(at.date(), at.date()), numerator=number, denominator=10, now=at)
        if number % 2:
            changes = {"title_fr": f"Marché corrigé {number}"}
            evidence = publishing.correct(evidence, changes=changes, reason="Faute", by=make_user(), now=at)
        if number % 3 == 0:
            publishing.retract(evidence, reason="Erreur", by=make_user(), now=at)
        if number == 8:
            ledger.sign(now=at)
    return downloaded()
