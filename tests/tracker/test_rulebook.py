"""Versions of rules take each other's place; a rule on trial that runs away is suspended, and says so."""

from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from tests.factories import make_indicator
from tracker import matching, propose, rulebook
from tracker.models import Candidate, Document, MatchRule, Source

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def source() -> Source:
    return Source.objects.create(slug="s", name="S", url="https://s.example/", format="feed", tier=1)


@pytest.fixture
def rule() -> MatchRule:
    row = make_rule("clause", "clause")
    row.indicators.set([make_indicator("1a")])
    return row


def make_rule(slug: str, word: str = "mot", **fields) -> MatchRule:
    definition = {"terms": {"fr": [{"re": word}]}} | fields.pop("definition", {})
    return MatchRule.objects.create(slug=slug, definition=definition, title_fr=slug, title_en=slug, **fields)


def read(source: Source, count: int, text: str, *, now: datetime) -> list[int]:
    """So many new documents with this text, matched."""
    start = Document.objects.count()
    rows = [
        Document(
            source=source,
            external_id=str(number),
            kind="article",
            language="fr",
            text=text,
            fingerprint=str(number),
            first_seen_at=now,
            last_seen_at=now,
        )
        for number in range(start, start + count)
    ]
    pks = [row.pk for row in Document.objects.bulk_create(rows)]
    propose.match_documents(pks, now=now)
    return pks


def test_a_new_version_is_a_draft_and_the_old_one_stays_at_work(rule: MatchRule, now: datetime) -> None:
    draft = rulebook.new_version(rule)
    assert (draft.version, draft.state, draft.definition) == (2, "draft", rule.definition)
    assert list(draft.indicators.all()) == list(rule.indicators.all())
    assert rulebook.new_version(rule) == draft
    assert list(MatchRule.objects.active(now)) == [rule]


def test_activating_a_version_retires_the_other_and_begins_its_trial(rule: MatchRule, now: datetime) -> None:
    draft = rulebook.new_version(rule)
    rulebook.activate(draft, now=now)
    assert list(MatchRule.objects.active(now)) == [draft]
    draft.refresh_from_db(), rule.refresh_from_db()
    assert (draft.trial_until, rule.state, rule.trial_until) == (now + DAY, "retired", None)
    rulebook.activate(rule, now=now)
    assert list(MatchRule.objects.active(now)) == [rule]


def test_a_rule_on_a_gate_that_does_not_exist_is_not_activated(rule: MatchRule, now: datetime) -> None:
    draft = rulebook.new_version(rule)
    draft.definition["gates"] = ["nowhere"]
    draft.save()
    with pytest.raises(matching.RuleError):
        rulebook.activate(draft, now=now)
    assert list(MatchRule.objects.active(now)) == [rule]


def test_a_gate_that_a_rule_stands_on_cannot_be_retired(rule: MatchRule, now: datetime) -> None:
    gate = make_rule("gate", role="gate")
    rule.definition["gates"] = ["gate"]
    rule.save()
    with pytest.raises(matching.RuleError):
        rulebook.retire(gate)
    rulebook.retire(rule)
    rulebook.retire(gate)
    assert list(MatchRule.objects.active(now)) == []


def test_a_draft_is_dropped_without_asking_who_stands_on_the_version_at_work(rule, now: datetime) -> None:
    gate = make_rule("gate", role="gate")
    rule.definition["gates"] = ["gate"]
    rule.save()
    rulebook.retire(rulebook.new_version(gate))
    assert sorted(MatchRule.objects.active(now).values_list("slug", flat=True)) == ["clause", "gate"]


def test_a_new_gate_puts_the_rules_that_stand_on_it_on_trial(rule: MatchRule, now: datetime) -> None:
    gate, other = make_rule("gate", role="gate"), make_rule("other")
    rule.definition["gates"] = ["gate"]
    rule.save()
    rulebook.activate(rulebook.new_version(gate), now=now)
    rule.refresh_from_db(), other.refresh_from_db()
    assert (rule.trial_until, other.trial_until) == (now + DAY, None)


def test_a_mute_ends_by_itself(rule: MatchRule, source: Source, now: datetime) -> None:
    assert rulebook.mute(rule, until=now + DAY, because="trop de bruit") is True
    read(source, 1, "une clause", now=now)
    assert Candidate.objects.count() == 0
    assert [row.muted_because for row in MatchRule.objects.resting(now)] == ["trop de bruit"]
    read(source, 1, "une clause", now=now + DAY)
    assert Candidate.objects.count() == 1
    assert list(MatchRule.objects.resting(now + DAY)) == []


def test_a_gate_is_not_muted_since_rules_would_fall_with_it(now: datetime) -> None:
    gate = make_rule("gate", role="gate")
    assert rulebook.mute(gate, until=now + DAY, because="x") is False
    MatchRule.objects.update(muted_until=now + DAY)
    assert list(MatchRule.objects.active(now)) == [gate]


def test_a_rule_on_trial_that_proposes_too_much_is_suspended_and_says_so(
    rule: MatchRule, source: Source, now: datetime
) -> None:
    rulebook.activate(rule, now=now)
    read(source, 79, "rien", now=now)
    read(source, 21, "une clause", now=now)
    rule.refresh_from_db()
    assert rule.state == "suspended"
    with override("en"):
        assert "it had proposed 21 of the 100 documents read" in rule.suspended_because()
    with override("fr"):
        assert "elle avait proposé 21 des 100 documents lus" in rule.suspended_because()
    read(source, 5, "une clause", now=now)
    assert Candidate.objects.count() == 21
    assert list(Candidate.objects.waiting(now)) == []


@pytest.mark.parametrize(("met", "others", "later"), [(20, 0, 0), (21, 400, 0), (30, 10, 1)])
def test_few_or_a_small_share_or_after_the_trial_nothing_is_suspended(
    rule: MatchRule, source: Source, now: datetime, met: int, others: int, later: int
) -> None:
    rulebook.activate(rule, now=now)
    read(source, others, "rien", now=now)
    read(source, met, "une clause", now=now + later * DAY)
    rule.refresh_from_db()
    assert rule.state == "active"
    assert Candidate.objects.waiting(now).count() == met


def test_a_proven_rule_that_suddenly_meets_nearly_all_of_a_day_is_suspended_and_says_so(
    rule: MatchRule, source: Source, now: datetime
) -> None:
    rulebook.activate(rule, now=now - 3 * DAY)
    read(source, 101, "une clause", now=now)
    rule.refresh_from_db()
    assert rule.state == "suspended"
    with override("en"):
        assert "it had proposed 101 of the 101 documents read within a day" in rule.suspended_because()
    assert list(Candidate.objects.waiting(now)) == []
    assert rulebook.resume(rule) is True
    read(source, 101, "une clause", now=now)
    assert Candidate.objects.waiting(now).count() == 202


def test_a_rule_that_was_never_put_on_trial_is_left_to_the_moderators(rule, source, now: datetime) -> None:
    read(source, 30, "une clause", now=now)
    assert Candidate.objects.waiting(now).count() == 30


def test_what_another_rule_proposed_too_or_a_person_touched_stays_in_the_queue(
    rule: MatchRule, source: Source, now: datetime
) -> None:
    other = make_rule("autre", "achat")
    other.indicators.set(rule.indicators.all())
    read(source, 1, "une clause", now=now - DAY)
    rulebook.activate(rule, now=now)
    read(source, 1, "une clause d’achat", now=now)
    read(source, 1, "une clause", now=now)
    touched = Candidate.objects.last()
    Candidate.objects.filter(pk=touched.pk).update(state="rejected")
    read(source, 25, "une clause", now=now)
    assert Candidate.objects.waiting(now).count() == 2
    touched.refresh_from_db()
    assert (touched.state, touched.priority) == ("rejected", 4)


def test_a_worker_that_knew_nothing_of_the_suspension_sets_its_proposals_aside_too(
    rule: MatchRule, source: Source, now: datetime
) -> None:
    rulebook.activate(rule, now=now)
    rule.refresh_from_db()
    read(source, 21, "une clause", now=now)
    document = Document.objects.create(
        source=source, external_id="late", kind="article", first_seen_at=now, last_seen_at=now
    )
    late = Candidate.objects.create(
        document=document, indicator=rule.indicators.get(), stance="supports", priority=4, created_at=now
    )
    late.rules.set([rule])
    assert rulebook.suspend_bursts([rule], now=now) is True
    assert Candidate.objects.waiting(now).count() == 0


def test_a_person_who_read_the_burst_lets_the_rule_go_on(rule, source, now: datetime) -> None:
    rulebook.activate(rule, now=now)
    read(source, 21, "une clause", now=now)
    assert rulebook.resume(rule) is True
    assert rulebook.resume(rule) is False
    assert {candidate.priority for candidate in Candidate.objects.waiting(now)} == {4}
    read(source, 30, "une clause", now=now)
    rule.refresh_from_db()
    assert (rule.state, rule.suspended_because(), Candidate.objects.waiting(now).count()) == (
        "active",
        "",
        51,
    )


def test_precision_counts_what_was_decided_of_each_version(
    rule, source, now: datetime, django_assert_num_queries
) -> None:
    read(source, 5, "une clause", now=now)
    for candidate, state in zip(Candidate.objects.all(), ("accepted", "rejected", "rejected"), strict=False):
        Candidate.objects.filter(pk=candidate.pk).update(state=state)
    rulebook.new_version(rule)
    with django_assert_num_queries(1):
        told = [(row.version, row.accepted, row.rejected) for row in MatchRule.objects.with_precision()]
    assert sorted(told) == [(1, 1, 2), (2, 0, 0)]
