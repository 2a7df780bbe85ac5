"""Measures each subject beside its usual way or its floor, in one run: the ratio is what counts."""

import subprocess
import sys
from io import StringIO
from time import monotonic

from django.core.management import call_command

from tests.bench import (
    feeds,
    forms,
    ingestion,
    ledger,
    matching,
    nearduplicates,
    notices,
    pages,
    panel,
    reading,
    registry,
    registry_pages,
    rule,
)

TABLE = "{:<52} {:>17} {:>28} {:>7}   {}"
SUBJECTS = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        matching,
        reading,
        feeds,
        notices,
        nearduplicates,
        ingestion,
        rule,
        pages,
        ledger,
        forms,
        panel,
        registry,
        registry_pages,
    )
}


def main(names: list[str]) -> None:
    """Print a line for each subject as soon as it is measured.

    Each in a process of its own: what one leaves in memory would make every fork of the next one slower.
    """
    started = monotonic()
    print(TABLE.format("what", "ours", "beside", "ratio", "bar"), flush=True)
    for name in names or SUBJECTS:
        subprocess.run([sys.executable, "-m", "tests.bench", "--here", name], check=True)
    print(f"Medians of interleaved rounds, {monotonic() - started:.0f} s in all.")


def here(name: str) -> None:
    """Measure one subject in this process."""
    call_command("migrate", verbosity=0)
    call_command("seed", stdout=StringIO())
    for line in SUBJECTS[name].lines():
        print(TABLE.format(line.what, line.ours, line.beside, f"{line.ratio:.2f}", line.bar), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        here(sys.argv[2])
    else:
        main(sys.argv[1:])
