"""What must be read from decp.json: a contract and a concession, of three."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.watchers.entry import Entry, NoticeFields

ENTRIES = (
    Entry(
        external_id="21750001630066 2026CALCUL01",
        title="Nœuds de calcul. Écrire à […]",
        text="Nœuds de calcul. Écrire à […]\norigineUE : 0.25 ; marché innovant",
        language="fr",
        published_at=datetime(2026, 5, 24, 22, tzinfo=UTC),
        published_raw="2026-05-25+02:00",
        kind="notice",
        notice=NoticeFields(
            notice_id="2026CALCUL01",
            notice_type="Marché",
            form_type="result",
            schema="DECP",
            dispatched_on=date(2026, 5, 15),
            published_on=date(2026, 5, 25),
            buyers=("SIRET 21750001630066",),
            buyer_country="FR",
            cpv=("30211100",),
            value=Decimal("575000.00"),
            currency="EUR",
            winners=("SIRET 55204599900869",),
            tenders_received=4,
        ),
    ),
    Entry(
        external_id="12345678901250 2026CONC01",
        title="Centre de calcul",
        text="Centre de calcul",
        language="fr",
        published_at=datetime(2026, 4, 12, tzinfo=UTC),
        published_raw="2026-04-12",
        kind="notice",
        notice=NoticeFields(
            notice_id="2026CONC01",
            notice_type="Concession de service",
            form_type="result",
            schema="DECP",
            dispatched_on=date(2026, 4, 2),
            published_on=date(2026, 4, 12),
            buyers=("SIRET 12345678901250",),
            buyer_country="FR",
            winners=("SIRET 38103128500491",),
        ),
    ),
)
