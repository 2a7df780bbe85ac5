import gzip
import io
import os
import tarfile
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import pytest

from tests.samples import notice, ted_export
from tracker import ingest, local_files
from tracker.models import Document, Source
from tracker.watchers import read_guarded, recognise, ted_package
from tracker.watchers.entry import Remark, UnreadableError
from tracker.watchers.guarded import bytes_from_child

SAMPLES = Path(__file__).parent.parent / "samples"
NEW = (SAMPLES / "notice.xml").read_bytes()
OLD = (SAMPLES / "ted_export.xml").read_bytes()
FOLDER = "20261120_136"


def package(**files: bytes) -> bytes:
    """A tar.gz of a folder with these files, `_` before the extension standing for the dot."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        folder = tarfile.TarInfo(FOLDER)
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name.replace('_', '.')}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_new_and_old_notices_of_one_package_are_read():
    page = ted_package.read(package(a_xml=NEW, b_xml=OLD))
    assert page.entries == (notice.ENTRY, ted_export.ENTRY)
    assert (page.next, page.remarks) == (None, ())


def test_a_package_is_recognised_and_read_in_the_guarded_child():
    body = package(a_xml=NEW)
    assert recognise(body) == "ted_package"
    assert read_guarded("ted_package", body).entries == (notice.ENTRY,)


def test_one_bad_notice_never_loses_the_package():
    page = ted_package.read(package(a_xml=b"<a", b_xml=OLD, c_xml=b"<rss/>", d_xml=b""))
    assert page.entries == (ted_export.ENTRY,)
    (remark,) = page.remarks
    assert remark.reason == "Notices of this package could not be read."
    assert remark.detail.startswith(f"3; {FOLDER}/a.xml: ")


def test_what_is_no_notice_is_left_out_and_told():
    page = ted_package.read(package(a_txt=b"words", b_xml=OLD))
    assert page.entries == (ted_export.ENTRY,)
    assert page.remarks == (
        Remark("Files of a package were left out: no notices, or larger than 10 MiB.", "1"),
    )


def test_a_link_in_a_package_is_never_followed():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("a.xml")
        link.type, link.linkname = tarfile.SYMTYPE, str(SAMPLES / "notice.xml")
        archive.addfile(link)
    with pytest.raises(UnreadableError, match="no notice"):
        ted_package.read(packed.getvalue())


def test_a_long_package_is_read_page_by_page(monkeypatch):
    monkeypatch.setattr(ted_package, "PAGE_NOTICES", 1)
    body = package(a_xml=NEW, b_xml=OLD)
    first = ted_package.read(body, url="https://ted.example/packages/daily/202600136")
    assert first.entries == (notice.ENTRY,)
    assert first.next.url == "https://ted.example/packages/daily/202600136#2"
    second = ted_package.read(body, request=first.next)
    assert (second.entries, second.next) == ((ted_export.ENTRY,), None)


def test_a_page_of_large_notices_is_shorter(monkeypatch):
    monkeypatch.setattr(ted_package, "PAGE_BYTES", 10)
    assert len(ted_package.read(package(a_xml=NEW, b_xml=OLD)).entries) == 1


def test_a_damaged_end_loses_only_what_comes_after():
    body = package(a_xml=NEW, b_xml=os.urandom(100_000), c_xml=OLD)
    page = ted_package.read(body[: len(body) // 2])
    assert page.entries == (notice.ENTRY,)
    assert page.remarks == (Remark("This package is damaged: the notices after this one are missing.", "2"),)


def test_a_package_that_swells_is_refused():
    with pytest.raises(UnreadableError, match="unpacks to more"):
        ted_package.read(package(a_xml=b" " * 20_000_000))


@pytest.mark.parametrize(("limit", "count"), [("MEMBER_LIMIT", 2), ("BODY_LIMIT", 100)])
def test_too_many_and_too_large_files_are_left_out(monkeypatch, limit, count):
    monkeypatch.setattr(ted_package, limit, count)
    page = ted_package.read(package(a_xml=NEW, b_xml=OLD, c_xml=b"<a/>"))
    assert len(page.entries) < 2
    assert page.remarks


def test_a_package_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(ted_package, "LARGEST_BODY", 10)
    with pytest.raises(UnreadableError, match="larger than 64 MiB"):
        ted_package.read(package(a_xml=NEW))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not a package"),
        (b"PK\x03\x04", "not a package"),
        (b"\x1f\x8b", "damaged"),
        (gzip.compress(b"words" * 200), "damaged"),
        (package(), "no notice"),
    ],
)
def test_what_is_no_package_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        ted_package.read(body)


@pytest.mark.django_db
def test_a_local_package_is_stored_whole(tmp_path, now, monkeypatch):
    monkeypatch.setattr(ted_package, "PAGE_NOTICES", 1)
    path = tmp_path / "202600136"
    path.write_bytes(package(a_xml=NEW, b_xml=OLD))
    [(_path, fetch)] = local_files.read_files([path], now=now)
    assert (fetch.outcome, fetch.entries_new, fetch.source.format) == ("read", 2, "ted_package")
    assert Document.objects.count() == 2
    assert list(local_files.read_files([path], now=now)) == [(path, None)]


@pytest.mark.django_db
def test_a_package_on_the_network_may_be_large_and_is_asked_for_once(
    source, httpserver, now, monkeypatch, settings
):
    monkeypatch.setattr(ted_package, "PAGE_NOTICES", 1)
    body = package(a_xml=NEW, b_xml=OLD)
    settings.FETCH_MAX_BYTES = len(body) // 2
    httpserver.expect_request("/packages/daily/202600136").respond_with_data(body)
    url = source.url.replace("/feed", "/packages/daily/202600136")
    Source.objects.filter(pk=source.pk).update(format="ted_package", url=url)
    fetch = ingest.read_source(source.pk, now=now)
    assert (fetch.outcome, fetch.entries_new, fetch.error) == ("read", 2, "")
    assert len(httpserver.log) == 1


def test_a_day_of_notices_takes_no_more_memory_than_a_page_of_them():
    assert _grown(notices=4_000) - _grown(notices=500) < 8 << 10


def _grown(*, notices: int) -> int:
    """Kilobytes by which a process grows that reads a package page after page, keeping none."""
    filler = (
        b"<!--%s-->" % os.urandom(500).hex().encode() for _ in range(notices)
    )  # no notice is like the next
    body = package(**{f"n{number}_xml": NEW + words for number, words in enumerate(filler)})

    def read_through() -> bytes:
        before, page = getrusage(RUSAGE_SELF).ru_maxrss, ted_package.read(body)
        while page.next:
            page = ted_package.read(body, request=page.next)
        return str(getrusage(RUSAGE_SELF).ru_maxrss - before).encode()

    return int(bytes_from_child(read_through))
