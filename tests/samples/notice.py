"""What must be read from notice.xml: an imaginary notice that changes another one."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.watchers.entry import Entry, NoticeFields

ENTRY = Entry(
    external_id="12345-2025",
    url="https://ted.europa.eu/en/notice/-/detail/12345-2025",
    title="Supercalculateur pour la recherche",
    text="Supercalculateur pour la recherche\nQuestions à […], […], ou […].\nAccélérateurs\n"
    "Diversification des fournisseurs\nLe délai est prolongé.",
    texts={"en": "Supercomputer for research"},
    language="fr",
    published_at=datetime(2025, 6, 3, 22, tzinfo=UTC),
    published_raw="2025-06-04+02:00",
    kind="notice",
    notice=NoticeFields(
        publication_number="12345-2025",
        notice_id="0b9a3c1e-0000-4000-8000-000000000001",
        version="02",
        procedure_id="0b9a3c1e-0000-4000-8000-00000000000f",
        notice_type="cn-standard",
        form_type="competition",
        schema="eforms-sdk-1.10",
        dispatched_on=date(2025, 6, 2),
        published_on=date(2025, 6, 4),
        deadline_on=date(2025, 7, 15),
        buyers=("Institut des Marées",),
        buyer_country="FR",
        cpv=("30211100", "48820000"),
        lots=(
            {"id": "LOT-0001", "title": "Accélérateurs", "criteria": ["Diversification des fournisseurs"]},
        ),
        max_lots_awarded=1,
        framework="fa-w-rc",
        value=Decimal("1000000.50"),
        currency="EUR",
        document_urls=("https://marees.example/dossier",),
        changes="777-2025",
        change_reason="cor-buy",
    ),
)
