"""Measures each subject beside its usual way or its floor, in one run: the ratio is what counts."""

from io import StringIO
from itertools import chain
from time import monotonic

from django.core.management import call_command

from tests.bench import feeds, ingestion, matching, nearduplicates, notices, pages, reading, rule

TABLE = "{:<52} {:>17} {:>28} {:>7}   {}"


def main() -> None:
    """Print a line for each subject as soon as it is measured."""
    started = monotonic()
    call_command("migrate", verbosity=0)
    call_command("seed", stdout=StringIO())
    print(TABLE.format("what", "ours", "beside", "ratio", "bar"))
    subjects = (
        subject.lines()
        for subject in (matching, reading, feeds, notices, nearduplicates, ingestion, rule, pages)
    )
    for line in chain.from_iterable(subjects):
        print(TABLE.format(line.what, line.ours, line.beside, f"{line.ratio:.2f}", line.bar), flush=True)
    print(f"Medians of interleaved rounds, {monotonic() - started:.0f} s in all.")


if __name__ == "__main__":
    main()
