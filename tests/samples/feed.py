"""What must be read from feed.rss."""

from datetime import UTC, datetime
from hashlib import sha256

from tracker.watchers.entry import Entry

TITLE = "Le Fil du calcul & de l’énergie"

ENTRIES = (
    Entry(
        external_id="fil-1",
        url="https://fil.example/2025/supercalculateur?utm_source=rss",
        title="Un supercalculateur européen pour l’Institut des Marées",
        text="Deux fournisseurs : l’un à Lyon,\nl’autre à Turin.",
        language="fr",
        published_at=datetime(2025, 6, 4, 6, tzinfo=UTC),
        published_raw="Wed, 04 Jun 2025 08:00:00 +0200",
    ),
    Entry(
        external_id="https://fil.example/2025/sans-identifiant",
        url="https://fil.example/2025/sans-identifiant#commentaires",
        title="Sans identifiant",
        text="Un lien relatif et une date française.",
        language="fr",
        published_at=datetime(2025, 6, 5, 10, 30, tzinfo=UTC),
        published_raw="jeu., 05 juin 2025 10:30:00 GMT",
    ),
    Entry(
        external_id="sha256:" + sha256(b"Ni lien ni identifiant\n").hexdigest(),
        title="Ni lien ni identifiant",
        text="Nvidia, lu sans le caractère invisible.",
        language="fr",
        published_raw="le jour où les poules auront des dents",
    ),
    Entry(external_id="fil-4", title="Lien piégé", text="x", language="fr"),
)
