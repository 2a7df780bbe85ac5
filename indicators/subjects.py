"""What a subject of the ledger is called in public, and where it stands: evidence/12, statement/…, deal/…"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.models import Actor, Answer, CorrectionRequest, Deal, Evidence, Indicator, Statement
from indicators.templatetags.index_words import QUESTIONS


class Place(NamedTuple):
    """What it is called, and the path of the page on which it stands."""

    name: str
    address: str


def places_of(subjects: Iterable[str]) -> dict[str, Place]:
    """The place of each of these subjects that has one, in a fixed number of queries."""
    keys: dict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        model, _slash, key = subject.partition("/")
        keys[model].add(key)
    return {
        f"{model}/{key}": place
        for model, named in keys.items()
        if model in _FOUND
        for key, place in _FOUND[model](named)
    }


def contested_at(known_at: datetime) -> dict[str, CorrectionRequest]:
    """What named parties contest and nobody had decided by then, by subject."""
    rows = CorrectionRequest.objects.standing(known_at).select_related("actor")
    return {row.about: row for row in rows}


def contested_by(actor: str) -> list[tuple[CorrectionRequest, Place | None]]:
    """What an actor contests and nobody has decided, each with the place of the line."""
    rows = CorrectionRequest.objects.filter(decided_at=None, actor__slug=actor).select_related("actor")
    places = places_of(row.about for row in rows)
    return [(row, places.get(row.about)) for row in rows]


def place_of_statement(row: Statement) -> Place:
    """Where a statement stands: on the page of its deal, or of its actor."""
    name, about = f"« {row.quote} »", row.deal or row.actor
    page = "deal" if row.deal else "actor"
    return Place(name, f"{reverse(page, args=[about.slug])}#{row.slug}" if about else reverse("registry"))


def place_of_answer(row: Answer) -> Place:
    """Where an answer to a question about an actor stands."""
    name = f"{row.actor.name} · {QUESTIONS.get(row.question, row.question)}"
    return Place(name, reverse("actor", args=[row.actor.slug]) + "#disclosure")


def _evidence(keys: Iterable[str]) -> Iterator[tuple[str, Place]]:
    for row in Evidence.objects.filter(number__in=keys):
        name = _("no. %(number)s: %(title)s") % {"number": row.number, "title": row.title}
        yield str(row.number), Place(name, row.get_absolute_url())


def _statements(keys: Iterable[str]) -> Iterator[tuple[str, Place]]:
    for row in Statement.every.filter(slug__in=keys).select_related("deal", "actor"):
        yield row.slug, place_of_statement(row)


def _answers(keys: Iterable[str]) -> Iterator[tuple[str, Place]]:
    for row in Answer.objects.filter(slug__in=keys).select_related("actor"):
        yield row.slug, place_of_answer(row)


def _deals(keys: Iterable[str]) -> Iterator[tuple[str, Place]]:
    for row in Deal.every.filter(slug__in=keys):
        yield row.slug, Place(row.title, row.get_absolute_url())


def _actors(keys: Iterable[str]) -> Iterator[tuple[str, Place]]:
    for row in Actor.objects.filter(slug__in=keys):
        yield row.slug, Place(row.name, reverse("actor", args=[row.slug]))


def _indicators(keys: Iterable[str]) -> Iterator[tuple[str, Place]]:
    for row in Indicator.objects.filter(code__in=keys):
        yield row.code, Place(f"{row.code} · {row.statement}", row.get_absolute_url())


_FOUND = {
    "evidence": _evidence,
    "statement": _statements,
    "answer": _answers,
    "deal": _deals,
    "actor": _actors,
    "indicator": _indicators,
}
