"""The form by which anybody contributes, through its address: what it takes, refuses, stores and answers."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate
from lxml import html

from indicators.models import Deal, Indicator
from indicators.rules import workdays
from tests.factories import make_definition, make_evidence, make_indicator
from tracker.models import Candidate, Contact, Contribution, Decision, Document, FullText, Source
from tracker.sealing import unseal

pytestmark = pytest.mark.django_db

FORM, ENGLISH = "/contribuer/", "/en/contribute/"
LINK = "https://www.boamp.fr/avis/12"
BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}
ENOUGH = {"kind": "example", "url": LINK}


@pytest.fixture
def indicator() -> Indicator:
    indicator = make_indicator("1a")
    make_definition(indicator)
    return indicator


def page(response: Any) -> html.HtmlElement:
    return html.fromstring(response.content)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def error_of(response: Any, name: str) -> str:
    """The error that the field points to as its description."""
    [field] = page(response).cssselect(f"[name={name}]:not([type=radio]), fieldset#id_{name}")
    return " ".join(
        words(page(response).get_element_by_id(each))
        for each in (field.get("aria-describedby") or "").split()
        if each.endswith("_error")
    )


def test_a_link_and_what_it_shows_are_enough(client: Client) -> None:
    response = client.post(FORM, ENOUGH, **BROWSER)

    contribution, candidate = Contribution.objects.get(), Candidate.objects.get()
    assert (response.status_code, response["Cache-Control"]) == (303, "no-store")
    assert response["Location"].startswith("/contribuer/suivi/")
    assert client.get(response["Location"]).status_code == 200
    assert (contribution.kind, contribution.indicator, contribution.statement) == ("example", None, "")
    assert (contribution.document.url, contribution.document.source) == (LINK, Source.objects.people())
    assert (candidate.document, candidate.indicator) == (contribution.document, None)
    assert (candidate.stance, candidate.state) == ("supports", "new")
    assert FullText.objects.get().document == contribution.document


def test_all_that_may_be_said_is_stored_where_it_belongs(client: Client, indicator: Indicator) -> None:
    said = {"quote": "au moins deux fabricants", "statement": "Enfin.\r\nDeux.", "happened_on": "2026-10-14"}
    who = {"email": "Ada@example.org", "credit": "Ada L."}

    client.post(FORM, {"kind": "counter_example", "url": LINK, "indicator": "1a"} | said | who)

    contribution = Contribution.objects.get()
    assert (contribution.quote, contribution.statement) == ("au moins deux fabricants", "Enfin.\nDeux.")
    assert (contribution.happened_on, contribution.indicator) == (date(2026, 10, 14), indicator)
    assert Candidate.objects.values_list("indicator__code", "stance").get() == ("1a", "contradicts")
    contact = Contact.objects.get()
    assert (unseal(contact.sealed_email), contact.credit, contact.language) == (
        "Ada@example.org",
        "Ada L.",
        "fr",
    )
    assert "ada" not in contact.sealed_email.lower()
    assert len(contact.network_hash) == 64


def test_a_program_is_answered_201_with_the_address_of_the_receipt(client: Client) -> None:
    response = client.post(FORM, ENOUGH)

    assert response.status_code == 201
    assert response.json() == {"receipt": "http://localhost:8000" + response["Location"]}
    assert client.get(response["Location"]).status_code == 200


def test_a_program_is_told_what_is_wrong_by_name(client: Client) -> None:
    response = client.post(FORM, {"kind": "example"}, HTTP_ACCEPT="application/json")

    assert (response.status_code, response.json()) == (
        422,
        {"errors": {"url": ["Colle le lien vers la page."]}},
    )


def test_in_english_the_same_form_is_asked_and_answered(client: Client) -> None:
    assert words(page(client.get(ENGLISH)).find(".//h1")) == "Share an example, or a counter-example"
    assert error_of(client.post(ENGLISH, {"kind": "example"}), "url") == "Paste the link to the page."
    assert client.post(ENGLISH, ENOUGH)["Location"].startswith("/en/contribute/receipt/")
    assert client.get("/en/contribuer/").status_code == 200


@pytest.mark.parametrize(
    ("sent", "name", "told"),
    [
        ({"url": ""}, "url", "Colle le lien vers la page."),
        ({"url": "pas une adresse"}, "url", "Ceci n’est pas l’adresse d’une page du web public."),
        ({"url": "javascript:alert(1)"}, "url", "Ceci n’est pas l’adresse d’une page du web public."),
        ({"url": "https://a:b@boamp.fr/"}, "url", "Ceci n’est pas l’adresse d’une page du web public."),
        ({"url": "http://[::1"}, "url", "Ceci n’est pas l’adresse d’une page du web public."),
        ({"url": "ftp://boamp.fr/"}, "url", "Ceci n’est pas l’adresse d’une page du web public."),
        ({"kind": ""}, "kind", "Dis si c’est un exemple ou un contre-exemple."),
        ({"kind": "opinion"}, "kind", "Dis si c’est un exemple ou un contre-exemple."),
        ({"happened_on": "3026-01-01"}, "happened_on", "Ce jour est dans le futur, ou trop loin dans le passé."),
        ({"kind": "correction", "statement": "faux"}, "evidence",
         "Dis de quoi il s’agit : d’une preuve, ou d’une des six phrases."),
        ({"kind": "correction", "evidence": "1"}, "statement", "Dis-le en quelques mots."),
        ({"kind": "reply", "statement": "Non.", "evidence": "1"}, "party", "Dis au nom de qui tu réponds."),
        ({"kind": "reply", "evidence": "99"}, "evidence", "Nous n’avons publié aucune preuve sous ce numéro."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    client: Client, indicator: Indicator, sent: dict[str, str], name: str, told: str
) -> None:
    make_evidence(1)
    typed = {"kind": "example", "url": LINK, "credit": "Ada", "quote": "<b>deux</b>"} | sent

    response = client.post(FORM, typed)

    assert (response.status_code, error_of(response, name)) == (422, told)
    for each in page(response).cssselect("form.sheet input[type=text], form.sheet textarea"):
        assert (each.value or "").strip() == typed.get(each.name, "").strip()
    assert words(page(response).cssselect("[role=alert]")[0]).count(told) == 1
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("www.boamp.fr/avis/12", "https://www.boamp.fr/avis/12"),
        ("  HTTP://boamp.fr/avis  ", "http://boamp.fr/avis"),
        ("https://boamp.fr/a b?q=<x>", "https://boamp.fr/a%20b?q=%3Cx%3E"),
        ("boamp.fr:8080/x", "https://boamp.fr:8080/x"),
    ],
)
def test_an_address_is_taken_as_people_paste_it(client: Client, typed: str, stored: str) -> None:
    client.post(FORM, {"kind": "example", "url": typed})
    assert Document.objects.get().url == stored


@pytest.mark.parametrize(
    ("kind", "sent", "days"),
    [
        ("correction", {"evidence": "n° 1", "statement": "La date est fausse."}, "15 working"),
        ("contestation", {"indicator": "1a", "statement": "Trop tôt."}, "15 working"),
        ("reply", {"evidence": "1", "party": "ACME", "statement": "Nous contestons."}, "3"),
        ("deal", {"url": LINK}, "30"),
        ("source", {"url": LINK}, "30"),
        ("counter_example", {"url": LINK}, "30"),
    ],
)
def test_each_kind_comes_by_the_same_door_with_a_clock_of_its_own(
    client: Client, indicator: Indicator, kind: str, sent: dict[str, str], days: str
) -> None:
    evidence = make_evidence(1)

    assert client.post(FORM, {"kind": kind} | sent).status_code == 201

    contribution = Contribution.objects.get()
    received, due = contribution.received_at, contribution.due_at
    working = workdays.since(localdate(received), localdate(due))
    taken = f"{working} working" if "working" in days else str((due - received).days)
    assert (contribution.kind, taken) == (kind, days)
    assert contribution.evidence == (evidence if "evidence" in sent else None)
    stance = "contradicts" if kind == "counter_example" else "context"
    assert Candidate.objects.values_list("stance", "state").get() == (stance, "new")


def test_links_from_a_page_fill_in_what_it_is_about(client: Client, indicator: Indicator) -> None:
    make_evidence(12)
    deal = Deal.objects.create(slug="a-b", title_fr="A et B", title_en="A and B", kind="x", status="y")

    correction = page(client.get(FORM, {"evidence": "12", "kind": "correction"}))
    contestation = page(client.get(FORM, {"indicator": "1a", "kind": "contestation"}))
    of_deal = page(client.get(FORM, {"deal": "a-b", "kind": "correction"}))

    assert correction.get_element_by_id("id_evidence").value == "12"
    assert "Preuve 12" in words(correction.find(".//main"))
    assert contestation.get_element_by_id("id_indicator").value == "1a"
    client.post(
        FORM, {"kind": "correction", "deal": of_deal.get_element_by_id("id_deal").value, "statement": "faux"}
    )
    assert Contribution.objects.get().deal == deal


def test_pages_lead_to_the_form_with_what_they_are_about(client: Client, indicator: Indicator) -> None:
    make_evidence(3, assessments=[{"indicator": indicator}])

    def links(path: str) -> set[str]:
        found = page(client.get(path)).xpath("//main//a/@href")
        return {each for each in found if each.startswith("/contribuer/")}

    assert links("/") == {"/contribuer/"}
    assert links("/indicateurs/1a/") == {
        "/contribuer/?indicator=1a",
        "/contribuer/?indicator=1a&kind=contestation",
        "/contribuer/?indicator=1a&kind=correction",
    }
    kinds = ("correction", "contestation", "reply")
    assert links("/preuves/3/") == {f"/contribuer/?evidence=3&kind={kind}" for kind in kinds}
    for each in links("/preuves/3/") | links("/indicateurs/1a/"):
        assert client.get(each).status_code == 200


@pytest.mark.parametrize("query", ["kind=vote", "indicator=9z", "evidence=99", "evidence=x", "deal=none"])
def test_an_address_that_asks_for_what_does_not_exist_is_refused_in_words(client: Client, query: str) -> None:
    response = client.get(f"{FORM}?{query}")
    assert (response.status_code, query.partition("=")[0] in response.content.decode()) == (400, True)


def test_a_known_page_is_told_at_once_with_its_state(client: Client, indicator: Indicator, now) -> None:
    def told() -> str:
        looked = client.post(FORM, {"look": "1", "url": LINK + "?utm_source=x#a", "kind": "example"})
        assert looked.status_code == 200
        return words(page(looked).cssselect("[role=status]")[0])

    assert told() == "Nous n’avons jamais vu cette page : envoie-la."
    client.post(FORM, ENOUGH)
    assert told() == "Nous connaissons déjà cette page. Elle attend d’être lue par une personne."
    candidate = Candidate.objects.get()
    by = make_evidence(7).published_by
    decision = {"candidate": candidate, "by": by, "decided_at": now, "step": 1, "hash": "1"}
    Decision.objects.create(**decision, verdict="rejected", reason="off_topic", reason_text="secret")
    Candidate.objects.update(state="rejected")
    assert told() == "Nous connaissons déjà cette page. Elle a été lue et n’a pas été retenue : hors sujet"
    Candidate.objects.update(state="accepted")
    accepted = decision | {"step": 2, "hash": "2"}
    Decision.objects.create(**accepted, verdict="accepted", evidence=make_evidence(8))
    assert told() == "Nous connaissons déjà cette page. Elle est publiée : preuve n° 8."
    assert Contribution.objects.count() == 1


def test_a_known_page_is_stored_again_and_joins_its_story(client: Client) -> None:
    client.post(FORM, ENOUGH)
    receipt = client.post(FORM, {"kind": "counter_example", "url": LINK + "/?utm_source=x"})["Location"]

    first, second = Document.objects.order_by("pk")
    assert (second.story, Candidate.objects.count()) == (first, 2)
    assert "Nous connaissons déjà cette page." in words(page(client.get(receipt)))


def test_without_its_token_a_form_is_refused_and_nothing_typed_is_lost() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post(FORM, ENOUGH | {"credit": "Ada"})

    assert (response.status_code, Document.objects.count()) == (403, 0)
    assert page(response).get_element_by_id("id_url").value == LINK
    assert page(response).get_element_by_id("id_credit").value == "Ada"
    assert "envoie-la de nouveau" in words(page(response))
    token = page(response).cssselect("[name=csrfmiddlewaretoken]")[0].value
    assert client.post(FORM, ENOUGH | {"csrfmiddlewaretoken": token}).status_code == 201


def test_what_is_too_long_is_refused_before_it_is_read(client: Client) -> None:
    assert client.post(FORM, ENOUGH | {"statement": "x" * 101_000}).status_code == 413
    assert client.post(FORM, ENOUGH | {"statement": "x" * 10_001}).status_code == 422
    assert client.post(FORM, ENOUGH | {"statement": "x" * 10_000}).status_code == 201


def test_nothing_but_the_fields_of_the_form_is_written(
    client: Client, indicator: Indicator, shared: Path
) -> None:
    rows = (shared / "data/hostile/mass_assignment.jsonl").read_text().splitlines()
    more = {row["field"]: row["value"] for row in map(json.loads, rows)}
    client.post(FORM, ENOUGH)
    plain = stored()

    more = {name: str(value) for name, value in more.items() if name not in ("kind", "url", "look")}
    fields = set(client.get(FORM).context["form"].fields)
    assert client.post(FORM, {k: v for k, v in more.items() if k not in fields} | ENOUGH).status_code == 201

    assert len(more) > 20
    assert stored() == plain


def stored() -> list[dict[str, Any]]:
    """The newest row of each table that a post writes, without what differs by nature."""
    own = {"id", "pk", "external_id", "receipt_hash", "document_id", "contribution_id", "story_id"}
    own |= {"received_at", "due_at", "created_at", "first_seen_at", "last_seen_at"}
    rows = [
        model.objects.order_by("pk").values().last() for model in (Document, Contribution, Candidate, Contact)
    ]
    return [{name: value for name, value in row.items() if name not in own} for row in rows]
