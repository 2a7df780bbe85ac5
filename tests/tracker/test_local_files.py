"""Local files: each a source of its own, many read by one child, in the order in which they are given."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.samples import notice
from tracker import local_files
from tracker.local_files import read_files
from tracker.models import Document, Fetch, Source

pytestmark = pytest.mark.django_db

SAMPLE = Path(notice.__file__).with_suffix(".xml").read_bytes()


@pytest.fixture
def forks(monkeypatch) -> list[int]:
    """One for each child."""
    made, fork = [], os.fork
    monkeypatch.setattr(os, "fork", lambda: made.append(1) or fork())
    return made


def notices(folder: Path, count: int) -> list[Path]:
    """So many notices, each with a number of its own."""
    paths = [folder / f"{number:03}.xml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(SAMPLE.replace(b"00012345-2025", b"%08d-2025" % (number + 1)))
    return paths


def outcomes(paths: list[Path], now: datetime) -> list[str]:
    """What became of each, in the order of the paths."""
    told = list(read_files(paths, now=now))
    assert [path for path, _fetch in told] == paths
    words = [
        fetch.strerror if isinstance(fetch, OSError) else fetch and fetch.outcome for _path, fetch in told
    ]
    return [word or "unchanged" for word in words]


def test_one_child_reads_many_files_and_what_no_one_reads_costs_the_others_nothing(
    tmp_path, now, forks
) -> None:
    paths = notices(tmp_path, 12)
    paths[3].write_text("rien à lire ici")
    paths[5].write_bytes(SAMPLE[:2_000])
    paths[7].unlink()
    expected = ["read"] * 12
    expected[3] = expected[5] = "unreadable"
    expected[7] = "No such file or directory"
    assert (outcomes(paths, now), len(forks), Document.objects.count()) == (expected, 1, 9)
    assert outcomes([paths[0], paths[3], tmp_path / "." / "000.xml"], now) == [
        "unchanged",
        "unreadable",
        "unchanged",
    ]
    assert (len(forks), Source.objects.count(), Fetch.objects.count()) == (1, 11, 11)


def test_a_file_given_twice_under_two_names_is_one_source(tmp_path, now) -> None:
    [path] = notices(tmp_path, 1)
    (tmp_path / "same.xml").symlink_to(path)
    assert outcomes([path, tmp_path / "same.xml"], now) == ["read", "unchanged"]
    assert Source.objects.get().url == path.as_uri()


def test_more_files_than_one_child_reads_are_all_read(tmp_path, now, forks, monkeypatch) -> None:
    monkeypatch.setattr(local_files, "FILES_AT_ONCE", 3)
    assert outcomes(notices(tmp_path, 7), now) == ["read"] * 7
    assert len(forks) == 3


def test_a_file_that_is_no_feed_is_set_aside_however_often_it_is_given(now, tmp_path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("rien à lire ici")
    [(_path, first)] = read_files([path], now=now)
    assert first.outcome == "unreadable"
    assert list(read_files([path], now=now)) == [(path, first)]
    assert Fetch.objects.count() == 1
