"""All that leaves as a file: the tables, the graph, the editions, and the archive that holds them all.

The same registry gives the same bytes, on any machine and on any day.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from indicators import editions, registry
from indicators.exports import followthemoney, graphs, package
from indicators.exports.columns import TABLES
from indicators.exports.tables import Row
from indicators.exports.writing import csv_text
from indicators.models import Answer, Edition, EditionFile, Evidence, Reply, Statement

ARCHIVE = "registre.zip"
Rows = Mapping[str, Sequence[Row]]  # of each table, by its name
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that everybody may download: its name for ever, its type, what it is, and its text from the tables."""

    name: str
    content_type: str
    about: Promise
    text: Callable[[Rows], Iterator[str]]


FILES = (
    *(
        File(
            name=f"{table.name}.csv",
            content_type="text/csv; charset=utf-8; header=present",
            about=table.about,
            text=partial(csv_text, table),
        )
        for table in TABLES
    ),
    File(
        name="graph.graphml",
        content_type="application/graphml+xml; charset=utf-8",
        about=_("Who pays whom as a graph, for Gephi, Cytoscape, yEd, networkx."),
        text=graphs.graphml,
    ),
    File(
        name="graph.dot",
        content_type="text/vnd.graphviz; charset=utf-8",
        about=_("The same graph for Graphviz."),
        text=graphs.dot,
    ),
    File(
        name="followthemoney.jsonl",
        content_type="application/jsonl; charset=utf-8",
        about=_("The registry as FollowTheMoney entities, for Aleph and OpenSanctions tools."),
        text=followthemoney.entities,
    ),
)


def digest() -> str:
    """The sha256 of the registry, the answers, the editions, the corrections, and the program that writes them all.

    Another one, another content.
    """
    told = hashlib.sha256(f"{registry.digest()} {_program()} {settings.SITE_URL}".encode())
    for slug in Answer.objects.order_by("slug").values_list("slug", flat=True):
        told.update(slug.encode())
    for row in Edition.objects.order_by("slug").values_list("slug", "dataset_sha256", "results_sha256"):
        told.update(" ".join(row).encode())
    evidence = Evidence.objects.exclude(superseded_by=None, retracted_at=None).order_by("pk")
    replies = Reply.objects.standing().order_by("pk")
    told.update(repr([*evidence.values_list("pk", "superseded_by", "retracted_at")]).encode())
    told.update(repr([*replies.values_list("pk", flat=True)]).encode())
    return told.hexdigest()


def contents(*, version: str | None = None) -> dict[str, bytes]:
    """Every file by its name, but the archive; `version` is the digest where it is known already."""
    version = version or digest()
    rows = {table.name: list(table.lines()) for table in TABLES}
    made = {file.name: "".join(file.text(rows)).encode() for file in FILES} | _of_editions()
    made |= {"datapackage.json": package.datapackage(made, digest=version)}
    made |= {"CITATION.cff": package.citation(digest=version), "README.txt": package.readme()}
    return made | {"SHA256SUMS": package.sums(made)}


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files and the program that computes the index, in one archive without a date."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for name, content in sorted((files | _calculator()).items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o100644 << 16,
            )
            target.writestr(entry, content)
    return packed.getvalue()


def write_to(folder: Path, *, version: str | None = None) -> list[Path]:
    """Write every file and the archive into the folder, which is made if need be; the paths, in order."""
    files = contents(version=version)
    written = []
    for name, content in (files | {ARCHIVE: archive(files)}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def _of_editions() -> dict[str, bytes]:
    """The files of each edition in a folder of its own, and those of the newest one by their names too.

    Before the first edition: what the index says of the registry on the day of its newest row.
    """
    rows = EditionFile.objects.select_related("edition").order_by(
        "edition__cut_off_on", "edition__published_at", "name"
    )
    if not rows:
        newest = _newest_day()
        return dict(editions.draft(cut_off=newest).files) if newest else {}
    by_name = {row.name: row.content.encode() for row in rows}
    return by_name | {f"editions/{row.edition.slug}/{row.name}": row.content.encode() for row in rows}


def _newest_day() -> date | None:
    """The day on which the newest statement or answer was published or recorded."""
    told = Statement.objects.aggregate(one=Max("publication__published_on"), other=Max("recorded_at"))
    moments = [told["other"], Answer.objects.aggregate(last=Max("recorded_at"))["last"]]
    days = [told["one"], *(moment and localdate(moment) for moment in moments)]
    return max(filter(None, days), default=None)


def _calculator() -> dict[str, bytes]:
    source = settings.BASE_DIR / "indicators"
    names = ["__init__.py", *(f"rules/{name}.py" for name in editions.CALCULATOR)]
    return {f"indicators/{name}": (source / name).read_bytes() for name in names}


@lru_cache(maxsize=1)
def _program() -> str:
    """The sha256 of our sources and of the methods: what the service writes after an upgrade may differ."""
    home = settings.BASE_DIR / "indicators"
    sources = sorted([*home.rglob("*.py"), *(home / "data").glob("methodology-*.json")])
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
