"""The panel without a script: what waits and how much of it, who is on it, what accepting would do, every verb a post."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from lxml import html

from indicators import publishing
from indicators.models import Evidence, Indicator, Reply
from tests.factories import verified
from tests.tracker.test_moderation import make_candidate
from tests.tracker.test_second_moderator import accept
from tracker import consequences
from tracker.models import Candidate, Contribution, Decision

QUEUE = "/admin/tracker/candidate/"
TYPED = {
    "stance": "supports", "directness": "direct", "rung": "3", "quote": "exige « deux fournisseurs »", "publisher": "S",
    "independence_group": "S", "tier": "1", "title_fr": "Marché", "title_en": "Tender", "kind": "tender",
    "occurred_on": "2026-10-14", "occurred_precision": "day", "owner": "Région", "country": "FR",
}  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def moderator(name: str) -> Client:
    person = User.objects.create_user(name, is_staff=True)
    person.user_permissions.set(
        Permission.objects.filter(codename__in=["view_candidate", "change_candidate", "view_decision"])
    )
    return verified(Client(), person)


@pytest.fixture
def alice() -> Client:
    return moderator("alice")


@pytest.fixture
def candidate(now) -> Candidate:
    row = make_candidate(now)
    publishing.refresh(now=now)
    return row


def typed(candidate: Candidate, **changes: str) -> dict[str, str]:
    return TYPED | {"indicator": str(candidate.indicator_id)} | changes


def text_of(page: bytes, name: str) -> str:
    """The words of each element of this class, one blank between any two."""
    found = html.fromstring(page.decode()).find_class(name)
    return " ".join(" ".join(words for each in found for words in each.itertext()).split())


def test_the_queue_is_home_and_tells_how_much_each_filter_leaves(
    candidate, alice, now, django_assert_max_num_queries
):
    for number in range(2, 8):
        make_candidate(now, str(number))
    Candidate.objects.filter(document__external_id__in=["2", "3"]).update(stance="context")
    consequences.weigh(now=now)
    assert alice.get("/admin/").url == QUEUE
    with django_assert_max_num_queries(15):
        page = alice.get(QUEUE)
    facets = {
        each.get("data-filter-title"): " ".join(" ".join(each.itertext()).split())
        for each in html.fromstring(page.content.decode()).find_class("queue-filter")
    }
    assert facets["indicateur"] == "Indicateur tous 7 1a 7"
    assert facets["origine"] == "Origine tous 7 la veille 7"
    assert facets["âge"] == "Âge tous 7 depuis hier 7"
    narrowed = alice.get(QUEUE, {"consequence": "0"}).content
    assert len(html.fromstring(narrowed).find_class("queue-row")) == 7
    assert len(html.fromstring(alice.get(QUEUE, {"source": "none"}).content).find_class("queue-row")) == 0


def test_what_accepting_would_do_is_told_before_and_by_a_button_without_a_script(candidate, alice):
    page = alice.get(candidate.get_absolute_url()).content
    assert "dites pour quel indicateur" in text_of(page, "moderation-outlook")
    told = alice.post(candidate.get_absolute_url(), typed(candidate, preview="1")).content
    assert "passe de « Rien trouvé » à « Première occurrence »" in text_of(told, "moderation-outlook")
    part = alice.post(candidate.get_absolute_url(), typed(candidate, preview="1", fragment="1", tier="4"))
    assert "passe de «\u202fRien trouvé\u202f» à «\u202fSignal\u202f»" in part.content.decode()
    assert not Decision.objects.exists()


def test_a_quote_that_is_not_there_is_refused_beside_its_field_and_nothing_typed_is_lost(candidate, alice):
    page = alice.post(candidate.get_absolute_url(), typed(candidate, accept="1", quote="trois fournisseurs"))
    assert "Cette citation ne se trouve pas" in text_of(page.content, "errorlist")
    assert b"R\xc3\xa9gion" in page.content
    assert not Evidence.objects.exists()


def test_after_a_decision_the_next_one_opens_and_says_what_was_done(candidate, alice, now):
    following = make_candidate(now, "2")
    answer = alice.post(candidate.get_absolute_url(), typed(candidate, accept="1"))
    assert answer.url == following.get_absolute_url()
    assert "Publié : preuve n° 1" in text_of(alice.get(answer.url).content, "success")


def test_who_opens_it_is_on_it_and_another_may_take_over(candidate, alice):
    bob, address = moderator("bob"), candidate.get_absolute_url()
    assert b'name="accept"' in alice.get(address).content
    page = bob.get(address).content
    assert "alice s’en occupe jusqu’à" in text_of(page, "moderation-held")
    assert b'name="accept"' not in page
    assert "alice s’en occupe" in text_of(bob.get(QUEUE).content, "queue-held")
    assert b'name="accept"' in bob.post(address, {"take_over": "1"}).content
    assert b'name="accept"' not in alice.get(address).content


def test_the_second_moderator_sees_what_was_proposed_and_confirms_it(candidate, alice, now):
    accept(candidate, by=User.objects.get(), now=now)
    second, bob = make_candidate(now, "2"), moderator("bob")
    address = second.get_absolute_url()
    alice.post(address, typed(second, accept="1"))
    assert (Evidence.objects.count(), Candidate.objects.get(pk=second.pk).state) == (1, "proposed")
    assert "proposé par alice" in text_of(bob.get(QUEUE).content, "queue-state")
    hers = alice.post(address, {"confirm": "1"}).content.decode()
    assert "C’est à un autre modérateur de confirmer" in hers
    refused = bob.post(address, {"confirm": "1", "conflict_of_interest": "Ma sœur."}).content.decode()
    assert "ne peut pas être le second modérateur" in refused
    assert "Région" in bob.post(address, {"take_over": "1"}).content.decode()
    bob.post(address, {"confirm": "1"})
    assert Evidence.objects.count() == 2
    assert Indicator.objects.get().status.rung == 4


def test_many_are_rejected_with_one_reason_after_a_page_that_shows_them(candidate, alice, now):
    rows = [candidate, *(make_candidate(now, str(number)) for number in (2, 3))]
    chosen = {"action": "reject_together", "_selected_action": [row.pk for row in rows]}
    asked = alice.post(QUEUE, chosen).content.decode()
    assert "Ces 3\N{NO-BREAK SPACE}candidats" in asked or "Ces 3 candidats" in asked
    assert not Decision.objects.exists()
    without = alice.post(QUEUE, chosen | {"confirmed": "1"})
    assert without.context["form"].errors["reason"]
    alice.post(QUEUE, chosen | {"confirmed": "1", "reason": "off_topic"})
    assert list(Decision.objects.values_list("verdict", "reason")) == [("rejected", "off_topic")] * 3


def test_a_reply_is_published_from_the_queue(candidate, alice, now):
    evidence = accept(candidate, by=User.objects.get(), now=now).evidence
    asked = make_candidate(now, "2")
    Contribution.objects.create(
        document=asked.document, kind="reply", party="Agence", statement="C’est faux.", evidence=evidence,
        received_at=now, due_at=now + timedelta(days=3),
    )  # fmt: skip
    page = alice.get(asked.get_absolute_url())
    assert "C’est faux." in text_of(page.content, "moderation-sent")
    form = page.context["forms"]["take_up"]
    told = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    alice.post(asked.get_absolute_url(), told | {"take_up": "1"})
    assert Reply.objects.get().text == "C’est faux."


def test_what_a_rule_proposed_by_the_dozen_says_that_it_is_set_aside(candidate, alice):
    Candidate.objects.update(priority=-1)
    assert "mis de côté avec sa règle" in text_of(alice.get(QUEUE, {"state": "all"}).content, "queue-facts")


def test_the_balance_of_the_decisions_is_shown_to_the_team(candidate, alice):
    alice.post(candidate.get_absolute_url(), {"reject": "1", "reason": "spam"})
    assert b"1" in alice.get("/admin/tracker/decision/balance/").content
