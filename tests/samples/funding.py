"""What must be read from funding.json: one call, of two records."""

from datetime import UTC, datetime

from tracker.watchers.entry import Entry

ENTRY = Entry(
    external_id="HORIZON-JU-TIDES-2027-01",
    url="https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/HORIZON-JU-TIDES-2027-01",
    title="Models of the tides",
    text="Call for proposals HORIZON-JU-TIDES-2027-01; Closed; deadline 2026-11-20.\nModels of the tides\n"
    "Computing for the sea\nScope:\nProjects must run on EuroHPC supercomputers. Ask […].",
    language="en",
    published_at=datetime(2026, 10, 2, tzinfo=UTC),
    published_raw="2026-10-02",
)
