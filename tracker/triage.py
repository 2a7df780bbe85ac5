"""The order of the queue, learned from the moderators' decisions: followed while better than chance; rejects nothing."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet

from tracker import weighing
from tracker.models import Candidate, Decision, TriageModel
from tracker.watchers.guarded import bytes_from_child

LEARNED_FROM = 2_000  # the newest decisions
_WORD = re.compile(r"[^\W\d_]{4,}")
_VERDICTS = (Decision.Verdict.ACCEPTED, Decision.Verdict.REJECTED)


class Reason(NamedTuple):
    """The kind of thing that weighed (source, word…), what it was, and whether it speaks for the candidate."""

    kind: str
    value: str
    speaks_for: bool


def learn(*, now: datetime) -> TriageModel | None:
    """Learn again from all decisions and put the open candidates in their order; None when there are too few.

    The queue follows only what was right more often than chance on the newest decisions. Raises UnreadableError
    when learning exceeds its limits: what was learned before stays.
    """
    cases = _cases()
    if not weighing.is_enough(cases):
        return None
    told = json.loads(bytes_from_child(lambda: weighing.lesson(cases)))
    followed = told.get("precision", 0) > told["base_rate"]
    accepted = sum(verdict for _, verdict in cases)
    with transaction.atomic():
        model = TriageModel.objects.create(
            trained_at=now, decisions=len(cases), accepted=accepted, followed=followed, **told
        )
        rank(Candidate.objects.filter(state__in=Candidate.OPEN))
    return model


def rank(candidates: QuerySet[Candidate]) -> None:
    """Note how likely each of the candidates is to matter; nothing while no model is followed."""
    weights = _followed()
    rows = list(candidates.select_related("document__source", "indicator")) if weights else []
    for row in rows:
        row.likelihood = round(weighing.likelihood(_seen(row), weights), 4)
    Candidate.objects.bulk_update(rows, ["likelihood"], batch_size=500)
    if not weights:
        candidates.exclude(likelihood=None).update(likelihood=None)


def explained(
    candidates: Iterable[Candidate], model: TriageModel | None
) -> Iterator[tuple[Candidate, list[Reason]]]:
    """Each candidate with what weighed most in its place; with nothing while the model is not followed."""
    weights = model.weights if model and model.followed else {}
    for candidate in candidates:
        heard = [] if candidate.likelihood is None else weighing.reasons(_seen(candidate), weights)
        yield candidate, [Reason(*name.split(":", 1), weight > 0) for name, weight in heard]


def _followed() -> dict[str, float]:
    model = TriageModel.objects.current()
    return model.weights if model and model.followed else {}


def _cases() -> Sequence[weighing.Case]:
    """The last word on each candidate, oldest first. That it was told before says nothing of what it tells."""
    last = Decision.objects.filter(verdict__in=_VERDICTS, candidate__state=F("verdict"))
    rows = last.select_related("candidate__document__source", "candidate__indicator")
    by_candidate = {}
    for row in rows.order_by("decided_at", "pk"):
        by_candidate.pop(row.candidate_id, None)
        by_candidate[row.candidate_id] = row
    heard = [row for row in by_candidate.values() if row.reason != Decision.Reason.DUPLICATE]
    return [(_seen(row.candidate), row.verdict == Decision.Verdict.ACCEPTED) for row in heard[-LEARNED_FROM:]]


def _seen(candidate: Candidate) -> list[str]:
    """What a moderator can read of it at a glance, each as `kind:value`."""
    document = candidate.document
    source = document.source
    facts = {
        "level": candidate.priority,
        "tier": source.tier,
        "format": source.format,
        "source": source.slug,
        "language": document.language,
        "kind": document.kind,
    }
    if candidate.indicator:
        facts["indicator"] = candidate.indicator.code
    words = " ".join([document.title, *(reason["words"] for reason in candidate.reasons)])
    told = {f"word:{word}" for word in _WORD.findall(words.casefold())}
    rules = {f"rule:{reason['rule']}" for reason in candidate.reasons}
    return sorted(told | rules | {f"{kind}:{value}" for kind, value in facts.items()})
