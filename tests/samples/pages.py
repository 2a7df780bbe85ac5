"""Web pages and PDF files written by hand, for the tests of the full text."""

from html import escape

PARAGRAPHS = (
    "Le ministère a publié hier un appel d’offres qui exige au moins deux fabricants de processeurs graphiques, "
    "une première pour un calculateur public de cette taille.",
    "Selon le règlement de la consultation, aucun lot ne pourra être attribué à un seul fournisseur de puces, et "
    "chaque candidat devra décrire comment ses logiciels passent de l’une à l’autre.",
    "Les offres sont attendues avant la fin du mois de janvier ; le marché sera notifié au printemps, après l’avis "
    "de la commission, qui a promis de publier ses motifs.",
)


def web_page(paragraphs: tuple[str, ...], *, title: str = "Deux fabricants au moins") -> str:
    """An article between menus, as publishers write it."""
    text = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta property="article:published_time" content="2026-11-20T10:00:00+01:00">'
        "<script>var no = 'words';</script></head><body><nav><ul><li>Accueil</li><li>Météo</li></ul></nav>"
        f"<main><article>{text}</article></main><footer><p>Mentions légales</p></footer></body></html>"
    )


ARTICLE = web_page(PARAGRAPHS).encode()


def pdf(pages: list[str], *, encrypted: bool = False) -> bytes:
    """A PDF of one line a page; `encrypted` declares a password that nobody has."""
    count = len(pages)
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(count))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {count} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    objects.append("<< /Title (A report) >>")
    for number, words in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    lock = (
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4 >> "
        if encrypted
        else ""
    )
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R {lock}/ID [<41> <41>] >>\n"
    return f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}startxref\n{len(body)}\n%%EOF\n".encode()
