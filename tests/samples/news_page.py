"""A web page without a feed (imaginary), and the entries of the titles of its list."""

from datetime import UTC, datetime

from tracker.watchers.entry import Entry

URL = "https://supercalcul.example/news/index_en"
BODY = b"""<!doctype html><html lang="en"><head><title>News | Supercalcul</title></head><body>
<nav><a href="/">Home</a></nav>
<main><div class="list">
<article><time datetime="2026-11-12T10:00:00Z">12 November</time><h3><a href="/a_en#top">A call for   two
 suppliers</a></h3><p>Two vendors at least.</p><a href="/a_en">Read more</a> <a href="/tag/ai">AI</a></article>
<article><a href="b_en"><h3>A second machine</h3></a><p>It will run in 2027.</p><script>x()</script></article>
<article><h3><a href="javascript:x()">Not a page</a></h3><a href="mailto:a@b.example">Write</a><a href="#top">Up</a></article>
</div><p>Updated on 21 November</p></main></body></html>"""
ENTRIES = (
    Entry(
        external_id="https://supercalcul.example/a_en",
        url="https://supercalcul.example/a_en",
        title="A call for two suppliers",
        text="12 November\nA call for two suppliers\nTwo vendors at least.\nRead more AI",
        language="en",
        published_at=datetime(2026, 11, 12, 10, tzinfo=UTC),
        published_raw="2026-11-12T10:00:00Z",
    ),
    Entry(
        external_id="https://supercalcul.example/news/b_en",
        url="https://supercalcul.example/news/b_en",
        title="A second machine",
        text="A second machine\nIt will run in 2027.",
        language="en",
    ),
)
