"""Bodies are kept once, checked, bounded, forgotten; and no door shows them."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tracker import bodies, ingest, retention
from tracker.models import Body, Source
from tracker.watchers.entry import Request

FEED = b"<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>Un</title></item></channel></rss>"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "bodies"


@pytest.fixture
def row(db: None) -> Source:
    return Source.objects.create(slug="s", name="S", format="feed", url="https://s.example/", tier=3)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(folder: Path, moment: datetime) -> None:
    for path in files(folder):
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def test_what_a_source_answers_is_kept_as_it_came_with_what_reading_it_again_takes(
    source: Source, httpserver: HTTPServer, folder: Path, now: datetime
) -> None:
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    ingest.read_source(source.pk, now=now)
    kept = Body.objects.get()
    assert bodies.bytes_of(kept) == FEED
    assert (kept.url, kept.content_type, kept.format) == (source.url, "application/rss+xml", "feed")
    assert (bodies.request_of(kept).url, kept.read_at) == (source.url, now)
    [file] = files(folder)
    assert (file.stat().st_mode & 0o777, file.stat().st_size) == (0o600, kept.bytes_kept)


def test_an_answer_that_cannot_be_read_is_kept_too(
    source: Source, httpserver: HTTPServer, now: datetime
) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"<!DOCTYPE r [<!ENTITY a 'b'>]><rss/>")
    assert ingest.read_source(source.pk, now=now).outcome == "unreadable"
    assert bodies.bytes_of(Body.objects.get()) == b"<!DOCTYPE r [<!ENTITY a 'b'>]><rss/>"


def test_a_request_comes_back_as_it_was_sent(row: Source, now: datetime) -> None:
    request = Request(
        url="https://s.example/q", method="POST", headers={"A": "b"}, body=b"\x00\xff{}", before="Un."
    )
    bodies.keep(row, b"x", request=request, now=now)
    assert bodies.request_of(Body.objects.get()) == request


def test_equal_bodies_are_one_file_and_one_row_for_each_source(row: Source, folder: Path, now) -> None:
    other = Source.objects.create(slug="o", name="O", format="feed", url="https://o.example/", tier=3)
    bodies.keep(row, b"same", now=now)
    bodies.keep(row, b"same", now=now + timedelta(hours=1))
    bodies.keep(other, b"same", now=now)
    assert len(files(folder)) == 1
    assert list(row.bodies.values_list("read_at", flat=True)) == [now + timedelta(hours=1)]
    assert Body.objects.count() == 2


def test_zero_days_keep_nothing(row: Source, folder: Path, settings, now: datetime) -> None:
    settings.BODIES_KEPT_DAYS = 0
    assert bodies.keep(row, b"x", now=now) is False
    assert (Body.objects.count(), files(folder)) == (0, [])


def test_a_disk_that_is_nearly_full_is_left_to_the_database(
    row: Source, folder: Path, monkeypatch, now
) -> None:
    monkeypatch.setattr(bodies, "LEAST_FREE", 1 << 60)
    assert bodies.keep(row, b"x", now=now) is False
    assert (Body.objects.count(), files(folder)) == (0, [])


def test_a_body_that_was_cut_or_replaced_is_told(row: Source, folder: Path, now: datetime) -> None:
    bodies.keep(row, b"x" * 1000, now=now)
    kept, [file] = Body.objects.get(), files(folder)
    whole = file.read_bytes()
    for spoilt in (whole[:-9], whole[:5], b"", b"no gzip", whole[:-9] + b"\x00" * 9):
        file.write_bytes(spoilt)
        with pytest.raises(bodies.LostBodyError):
            bodies.bytes_of(kept)
    file.unlink()
    with pytest.raises(bodies.LostBodyError):
        bodies.bytes_of(kept)


def test_bodies_are_forgotten_after_their_days_and_their_files_with_the_last_row(
    row: Source, folder: Path, settings, now: datetime
) -> None:
    other = Source.objects.create(slug="o", name="O", format="feed", url="https://o.example/", tier=3)
    for source, body, days in (
        (row, b"old", 31),
        (row, b"shared", 31),
        (other, b"shared", 1),
        (row, b"new", 29),
    ):
        bodies.keep(source, body, now=now - timedelta(days=days))
    age(folder, now - timedelta(hours=2))
    assert retention.prune(now=now, dry_run=True)["corps gardés"] == 2
    assert (Body.objects.count(), len(files(folder))) == (4, 3)
    assert retention.prune(now=now)["corps gardés"] == 2
    assert sorted(map(bodies.bytes_of, Body.objects.all())) == [b"new", b"shared"]
    assert len(files(folder)) == 2
    settings.BODIES_KEPT_DAYS = 0
    retention.prune(now=now)
    assert (Body.objects.count(), files(folder)) == (0, [])


def test_beyond_the_limit_the_oldest_go_first(row: Source, folder: Path, settings, now: datetime) -> None:
    for hours in range(4):
        bodies.keep(row, os.urandom(600_000), now=now - timedelta(hours=hours))
    settings.BODIES_MAX_MB = 2
    age(folder, now - timedelta(hours=2))
    retention.prune(now=now)
    assert sorted(Body.objects.values_list("read_at", flat=True)) == [
        now - timedelta(hours=hours) for hours in (2, 1, 0)
    ]
    assert len(files(folder)) == 3


def test_a_file_whose_row_is_still_to_come_is_left_alone(row: Source, folder: Path, now: datetime) -> None:
    bodies.keep(row, b"x", now=now)
    Body.objects.all().delete()
    age(folder, now - timedelta(minutes=30))
    retention.prune(now=now)
    assert len(files(folder)) == 1
    retention.prune(now=now + timedelta(hours=1))
    assert files(folder) == []


def test_what_a_worker_that_was_killed_left_half_written_goes_after_an_hour(
    row: Source, folder: Path, monkeypatch, now: datetime
) -> None:
    def killed(*_paths: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(Path, "replace", killed)
        bodies.keep(row, b"x", now=now)
    age(folder, now - timedelta(minutes=30))
    retention.prune(now=now)
    assert len(files(folder)) == 1
    retention.prune(now=now + timedelta(hours=1))
    assert files(folder) == []
    assert bodies.keep(row, b"x", now=now)
    assert bodies.bytes_of(Body.objects.get()) == b"x"
