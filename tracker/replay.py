"""The readers and the rules of today on what was read before: what they would say otherwise, and saying it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tracker import bodies, matching, propose, storing
from tracker.ingest import MAX_PAGES
from tracker.models import PERSON, REGISTRY, Body, Candidate, Document, MatchRule, Source
from tracker.watchers import read_guarded
from tracker.watchers.entry import Entry, IncompleteError, Page, UnreadableError

NEW, CHANGED, LOST = "new", "changed", "lost"
_COMPARED = ("stance", "rung", "priority", "reasons")
_AROUND = 60  # characters shown before and after the place where two texts part


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One document or candidate that would be new, would change, or is no longer found."""

    what: str  # document, candidate
    how: str  # new, changed, lost
    subject: str
    source: str
    changes: tuple[tuple[str, str, str], ...] = ()  # name, before, after


@dataclass(slots=True)
class Differing:
    """What is to be stored, matched and withdrawn."""

    entries: list[tuple[Body, Page]] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)  # documents whose candidates would be others
    stray: list[int] = field(default_factory=list)  # candidates that no rule proposes


@dataclass(slots=True, kw_only=True)
class Replay:
    """What a replay has found so far; it remembers the first `limit` differences and counts all of them."""

    limit: int
    apply: bool = False
    bodies: int = 0
    absent: int = 0  # bodies that are not on this machine, or spoilt
    refused: list[str] = field(default_factory=list)
    documents: int = 0  # matched again
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    edited: set[int] = field(default_factory=set)  # documents that are matched with their new text
    differing: Differing = field(default_factory=Differing)

    def tell(self, difference: Difference) -> None:
        self.counts[difference.what, difference.how] += 1
        if len(self.differences) < self.limit:
            self.differences.append(difference)


def read_again(source: Source, told: Replay, *, since: datetime, now: datetime) -> None:
    """Read the kept bodies of a source as its readers do today, the newest first, and compare with what is stored.

    Nothing asks the network. With `told.apply`, what is new or changed is stored as if it had been read then; what
    is no longer found is only told, and stays.
    """
    seen: set[str] = set()
    whole: dict[datetime, bool] = {}
    for kept in Body.objects.since(since).filter(source=source).select_related("source").iterator():
        whole.setdefault(kept.read_at, True)
        try:
            for page in _pages(kept):
                _compare(kept, page, seen, told, now=now)
                seen |= {entry.external_id[:500] for entry in page.entries}
            told.bodies += 1
        except bodies.LostBodyError:
            told.absent += 1
            whole[kept.read_at] = False
        except (UnreadableError, IncompleteError) as error:
            told.bodies += 1
            told.refused.append(f"{source.name} · {kept.sha256[:12]} · {_(error.args[0])}")
            whole[kept.read_at] = False
    _tell_lost(source, seen, {at for at, is_whole in whole.items() if is_whole}, told)


def match_again(pks: Iterable[int], told: Replay, *, now: datetime) -> None:
    """Apply the rules of today to stored documents and compare with what was proposed; what is decided stays.

    With `told.apply`, candidates that differ are proposed again, and those that no rule proposes any more and
    nobody has touched are withdrawn; what rules at rest have proposed stays.
    """
    lookout = propose.lookout_at(now)
    documents = Document.objects.filter(pk__in=list(pks), set_aside="").exclude(pk__in=told.edited)
    documents = documents.exclude(source__format=PERSON)  # proposed by who sent them
    for document in documents.select_related("notice", "source").order_by("pk"):
        told.documents += 1
        proposed = _proposals(document, lookout)
        rows = document.candidates.select_related("indicator")
        candidates = {each.indicator.code if each.indicator else REGISTRY: each for each in rows}
        if any(_differ(document, each, candidates.get(code)) for code, each in proposed.items()):
            told.differing.stale.append(document.pk)
        lost = [each.pk for code, each in candidates.items() if code not in proposed]
        stray = _withdrawable(lost, now=now)
        told.differing.stray += [candidate.pk for candidate in stray]
    if told.apply:
        settle(told, now=now)


def settle(told: Replay, *, now: datetime) -> None:
    """Store, propose and withdraw what was found to differ, and tell what became of the candidates.

    Without `told.apply` it is undone at once: only so it is known which of two copies would be proposed. To be
    called once at the end then, since one copy may be found long after the other.
    """
    differing, told.differing = told.differing, Differing()
    if differing == Differing():
        return
    with nullcontext() if told.apply else transaction.atomic():
        before = _open_candidates()
        for kept, page in differing.entries:
            storing.store(kept.source, page, now=kept.read_at)
            names = [entry.external_id[:500] for entry in page.entries]
            stored = kept.source.documents.filter(external_id__in=names).unmatched()
            propose.match_documents(stored.values_list("pk", flat=True), now=kept.read_at)
        _withdraw(differing.stray, now=now)
        Document.objects.filter(pk__in=differing.stale).update(matched_at=None, tries=0)
        propose.match_documents(differing.stale, now=now)
        _tell_candidates(before, _open_candidates(), told)
        if not told.apply:
            transaction.set_rollback(True)


def _pages(kept: Body) -> Iterator[Page]:
    """The pages of one body: all of a file or an archive; a server's answer has one, the next is a body of its own."""
    body, request = bodies.bytes_of(kept), bodies.request_of(kept)
    told = {"url": kept.url, "content_type": kept.content_type}
    page = read_guarded(kept.format, body, **told, request=request)
    yield page
    for _number in range(MAX_PAGES):
        if page.next is None or (request and not page.next.same_answer(request)):
            return
        page = read_guarded(kept.format, body, **told, request=page.next)
        yield page


def _compare(kept: Body, page: Page, seen: set[str], told: Replay, *, now: datetime) -> None:
    """Tell what this page would change, of entries that no newer body holds; and store it if asked to."""
    fresh = {entry.external_id[:500]: entry for entry in reversed(page.entries)}
    fresh = {identity: entry for identity, entry in fresh.items() if identity not in seen}
    rows = kept.source.documents.filter(external_id__in=fresh).select_related("source", "notice")
    known = {row.external_id: row for row in rows}
    differing = [
        entry
        for identity, entry in reversed(fresh.items())
        if _differs(kept, entry, known.get(identity), told)
    ]
    if differing:
        names = {entry.external_id[:500] for entry in differing}
        held = tuple(
            entry.external_id[:500] for entry in page.entries if entry.external_id[:500] not in names
        )
        told.differing.entries.append((kept, Page(entries=tuple(differing), known=held)))
        if told.apply:
            settle(told, now=now)


def _differs(kept: Body, entry: Entry, document: Document | None, told: Replay) -> bool:
    changes: tuple[tuple[str, str, str], ...] = ()
    if document:
        if document.last_seen_at > kept.read_at:  # a body that we do not have said it later
            return False
        differences = storing.differences(document, entry)
        if not differences:
            return False
        changes = tuple((name, *_apart(old, new)) for name, (old, new) in differences.items())
        told.edited.add(document.pk)
    subject = entry.title or entry.external_id
    how = CHANGED if document else NEW
    told.tell(Difference(what="document", how=how, subject=subject, source=kept.source.name, changes=changes))
    return True


def _tell_lost(source: Source, seen: set[str], moments: set[datetime], told: Replay) -> None:
    """Documents that one of these readings held, and in which no reader finds them today."""
    rows = source.documents.filter(last_seen_at__gte=min(moments)) if moments else source.documents.none()
    for row in rows.only("external_id", "last_seen_at", "title").iterator():
        if row.last_seen_at in moments and row.external_id not in seen:
            told.tell(Difference(what="document", how=LOST, subject=str(row), source=source.name))


def _proposals(document: Document, lookout: propose.Lookout) -> dict[str, dict[str, Any]]:
    matches = matching.match(propose.text_of(document), lookout.ruleset)
    found = propose.by_indicator(matches)
    return {
        code: propose.proposal(each) | {"indicator": lookout.indicators[code]} for code, each in found.items()
    }


def _differ(document: Document, proposed: Mapping[str, Any], candidate: Candidate | None) -> bool:
    """Whether the rules say something else of this document than what was proposed, and is not decided.

    What follows a published call was proposed by its award, not by a rule.
    """
    if candidate and (candidate.state not in Candidate.OPEN or candidate.follows_id):
        return False
    said = {name: json.loads(json.dumps(proposed[name])) for name in _COMPARED}
    if candidate and said == {name: getattr(candidate, name) for name in _COMPARED}:
        return False
    return not propose.is_told_elsewhere(document, proposed["indicator"], priority=proposed["priority"])


def _open_candidates() -> dict[int, Candidate]:
    rows = Candidate.objects.filter(state__in=Candidate.OPEN).select_related("document__source", "indicator")
    return {row.pk: row for row in rows.defer("document__text", "document__texts").order_by("pk")}


def _tell_candidates(before: Mapping[int, Candidate], after: Mapping[int, Candidate], told: Replay) -> None:
    for pk, candidate in after.items():
        if (stood := before.get(pk)) is None:
            _tell_candidate(candidate, NEW, (), told)
        elif any(getattr(stood, name) != getattr(candidate, name) for name in _COMPARED):
            shown = ((name, *_apart(_shown(stood, name), _shown(candidate, name))) for name in _COMPARED)
            _tell_candidate(candidate, CHANGED, tuple(each for each in shown if each[1] != each[2]), told)
    for candidate in (before[pk] for pk in before.keys() - after.keys()):
        _tell_candidate(candidate, LOST, (), told)


def _tell_candidate(
    candidate: Candidate, how: str, changes: tuple[tuple[str, str, str], ...], told: Replay
) -> None:
    source = candidate.document.source.name
    told.tell(Difference(what="candidate", how=how, subject=str(candidate), source=source, changes=changes))


def _shown(candidate: Candidate, name: str) -> Any:
    if name != "reasons":
        return getattr(candidate, name)
    return "; ".join(f"{each['rule']} v{each['version']}: {each['words']}" for each in candidate.reasons)


def _withdrawable(lost: list[int], *, now: datetime) -> list[Candidate]:
    """Of what no rule proposes any more, what nobody has touched and no rule at rest stands behind."""
    if not lost:
        return []
    resting = MatchRule.objects.resting(now)
    stray = _untouched(now).filter(pk__in=lost, rules__isnull=False)
    return list(stray.exclude(rules__in=resting).select_related("indicator", "document").distinct())


def _untouched(now: datetime) -> Any:
    return Candidate.objects.filter(
        propose.unclaimed(now), state=Candidate.State.NEW, decisions=None, merged=None, follows=None
    )


@transaction.atomic
def _withdraw(pks: list[int], *, now: datetime) -> None:
    locked = list(
        Candidate.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk", flat=True)
    )
    Candidate.objects.filter(pk__in=_untouched(now).filter(pk__in=locked).values("pk")).delete()


def _apart(old: Any, new: Any) -> tuple[str, str]:
    """Two values as they differ: of long texts, what stands around the place where they part."""
    before, after = (
        value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        for value in (old, new)
    )
    pairs = enumerate(zip(before, after, strict=False))
    common = next((place for place, (one, other) in pairs if one != other), min(map(len, (before, after))))
    start = max(common - _AROUND, 0)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    end = start + 2 * _AROUND
    shown = " ".join(text[start:end].split())
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")
