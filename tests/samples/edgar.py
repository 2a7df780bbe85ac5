"""What must be read from edgar.json: one annual report of three filings."""

from datetime import UTC, datetime

from tracker.watchers.entry import Entry

ENTRY = Entry(
    external_id="0001234567-26-000009",
    url="https://www.sec.gov/Archives/edgar/data/1234567/000123456726000009/tide-20260125.htm",
    title="Form 10-K – Tidal Computing, Inc. – 2026-01-25",
    text="Form 10-K, annual report of Tidal Computing, Inc. for the period ended 2026-01-25.",
    language="en",
    published_at=datetime(2026, 2, 25, 21, 42, 19, tzinfo=UTC),
    published_raw="2026-02-25T21:42:19.000Z",
)
