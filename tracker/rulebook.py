"""The rulebook: which version of a rule is at work, which one rests and why, and what stops one that runs away."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from tracker import matching
from tracker.models import Candidate, Document, MatchRule
from tracker.models.candidate import MatchRuleQuerySet

# What Wikipedia's AbuseFilter does with a filter that was just edited, in our numbers: it is watched for a day and
# stopped when it meets more than a twentieth of all that passes. Below BURST the moderators simply decide: it is
# what one of them reads in an hour.
TRIAL = timedelta(days=1)
BURST = 20
BURST_SHARE = 0.05
# Later, what is news on one day must pass: only what buries all the rest of a day stops a rule that people put to work.
FLOOD = 100
FLOOD_SHARE = 0.2
ASIDE = -1  # the priority of what a suspended rule proposed: outside of the queue


@transaction.atomic
def new_version(rule: MatchRule) -> MatchRule:
    """The draft of this rule: the one there is, or a copy of this version under the next number."""
    versions = _locked().filter(slug=rule.slug)
    if draft := versions.filter(state=MatchRule.State.DRAFT).first():
        return draft
    draft = MatchRule.objects.get(pk=rule.pk)
    indicators = list(draft.indicators.all())
    draft.pk, draft._state.adding, draft.state = None, True, MatchRule.State.DRAFT
    draft.version = versions.aggregate(newest=Max("version"))["newest"] + 1
    draft.trial_until, draft.suspension, draft.muted_until, draft.muted_because = None, {}, None, ""
    draft.save()
    draft.indicators.set(indicators)
    return draft


@transaction.atomic
def activate(rule: MatchRule, *, now: datetime) -> None:
    """Put this version to work, on trial for a day, in the place of any other version of it.

    What stands on a gate or a guard is on trial with it. Raises RuleError when the rules would not hold together.
    """
    _check(_standing().exclude(slug=rule.slug), rule)
    _locked().filter(slug=rule.slug, state__in=_STANDING).exclude(pk=rule.pk).update(
        state=MatchRule.State.RETIRED, trial_until=None
    )
    MatchRule.objects.filter(pk=rule.pk).update(
        state=MatchRule.State.ACTIVE, suspension={}, muted_until=None, muted_because=""
    )
    MatchRule.objects.filter(pk__in=[rule.pk, *_standing_on(rule)]).update(trial_until=now + TRIAL)


@transaction.atomic
def retire(rule: MatchRule) -> None:
    """Let this version rest for good. Raises RuleError while a rule stands on it."""
    _locked()
    _check(_standing().exclude(pk=rule.pk))
    MatchRule.objects.filter(pk=rule.pk).update(state=MatchRule.State.RETIRED, trial_until=None)


def mute(rule: MatchRule, *, until: datetime, because: str) -> bool:
    """Let an active rule propose nothing until then; False when it is no active rule any longer."""
    return bool(_active(rule).update(muted_until=until, muted_because=because))


def unmute(rule: MatchRule) -> bool:
    """Let it propose again; False when it is no active rule any longer."""
    return bool(_active(rule).update(muted_until=None, muted_because=""))


@transaction.atomic
def resume(rule: MatchRule) -> bool:
    """Put a suspended rule back to work because a person read what it proposed: it is on trial no longer.

    What it proposed takes its place in the queue again. False when it was not suspended.
    """
    suspended = MatchRule.objects.filter(pk=rule.pk, state=MatchRule.State.SUSPENDED)
    if not suspended.update(state=MatchRule.State.ACTIVE, suspension={}, trial_until=None):
        return False
    set_aside = list(Candidate.objects.filter(rules=rule, priority=ASIDE, state__in=Candidate.OPEN))
    for candidate in set_aside:
        candidate.priority = max(_priority(reason["level"]) for reason in candidate.reasons)
    Candidate.objects.bulk_update(set_aside, ["priority"], batch_size=500)
    return True


def suspend_bursts(rules: Iterable[MatchRule], *, now: datetime) -> bool:
    """Suspend those that propose too much: on trial soon, later only a flood; whether any of these is suspended now.

    A rule that came with the release, or that a person let go on, is left to the moderators. Safe with many workers: one of them suspends, and each sets aside what was proposed meanwhile.
    """
    stopped = False
    for rule in rules:
        if rule.trial_until:
            since = max(rule.trial_until - TRIAL, now - TRIAL)
            _suspend_burst(rule, since=since, now=now)
            if MatchRule.objects.filter(pk=rule.pk, state=MatchRule.State.SUSPENDED).exists():
                Candidate.objects.of_a_burst(rule, since).update(priority=ASIDE)
                stopped = True
    return stopped


_STANDING = (MatchRule.State.ACTIVE, MatchRule.State.SUSPENDED)


def _suspend_burst(rule: MatchRule, *, since: datetime, now: datetime) -> None:
    on_trial = rule.trial_until > now
    most, share = (BURST, BURST_SHARE) if on_trial else (FLOOD, FLOOD_SHARE)
    proposed = Candidate.objects.filter(rules=rule, created_at__gte=since)
    documents = proposed.values("document").distinct().count()
    if documents <= most:
        return
    read = Document.objects.filter(
        matched_at__gte=since, **{"kind__in": rule.kinds} if rule.kinds else {}
    ).count()
    if documents <= share * read:
        return
    told = {"at": now.isoformat(), "documents": documents, "read": read, "on_trial": on_trial}
    still = _active(rule).filter(trial_until=rule.trial_until)  # nobody let it go on meanwhile
    still.update(state=MatchRule.State.SUSPENDED, suspension=told)


def _priority(level: str | int) -> int:
    """The priority that a reason gives; one that no rule gave states it as a number."""
    return 1 + matching.LEVELS.index(level) if isinstance(level, str) else level


def _active(rule: MatchRule) -> MatchRuleQuerySet:
    return MatchRule.objects.filter(pk=rule.pk, role=MatchRule.Role.RULE, state=MatchRule.State.ACTIVE)


def _locked() -> MatchRuleQuerySet:
    """All rules, ours until the transaction ends: whether they hold together depends on every one of them."""
    list(MatchRule.objects.select_for_update().order_by("pk").values_list("pk"))
    return MatchRule.objects.all()


def _standing() -> MatchRuleQuerySet:
    """What is at work or may be again."""
    return MatchRule.objects.filter(state__in=_STANDING).prefetch_related("indicators")


def _check(rules: Iterable[MatchRule], *more: MatchRule) -> None:
    matching.compile_rules(rule.as_row() for rule in [*rules, *more])


def _standing_on(rule: MatchRule) -> list[int]:
    """The active rules that name this gate or guard."""
    if rule.role == MatchRule.Role.RULE:
        return []
    return [
        row.pk
        for row in MatchRule.objects.filter(state=MatchRule.State.ACTIVE)
        if rule.slug in row.stands_on()
    ]
