"""What a site asks of robots, ours among them; a hostile robots.txt within limits."""

import pytest

from tracker.watchers.robots import LONGEST_PAUSE, Verdict, read_verdict

URL = "https://a.example/news/1?page=2"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", Verdict()),
        ("# nothing\n", Verdict()),
        ("User-agent: *\nDisallow: /", Verdict(allowed=False)),
        ("User-agent: *\nDisallow: /admin", Verdict()),
        ("User-agent: *\nDisallow: /\n\nUser-agent: ca-marche\nAllow: /", Verdict()),
        ("User-agent: ca-marche\nDisallow: /news/*?page=\n\nUser-agent: *\nAllow: /", Verdict(allowed=False)),
        ("User-agent: other\nDisallow: /", Verdict()),
        ("User-agent: *\nCrawl-delay: 7", Verdict(pause=7.0)),
        ("User-agent: *\nCrawl-delay: 86400", Verdict(pause=LONGEST_PAUSE)),
        ("User-agent: *\nCrawl-delay: -3", Verdict()),
        ("<!doctype html><p>no such page", Verdict()),
        ("User-agent: *\nDisallow: /" + "*a" * 20_000 + "$", Verdict()),
    ],
)
def test_a_robots_txt_is_read_as_rfc_9309_says(text, verdict):
    assert read_verdict(text, URL) == verdict
