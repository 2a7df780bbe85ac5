"""Reading feeds and notices, in the guarded child as the worker does, beside the usual library calls."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import feedparser
from lxml import etree

from tests.bench.race import Line, Race, cpu
from tests.conftest import SHARED
from tracker.watchers import UnreadableError, eforms, read_guarded

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NAMESPACES = {
    prefix: f"urn:oasis:names:specification:ubl:schema:xsd:Common{name}Components-2"
    for prefix, name in (("cac", "Aggregate"), ("cbc", "Basic"), ("ext", "Extension"))
} | {
    prefix: f"http://data.europa.eu/p27/eforms-ubl-extension-{name}-components/1"
    for prefix, name in (("efac", "aggregate"), ("efbc", "basic"))
}
FIELDS = (
    "./cbc:ID[@schemeName='notice-id']",
    "./cbc:VersionID",
    "./cbc:ContractFolderID",
    "./cbc:NoticeTypeCode",
    "./cbc:NoticeTypeCode/@listName",
    "./cbc:CustomizationID",
    "./cbc:IssueDate",
    "./cbc:NoticeLanguageCode",
    "//efac:Publication/efbc:NoticePublicationID",
    "//efac:Publication/efbc:PublicationDate",
    "//efac:Organization/efac:Company/cac:PartyIdentification/cbc:ID",
    "//efac:Organization/efac:Company/cac:PartyName/cbc:Name",
    "//efac:Organization/efac:Company/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "./cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID",
    "./cac:ProcurementProject/cbc:Name",
    "./cac:ProcurementProject/cbc:Description",
    "./cac:ProcurementProject/cac:RequestedTenderTotal/cbc:EstimatedOverallContractAmount",
    "//cac:MainCommodityClassification/cbc:ItemClassificationCode",
    "//cac:AdditionalCommodityClassification/cbc:ItemClassificationCode",
    "//cac:TenderSubmissionDeadlinePeriod/cbc:EndDate",
    "//efac:Changes/efac:ChangeReason/cbc:ReasonCode",
    "//efac:NoticeResult/cbc:TotalAmount",
)
LOT_FIELDS = (
    "./cbc:ID",
    "./cac:ProcurementProject/cbc:Name",
    "./cac:ProcurementProject/cbc:Description",
    ".//cac:AwardingCriterion//cbc:Description",
    ".//cac:ContractingSystem/cbc:ContractingSystemTypeCode",
    ".//cac:CallForTendersDocumentReference//cbc:URI",
)


def lines() -> Iterator[Line]:
    """Our own sample, then the real feeds and notices of the shared folder where there is one."""
    yield _feeds("feed of 30 entries, guarded", [_long_feed(entries=30)] * 10)
    notices, where = [(SAMPLES / "notice.xml").read_bytes()] * 50, "sample of 5 kB"
    if SHARED.is_dir():
        folder = SHARED / "data/feeds/fastfeedparser-bench"
        yield _feeds("40 real feeds, guarded", [path.read_bytes() for path in sorted(folder.iterdir())[:40]])
        paths = sorted((SHARED / "data/tenders").glob("eforms-*/*.xml"))
        notices, where = [path.read_bytes() for path in paths], f"{len(paths)} of mixed sizes"
    yield _notices(f"eForms, {where}", notices, eforms.read, bar="≥ 1.6")
    yield _notices(f"eForms guarded, {where}", notices, lambda body: read_guarded("eforms", body))


def _long_feed(*, entries: int) -> bytes:
    head, *items = (SAMPLES / "feed.rss").read_text("utf-8").split("<item>")
    items[-1], tail = items[-1].split("</item>", 1)
    bodies = [items[number % len(items)].removesuffix("</item>") for number in range(entries)]
    told = [f"<item>{body.replace('fil-', f'fil-{number}-')}" for number, body in enumerate(bodies)]
    closed = [item if item.rstrip().endswith("</item>") else f"{item}</item>" for item in told]
    return (head + "".join(closed) + tail).encode()


def _feeds(what: str, bodies: list[bytes]) -> Line:
    return Race(
        what=what,
        ours=lambda: cpu(lambda: [_read(lambda body: read_guarded("feed", body), body) for body in bodies]),
        other=lambda: cpu(lambda: [feedparser.parse(io.BytesIO(body)) for body in bodies]),
        other_name="feedparser.parse",
        amount=len(bodies),
        unit="feeds",
    ).run()


def _notices(what: str, bodies: list[bytes], read: Callable[[bytes], object], *, bar: str = "—") -> Line:
    return Race(
        what=what,
        ours=lambda: cpu(lambda: [_read(read, body) for body in bodies]),
        other=lambda: cpu(lambda: [_with_paths(body) for body in bodies]),
        other_name="xpath() strings",
        amount=len(bodies),
        unit="notices",
        bar=bar,
    ).run()


def _read(read: Callable[[bytes], object], body: bytes) -> None:
    try:
        read(body)
    except UnreadableError:  # told to a person; here only the time counts
        return


def _with_paths(body: bytes) -> list[object]:
    root = etree.fromstring(body)
    found = [root.xpath(path, namespaces=NAMESPACES) for path in FIELDS]
    for lot in root.xpath("./cac:ProcurementProjectLot", namespaces=NAMESPACES):
        found += [lot.xpath(path, namespaces=NAMESPACES) for path in LOT_FIELDS]
    return found
