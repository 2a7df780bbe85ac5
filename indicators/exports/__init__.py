"""All that leaves as a file: the tables, the graph, the editions, and the archive that holds them all.

The same registry gives the same bytes, on any machine and on any day.
"""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from indicators import editions, registry
from indicators.exports import followthemoney, graphs, package
from indicators.exports.columns import TABLES
from indicators.exports.writing import csv_text
from indicators.models import Answer, Edition, EditionFile, Statement

ARCHIVE = "registre.zip"
KEPT = 3  # older exports: somebody may still be reading them
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that everybody may download: its name for ever, its type, what it is, and where its text comes from."""

    name: str
    content_type: str
    about: Promise
    text: Callable[[], Iterator[str]]


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
    """The sha256 of the registry, of the answers and of the editions: another one, another content."""
    told = hashlib.sha256(registry.digest().encode())
    for slug in Answer.objects.order_by("slug").values_list("slug", flat=True):
        told.update(slug.encode())
    for row in Edition.objects.order_by("slug").values_list("slug", "dataset_sha256", "results_sha256"):
        told.update(" ".join(row).encode())
    return told.hexdigest()


def contents() -> dict[str, bytes]:
    """Every file by its name, but the archive."""
    made = {file.name: "".join(file.text()).encode() for file in FILES} | _of_editions()
    version = digest()
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


def write_to(folder: Path) -> list[Path]:
    """Write every file and the archive into the folder, which is made if need be; the paths, in order."""
    files = contents()
    written = []
    for name, content in (files | {ARCHIVE: archive(files)}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def kept(version: str) -> Path:
    """The folder in which the files of this digest are kept, made when they are asked for the first time."""
    home = settings.DATA_DIR / "exports"
    folder = home / version
    if not folder.is_dir():
        home.mkdir(exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=home, prefix="."))
        write_to(draft)
        try:
            os.rename(draft, folder)
        except OSError:  # another process was faster
            shutil.rmtree(draft)
        _forget_old(home)
    return folder


def _forget_old(home: Path) -> None:
    folders = sorted(
        (each for each in home.iterdir() if each.name[0] != "."), key=lambda each: each.stat().st_mtime
    )
    for folder in folders[:-KEPT]:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


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
