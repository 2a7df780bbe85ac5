"""Editions of the index, and the answers they rest on: published once, frozen, followed by another, never changed."""

import calendar
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from indicators import ledger, registry, rules
from indicators.dataset import dataset, methodology
from indicators.models import (
    Actor,
    Answer,
    Edition,
    EditionFile,
    Indicator,
    LedgerEntry,
    Leg,
    Preview,
    Score,
    Statement,
)
from indicators.models.index import EDITION
from indicators.rules import freedom_index
from indicators.rules.bounds import NA

AT_ONCE = 200  # payments of a registry of which a preview is computed while a reader waits: some hundred milliseconds
PREVIEW = "apercu"  # what an edition would say if it were published now; never stored
READINGS = tuple(Score.Reading.values)
DATASET, METHODOLOGY, RESULTS = EditionFile.Name.values
# What computes an edition, from a download alone.
CALCULATOR = ("__init__", "bounds", "deal_graph", "dependence", "flows", "freedom_index", "scores")


class EditionError(ValueError):
    """An edition that cannot be computed or published; the message says why, and what to do instead."""


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """An edition as three files; `sha256` of each says whether two are the same.

    `outdated`: a preview that another one is about to replace.
    """

    slug: str
    cut_off: date
    files: Mapping[str, bytes]
    outdated: bool = False

    @cached_property
    def sha256(self) -> dict[str, str]:
        """The hash of each file, by its name."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}

    @cached_property
    def dataset(self) -> dict[str, Any]:
        """What it was computed from."""
        return dict(json.loads(self.files[DATASET]))

    @cached_property
    def methodology(self) -> dict[str, Any]:
        """By which method."""
        return dict(json.loads(self.files[METHODOLOGY]))

    @cached_property
    def results(self) -> dict[str, Any]:
        """What came of it."""
        return dict(json.loads(self.files[RESULTS]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A score that is another one in a later edition; None where it does not apply or the actor is not there."""

    actor: str
    reading: str
    part: str
    before: list[float] | None
    after: list[float] | None


def preview(*, today: date) -> Frozen | None:
    """What an edition would say today; of a large registry what it was last computed to say, None before that."""
    if not is_large():
        return draft(cut_off=today)
    newest = Preview.objects.order_by("pk").values_list("rows_sha256", flat=True).last()
    try:
        return newest and _kept(newest, newest != _computed_from(today))
    except Preview.DoesNotExist:  # another one took its place just now
        return None


def compute_preview(*, today: date) -> bool:
    """Compute what `preview` tells of a large registry, where anything changed since; whether it was, from one registry.

    What older registries were computed to is forgotten; that of a small one is computed while a reader waits.
    """
    if not is_large():
        Preview.objects.all().delete()
        return False
    sha256 = _computed_from(today)
    if Preview.objects.filter(rows_sha256=sha256).exists():
        return False
    files = {name: content.decode() for name, content in draft(cut_off=today).files.items()}
    if sha256 != _computed_from(today):  # it changed meanwhile: the next time
        return False
    row, _new = Preview.objects.get_or_create(
        rows_sha256=sha256, defaults={"cut_off_on": today, "files": files}
    )
    Preview.objects.exclude(pk=row.pk).delete()
    return True


def is_large() -> bool:
    """Whether what is computed from the whole registry takes longer than a reader waits: a task does it."""
    return Leg.objects.count() > AT_ONCE


def draft(*, cut_off: date) -> Frozen:
    """What an edition of that cut-off would say now."""
    return _frozen(PREVIEW, cut_off)


def compute(slug: str, *, today: date, cut_off: date | None = None) -> Frozen:
    """The edition of that name as today's rows give it; one that is published keeps its cut-off.

    Raises EditionError, also for a day of which nothing is known.
    """
    last_day = _last_day(slug, today=today)
    there = Edition.objects.filter(slug__in=[slug, slug[:7]]).order_by("slug").last()
    day = cut_off or (there.cut_off_on if there else min(today, last_day))
    if day > today:
        raise EditionError(_("The cut-off cannot be in the future."))
    frozen = _frozen(slug, day)
    if _is_silent(frozen):
        oldest = Statement.objects.aggregate(day=Min("publication__published_on"))["day"]
        raise EditionError(
            _(
                "Of %(day)s nothing is known: no deal on record was announced by then, and nothing that is quoted was "
                "published (the oldest source is of %(oldest)s). Choose a later cut-off."
            )
            % {"day": day.isoformat(), "oldest": oldest or "–"}
        )
    return frozen


@transaction.atomic
def release(frozen: Frozen, *, reason: str = "", now: datetime) -> Edition:
    """Publish an edition for good, entered in the ledger; a correction needs its reason. Raises EditionError.

    Published again with the same bytes, nothing happens.
    """
    Indicator.objects.one_writer_at_a_time()
    there = Edition.objects.filter(slug=frozen.slug).first()
    if there:
        return _same(there, frozen)
    former = _former(frozen, reason=reason)
    edition = Edition.objects.create(
        slug=frozen.slug,
        cut_off_on=frozen.cut_off,
        methodology=frozen.methodology["version"],
        code_version=code_version(),
        seed=frozen.methodology["monte_carlo"]["seed"],
        dataset_sha256=frozen.sha256[DATASET],
        methodology_sha256=frozen.sha256[METHODOLOGY],
        results_sha256=frozen.sha256[RESULTS],
        corrects=former,
        reason=reason if former else "",
        published_at=now,
    )
    EditionFile.objects.bulk_create(
        EditionFile(edition=edition, name=name, sha256=frozen.sha256[name], content=content.decode())
        for name, content in frozen.files.items()
    )
    Score.objects.bulk_create(_scores(edition, frozen), batch_size=500)
    ledger.record(LedgerEntry.Kind.PUBLISHED, edition, now=now)
    return edition


@transaction.atomic
def answer(row: Answer, *, by: AbstractBaseUser, now: datetime) -> Answer:
    """Publish what was found for a question; the last answer counts, the ones before stay. Raises ValidationError."""
    Indicator.objects.one_writer_at_a_time()
    asked = Answer.objects.filter(actor=row.actor, question=row.question).count()
    row.slug = f"{row.actor.slug}/{row.question}/{asked + 1}"
    row.recorded_at, row.searched_by = now, by
    row.full_clean()
    row.save(force_insert=True)
    ledger.record(LedgerEntry.Kind.PUBLISHED, row, now=now)
    return row


def published(edition: Edition) -> Frozen:
    """A published edition, as its files say it."""
    hashes = (edition.dataset_sha256, edition.methodology_sha256, edition.results_sha256)
    return _read(edition.pk, edition.slug, edition.cut_off_on, hashes)


def changes(before: Frozen, after: Frozen) -> list[Change]:
    """Every score that is not the same in two editions, actor by actor."""
    old, new = (dict(_parts(frozen.results)) for frozen in (before, after))
    return [
        Change(actor=actor, reading=reading, part=part, before=old.get(key), after=new.get(key))
        for key in sorted({*old, *new})
        for actor, reading, part in [key]
        if old.get(key) != new.get(key)
    ]


def corrected_by(slug: str) -> Edition | None:
    """The published edition that an edition of this name corrects; None where it corrects none that is there."""
    return Edition.objects.filter(slug=_before(slug)).first()


def code_version() -> str:
    """The first 40 digits of the sha256 of the sources that compute an edition, one after the other."""
    folder = Path(rules.__file__).parent
    sources = b"".join((folder / f"{name}.py").read_bytes() for name in CALCULATOR)
    return hashlib.sha256(sources).hexdigest()[:40]


def _last_day(slug: str, *, today: date) -> date:
    """Of the month that an edition is named after. Nobody can unpublish an edition, so a year far away is refused."""
    if not re.fullmatch(EDITION, slug):
        raise EditionError(
            _("“%(given)s” names no edition; write it as 2026-12, or 2026-12.1 for a correction.")
            % {"given": slug}
        )
    year, month = int(slug[:4]), int(slug[5:7])
    if not 2000 <= year <= today.year + 1:
        raise EditionError(
            _("Edition %(given)s: an edition is of a month from 2000 to the end of next year.")
            % {"given": slug}
        )
    return date(year, month, calendar.monthrange(year, month)[1])


def _frozen(slug: str, cut_off: date) -> Frozen:
    told = freedom_index.canonical(dataset(cut_off=cut_off))
    method = freedom_index.canonical(methodology())
    # Computed from what everybody downloads, so that a rounded decimal changes nothing.
    key = f"index:{hashlib.sha256(told + method).hexdigest()}:{code_version()}"
    results = cache.get(key)
    if results is None:
        results = freedom_index.canonical(freedom_index.results(json.loads(told), json.loads(method)))
        cache.set(key, results)
    return Frozen(slug=slug, cut_off=cut_off, files={DATASET: told, METHODOLOGY: method, RESULTS: results})


def _same(there: Edition, frozen: Frozen) -> Edition:
    if there.dataset_sha256 == frozen.sha256[DATASET] and there.results_sha256 == frozen.sha256[RESULTS]:
        return there
    _month, _dot, number = there.slug.partition(".")
    following = f"{there.slug[:7]}.{int(number or 0) + 1}"
    raise EditionError(
        _(
            "Edition %(edition)s is published, and today’s rows give another one. A published edition never changes: "
            "publish its correction with --edition %(following)s --reason “…”."
        )
        % {"edition": there.slug, "following": following}
    )


def _former(frozen: Frozen, *, reason: str) -> Edition | None:
    """The edition that a correction corrects; None for an edition that corrects nothing. Raises EditionError."""
    if "." not in frozen.slug:
        return None
    former, slug = corrected_by(frozen.slug), _before(frozen.slug)
    if former is None:
        raise EditionError(_("There is no edition %(edition)s to correct.") % {"edition": slug})
    if not reason.strip():
        raise EditionError(_("A correction says why: add --reason “…”."))
    if former.dataset_sha256 == frozen.sha256[DATASET] and former.results_sha256 == frozen.sha256[RESULTS]:
        raise EditionError(_("Nothing differs from edition %(edition)s.") % {"edition": slug})
    return former


def _before(slug: str) -> str:
    """2026-12 before 2026-12.1, 2026-12.1 before 2026-12.2; nothing before the first one."""
    month, _dot, number = slug.partition(".")
    return "" if not number else month if number == "1" else f"{month}.{int(number) - 1}"


def _scores(edition: Edition, frozen: Frozen) -> Iterator[Score]:
    actors = dict(Actor.objects.values_list("slug", "pk"))
    for (actor, reading, part), bounds in _parts(frozen.results):
        told = frozen.results[reading][actor]
        low, high = bounds or (None, None)
        yield Score(
            edition=edition,
            actor_id=actors[actor],
            reading=reading,
            part=part,
            lo=low,
            hi=high,
            coverage=told["coverage"] if part == "index" else None,
            publication_status=told["status"],
        )


def _parts(results: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], list[float] | None]]:
    """Every score of a results file, by actor, reading and part; None where it does not apply."""
    for reading in READINGS:
        for actor, told in results[reading].items():
            for part, bounds in {"index": told["index"], **told["dimensions"], **told["indicators"]}.items():
                yield (actor, reading, part), None if bounds == NA else bounds


def _is_silent(frozen: Frozen) -> bool:
    """Whether no deal, no figure and no answer counts."""
    answers = [each for actor in frozen.dataset["actors"] for each in actor.get("answered", {}).values()]
    figures = any("sources" in actor for actor in frozen.dataset["actors"])
    return not (frozen.dataset["legs"] or figures or any(each["found"] != "unknown" for each in answers))


@lru_cache(maxsize=8)
def _read(pk: int, slug: str, cut_off: date, _hashes: tuple[str, ...]) -> Frozen:
    rows = EditionFile.objects.filter(edition=pk).values_list("name", "content")
    return Frozen(slug=slug, cut_off=cut_off, files={name: content.encode() for name, content in rows})


def _computed_from(today: date) -> str:
    """The hash of all that a preview of that day is computed from."""
    answers = Answer.objects.order_by("pk").values_list("pk", flat=True).last()
    told = [registry.digest(), answers, methodology(), code_version(), today.isoformat()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@lru_cache(maxsize=2)
def _kept(rows_sha256: str, outdated: bool) -> Frozen:
    row = Preview.objects.get(rows_sha256=rows_sha256)
    files = {name: row.files[name].encode() for name in EditionFile.Name.values}
    return Frozen(slug=PREVIEW, cut_off=row.cut_off_on, files=files, outdated=outdated)
