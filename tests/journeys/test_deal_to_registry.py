"""A deal and a correction, from somebody's link to the public registry: form, queue, editors, page, ledger, receipt."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators import public
from indicators.models import Deal, LedgerEntry, Leg, Proposal, Statement
from tests.journeys.test_editors import at, editor
from tests.tracker.test_receipt import words
from tracker import undoing
from tracker.models import Candidate, Document, Source

LINK = "https://nebius.example/press/nvidia"
QUOTE = "Nvidia investira jusqu’à 100 milliards de dollars sur cinq ans dans CoreWeave."
PHRASE = "jusqu’à 100 milliards de dollars sur cinq ans"
DEAL = {
    "url": LINK,
    "publisher": "CoreWeave",
    "source_title": "Nvidia investit",
    "source_kind": "party_statement",
    "published_on": "2026-11-20",
    "language": "fr",
    "quote": QUOTE,
    "claim": "reported",
    "title_fr": "Nvidia – CoreWeave : participation",
    "title_en": "Nvidia – CoreWeave: stake",
    "slug": "nvidia-coreweave-2026-11",
    "kind": "deal",
    "status": "announced",
    "announced": "2026-11-20",
    "in_totals": "on",
    **{f"leg{number}-stage": "announced" for number in (1, 2, 3)},
    **{f"leg{number}-flow": "F" for number in (1, 2, 3)},
    **{f"leg{number}-instrument": "equity" for number in (1, 2, 3)},
    "leg1-payer": "nvidia",
    "leg1-payee": "coreweave",
    "leg1-phrase": PHRASE,
}

RETURN = {
    "leg2-flow": "P", "leg2-instrument": "chip_purchase", "leg2-payer": "coreweave", "leg2-payee": "nvidia",
    "leg2-condition": "leg1", "leg2-gigawatts": "1.5", "leg2-chips": "4000", "leg2-vendors": "Nvidia 40-60\r\namazon\r\n",
    "overlaps": ["nvidia-openai-2025-09"],
}  # fmt: skip


@pytest.fixture
def page(db: None, now: datetime) -> Document:
    """The seeded registry, and the page of which we keep the words already."""
    call_command("seed", stdout=StringIO())
    source = Source.objects.exclude(format="person").first()
    text = f"Communiqué. {QUOTE} Le reste suit."
    return Document.objects.create(
        source=source, external_id="1", url=LINK, canonical_url=LINK, title="Nvidia investit", text=text,
        language="fr", first_seen_at=now, last_seen_at=now, fingerprint="1", matched_at=now,
    )  # fmt: skip


def typed(form: Any) -> dict[str, Any]:
    """What a browser would send of a form as it is shown."""
    shown = {field.html_name: field.value() for field in form}
    return {name: value for name, value in shown.items() if value not in (None, False, [])}


def subjects(since: int) -> list[str]:
    return list(LedgerEntry.objects.filter(number__gt=since).values_list("kind", "subject"))


def test_a_deal_goes_from_a_link_to_the_registry_by_two_editors_with_its_amount_confirmed(page) -> None:
    receipt = Client().post("/contribuer/", {"kind": "deal", "url": LINK, "quote": QUOTE})["Location"]
    candidate = Candidate.objects.get(document__contribution__kind="deal")
    queue, ada, bob = editor("mo", "moderator"), editor("ada"), editor("bob")
    draft = taken_up(queue, candidate)
    assert "confiée à la rédaction" in words(Client(), receipt)

    address = f"/admin/indicators/deal/add/?draft={draft.pk}"
    leg = read_by_a_program(ada, draft, address)
    last = LedgerEntry.objects.count()
    enter(ada, address, DEAL | typed(leg) | RETURN | {"leg1-confirmed": "on"})
    adopted_by_another(ada, bob, draft)

    deal = Deal.objects.get(slug=DEAL["slug"])
    assert_entered(deal)
    assert subjects(last)[-3:] == [
        ("published", f"statement/{deal.slug}/s1"), ("published", f"deal/{deal.slug}"),
        ("edited", "deal/nvidia-openai-2025-09"),
    ]  # fmt: skip
    assert "Nvidia – CoreWeave" in words(Client(), "/registre/")
    assert QUOTE in words(Client(), f"/registre/accords/{deal.slug}/")
    assert "Nvidia – CoreWeave" in words(Client(), receipt)
    assert_no_moderator_takes_it_back(queue, candidate)


def taken_up(queue: Client, candidate: Candidate) -> Proposal:
    """The draft that a moderator hands to the editors, with the words and the amount that the form found."""
    take_up = queue.get(candidate.get_absolute_url()).context["forms"]["take_up"]
    assert take_up["quote"].value() == QUOTE
    shown = queue.get(candidate.get_absolute_url()).content.decode()
    assert "jusqu’à 100\u00a0Md$" in shown
    assert "sur 5 ans" in shown
    sent = queue.post(candidate.get_absolute_url(), typed(take_up) | {"take_up": "1"})
    assert sent.status_code == 302
    return Proposal.objects.get(kind="registry")


def read_by_a_program(ada: Client, draft: Proposal, address: str) -> Any:
    """The first payment as a program reads its phrase: shown to the editor, and taken only when she confirms it."""
    assert f"?draft={draft.pk}" in ada.get(at(draft)).content.decode()
    form = ada.get(address).context["form"]
    assert (form["quote"].value(), form["url"].value()) == (QUOTE, LINK)
    [leg, *_rest] = ada.post(address, DEAL).context["form"].legs
    names = ("basis", "lo", "hi", "nominal", "currency", "years")
    assert {name: leg[name].value() for name in names} == {
        "basis": "up_to", "lo": "0", "hi": "100000000000", "nominal": "100000000000", "currency": "USD", "years": "5",
    }  # fmt: skip
    assert leg["confirmed"].errors
    return leg


def enter(ada: Client, address: str, confirmed: dict[str, Any]) -> None:
    """The whole deal is proposed; a condition that is no other payment of it, and shares that cannot be, are refused."""
    refused = {
        "condition": ({"leg2-condition": "leg3"}, {"leg2-condition": "leg2"}),
        "vendors": [{"leg2-vendors": told} for told in ("Personne 10", "Nvidia 60-40", "Nvidia 10-400")],
    }
    for name, mistakes in refused.items():
        for wrong in mistakes:
            assert ada.post(address, confirmed | wrong).context["form"].legs[1][name].errors
    answer = ada.post(address, confirmed)
    assert answer.status_code == 302, [
        answer.context["form"].errors,
        *(each.errors for each in answer.context["form"].legs),
    ]
    assert not Deal.objects.filter(slug=DEAL["slug"]).exists()


def adopted_by_another(ada: Client, bob: Client, draft: Proposal) -> None:
    """Who wrote a proposal cannot adopt it, and changes nothing by trying."""
    last = LedgerEntry.objects.count()
    draft.refresh_from_db()
    ada.post(at(draft), {"adopt": "1", "seen": draft.digest})
    assert (LedgerEntry.objects.count(), Proposal.objects.get(pk=draft.pk).state) == (last, "open")
    assert "leg" in bob.get(at(draft)).content.decode()
    bob.post(at(draft), {"adopt": "1", "seen": draft.digest})


def assert_entered(deal: Deal) -> None:
    """The deal stands as it was confirmed: who pays whom, how much, on which condition, with which chips."""
    stake, sale = deal.legs.all().order_by("-slug")
    amount = stake.amounts.get()
    assert (sale.conditional_on, sale.physical) == (stake, {"gigawatts": "1.5", "chips": 4000})
    assert sale.vendors == [
        {"actor": "nvidia", "lo": "0.4", "hi": "0.6"},
        {"actor": "amazon", "lo": "0", "hi": "1"},
    ]
    assert [other.slug for other in deal.overlaps_with.all()] == ["nvidia-openai-2025-09"]
    assert (amount.lo, amount.hi, amount.currency, amount.as_stated) == (0, 10**11, "USD", PHRASE)
    assert [(party.actor.slug, party.roles) for party in deal.parties.order_by("actor__slug")] == [
        ("coreweave", ["customer", "investee"]),
        ("nvidia", ["investor", "supplier"]),
    ]


def assert_no_moderator_takes_it_back(queue: Client, candidate: Candidate) -> None:
    """What entered the registry is corrected there: neither reopened in the queue, nor undone with the rest."""
    told = {"reopen": "1", "reason_text": "Erreur"}
    assert queue.post(candidate.get_absolute_url(), told).context["forms"]["reopen"].errors
    since = timezone.now() - timedelta(hours=1)
    assert list(undoing.reversals(User.objects.get(username="mo"), since=since)) == []


def test_a_statement_is_corrected_by_a_new_one_and_the_old_one_stays_in_sight(page) -> None:
    old = Statement.objects.filter(deal__slug="nvidia-openai-2025-09").first()
    at_once = f"https://site.example/registre/accords/nvidia-openai-2025-09/#{old.slug}"
    told = {"kind": "correction", "evidence": at_once, "statement": "Le mois est faux.", "url": LINK}
    receipt = Client().post("/contribuer/", told)["Location"]
    candidate = Candidate.objects.get(document__contribution__corrects=old)
    queue = editor("mo", "moderator")
    take_up = queue.get(candidate.get_absolute_url()).context["forms"]["take_up"]
    queue.post(candidate.get_absolute_url(), typed(take_up) | {"take_up": "1"})
    draft = Proposal.objects.get(kind="registry")
    ada = editor("ada")
    address = f"/admin/indicators/statement/{old.pk}/change/?draft={draft.pk}"
    assert address in ada.get(at(draft)).content.decode()
    form = ada.get(address).context["form"]
    assert form["reason"].value() == "Le mois est faux."
    refused = ada.post(address, typed(form) | DEAL | {"quote": "Ce que la page ne dit pas."})
    assert refused.context["form"]["quote"].errors
    answer = ada.post(address, typed(form) | DEAL)
    assert answer.status_code == 302, answer.context["form"].errors

    new = Statement.objects.get(supersedes=old)
    assert (new.quote, new.correction_reason) == (QUOTE, "Le mois est faux.")
    assert list(LedgerEntry.objects.order_by("-number").values_list("kind", "subject")[:2]) == [
        ("corrected", f"statement/{old.slug}"),
        ("published", f"statement/{new.slug}"),
    ]
    log = Client().get("/corrections/?kind=statement").content.decode()
    assert QUOTE in log
    assert "Le mois est faux." in log
    assert QUOTE in Client().get("/corrections/flux/atom.xml").content.decode()
    assert "registre" in words(Client(), receipt)
    again = ada.post(address, typed(form) | DEAL)
    assert again.status_code == 302
    assert Statement.objects.filter(supersedes=old).count() == 1


def test_status_and_amount_of_a_deal_take_two_and_overwrite_nothing(page) -> None:
    ada, bob = editor("ada"), editor("bob")
    leg = Leg.objects.get(slug="nvidia-openai-2025-09/equity")
    source = {name: DEAL[name] for name in list(DEAL)[:8]}
    base = f"/admin/indicators/deal/{leg.deal_id}/"
    for change, told in (
        ("status", {"status": "signed", "happened": "2026-11"}),
        ("amount", {
            "leg": leg.slug, "stage": "committed", "phrase": PHRASE, "read": PHRASE, "basis": "up_to", "lo": "0",
            "hi": "100000000000", "currency": "USD", "confirmed": "on",
        }),
    ):  # fmt: skip
        answer = ada.post(f"{base}{change}/", source | told)
        assert answer.status_code == 302, answer.context["form"].errors
        proposal = Proposal.objects.get(state="open")
        bob.post(at(proposal), {"adopt": "1", "seen": proposal.digest})
    deal = Deal.objects.get(pk=leg.deal_id)
    assert deal.status == "signed"
    assert list(deal.events.values_list("happened", "status")) == [("2026-11", "signed")]
    assert set(leg.amounts.values_list("stage", flat=True)) == {"announced", "committed"}
    page_of_deal = ada.get(f"{base}change/")
    assert page_of_deal.status_code == 200
    assert ada.post(f"{base}change/").status_code == 200
    assert editor("mo", "moderator").get(f"{base}status/").status_code == 403


def test_titles_and_notes_are_written_again_and_the_ledger_keeps_those_before(page) -> None:
    ada, deal = editor("ada"), Deal.objects.get(slug="oracle-openai-300")
    address = f"/admin/indicators/deal/{deal.pk}/words/"
    assert address in ada.get(f"/admin/indicators/deal/{deal.pk}/change/").content.decode()
    told, last = typed(ada.get(address).context["form"]), LedgerEntry.objects.count()
    assert (told["title_fr"], told["note_fr"]) == (deal.title_fr, deal.note_fr)
    again = told | {"title_fr": "Un autre titre", "note_fr": "Une note.", "overlaps": ["aws-openai-38"]}
    answer = ada.post(address, again)
    assert answer.status_code == 302, answer.context["form"].errors
    assert subjects(last) == [
        ("edited", "deal/oracle-openai-300"),
        ("edited", "deal/aws-openai-38"),
        ("edited", "deal/stargate-2025-01"),
    ]
    shown = words(Client(), "/registre/accords/oracle-openai-300/")
    assert all(each in shown for each in ("Un autre titre", "Une note.", "Contrat cloud OpenAI – AWS"))
    for slug in ("oracle-openai-300", "aws-openai-38", "stargate-2025-01"):
        entered = LedgerEntry.objects.filter(subject=f"deal/{slug}").last()
        assert json.loads(entered.body) == public.body_of(Deal.objects.get(slug=slug))
    assert editor("mo", "moderator").post(address, again).status_code == 403
