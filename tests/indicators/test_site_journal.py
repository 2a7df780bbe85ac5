"""The journal and the corrections, as readers ask for them."""

from datetime import datetime, timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client

from indicators import editing, publishing
from indicators.models import Evidence, Indicator, Measure, Reply
from tests.factories import LADDER, make_definition, make_evidence, make_indicator, make_user

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def then() -> datetime:
    """Some days before the pages are read."""
    return datetime.now().astimezone() - timedelta(days=9)


@pytest.fixture
def indicator(db: None, then: datetime) -> Indicator:
    row = make_indicator()
    make_definition(row)
    publishing.refresh(now=then - timedelta(days=1))
    return row


def amended(indicator: Indicator, *, now: datetime) -> list[Evidence]:
    """n° 1 corrected by n° 3, n° 2 retracted, and a reply to n° 1 that n° 3 carries on."""
    user, made = make_user(), [make_evidence(n, assessments=[{"indicator": indicator}]) for n in (1, 2)]
    reply = Reply(evidence=made[0], party="La Société", text="Nous contestons.", received_at=now)
    publishing.answer(reply, by=user, now=now)
    hour = timedelta(hours=1)
    new = publishing.correct(
        made[0], changes={"title_fr": "Titre juste"}, reason="Faute de frappe", by=user, now=now + hour
    )
    publishing.retract(made[1], reason="Source retirée", by=user, now=now + 2 * hour)
    return [*made, new]


def told(client: Client, address: str) -> list[tuple[str, int]]:
    page = client.get(address)
    assert page.status_code == 200
    return [(each.kind, each.evidence.number) for each in page.context["page"]]


def test_corrections_retractions_and_replies_are_told_newest_first_with_reason_and_address(
    client: Client, indicator: Indicator, then: datetime
) -> None:
    amended(indicator, now=then)
    assert told(client, "/corrections/") == [("retraction", 2), ("correction", 1), ("reply", 3)]
    page = client.get("/corrections/").content.decode()
    for words in ("Faute de frappe", "Source retirée", "Nous contestons.", 'href="/preuves/2/"'):
        assert words in page
    assert client.get("/en/corrections/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("correction", [("correction", 1)]), ("retraction", [("retraction", 2)]), ("reply", [("reply", 3)])],
)
def test_one_kind_may_be_asked_for(
    client: Client, indicator: Indicator, then: datetime, kind: str, numbers: list
) -> None:
    amended(indicator, now=then)
    assert told(client, f"/corrections/?kind={kind}") == numbers


def test_a_kind_or_a_page_that_is_none_is_refused(client: Client, db: None) -> None:
    for query in ("kind=x", "page=2", "page=0", "known_at=x"):
        assert client.get(f"/corrections/?{query}").status_code == 400
    for query in ("page=2", "page=-1"):
        assert client.get(f"/journal/?{query}").status_code == 400


def test_corrections_as_they_were_known(client: Client, indicator: Indicator, then: datetime) -> None:
    amended(indicator, now=then)
    before = (then + timedelta(minutes=30)).isoformat().replace("+", "%2B")
    assert told(client, f"/corrections/?known_at={before}") == [("reply", 1)]


def test_a_retracted_evidence_keeps_its_page_and_its_reason(
    client: Client, indicator: Indicator, then: datetime
) -> None:
    amended(indicator, now=then)
    page = client.get("/preuves/2/")
    assert (page.status_code, "Source retirée" in page.content.decode()) == (200, True)


def test_the_feed_of_corrections_holds_nothing_else(
    client: Client, indicator: Indicator, then: datetime
) -> None:
    amended(indicator, now=then)
    make_evidence(9, assessments=[{"indicator": indicator}])
    feed = client.get("/corrections/flux/atom.xml")
    entries = ElementTree.fromstring(feed.content).findall(f"{ATOM}entry")
    links = [entry.find(f"{ATOM}link").get("href").split("/preuves/")[1] for entry in entries]
    assert links == ["2/", "3/", "3/#replies"]


def test_the_journal_tells_each_change_with_a_link_to_its_demonstration_as_it_was(
    client: Client, indicator: Indicator, then: datetime
) -> None:
    amended(indicator, now=then)
    page = client.get("/journal/?kind=status")
    changes = [each.row for each in page.context["page"]]
    assert len(changes) == indicator.changes.count() > 0
    body = page.content.decode()
    for change in changes:
        [address] = [
            piece.split('"')[0].replace("&amp;", "&")
            for piece in body.split('href="')
            if urlencode({"known_at": change.changed_at.isoformat()}) in piece.split('"')[0]
        ]
        assert change.digest == client.get(address).context["answer"].digest
    assert client.get("/en/journal/").status_code == 200


def test_the_balance_is_the_one_published_last(client: Client, db: None, then: datetime) -> None:
    Measure.objects.create(code="decisions", name_fr="d", name_en="d")
    Measure.objects.create(code="decisions-refused-spam", name_fr="pourriel", name_en="spam")
    Measure.objects.create(code="decisions-seconds", name_fr="s", name_en="s")
    period = (then.date() - timedelta(days=89), then.date())
    figures = [("decisions", "all:all:supports", 3, 12), ("decisions", "all:all:supports", 4, 12)]
    figures += [("decisions", "tier:1:contradicts", 1, 2), ("decisions-refused-spam", "", 7, None)]
    figures += [("decisions-seconds", "accepted", 41, None)]
    for code, variant, numerator, denominator in figures:
        values = {"numerator": numerator, "denominator": denominator, "variant": variant}
        publishing.observe(code, period=period, **values, now=then)
    balance = client.get("/journal/").context["balance"]
    assert [(row.numerator, row.denominator) for _name, row, _none in balance.groups[0][1]] == [(4, 12)]
    [(name, examples, counterexamples)] = balance.groups[1][1]
    assert (name, examples, counterexamples.numerator) == ("1", None, 1)
    assert [row.measure.name_fr for row in balance.reasons] == ["pourriel"]
    page = client.get("/en/journal/").content.decode()
    for words in ("4 of 12", "spam", "41 seconds"):
        assert words in page


def test_an_exception_stands_beside_the_rules_answer_everywhere(
    client: Client, indicator: Indicator, then: datetime
) -> None:
    told = {"rung": 4, "reason_fr": "Une raison publique", "reason_en": "A reason", "days": 30}
    proposal = editing.propose("exception", indicator, content=told, by=make_user("ada"), now=then)
    editing.adopt(proposal, seen=proposal.digest, by=make_user("bob"), now=then)
    home, page = client.get("/"), client.get("/indicateurs/1a/")
    assert home.context["actions"][0][1][0].override.rung == 4
    assert "Une raison publique" in page.content.decode()
    assert page.context["answer"].rung == 0
    answer = client.get("/api/v1/indicators/1a/").json()
    assert (answer["status"]["rung"], answer["exception"]["rung"]) == (0, 4)
    before = client.get("/api/v1/indicators/1a/?known_at=2026-01-02").json()
    assert before["exception"] is None


def test_a_new_definition_shows_as_a_break_and_in_its_history(
    client: Client, indicator: Indicator, then: datetime
) -> None:
    content = {"window_months": 12, "stall_days": 90, "ladder": LADDER, "scope_fr": "S", "scope_en": "S"}
    content |= {"change_note_fr": "Plus étroite", "carry": True}
    proposal = editing.propose("definition", indicator, content=content, by=make_user("ada"), now=then)
    editing.adopt(proposal, seen=proposal.digest, by=make_user("bob"), now=then)
    page = client.get("/indicateurs/1a/")
    assert [each.version for each in page.context["breaks"]] == [2]
    assert page.content.decode().count("Plus étroite") == 2
    assert 'class="break"' in page.content.decode()
