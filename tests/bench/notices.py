"""Reading tender notices, beside the XPath strings that most projects would read the same fields with."""

import tarfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from lxml import etree

from tests.bench.race import Line, Race, cpu
from tests.conftest import SHARED
from tracker.watchers import UnreadableError, eforms, read_guarded, ted_package
from tracker.watchers.entry import Page, Request
from tracker.watchers.guarded import bytes_from_child, collect_seldom

SAMPLE = Path(__file__).resolve().parent.parent / "samples/notice.xml"
PACKAGED = 1_000  # notices; a page of a package holds 250
TURNS = 4  # of all notices, in one measurement: a single one is over before a neighbour’s burst is
NAMESPACES = {
    prefix: f"urn:oasis:names:specification:ubl:schema:xsd:Common{name}Components-2"
    for prefix, name in (("cac", "Aggregate"), ("cbc", "Basic"), ("ext", "Extension"))
} | {
    prefix: f"http://data.europa.eu/p27/eforms-ubl-extension-{name}-components/1"
    for prefix, name in (("efac", "aggregate"), ("efbc", "basic"))
}
# The fields that our reader reads, without its search for contact persons.
SCOPED = (
    "cac:ProcurementProject/cbc:Name",
    "cac:ProcurementProject/cbc:Description",
    "cac:ProcurementProject/cbc:Note",
    "cac:ProcurementProject/cac:ProcurementAdditionalType/cbc:ProcurementType",
    "cac:TenderingTerms/cac:AwardingTerms/cac:AwardingCriterion/cac:SubordinateAwardingCriterion/cbc:Name",
    "cac:TenderingTerms/cac:AwardingTerms/cac:AwardingCriterion/cac:SubordinateAwardingCriterion/cbc:Description",
    "cac:TenderingTerms/ext:UBLExtensions//efac:SelectionCriteria/cbc:Name",
    "cac:TenderingTerms/ext:UBLExtensions//efac:SelectionCriteria/cbc:Description",
    "cac:TenderingTerms/ext:UBLExtensions//efac:SelectionCriteria/cbc:TendererRequirementTypeCode",
    "cac:TenderingTerms/ext:UBLExtensions//efac:SelectionCriteria/cbc:CriterionTypeCode",
    "cac:TenderingTerms/cac:ContractExecutionRequirement/cbc:Description",
    "cac:TenderingTerms/cac:CallForTendersDocumentReference/cac:Attachment/cac:ExternalReference/cbc:URI",
    "cac:TenderingProcess/cac:FrameworkAgreement/cbc:Justification",
    "cac:TenderingProcess/cac:FrameworkAgreement/cbc:MaximumOperatorQuantity",
    "cac:TenderingTerms/cbc:FundingProgramCode",
    "cac:TenderingTerms/ext:UBLExtensions//efac:Funding/cbc:FundingProgramCode",
    "cac:TenderingTerms/ext:UBLExtensions//efac:Funding/efbc:FinancingIdentifier",
    "cac:TenderingProcess/cac:ContractingSystem/cbc:ContractingSystemTypeCode[@listName='framework-agreement']",
    "cac:TenderingProcess/cac:TenderSubmissionDeadlinePeriod/cbc:EndDate",
    "cac:TenderingProcess/cac:ParticipationRequestReceptionPeriod/cbc:EndDate",
    "cac:TenderingProcess/ext:UBLExtensions//efac:InterestExpressionReceptionPeriod/cbc:EndDate",
    "cac:ProcurementProject/cac:MainCommodityClassification/cbc:ItemClassificationCode",
    "cac:ProcurementProject/cac:AdditionalCommodityClassification/cbc:ItemClassificationCode",
    "cac:ProcurementProject/cac:RequestedTenderTotal/cbc:EstimatedOverallContractAmount",
    "cac:ProcurementProject/cac:RequestedTenderTotal/ext:UBLExtensions//efbc:FrameworkMaximumAmount",
)
FIELDS = (
    "cbc:ID[@schemeName='notice-id']",
    "cbc:VersionID",
    "cbc:ContractFolderID",
    "cbc:NoticeTypeCode",
    "cbc:NoticeTypeCode/@listName",
    "cbc:CustomizationID",
    "cbc:IssueDate",
    "cbc:IssueTime",
    "cbc:NoticeLanguageCode",
    "//efac:Publication/efbc:NoticePublicationID",
    "//efac:Publication/efbc:PublicationDate",
    "//efac:Changes/efbc:ChangedNoticeIdentifier",
    "//efac:ContractModification/efbc:ChangedNoticeIdentifier",
    "//efac:Changes/efac:ChangeReason/cbc:ReasonCode",
    "//efac:Changes/efac:ChangeReason/efbc:ReasonDescription",
    "//efac:Changes/efac:Change/efbc:ChangeDescription",
    "//efac:NoticeResult/cbc:TotalAmount",
    "//efac:NoticeResult/efbc:OverallMaximumFrameworkContractsAmount",
    "cac:TenderingTerms/cac:LotDistribution/cbc:MaximumLotsAwardedNumeric",
    "cac:TenderingTerms/cac:LotDistribution/cbc:MaximumLotsSubmittedNumeric",
    "cac:ContractingParty/cac:Party/cac:PartyIdentification/cbc:ID",
)
# Of each organisation, lot result, tender and tendering party.
PARTS = {
    "//efac:Organizations/efac:Organization": (
        "efac:Company/cac:PartyIdentification/cbc:ID",
        "efac:Company/cac:PartyName/cbc:Name",
        "efac:Company/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
        "efbc:NaturalPersonIndicator",
    ),
    "//efac:NoticeResult/efac:LotResult": (
        "cbc:TenderResultCode",
        "efac:TenderLot/cbc:ID",
        "efac:LotTender/cbc:ID",
        "efac:ReceivedSubmissionsStatistics/efbc:StatisticsCode",
        "efac:ReceivedSubmissionsStatistics/efbc:StatisticsNumeric",
    ),
    "//efac:NoticeResult/efac:LotTender": ("cbc:ID", "efac:TenderingParty/cbc:ID"),
    "//efac:NoticeResult/efac:TenderingParty": ("cbc:ID", "efac:Tenderer/cbc:ID"),
    "cac:ProcurementProjectLot": ("cbc:ID", *SCOPED),
}


def lines() -> Iterator[Line]:
    """Our own sample, or the real notices of the shared folder where there is one."""
    bodies, where = [SAMPLE.read_bytes()] * 50, "sample of 5 kB"
    if SHARED.is_dir():
        paths = sorted((SHARED / "data/tenders").glob("eforms-*/*.xml"))
        bodies, where = [path.read_bytes() for path in paths], f"{len(paths)} of mixed sizes"
    collect_seldom()  # as in the guarded child, for both
    yield _race(f"eForms, {where}", bodies * TURNS, eforms.read, bar="≥ 1.6")
    yield _race(f"eForms guarded, {where}", bodies, lambda body: read_guarded("eforms", body))
    yield from _daily_package(bodies)


def _daily_package(bodies: list[bytes]) -> Iterator[Line]:
    """Some pages of one archive, each read by a child; what the last one holds in memory, beside the first."""
    package = _package(islice(cycle(bodies), PACKAGED))
    yield Race(
        what=f"a daily package of {PACKAGED}, guarded",
        ours=lambda: cpu(lambda: deque(_pages(package), maxlen=0)),
        other=lambda: cpu(lambda: deque(map(_with_paths, _members(package)), maxlen=0)),
        other_name="tarfile, xpath() strings",
        amount=PACKAGED,
        unit="notices",
    ).run()
    starts = [page.next for page in _pages(package) if page.next]
    first, last = _peak(package, None), _peak(package, starts[-1])
    yield Line(
        what="memory of the last page of that package",
        ours=f"{last:,.4g} MB",
        beside=f"the first page {first:,.4g} MB",
        ratio=last / first,
        bar="≤ 1.2",
    )


def _package(bodies: Iterable[bytes]) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for number, body in enumerate(bodies):
            member = tarfile.TarInfo(f"{number:08}_2026.xml")
            member.size = len(body)
            archive.addfile(member, BytesIO(body))
    return packed.getvalue()


def _members(package: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=BytesIO(package), mode="r|gz") as archive:
        yield from (archive.extractfile(member).read() for member in archive)


def _pages(package: bytes) -> Iterator[Page]:
    request = None
    while True:
        page = read_guarded("ted_package", package, request=request)
        yield page
        if (request := page.next) is None:
            return


def _peak(package: bytes, request: Request | None) -> float:
    """Megabytes that the child which read one page held at most."""

    def tell() -> bytes:
        ted_package.read(package, request=request)
        return str(getrusage(RUSAGE_SELF).ru_maxrss).encode()

    return int(bytes_from_child(tell)) / 1024


def _race(what: str, bodies: list[bytes], read: Callable[[bytes], object], *, bar: str = "—") -> Line:
    return Race(
        what=what,
        ours=lambda: cpu(lambda: [_read(read, body) for body in bodies]),
        other=lambda: cpu(lambda: [_read(_with_paths, body) for body in bodies]),
        other_name="xpath() strings",
        amount=len(bodies),
        unit="notices",
        bar=bar,
    ).run()


def _read(read: Callable[[bytes], object], body: bytes) -> None:
    """Read and let go, as a worker does: who keeps every tree never pays for taking one down."""
    try:
        read(body)
    except UnreadableError:  # told to a person; here only the time counts
        return


def _with_paths(body: bytes) -> list[object]:
    root = etree.fromstring(body)
    found = [root.xpath(path, namespaces=NAMESPACES) for path in (*FIELDS, *SCOPED)]
    for part, paths in PARTS.items():
        for node in root.xpath(part, namespaces=NAMESPACES):
            found += [node.xpath(path, namespaces=NAMESPACES) for path in paths]
    return found
