"""What must be read from boamp.json: a form below the thresholds, an eForms notice, an older award."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.watchers.entry import Entry, NoticeFields

ENTRIES = (
    Entry(
        external_id="26-90001",
        url="https://www.boamp.fr/pages/avis/?q=idweb:26-90001",
        title="Calculateur à accélérateurs",
        text="Calculateur à accélérateurs\nCalculateur\nÉcrire à […] ou au […]. Double source exigée.\nCartes\nRéseau",
        language="fr",
        published_at=datetime(2026, 11, 16, tzinfo=UTC),
        published_raw="2026-11-16",
        kind="notice",
        notice=NoticeFields(
            notice_id="26-90001",
            notice_type="APPEL_OFFRE",
            form_type="competition",
            schema="BOAMP 3.2.5",
            published_on=date(2026, 11, 16),
            deadline_on=date(2026, 12, 18),
            buyers=("Institut des Marées",),
            buyer_country="FR",
            cpv=("30211100",),
            lots=({"id": "1", "title": "Cartes"}, {"id": "2", "title": "Réseau"}),
            value=Decimal("85000.00"),
            currency="EUR",
            document_urls=("https://marees.example/dossier",),
        ),
    ),
    Entry(
        external_id="26-90002",
        url="https://www.boamp.fr/pages/avis/?q=idweb:26-90002",
        title="Supercalculateur",
        text="Supercalculateur\nAu moins deux fabricants. Demander […].\nNœuds",
        language="fr",
        published_at=datetime(2026, 11, 17, tzinfo=UTC),
        published_raw="2026-11-17",
        kind="notice",
        notice=NoticeFields(
            notice_id="0b9a3c1e-0000-4000-8000-0000000000b1",
            procedure_id="0b9a3c1e-0000-4000-8000-00000000000f",
            notice_type="cn-standard",
            form_type="competition",
            schema="eforms-sdk-1.10",
            dispatched_on=date(2026, 11, 14),
            buyers=("Institut des Marées",),
            buyer_country="FR",
            cpv=("30211100",),
            lots=({"id": "LOT-0001", "title": "Nœuds"},),
        ),
    ),
    Entry(
        external_id="26-90003",
        url="https://www.boamp.fr/pages/avis/?q=idweb:26-90003",
        title="Hébergement",
        text="Hébergement\nHébergement de calcul",
        language="fr",
        published_at=datetime(2026, 11, 18, tzinfo=UTC),
        published_raw="2026-11-18",
        kind="notice",
        notice=NoticeFields(
            notice_id="26-90003",
            notice_type="ATTRIBUTION",
            form_type="result",
            schema="BOAMP",
            published_on=date(2026, 11, 18),
            buyers=("Port de la Marée",),
            buyer_country="FR",
            cpv=("72415000",),
            winners=("Algues SA",),
            tenders_received=3,
        ),
    ),
)
