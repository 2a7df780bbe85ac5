"""What must be read from release.json: an amount that is no number of this world is no amount."""

from datetime import UTC, date, datetime

from tracker.watchers.entry import Entry, NoticeFields

ENTRY = Entry(
    external_id="ocds-h6vhtk-000001 000123-2026",
    url="https://www.find-tender.service.gov.uk/Notice/000123-2026",
    title="Accelerators for science",
    text="Accelerators for science\nCall […] on […].\nCards",
    language="en",
    published_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    published_raw="2026-03-02T09:00:00Z",
    kind="notice",
    notice=NoticeFields(
        notice_id="000123-2026",
        procedure_id="ocds-h6vhtk-000001",
        notice_type="tender",
        form_type="competition",
        schema="OCDS",
        published_on=date(2026, 3, 2),
        deadline_on=date(2026, 4, 1),
        buyers=("Institute of Tides",),
        buyer_country="GB",
        cpv=("30211100",),
        lots=({"id": "1", "title": "Cards"},),
        max_lots_awarded=1,
        document_urls=("https://tides.example/documents",),
    ),
)
