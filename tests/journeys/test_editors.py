"""Two editors at work: a definition and an exception, from the draft to the public page."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators import publishing
from indicators.models import Definition, Evidence, Indicator, LedgerEntry, Override, Proposal, Status
from indicators.models.proposal import DEFINITION_FIELDS
from indicators.models.standing import status_of
from tests.factories import make_evidence, verified

ADD = "/admin/indicators/proposal/add/"
EXCEPTION = {"rung": "2", "reason_fr": "Raison publique", "reason_en": "", "days": "30"}


@pytest.fixture
def indicator(db: None) -> Indicator:
    call_command("seed", stdout=StringIO())
    row = Indicator.objects.get(code="1a")
    make_evidence(1, assessments=[{"indicator": row}])
    publishing.refresh(now=row.status.computed_at)
    return row


def editor(name: str, role: str = "editor") -> Client:
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    return verified(Client(), user)


def drafted(client: Client, **changes: object) -> Proposal:
    """The definition in force, changed and proposed through the form."""
    address = f"{ADD}?kind=definition&indicator=1a"
    form = client.get(address).context["form"]
    sent = {name: form.initial.get(name, "") for name in DEFINITION_FIELDS} | {"carry": "on"}
    sent |= {"change_note_fr": "Plus étroite"} | changes
    sent["ladder"] = json.dumps(sent["ladder"])
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.context["form"].errors
    return Proposal.objects.get(state="open")


def at(proposal: Proposal) -> str:
    return f"/admin/indicators/proposal/{proposal.pk}/change/"


def test_a_definition_goes_from_a_draft_by_the_sandbox_to_the_public_page(indicator: Indicator) -> None:
    ada, bob = editor("ada"), editor("bob")
    entries = LedgerEntry.objects.count()
    proposal = drafted(ada, window_months=6)
    page = bob.get(at(proposal))
    [change] = list(page.context["history"])
    assert (change.change.rung_to, change.would.rung, change.differs) == (3, 3, False)
    assert (24, 6) in [(old, new) for _name, old, new in page.context["differences"]]
    assert (LedgerEntry.objects.count(), Definition.objects.filter(indicator=indicator).count()) == (
        entries,
        1,
    )
    ada.post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    assert Definition.objects.filter(indicator=indicator).count() == 1
    bob.post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    assert Definition.objects.filter(indicator=indicator).count() == 2
    public = Client().get("/indicateurs/1a/").content.decode()
    assert "Plus étroite" in public
    assert bob.get(at(proposal)).status_code == 200


def test_evidence_is_assessed_anew_under_a_newer_definition_and_what_was_said_stays(
    indicator: Indicator,
) -> None:
    ada, bob = editor("ada"), editor("bob")
    make_evidence(2, assessments=[{"indicator": indicator}])
    publishing.refresh(now=timezone.now())
    before = timezone.now()
    reached = status_of(indicator, as_of=before.date(), known_at=before)
    proposal = drafted(ada, carry="", window_months=6)
    bob.post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    assert Status.objects.get(indicator=indicator).rung == 0
    address = f"/admin/indicators/evidence/{Evidence.objects.get(number=1).pk}/change/"
    shown = ada.get(address)
    assert "La version 2 est en vigueur" in shown.content.decode()
    sent = {f"assess-{name}": value or "" for name, value in shown.context["assess"].initial.items()}
    sent |= {"assess": "1", "assess-indicator": indicator.pk}
    assert "assess-reason" not in sent and ada.post(address, sent).context["assess"].errors
    assert ada.post(address, sent | {"assess-reason": "Version 2"}).status_code == 302
    new = Evidence.objects.get(number=3)
    versions = new.assessments.values_list("definition__version", flat=True).order_by("definition__version")
    assert (list(versions), Evidence.objects.get(number=1).superseded_by) == ([1, 2], new)
    assert Status.objects.get(indicator=indicator).rung == 3
    other = f"/admin/indicators/evidence/{Evidence.objects.get(number=2).pk}/change/"
    alone = ada.post(other, sent | {"assess-reason": "Version 2"}).context["assess"]
    assert "Atteint" in str(alone.non_field_errors())
    assert Status.objects.get(indicator=indicator).rung == 3
    assert status_of(indicator, as_of=before.date(), known_at=before) == reached


def test_what_the_second_editor_read_is_what_becomes_public(indicator: Indicator) -> None:
    ada, bob = editor("ada"), editor("bob")
    proposal = drafted(ada, window_months=6)
    seen = proposal.digest
    drafted(ada, window_months=1)
    bob.post(at(proposal), {"adopt": "1", "seen": seen})
    assert Definition.objects.filter(indicator=indicator).count() == 1


def test_a_ladder_that_cannot_be_read_stays_a_form_with_what_was_typed(indicator: Indicator) -> None:
    answer = editor("ada").post(
        f"{ADD}?kind=definition&indicator=1a", {"ladder": "[]", "scope_fr": "Gardé ici"}
    )
    assert "ladder" in answer.context["form"].errors
    assert "Gardé ici" in answer.content.decode()
    assert not Proposal.objects.exists()


def test_an_exception_is_written_adopted_shown_and_lifted(indicator: Indicator) -> None:
    ada, bob = editor("ada"), editor("bob")
    ada.post(f"{ADD}?kind=exception&indicator=1a", EXCEPTION)
    proposal = Proposal.objects.get()
    assert "Raison publique" in bob.get(at(proposal)).content.decode()
    assert "Raison publique" not in Client().get("/indicateurs/1a/").content.decode()
    bob.post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    override, public = Override.objects.get(), Client().get("/indicateurs/1a/")
    assert (public.context["override"], public.context["answer"].rung) == (override, 3)
    door = f"/admin/indicators/override/{override.pk}/change/"
    assert editor("eve", "auditor").post(door, {"lift": "1"}).status_code == 403
    ada.post(door, {"lift": "1"})
    assert Client().get("/indicateurs/1a/").context["override"] is None


@pytest.mark.parametrize("changes", [{"days": "91"}, {"days": "0"}, {"reason_fr": " "}, {"rung": "9"}])
def test_an_exception_that_could_not_stand_is_refused_beside_its_field(
    indicator: Indicator, changes: dict[str, str]
) -> None:
    answer = editor("ada").post(f"{ADD}?kind=exception&indicator=1a", EXCEPTION | changes)
    assert "errorlist" in answer.content.decode()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("role", ["moderator", "operator", "auditor"])
def test_nobody_but_an_editor_proposes_or_adopts(indicator: Indicator, role: str) -> None:
    proposal, other = drafted(editor("ada")), editor("other", role)
    assert other.get(f"{ADD}?kind=definition&indicator=1a").status_code == 403
    assert other.post(at(proposal), {"adopt": "1", "seen": proposal.digest}).status_code == 403
    assert Definition.objects.filter(indicator=indicator).count() == 1


def test_a_proposal_put_aside_leaves_room_for_another(indicator: Indicator) -> None:
    ada = editor("ada")
    proposal = drafted(ada)
    ada.post(at(proposal), {"drop": "1", "seen": proposal.digest})
    assert drafted(ada).pk != proposal.pk
