"""The real feeds, notices and hostile documents beside the project; skipped where they are not.

Feeds are sampled (every twentieth file by name), so that the whole takes seconds; tenders are all read.
"""

import gzip
import json
import re
from pathlib import Path

import pytest
from lxml import etree

from tracker.watchers import FORMATS, UnreadableError, read_guarded, recognise
from tracker.watchers.entry import Entry
from tracker.watchers.wire import page_to_json

EVERY = 20
NOTICES = ("eforms", "ted_export")
# An address in a notice names a mailbox; "e@si" is the name of a purchasing platform.
MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


def files(folder: Path, pattern: str = "**/*") -> list[Path]:
    return sorted(
        path
        for path in folder.glob(pattern)
        if path.is_file() and path.name not in {"README.md", "MANIFEST.tsv"}
    )


def notices(shared: Path):
    for path in files(shared / "data" / "tenders", "**/*.xml"):
        body = path.read_bytes()
        try:
            format = recognise(body)
            if format in NOTICES:
                yield path, body, FORMATS[format].read(body).entries[0]
        except UnreadableError:
            continue


def test_every_hostile_document_is_read_or_refused_as_expected(shared):
    folder = shared / "data" / "hostile" / "docs"
    for row in map(json.loads, (folder / "manifest.jsonl").read_text().splitlines()):
        body = (folder / row["file"]).read_bytes()
        body = gzip.decompress(body) if row["store_gz"] else body
        if len(body) > 50_000:  # the slow ones are for the acceptance tool
            continue
        try:
            format = row["kind"] if row["kind"] in FORMATS else "feed"
            page = read_guarded(format, body, content_type=row["content_type"] or "")
            outcome, text = "parse", page_to_json(page).decode()
        except UnreadableError as error:
            outcome, text = "refuse", str(error)
        assert row["expect"] in {"either", outcome}, row["file"]
        assert not [word for word in row["must_not_contain"] if word in text], row["file"]


def test_every_tender_file_is_a_page_or_a_sentence(shared):
    read = 0
    for path in files(shared / "data" / "tenders"):
        body = path.read_bytes()
        try:
            read += len(FORMATS[recognise(body, name=path.name)].read(body).entries)
        except UnreadableError as error:
            assert error.reason.endswith("."), path
    assert read > 300


def test_a_notice_marked_invalid_is_set_aside(shared):
    for path in files(shared / "data" / "tenders", "**/INVALID_*"):
        with pytest.raises(UnreadableError):
            FORMATS["eforms"].read(path.read_bytes())


def test_every_notice_has_a_title_a_text_a_buyer_and_a_subject(shared):
    for path, _, entry in notices(shared):
        assert all((entry.title, entry.text, entry.language, entry.notice.buyers, entry.notice.cpv)), path


def test_the_old_and_the_new_form_of_a_notice_say_the_same(shared):
    pairs = files(shared / "data" / "tenders" / "pairs-ted-vs-eforms", "*.ted.xml")
    for path in pairs:
        old, new = (
            FORMATS[format]
            .read(path.with_name(path.name.replace(".ted.", f".{side}.")).read_bytes())
            .entries[0]
            for format, side in (("ted_export", "ted"), ("eforms", "eforms"))
        )
        assert _gist(old) == _gist(new), path
    assert pairs


def _gist(entry: Entry) -> tuple:
    notice = entry.notice
    return (
        entry.external_id, entry.title, entry.language, set(notice.cpv), notice.buyers, notice.buyer_country,
        notice.deadline_on, len(notice.lots), notice.value, notice.currency, notice.winners,
    )  # fmt: skip


def test_no_contact_of_any_notice_is_left_in_its_entry(shared):
    for path, body, entry in notices(shared):
        told = " ".join(str(entry).split()).casefold()
        assert not MAILBOX.search(told), path
        people, numbers, organisations = _contacts(body)
        for person in people:
            own = any(person.casefold() in name for name in organisations)
            assert own or not re.search(rf"(?<!\w){re.escape(person.casefold())}(?!\w)", told), (path, person)
        assert not [number for number in numbers if number in told], path


def _contacts(body: bytes) -> tuple[set[str], set[str], set[str]]:
    people, numbers, organisations = set(), set(), set()
    for node in etree.fromstring(body).iter(etree.Element):
        name, text = etree.QName(node).localname, " ".join("".join(node.itertext()).split())
        parent = etree.QName(node.getparent()).localname if node.getparent() is not None else ""
        if name in {"CONTACT_POINT", "ATTENTION", "MEMBER_NAME"} or (name, parent) == ("Name", "Contact"):
            people |= {text} if len(text) > 7 else set()
        elif name in {"Telephone", "Telefax", "PHONE", "FAX"} and len(re.sub(r"\D", "", text)) > 6:
            numbers |= {text.casefold(), re.sub(r"\D", "", text)}
        elif name == "OFFICIALNAME" or (name, parent) == ("Name", "PartyName"):
            organisations.add(text.casefold())
    return people, numbers, organisations


def test_sampled_feeds_are_a_page_or_a_sentence(shared):
    entries = 0
    for path in files(shared / "data" / "feeds")[::EVERY]:
        try:
            entries += len(read_guarded("feed", path.read_bytes(), url="https://f.example/rss").entries)
        except UnreadableError as error:
            assert error.reason.endswith("."), path
    assert entries > 300
