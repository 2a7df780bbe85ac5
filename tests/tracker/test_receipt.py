"""The receipt of a contribution: what it tells at each moment, who may see it, and how it is erased."""

import logging
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from lxml import html

from indicators import publishing
from tests.factories import make_definition, make_evidence, make_indicator, make_user
from tracker.logs import hide_receipts
from tracker.models import Candidate, Contact, Contribution, Decision, Document

pytestmark = pytest.mark.django_db

LINK = "https://www.boamp.fr/avis/12"


@pytest.fixture
def receipt(client: Client) -> str:
    """The path of the receipt of a counter-example."""
    return send(client, quote="deux fabricants", statement="Enfin.", email="ada@example.org", credit="Ada")


def send(client: Client, **more: str) -> str:
    return client.post("/contribuer/", {"kind": "counter_example", "url": LINK} | more)["Location"]


def decide(now: datetime, **verdict: object) -> None:
    candidate = Candidate.objects.order_by("pk").first()
    step = candidate.decisions.count() + 1
    Decision.objects.create(
        candidate=candidate, step=step, by=make_user(), decided_at=now, hash=str(step), **verdict
    )
    candidate.state = verdict["verdict"]
    candidate.save()


def words(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    main = html.fromstring(response.content).find(".//main")
    return " ".join(main.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def test_who_waits_reads_how_many_came_before_and_by_when_a_person_answers(
    client: Client, receipt: str
) -> None:
    second = send(client)

    assert "Aucune autre contribution n’attend avant la tienne." in words(client, receipt)
    assert "1 contribution arrivée avant la tienne attend encore." in words(client, second)
    assert "Nous lisons la page.Une personne" in words(client, second)
    told = words(client, receipt)
    assert "cherchons la phrase que tu cites" in told
    assert "deux fabricants" in told
    assert "gardée, chiffrée" in told
    assert "ada@example.org" not in told


def test_a_refusal_is_explained_in_plain_words(client: Client, receipt: str, now: datetime) -> None:
    decide(now, verdict="rejected", reason="quote_not_found", reason_text="Elle est dans le lot 2 ?")

    told = words(client, receipt)

    assert "Elle n’est pas retenue" in told
    assert "Nous n’avons pas trouvé cette phrase dans la page. Elle est dans le lot 2 ?" in told
    assert "did not find this sentence" in words(
        client, receipt.replace("/contribuer/suivi", "/en/contribute/receipt")
    )


def test_who_was_heard_reads_which_evidence_it_became_and_which_answer_moved(
    client: Client, receipt: str, now: datetime
) -> None:
    indicator = make_indicator("1a")
    make_definition(indicator)
    publishing.recompute([indicator], cause="definition_changed", now=now - timedelta(days=60))
    evidence = make_evidence(5, assessments=[{"indicator": indicator}])
    publishing.recompute([indicator], cause="published", evidence=evidence, now=now)
    decide(now, verdict="accepted", evidence=evidence)

    told = words(client, receipt)

    assert "Elle est retenue. Merci !" in told
    assert "Elle est devenue la preuve n° 5 : Preuve 5." in told
    assert "Et une réponse a changé : 1a : " in told
    assert "Aucune réponse n’a changé" not in told


def test_who_was_heard_and_moved_nothing_reads_that_it_counts(
    client: Client, receipt: str, now: datetime
) -> None:
    decide(now, verdict="accepted", evidence=make_evidence(5))
    assert "Aucune réponse n’a changé grâce à elle seule" in words(client, receipt)


def test_a_decision_that_was_undone_is_no_longer_shown(client: Client, receipt: str, now: datetime) -> None:
    decide(now, verdict="rejected", reason="off_topic")
    decide(now, verdict="reopened")
    assert "Une première décision a été annulée" in words(client, receipt)


def test_wrong_expired_and_erased_receipts_have_one_answer(client: Client, receipt: str) -> None:
    expired = send(client)
    contact = Contact.objects.order_by("pk").last()
    contact.delete()
    assert client.post(receipt).status_code == 200  # erased

    answers = [client.get(path) for path in (receipt, expired, receipt[:-2] + "/", "/contribuer/suivi/x/")]
    answers.append(client.post(receipt))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}


def test_a_receipt_is_kept_by_no_cache_found_by_no_search_and_told_to_no_other_site(
    client: Client, receipt: str
) -> None:
    response = client.get(receipt)
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    assert response["Referrer-Policy"] == "no-referrer"


def test_a_token_has_192_random_bits_and_is_kept_nowhere(client: Client, receipt: str) -> None:
    token = receipt.strip("/").rpartition("/")[2]
    assert re.fullmatch(r"[0-9a-f]{48}", token)
    for model in (Contribution, Contact, Candidate, Document):
        assert token not in str(list(model.objects.values_list()))


def test_a_receipt_opens_after_the_secret_key_was_changed(client: Client, receipt: str, settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 10, [settings.SECRET_KEY]
    assert client.get(receipt).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(receipt).status_code == 404


def test_erasing_takes_all_that_is_personal_and_leaves_the_link(client: Client, receipt: str) -> None:
    asked = html.fromstring(client.get(receipt).content)
    assert asked.cssselect("section form button")[0].text == "Oui, effacer"

    assert "C’est effacé" in client.post(receipt).content.decode()

    contribution = Contribution.objects.get()
    assert not Contact.objects.exists()
    assert (contribution.statement, contribution.party) == ("", "")
    assert (contribution.quote, contribution.document.url) == ("deux fabricants", LINK)
    assert Candidate.objects.get().state == "new"


def test_its_address_is_all_that_it_takes_to_erase_it_and_no_cookie_is_set(receipt: str) -> None:
    """A browser tells no origin from a page without referrer, so that a token of Django's would be refused."""
    client = Client(enforce_csrf_checks=True)
    client.get(receipt)
    assert client.cookies == {}
    assert client.post(receipt, HTTP_ORIGIN="null").status_code == 200
    assert not Contact.objects.exists()


def test_no_line_of_the_log_holds_a_token(
    client: Client, receipt: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = receipt[:-3] + "xy/"
    with caplog.at_level(logging.DEBUG):
        client.get(wrong)
        client.put(receipt)
    assert len(caplog.records) == 2
    assert wrong[:-3] not in caplog.text
    assert "suivi/…" in caplog.text


def test_without_the_filter_the_log_would_hold_it(
    client: Client, receipt: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("django.request")
    assert hide_receipts in logger.filters
    logger.removeFilter(hide_receipts)
    try:
        client.get(receipt[:-3] + "xy/")
    finally:
        logger.addFilter(hide_receipts)
    assert receipt[:-3] in caplog.text


def test_a_receipt_waits_for_its_contribution_only(client: Client, receipt: str, now: datetime) -> None:
    """What was sent later, or is decided, is not counted."""
    second, third = send(client), send(client)
    decide(now, verdict="rejected", reason="off_topic")
    assert "Aucune autre contribution n’attend avant la tienne." in words(client, second)
    assert "1 contribution arrivée avant la tienne attend encore." in words(client, third)


def test_a_page_asks_as_little_of_the_database_however_many_wait(
    client: Client, receipt: str, django_assert_max_num_queries
) -> None:
    for _number in range(3):
        last = send(client)
    with django_assert_max_num_queries(11):
        client.get(last)
    later = Contribution.objects.order_by("pk").last()
    assert later.due_at - later.received_at == timedelta(days=30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("secure", [True, False])
def test_what_is_erased_does_not_stay_in_the_file_of_the_database(client: Client, *, secure: bool) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL overwrites what is erased at its own time (VACUUM)")
    path = send(client, statement="Un secret bien gardé. " * 200)
    with connection.cursor() as cursor:
        if not secure:
            cursor.execute("PRAGMA secure_delete=OFF")
        client.post(path)
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("PRAGMA secure_delete=ON")
    kept = "secret bien gardé".encode() in Path(connection.settings_dict["NAME"]).read_bytes()
    assert kept is not secure
