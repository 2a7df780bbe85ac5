"""The real answers of official sources beside the project; skipped where they are not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.watchers import FORMATS, UnreadableError, recognise
from tracker.watchers.entry import Page
from tracker.watchers.wire import page_to_json

# An address in a notice names a mailbox.
MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
# How many entries the files of each folder hold for our watchers, at least.
LEAST = {
    "prozorro": 4,
    "boamp": 662,
    "decp": 18,
    "funding-tenders": 1,
    "edgar": 102,
    "esef-filings-xbrl-org": 46,
}
PEOPLE = re.compile(
    r'correspondantPRM\\?":.{0,60}?nom\\?": \\?"([^"\\]+)|<(?:CORRESPONDANT|CONTACT)>([^<]+)<'
    r'|"(?:contactPoint|signerInfo)": \{[^}]*?"name": "([^"]+)"',
    re.DOTALL,
)


def pages(folder: Path) -> Iterator[tuple[Path, str, Page]]:
    """What is read of each file; what is refused is refused with a sentence."""
    for path in sorted(each for each in folder.iterdir() if each.suffix != ".md"):
        body = path.read_bytes()
        if b'"_request_url"' in body[:100]:  # an answer kept with what was asked
            body = json.dumps(json.loads(body)["body"]).encode()
        if path.suffix == ".http":  # a recorded exchange: the answer stands below its headers
            body = body[body.index(b"\n{") + 1 :]
        try:
            yield path, body.decode(errors="replace"), FORMATS[recognise(body, name=path.name)].read(body)
        except UnreadableError as error:
            assert error.reason.endswith("."), path


@pytest.mark.parametrize("family", LEAST)
def test_the_answers_of_an_official_source_are_read(shared, family):
    folder = shared / "data" / "tenders" / family
    assert sum(len(page.entries) for _, _, page in pages(folder)) >= LEAST[family]


@pytest.mark.parametrize("family", LEAST)
def test_no_person_of_an_answer_is_left_in_its_page(shared, family):
    for path, told, page in pages(shared / "data" / "tenders" / family):
        kept = page_to_json(page).decode()
        assert not MAILBOX.search(kept), path
        assert "Infinity" not in kept, path
        people = {name.strip() for names in PEOPLE.findall(told) for name in names if len(name.strip()) > 6}
        people -= {buyer for entry in page.entries if entry.notice for buyer in entry.notice.buyers}
        assert [person for person in people if json.dumps(person, ensure_ascii=False)[1:-1] in kept] == [], (
            path
        )
