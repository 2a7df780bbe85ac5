"""What stands beside the tables so that others can use them: datapackage.json, CITATION.cff, README, SHA256SUMS."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from indicators.exports.columns import BY_NAME, Column, Table
from indicators.models import Edition, Publication, Statement

SITE = "On saura que ça marche quand…"
LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
RECOMPUTE = "python3 -m indicators.rules.freedom_index dataset.json methodology.json"
_MEDIA = {"csv": "text/csv", "json": "application/json", "graphml": "application/graphml+xml"}


def datapackage(contents: Mapping[str, bytes], *, digest: str) -> bytes:
    """The descriptor of Frictionless Data (https://specs.frictionlessdata.io/data-package/)."""
    sources = Publication.objects.filter(statements__in=Statement.objects.all()).distinct()
    told = {
        "profile": "data-package",
        "name": "registre-et-indice",
        "title": f"{SITE} — registre des accords et indice de liberté technologique",
        "description": "Who pays whom among the companies of AI, as sources state it, and the index computed from it.",
        "homepage": settings.SITE_URL,
        "version": digest,
        "licenses": [LICENCE],
        "contributors": [{"title": SITE, "path": settings.SITE_URL, "role": "publisher"}],
        "sources": [
            {"title": source.title, "path": source.url}
            for source in sorted(sources, key=lambda source: source.slug)
        ],
        "resources": [_resource(name, content) for name, content in contents.items()],
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def citation(*, digest: str) -> bytes:
    """How to cite it all (https://citation-file-format.github.io/); its day is that of the newest edition or source."""
    days = [edition.published_at.date() for edition in Edition.objects.all()]
    quoted = Publication.objects.filter(statements__in=Statement.objects.all())
    days += quoted.values_list("published_on", flat=True)
    told = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "message": "Please cite it with its version: the digest of the registry.",
        "title": f"{SITE} — registre des accords et indice de liberté technologique",
        "authors": [{"name": SITE, "website": settings.SITE_URL}],
        "url": settings.SITE_URL,
        "version": digest,
        "license": LICENCE["name"],
    } | ({"date-released": max(days).isoformat()} if days else {})
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items())
    return "".join(lines).encode()  # JSON is YAML


def readme() -> bytes:
    """What the archive holds and how a score is computed again."""
    text = f"""{SITE}
{settings.SITE_URL}

Registre des accords et indice de liberté technologique / Registry of deals and index of technological freedom
Licence : CC BY 4.0 (les citations appartiennent à leurs auteurs / quotations belong to their authors).
Le programme de calcul (indicators/rules/) est sous AGPL-3.0-or-later / so is the program of the index.

Vide = non publié, jamais zéro / Empty = not disclosed, never zero.
Une cellule qui commencerait par = + - @ porte une apostrophe devant / such a cell has an apostrophe in front.

Vérifier / verify:      sha256sum -c SHA256SUMS
Recalculer / recompute: {RECOMPUTE}
                        (Python 3.11+ alone; the result is results.json, byte for byte)
"""
    return text.encode()


def sums(contents: Mapping[str, bytes]) -> bytes:
    """The hash of each file, as `sha256sum -c` reads it."""
    return "".join(
        f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents)
    ).encode()


def _resource(name: str, content: bytes) -> dict[str, Any]:
    stem, _, ending = name.rpartition(".")
    told: dict[str, Any] = {
        "name": (stem if ending == "csv" else name).lower().replace("/", "-"),
        "path": name,
        "type": "table" if ending == "csv" else "file",
        "format": ending,
        "mediatype": _MEDIA.get(ending, "text/plain"),
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    if ending != "csv":
        return told
    table = BY_NAME[stem]
    about = {"profile": "tabular-data-resource", "description": (table.rows.__doc__ or "").split("\n")[0]}
    return told | about | {"schema": _schema(table)}


def _schema(table: Table) -> dict[str, Any]:
    foreign = [
        {"fields": column.name, "reference": {"resource": _self(column, table), "fields": _key(column)}}
        for column in table.columns
        if column.refers
    ]
    told = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
        "foreignKeys": foreign,
    }
    return {name: value for name, value in told.items() if value}


def _field(column: Column) -> dict[str, str]:
    about = "; ".join(
        filter(None, [column.about, "parts separated by spaces" if column.kind == "list" else ""])
    )
    told = {
        "name": column.name,
        "type": "string" if column.kind == "list" else column.kind,
        "description": about,
    }
    return {name: value for name, value in told.items() if value}


def _self(column: Column, table: Table) -> str:
    """The resource that a column refers to; "" is the table itself, in Frictionless’s words."""
    return "" if column.refers == table.name else column.refers


def _key(column: Column) -> str:
    return BY_NAME[column.refers].key[0]
