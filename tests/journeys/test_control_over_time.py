"""Who controls whom, in periods: form, two editors, the groups of each day, the page of the actor; and one's own draft."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from indicators import registry
from indicators.models import Control, LedgerEntry, Proposal, Statement
from tests.factories import verified
from tests.journeys.test_deal_to_registry import DEAL, LINK, QUOTE, page, typed  # noqa: F401 - a fixture
from tests.journeys.test_editors import at, editor
from tests.tracker.test_receipt import words
from tracker.models import Candidate

pytestmark = pytest.mark.usefixtures("page")

ADD = "/admin/indicators/control/add/"
SOURCE = {name: DEAL[name] for name in list(DEAL)[:8]}


def entered(address: str, told: dict[str, Any]) -> None:
    answer = editor("ada").post(address, SOURCE | told)
    assert answer.status_code == 302, answer.context["form"].errors
    proposal = Proposal.objects.get(state="open")
    editor("bob").post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    assert Proposal.objects.get(pk=proposal.pk).state == "adopted"


def refused(address: str, told: dict[str, Any]) -> str:
    return " ".join(editor("ada").post(address, SOURCE | told).context["form"].non_field_errors())


def groups_of(slug: str, *days: str | None) -> list[str | None]:
    return [registry.groups(as_of=day).get(slug) for day in days]


def test_periods_follow_each_other_and_each_day_counts_by_its_own_group() -> None:
    seeded = Control.objects.get(actor__slug="aws")
    assert (seeded.group.slug, seeded.since, seeded.until, seeded.statement) == ("amazon", "", "", None)
    entered(ADD, {"actor": "coreweave", "group": "nvidia", "since": "2025-02", "until": "2025-06-01"})
    entered(ADD, {"actor": "coreweave", "group": "oracle", "since": "2025-06-01"})
    days = ("2025-01", "2025-03", "2025-05-31", "2025-06-01", None)
    assert groups_of("coreweave", *days) == [None, "nvidia", "nvidia", "oracle", "oracle"]
    assert LedgerEntry.objects.last().subject == "actor/coreweave"

    assert "Nvidia" in refused(ADD, {"actor": "coreweave", "group": "openai", "since": "2025-05"})
    assert "pas encore venu" in refused(ADD, {"actor": "uber", "group": "openai", "since": "2199"})
    assert "appartient" in refused(ADD, {"actor": "oracle", "group": "coreweave", "since": "2026"})
    assert "précède" in refused(ADD, {"actor": "uber", "group": "openai", "since": "2026", "until": "2025"})
    assert "lui-même" in refused(ADD, {"actor": "uber", "group": "uber"})

    last = Control.objects.get(group__slug="oracle")
    form = editor("ada").get(f"/admin/indicators/control/{last.pk}/change/").context["form"]
    entered(f"/admin/indicators/control/{last.pk}/change/", typed(form) | SOURCE | {"until": "2026-09"})
    assert groups_of("coreweave", "2026-08", "2026-09", None) == ["oracle", None, None]

    shown, before = (
        words(Client(), f"/registre/acteurs/coreweave/{asked}") for asked in ("", "?as_of=2025-03-01")
    )
    assert shown.index("févr. 2025 – 1er juin 2025 Nvidia") < shown.index("1er juin 2025 – sept. 2026 Oracle")
    assert QUOTE in shown
    assert ("contrôlé par Nvidia" in shown, "contrôlé par Nvidia" in before) == (False, True)
    told = Client().get("/api/v1/actors/?as_of=2025-03-01").json()["results"]
    [weave] = [row for row in told if row["slug"] == "coreweave"]
    assert (weave["group"], weave["group_since"], len(weave["controls"])) == ("nvidia", "2025-02", 2)
    assert editor("mo", "moderator").get(ADD).status_code == 403


def test_who_handed_it_over_enters_it_alone_where_that_takes_one_and_not_where_it_takes_two() -> None:
    both, _ = User.objects.get_or_create(username="both", is_staff=True)
    both.groups.set(Group.objects.filter(name__in=("moderator", "editor")))
    client = verified(Client(), both)
    old = Statement.objects.filter(deal__slug="nvidia-openai-2025-09").first()
    told = {
        "kind": "correction",
        "evidence": f"https://site.example/registre/accords/nvidia-openai-2025-09/#{old.slug}",
    }
    Client().post("/contribuer/", told | {"statement": "Le mois est faux.", "url": LINK})
    Client().post("/contribuer/", {"kind": "deal", "url": LINK, "quote": QUOTE})
    for candidate in Candidate.objects.filter(document__contribution__kind__in=("correction", "deal")):
        take_up = client.get(candidate.get_absolute_url()).context["forms"]["take_up"]
        client.post(candidate.get_absolute_url(), typed(take_up) | {"take_up": "1"})
    correction, deal = sorted(Proposal.objects.all(), key=lambda row: "corrects" not in row.content["draft"])

    address = f"/admin/indicators/statement/{old.pk}/change/?draft={correction.pk}"
    answer = client.post(address, typed(client.get(address).context["form"]) | SOURCE)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Statement.objects.get(supersedes=old).quote == QUOTE
    correction.refresh_from_db()
    assert (correction.state, correction.entered_at_once) == ("adopted", True)

    address = f"/admin/indicators/deal/{old.deal_id}/status/?draft={deal.pk}"
    client.post(address, SOURCE | {"status": "signed", "happened": "2026-11"})
    deal.refresh_from_db()
    client.post(at(deal), {"adopt": "1", "seen": deal.digest})
    deal.refresh_from_db()
    assert (deal.state, old.deal.events.count()) == ("open", 0)
