"""From a call with the clause to its end: what later notices do to a published evidence, through the doors people use."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators.models import Evidence, StatusChange
from tests.factories import verified
from tracker import propose
from tracker.models import Candidate, Document
from tracker.tasks import follow_calls

QUOTE = "une clause de diversification des fournisseurs"
TEXT = f"Serveurs GPU pour l'entraînement de modèles d'intelligence artificielle. Le marché contient {QUOTE}."
PROCEDURE = "0b9a3c1e-0000-4000-8000-0000000000aa"
UBL, P27 = "urn:oasis:names:specification:ubl:schema:xsd:", "http://data.europa.eu/p27/eforms-ubl-extension"
SPACES = (
    f'xmlns:cac="{UBL}CommonAggregateComponents-2" xmlns:cbc="{UBL}CommonBasicComponents-2" '
    f'xmlns:ext="{UBL}CommonExtensionComponents-2" xmlns:efac="{P27}-aggregate-components/1" '
    f'xmlns:efbc="{P27}-basic-components/1" xmlns:efext="{P27}s/1"'
)
CANCELS = """<efac:Changes><efbc:ChangedNoticeIdentifier>{}</efbc:ChangedNoticeIdentifier>
<efac:ChangeReason><cbc:ReasonCode listName="change-corig-justification">cancel</cbc:ReasonCode></efac:ChangeReason>
</efac:Changes>"""
AWARDS = """<efac:NoticeResult>
<efac:LotResult><cbc:TenderResultCode>selec-w</cbc:TenderResultCode>
<efac:LotTender><cbc:ID>TEN-1</cbc:ID></efac:LotTender><efac:TenderLot><cbc:ID>LOT-0001</cbc:ID></efac:TenderLot></efac:LotResult>
<efac:LotTender><cbc:ID>TEN-1</cbc:ID><efac:TenderingParty><cbc:ID>TPA-1</cbc:ID></efac:TenderingParty></efac:LotTender>
<efac:TenderingParty><cbc:ID>TPA-1</cbc:ID><efac:Tenderer><cbc:ID>ORG-2</cbc:ID></efac:Tenderer></efac:TenderingParty>
</efac:NoticeResult>"""


def notice(number: int, *, on: date, told: str = "", result: bool = False) -> str:
    """An imaginary eForms notice of one procedure with one lot."""
    root, form = ("ContractAwardNotice", "result") if result else ("ContractNotice", "competition")
    organisations = "".join(
        f"<efac:Organization><efac:Company><cac:PartyIdentification><cbc:ID>ORG-{at}</cbc:ID></cac:PartyIdentification>"
        f"<cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName></efac:Company></efac:Organization>"
        for at, name in enumerate(["Institut des Marées", "Puces SA"], start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="{UBL}{root}-2" {SPACES}>
<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent><efext:EformsExtension>{told}
<efac:Organizations>{organisations}</efac:Organizations>
<efac:Publication><efbc:NoticePublicationID>{number:08}-{on.year}</efbc:NoticePublicationID>
<efbc:PublicationDate>{on}Z</efbc:PublicationDate></efac:Publication>
</efext:EformsExtension></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>
<cbc:CustomizationID>eforms-sdk-1.10</cbc:CustomizationID>
<cbc:ID schemeName="notice-id">0b9a3c1e-0000-4000-8000-0000000000{number:02}</cbc:ID>
<cbc:ContractFolderID>{PROCEDURE}</cbc:ContractFolderID><cbc:IssueDate>{on}Z</cbc:IssueDate><cbc:VersionID>01</cbc:VersionID>
<cbc:NoticeTypeCode listName="{form}">x</cbc:NoticeTypeCode><cbc:NoticeLanguageCode>FRA</cbc:NoticeLanguageCode>
<cac:ContractingParty><cac:Party><cac:PartyIdentification><cbc:ID>ORG-1</cbc:ID></cac:PartyIdentification></cac:Party></cac:ContractingParty>
<cac:ProcurementProject><cbc:Name languageID="FRA">Calcul {number}</cbc:Name><cbc:Description languageID="FRA">{TEXT}</cbc:Description>
<cac:MainCommodityClassification><cbc:ItemClassificationCode listName="cpv">30211100</cbc:ItemClassificationCode></cac:MainCommodityClassification>
</cac:ProcurementProject>
<cac:ProcurementProjectLot><cbc:ID schemeName="Lot">LOT-0001</cbc:ID></cac:ProcurementProjectLot>
</{root}>"""


@pytest.fixture
def moderator(db: None) -> Client:
    call_command("seed", stdout=StringIO())
    alice = User.objects.create_user("alice", password="une phrase assez longue", is_staff=True)
    alice.groups.add(Group.objects.get(name="moderator"))
    client = Client()
    verified(client, alice)
    return client


@pytest.fixture
def first_day() -> date:
    """A day two months ago: a call of long ago would have left the window of the definition."""
    return timezone.localdate(timezone.now()) - timedelta(days=60)


def watch(body: str, path: Path) -> Document:
    path.write_text(body)
    call_command("watch", "--file", str(path), stdout=StringIO())
    return Document.objects.latest("pk")


def accept(client: Client, candidate: Candidate, **changes: str) -> Evidence:
    """Send the form as it is filled, with what only a person knows."""
    form = client.get(candidate.get_absolute_url()).context["forms"]["accept"]
    values = {name: form[name].value() for name in form.fields}
    filled = {name: value for name, value in values.items() if value not in (None, False)}
    filled |= {"indicator": candidate.indicator_id, "directness": "direct", "quote": QUOTE, "accept": "1"}
    client.post(candidate.get_absolute_url(), filled | {"occurred_precision": "day"} | changes)
    candidate.refresh_from_db()
    assert candidate.state == "accepted"
    return candidate.decisions.get().evidence


def of_1a(document: Document) -> Candidate:
    return document.candidates.get(indicator__code="1a")


@pytest.mark.parametrize("ending", ["cancelled", "awarded to one"])
def test_a_later_notice_proposes_to_cancel_the_call_and_the_status_falls(
    moderator: Client, first_day: date, tmp_path: Path, ending: str
) -> None:
    call = watch(notice(1, on=first_day), tmp_path / "call.xml")
    evidence = accept(moderator, of_1a(call), rung="3")
    status = of_1a(call).indicator.status
    assert status.rung == 3

    cancelled = ending == "cancelled"
    told = CANCELS.format(f"{1:08}-{first_day.year}") if cancelled else AWARDS
    later = first_day + timedelta(days=30)
    end = watch(notice(2, on=later, told=told, result=not cancelled), tmp_path / "end.xml")
    call.refresh_from_db()
    assert call.withdrawn is cancelled
    follow_calls()

    candidate = of_1a(end)
    why = {
        True: "The procedure or its award was cancelled.",
        False: "In spite of the clause, the whole procedure was awarded to a single vendor.",
    }[cancelled]
    told_of = (candidate.follows, candidate.stance, candidate.reasons[0]["why"])
    assert told_of == (evidence, "contradicts", why)
    Document.objects.filter(pk=end.pk).update(matched_at=None)
    propose.match_documents([end.pk], now=timezone.now())
    candidate.refresh_from_db()
    assert (candidate.follows, candidate.stance, candidate.reasons[0]["why"]) == told_of

    form = moderator.get(candidate.get_absolute_url()).context["forms"]["accept"]
    asked = {name: form[name].value() for name in ("cancels", "stance", "occurred_on", "owner")}
    assert asked == {
        "cancels": evidence.number, "stance": "contradicts", "occurred_on": later, "owner": "Institut des Marées",
    }  # fmt: skip
    undone = accept(moderator, candidate)
    status.refresh_from_db()
    assert (status.rung, undone.cancels) == (0, evidence)
    change = StatusChange.objects.filter(indicator=candidate.indicator).latest("pk")
    assert (change.rung_from, change.rung_to, change.cause, change.evidence) == (3, 0, "cancelled", undone)
    page = Client().get(evidence.get_absolute_url()).content.decode()
    assert undone.get_absolute_url() in page
