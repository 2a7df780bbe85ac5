from pathlib import Path

import pytest

from tests.samples import notice, ted_api
from tracker.watchers import ted
from tracker.watchers.entry import Page, Remark
from tracker.watchers.wire import page_from_json, page_to_json


@pytest.mark.parametrize(
    "page",
    [
        Page(),
        Page(entries=(notice.ENTRY, ted_api.ENTRY), title="T", remarks=(Remark("A.", "1"), Remark("B."))),
        Page(next=ted.first_request("https://f.example/?query=x")),
    ],
)
def test_a_page_survives_the_way_through_a_pipe(page):
    assert page_from_json(page_to_json(page)) == page


@pytest.mark.parametrize("text", [b"{", b"1", b'{"unknown": 1}', b'{"entries": [{}]}'])
def test_what_is_no_page_is_no_page(text):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        page_from_json(text)


def test_nothing_but_json_crosses():
    source = (Path(__file__).parents[2] / "tracker" / "watchers" / "guarded.py").read_text()
    assert "pickle" not in source
