from pathlib import Path

import pytest

from tracker.watchers import FORMATS, recognise
from tracker.watchers.entry import UnreadableError

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("feed.rss", "feed"),
        ("notice.xml", "eforms"),
        ("ted_export.xml", "ted_export"),
        ("ted_api.json", "ted"),
        ("release.json", "ocds"),
        ("prozorro.json", "prozorro"),
        ("boamp.json", "boamp"),
        ("decp.json", "decp"),
        ("funding.json", "funding"),
        ("edgar.json", "edgar"),
        ("esef.json", "esef"),
    ],
)
def test_each_sample_is_recognised_and_read(file, name):
    body = (SAMPLES / file).read_bytes()
    assert recognise(body, name=file) == name
    assert FORMATS[name].read(body).entries


def test_json_feed_is_a_feed():
    assert recognise(b'\xef\xbb\xbf {"version": "https://jsonfeed.org/version/1.1", "items": []}') == "feed"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<html><body/></html>", "web page"),
        (b'{"total_count": 1, "results": [{}]}', "No watcher"),
        (b"HTTP/1.1 200 OK\n\n{}", "exchange"),
        (b"{", "JSON"),
        (b"[1]", "JSON"),
        (b"<unheard-of/>", "No watcher"),
        (b"words", "No watcher"),
    ],
)
def test_what_nothing_reads_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        recognise(body, name="some-file")
