"""What must be read from esef.json: one report of two filings."""

from datetime import UTC, datetime

from tracker.watchers.entry import Entry

ENTRY = Entry(
    external_id="96950000000000000000-2025-12-31-ESEF-FR-0",
    url="https://filings.xbrl.org/96950000000000000000/2025-12-31/ESEF/FR/0/marée/reports/marée.xhtml",
    title="Annual financial report (ESEF) – Marée Calcul SA – 2025-12-31",
    text="Annual financial report (ESEF) of Marée Calcul SA for the period ended 2025-12-31, filed in FR.",
    language="en",
    published_at=datetime(2026, 4, 2, 10, 11, 12, 123456, tzinfo=UTC),
    published_raw="2026-04-02 10:11:12.123456",
)
