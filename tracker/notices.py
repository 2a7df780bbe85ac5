"""Which notices are one publication told in several places, and which of them corrects which."""

import re
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from tracker.models import Document, Notice

RELATIVES = 2_000  # notices that one batch is compared with; a procedure has a dozen
_GLOBAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|ocds-[a-z0-9]{6}-.+", re.IGNORECASE)
_VERSIONED = re.compile(r"(.+)-(\d\d?)")


def same(one: Notice, other: Notice) -> bool:
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
        one.document.source.format != other.document.source.format
        and one.procedure_id == other.procedure_id
        and _GLOBAL.fullmatch(one.procedure_id)
        and one.form_type
        and one.form_type == other.form_type
        and bool(one.changes) == bool(other.changes)
        and _agree(_lots(one), _lots(other))
    )


def corrects(later: Notice, earlier: Notice) -> bool:
    """Whether one says that it changes the other, or is a later version of it.

    Identifiers are `uuid-NN`, a publication number, or one that only the same platform gives. A modification of a
    contract is a new event: the award that it names stays what it was.
    """
    if later.form_type == "cont-modif":
        return False
    if later.changes:
        return _named(later, earlier)
    versions = (later.version, earlier.version)
    return bool(
        all(map(str.isdigit, versions))
        and int(versions[0]) > int(versions[1])
        and later.notice_id == earlier.notice_id
        and _GLOBAL.fullmatch(later.notice_id)
        and _agree(later.procedure_id, earlier.procedure_id)
    )


def join_stories(pks: Collection[int]) -> None:
    """Put each of these new notices into the story of the same notice stored before, if there is one."""
    notices = _with_relatives(pks)
    for pk in sorted(pks):
        notice = notices[pk]
        head = next((each for key, each in notices.items() if key < pk and same(notice, each)), None)
        if head:
            notice.document.story_id = head.document.story_id or head.document_id
            notice.document.save(update_fields=["story"])


def supersede(pks: Collection[int]) -> None:
    """Let the newest of the notices that correct one another supersede the others, whichever was read first."""
    notices = _with_relatives(pks)
    for pk in pks:
        notice = notices[pk]
        linked = [each for each in notices.values() if corrects(notice, each) or corrects(each, notice)]
        copies = [each for each in notices.values() if each is not notice and same(notice, each)]
        if linked or any(each.document.superseded_by_id for each in copies):
            _settle(_family([notice, *linked, *copies]))


def _settle(family: list[Notice]) -> None:
    newest = max(family, key=lambda notice: _recency(notice, family))
    current = [each.document_id for each in family if each is newest or same(each, newest)]
    others = [each.document_id for each in family if each.document_id not in current]
    Document.objects.filter(pk__in=current).update(superseded_by=None)
    Document.objects.filter(pk__in=others).update(superseded_by=newest.document_id)


def _recency(notice: Notice, family: list[Notice]) -> tuple[bool, str, int, int]:
    """What nobody corrects is the newest; dates decide only where several are corrected by none, or each by another."""
    corrected = any(corrects(each, notice) for each in family)
    published = notice.published_on or notice.dispatched_on
    version = int(notice.version) if notice.version.isdigit() else 0
    return not corrected, published.isoformat() if published else "", version, notice.document_id


def _family(notices: Iterable[Notice]) -> list[Notice]:
    """These, what is superseded together with them, and the copies of all of them."""
    roots = {notice.document.superseded_by_id or notice.document_id for notice in notices}
    members = _notices(Q(document__in=roots) | Q(document__superseded_by__in=roots))
    family = {notice.document_id: notice for notice in [*notices, *members]}
    stories = {notice.document.story_id or notice.document_id for notice in family.values()}
    for mate in _notices(Q(document__in=stories) | Q(document__story__in=stories)):
        if any(same(mate, each) for each in family.values()):
            family.setdefault(mate.document_id, mate)
    return list(family.values())


def _with_relatives(pks: Collection[int]) -> dict[int, Notice]:
    """These notices and all that share an identifier with them or name one of them, by the key of their document."""
    if not pks:
        return {}
    own = {notice.document_id: notice for notice in _notices(Q(document__in=pks))}
    numbers, identifiers, procedures, names = set(), set(), set(), set()
    for notice in own.values():
        numbers |= {notice.publication_number, notice.changes}
        identifiers |= {notice.notice_id, notice.changes, _unversioned(notice.changes)}
        procedures.add(notice.procedure_id if _GLOBAL.fullmatch(notice.procedure_id) else "")
        names |= _names(notice)
    related = (
        Q(publication_number__in=numbers - {""})
        | Q(notice_id__in=identifiers - {""})
        | Q(procedure_id__in=procedures - {""})
        | Q(changes__in=names - {""})
        | Q(document__external_id__in={notice.changes for notice in own.values()} - {""})
    )
    relatives = _notices(related).order_by("document")[:RELATIVES]
    return {notice.document_id: notice for notice in [*relatives, *own.values()]}


def _notices(which: Q) -> QuerySet[Notice]:
    return (
        Notice.objects.filter(which)
        .select_related("document__source")
        .defer("document__text", "document__texts")
    )


def _named(later: Notice, earlier: Notice) -> bool:
    if later.changes == earlier.publication_number:
        return True
    if versioned := _VERSIONED.fullmatch(later.changes):
        number = int(earlier.version) if earlier.version.isdigit() else 1
        if earlier.notice_id == versioned[1] and number <= int(versioned[2]):
            return True
    if later.changes == earlier.notice_id and _GLOBAL.fullmatch(earlier.notice_id):
        return later.pk != earlier.pk
    platform = later.document.source.format == earlier.document.source.format
    return platform and str(later.changes) in (earlier.notice_id, earlier.document.external_id)


def _names(notice: Notice) -> set[str]:
    """What a correction may call this notice; it may have been read in an earlier version than the one corrected."""
    first = int(notice.version) if notice.version.isdigit() else 1
    versions = {f"{notice.notice_id}-{number:02}" for number in range(first, first + 10) if notice.notice_id}
    return {notice.publication_number, notice.notice_id, notice.document.external_id} | versions


def _unversioned(identifier: str) -> str:
    versioned = _VERSIONED.fullmatch(identifier)
    return versioned[1] if versioned else ""


def _lots(notice: Notice) -> frozenset[str]:
    return frozenset(str(lot.get("id")) for lot in notice.lots)


def _agree(one: object, other: object) -> bool:
    """Equal, or one of them unknown."""
    return not one or not other or one == other
