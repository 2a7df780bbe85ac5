"""Which notices are one publication told in several places, and which of them corrects which."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from tracker.models import Document, Notice

RELATIVES = 5_000  # notices that one batch is compared with; a procedure has a dozen
_GLOBAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|ocds-[a-z0-9]{6}-.+", re.IGNORECASE)
_OCID = re.compile("ocds-", re.IGNORECASE)
_VERSIONED = re.compile(r"(.+)-(\d\d?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What notices are recognised by; `format` is that of their source."""

    document_id: int
    format: str
    story: int | None
    superseded: int | None
    publication_number: str
    notice_id: str
    version: str
    procedure_id: str
    form_type: str
    lots: list[Mapping[str, object]]
    changes: str
    published_on: date | None
    dispatched_on: date | None

    def identifiers(self) -> set[str]:
        """What this notice is called, and what it calls another one: relatives share one."""
        procedure = self.procedure_id if _GLOBAL.fullmatch(self.procedure_id) else ""
        named = {self.changes, _unversioned(self.changes)}
        return ({self.publication_number, self.notice_id, procedure} | named) - {""}


def relate(pks: Collection[int]) -> None:
    """Give new notices their stories, and let corrections supersede what they correct, whichever came first."""
    if pks:
        known = _with_relatives(pks)
        _join_stories(pks, known)
        _supersede(pks, known)


def supersede(pks: Collection[int]) -> None:
    """Let corrections supersede what they correct, now that these notices say something else."""
    if pks:
        _supersede(pks, _with_relatives(pks))


def same(one: _Known, other: _Known) -> bool:
    """Whether both are one publication: told by two platforms, in two schemas, or asked for twice.

    A publication number decides alone. Identifiers of notices and procedures are believed only where no two numbers
    contradict them: converters have written one identifier into many notices. A call is never its award, nor its
    correction; within one platform each publication stands for itself.
    """
    numbers = {one.publication_number, other.publication_number}
    if "" not in numbers:
        return len(numbers) == 1
    if not _agree(one.procedure_id, other.procedure_id):
        return False
    if one.notice_id == other.notice_id and _GLOBAL.fullmatch(one.notice_id):
        return _agree(one.version, other.version)
    return bool(
        one.format != other.format
        and one.procedure_id == other.procedure_id
        and _GLOBAL.fullmatch(one.procedure_id)
        and one.form_type
        and one.form_type == other.form_type
        and bool(one.changes) == bool(other.changes)
        and _agree(_lots(one), _lots(other))
    )


def corrects(later: _Known, earlier: _Known) -> bool:
    """Whether one says that it changes the other, or is a later version of it.

    Identifiers are `uuid-NN`, a publication number, or one that only the same platform gives. A modification of a
    contract is a new event: the award that it names stays what it was.
    """
    if later.form_type == "cont-modif" or later.document_id == earlier.document_id:
        return False
    if later.changes:
        return _named(later, earlier)
    return bool(
        0 < _version(earlier) < _version(later)
        and later.notice_id == earlier.notice_id
        and _GLOBAL.fullmatch(later.notice_id)
        and _agree(later.procedure_id, earlier.procedure_id)
    )


def _join_stories(pks: Collection[int], known: Mapping[int, _Known]) -> None:
    """Put each of these into the story of the same notice stored before, if there is one."""
    neighbours = _Neighbours(known.values())
    joined: dict[int, int] = {}
    for pk in sorted(pks):
        earlier = (
            each for each in neighbours.of(known[pk]) if each.document_id < pk and same(known[pk], each)
        )
        if head := min(earlier, key=lambda each: each.document_id, default=None):
            joined[pk] = joined.get(head.document_id) or head.story or head.document_id
    for pk, story in joined.items():
        Document.objects.filter(pk=pk).update(story=story)


def _supersede(pks: Collection[int], known: Mapping[int, _Known]) -> None:
    neighbours = _Neighbours(known.values())
    for pk in pks:
        notice, near = known[pk], neighbours.of(known[pk])
        linked = [each for each in near if corrects(notice, each) or corrects(each, notice)]
        copies = [each for each in near if each is not notice and same(notice, each)]
        if linked or any(each.superseded for each in copies):
            _settle(_family([notice, *linked, *copies]))


def _settle(family: list[_Known]) -> None:
    """Let the newest supersede the others, but for its own copies."""
    newest = max(family, key=lambda notice: _recency(notice, family))
    current = [each.document_id for each in family if each is newest or same(each, newest)]
    others = [each.document_id for each in family if each.document_id not in current]
    Document.objects.filter(pk__in=current).update(superseded_by=None)
    Document.objects.filter(pk__in=others).update(superseded_by=newest.document_id)


def _recency(notice: _Known, family: list[_Known]) -> tuple[bool, str, int, int]:
    """What nobody corrects is the newest; dates decide where several are corrected by none, or each by another."""
    corrected = any(corrects(each, notice) for each in family)
    published = notice.published_on or notice.dispatched_on
    return not corrected, published.isoformat() if published else "", _version(notice), notice.document_id


def _family(notices: Iterable[_Known]) -> list[_Known]:
    """These, what is superseded together with them, and the copies of all of them."""
    family = {notice.document_id: notice for notice in notices}
    roots = set(Document.objects.filter(pk__in=family).values_list("superseded_by", flat=True)) - {None}
    roots |= set(family)
    family |= _known(Q(document__in=roots) | Q(document__superseded_by__in=roots))
    stories = {notice.story or notice.document_id for notice in family.values()}
    for pk, mate in _known(Q(document__in=stories) | Q(document__story__in=stories)).items():
        if any(same(mate, each) for each in family.values()):
            family.setdefault(pk, mate)
    return list(family.values())


class _Neighbours:
    """The notices that share a key with a given one."""

    def __init__(self, notices: Iterable[_Known]) -> None:
        self._by_key: dict[str, list[_Known]] = {}
        for notice in notices:
            for key in notice.identifiers():
                self._by_key.setdefault(key, []).append(notice)

    def of(self, notice: _Known) -> list[_Known]:
        """Each once, itself among them."""
        return list({id(each): each for key in notice.identifiers() for each in self._by_key[key]}.values())


def _with_relatives(pks: Collection[int]) -> dict[int, _Known]:
    """These notices and all that share an identifier with them or name one of them, by the key of their document."""
    own = _known(Q(document__in=pks))
    keys = {key for notice in own.values() for key in notice.identifiers()}
    names = {name for notice in own.values() for name in _names(notice)}
    related = Q(publication_number__in=keys) | Q(notice_id__in=keys) | Q(procedure_id__in=keys)
    return _known(related | Q(changes__in=names), most=RELATIVES) | own


def _known(which: Q, *, most: int | None = None) -> dict[int, _Known]:
    rows = Notice.objects.filter(which).annotate(
        format=F("document__source__format"),
        story=F("document__story"),
        superseded=F("document__superseded_by"),
    )
    rows = rows.order_by("-document").values(*_Known.__dataclass_fields__)
    return {row["document_id"]: _Known(**row) for row in rows[:most]}


def _named(later: _Known, earlier: _Known) -> bool:
    if later.changes == earlier.publication_number:
        return True
    if later.changes == later.procedure_id and _OCID.match(later.changes):  # it tells a stage again
        return (later.procedure_id, later.form_type) == (earlier.procedure_id, earlier.form_type)
    versioned = _VERSIONED.fullmatch(later.changes)
    if versioned and earlier.notice_id == versioned[1] and _version(earlier) <= int(versioned[2]):
        return True
    alone = later.format == earlier.format or _GLOBAL.fullmatch(earlier.notice_id)
    return bool(alone and later.changes == earlier.notice_id)


def _names(notice: _Known) -> set[str]:
    """What a correction may call this notice; it may have been read in an earlier version than the one corrected."""
    first = _version(notice) or 1
    versions = {f"{notice.notice_id}-{number:02}" for number in range(first, first + 3) if notice.notice_id}
    return ({notice.publication_number, notice.notice_id} | versions) - {""}


def _unversioned(identifier: str) -> str:
    versioned = _VERSIONED.fullmatch(identifier)
    return versioned[1] if versioned else ""


def _version(notice: _Known) -> int:
    """0 where it is not known."""
    return int(notice.version) if notice.version.isdecimal() and notice.version.isascii() else 0


def _lots(notice: _Known) -> frozenset[str]:
    return frozenset(str(lot.get("id")) for lot in notice.lots)


def _agree(one: object, other: object) -> bool:
    """Equal, or one of them unknown."""
    return not one or not other or one == other
