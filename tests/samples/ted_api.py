"""What must be read from ted_api.json."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.watchers.entry import Entry, NoticeFields

ENTRY = Entry(
    external_id="54321-2026",
    url="https://ted.europa.eu/en/notice/-/detail/54321-2026",
    title="Supercalculateur",
    text="Supercalculateur\nÉcrire à […].\nAccélérateurs\nPrix\nSeconde source",
    texts={"de": "Superrechner"},
    language="fr",
    published_at=datetime(2026, 5, 28, 22, tzinfo=UTC),
    published_raw="2026-05-29+02:00",
    kind="notice",
    notice=NoticeFields(
        publication_number="54321-2026",
        notice_id="0b9a3c1e-0000-4000-8000-000000000002",
        procedure_id="0b9a3c1e-0000-4000-8000-00000000000f",
        notice_type="cn-standard",
        form_type="competition",
        schema="ted-api-v3",
        published_on=date(2026, 5, 29),
        deadline_on=date(2026, 6, 12),
        buyers=("Institut des Marées",),
        buyer_country="FR",
        cpv=("30211100", "48820000"),
        lots=({"id": "LOT-0001", "title": "Accélérateurs", "criteria": ["Prix", "Seconde source"]},),
        framework="none",
        value=Decimal(600000),
        currency="EUR",
        document_urls=("https://marees.example/dossier",),
        changes="0b9a3c1e-0000-4000-8000-000000000001-01",
    ),
)
