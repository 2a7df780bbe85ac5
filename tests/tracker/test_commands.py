"""The commands, asked wrongly: a sentence, a failure, nothing lost."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.translation import override

from tracker.models import Document, Fetch

SAMPLES = Path(settings.BASE_DIR) / "tests" / "samples"


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    return str(refused.value)


def test_a_path_that_is_not_there_is_told(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path / "none", loop, tmp_path / ("x" * 300)):
        assert str(path) in refusal("watch", "--file", str(path))
    assert refusal("watch", "--file", "") == "There is no file or folder “”."


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert (
        refusal("watch", "--file", f"{tmp_path}/pipe") == f"“{tmp_path}/pipe” is neither a file nor a folder."
    )
    assert refusal("watch", "--file", "/dev/zero") == "“/dev/zero” is neither a file nor a folder."


def test_options_that_contradict_each_other_are_refused():
    assert refusal("watch", "--all", "--file", "x") == "--all goes without --file."
    assert refusal("watch", "--format", "feed") == "--format goes with --file."
    assert refusal("watch", "--format", "rss", "--file", "x").startswith(
        "Unknown format “rss”; choose one of: "
    )


@pytest.mark.django_db
def test_a_file_that_nothing_reads_fails_the_command_and_keeps_the_others(tmp_path):
    broken = tmp_path / "broken.xml"
    broken.write_text("<html><p>x")

    said = refusal("watch", "--file", str(SAMPLES / "feed.rss"), str(broken), str(tmp_path))

    assert said == f"Nothing could be read from: {broken}, {tmp_path}."
    assert Document.objects.exists()
    assert [fetch.error != "" for fetch in Fetch.objects.order_by("pk")] == [False, True]


@pytest.mark.django_db
def test_a_folder_is_read_past_what_nothing_reads(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "feed.rss").write_bytes((SAMPLES / "feed.rss").read_bytes())

    assert "note.txt : No watcher reads this kind of file." in run("watch", "--file", str(tmp_path))
    assert Document.objects.exists()


@pytest.mark.django_db
def test_files_may_be_named_together_or_one_by_one():
    rss, sample = str(SAMPLES / "feed.rss"), str(SAMPLES / "notice.xml")
    run("watch", "--file", rss, "--file", sample)
    once = Document.objects.count()
    assert set(Document.objects.values_list("kind", flat=True)) == {"article", "notice"}
    assert "0 new documents" in run("watch", "--file", rss, sample)
    assert Document.objects.count() == once


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_refused_without_being_held_whole(tmp_path):
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(1 << 40)

    assert refusal("watch", "--file", str(large)) == f"Nothing could be read from: {large}."
    assert Fetch.objects.get().error == "This document is larger than 10 MiB."


@pytest.mark.parametrize("day", ["hier", "2026-13-01", "0001-01-01", "1999-12-31", "2026-11-22T10:00"])
def test_a_bad_day_is_told(day):
    assert refusal("status", "--as-of", day) == (
        f"“{day}” is not a date from 2000 on; write it as 2026-11-22."
    )


@pytest.mark.parametrize(
    "moment",
    ["x", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-11-22T10:00:00+99:00", "2999-01-01"],
)
def test_a_bad_moment_is_told(moment):
    assert refusal("status", "--known-at", moment) == (
        f"“{moment}” is not a moment from 2000 up to now; write it as 2026-11-22T10:00:00Z."
    )


@pytest.mark.django_db
def test_a_day_of_the_record_stands_for_its_end():
    assert '"known_at": "2026-10-14T23:59:59.999999+02:00"' in run(
        "status", "--json", "--known-at", "2026-10-14"
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FETCH_MAX_BYTES": "lots"}, "A setting cannot be used: FETCH_MAX_BYTES=lots cannot be read"),
        ({"DATABASE_URL": "nonsense"}, "(tracker.E003) DATABASE_URL names a database"),
        ({"DATA_DIR": "/nowhere"}, "The database cannot be used: unable to open database file"),
        ({"DATABASE_URL": "sqlite://:memory:"}, "The database cannot be used: no such table"),
    ],
)
def test_the_command_line_answers_in_sentences_when_it_cannot_work(environment, expected):
    command = [sys.executable, "manage.py", "status"]
    ended = subprocess.run(
        command, cwd=settings.BASE_DIR, env=os.environ | environment, capture_output=True, text=True
    )

    assert ended.returncode == 1
    assert expected in ended.stderr
    assert "Traceback" not in ended.stderr
