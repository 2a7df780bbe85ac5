"""What must be read from ted_export.xml: the original form only, without its court and its contact."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.watchers.entry import Entry, NoticeFields

ENTRY = Entry(
    external_id="12345-2021",
    url="https://ted.europa.eu/en/notice/-/detail/12345-2021",
    title="Supercomputer",
    text="Supercomputer\nA machine of 1018 operations.\nAsk […].\nAccelerators\nSecond source",
    language="en",
    published_at=datetime(2021, 1, 12, tzinfo=UTC),
    published_raw="20210112",
    kind="notice",
    notice=NoticeFields(
        publication_number="12345-2021",
        procedure_id="12345-2021",
        notice_type="F02_2014",
        form_type="competition",
        schema="TED_EXPORT R2.0.9",
        dispatched_on=date(2021, 1, 7),
        published_on=date(2021, 1, 12),
        deadline_on=date(2021, 2, 15),
        buyers=("Institute of Tides",),
        buyer_country="LU",
        cpv=("30211100", "48820000"),
        lots=({"id": "1", "title": "Accelerators", "criteria": ["Second source"]},),
        max_lots_awarded=1,
        framework="fa",
        value=Decimal("2500000.00"),
        currency="EUR",
        document_urls=("https://tides.example/documents",),
    ),
)
