"""Load the knowledge's reference rows from its data files: create what is missing, never touch what exists."""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from indicators import ledger
from indicators.models import (
    Action,
    Actor,
    Answer,
    ArticleAssessment,
    Contradiction,
    Control,
    Deal,
    DealEvent,
    DealParty,
    Definition,
    Fact,
    Figure,
    Indicator,
    Leg,
    LegAmount,
    Measure,
    Pillar,
    Publication,
    QualityNote,
    Statement,
)

FOLDER = Path(__file__).parent / "data"

Row = Mapping[str, Any]


class SeedError(ValueError):
    """A data file holds a row that cannot be stored; nothing was written. The message names the file and the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What became of the rows of one kind: those created now, and how many were there already."""

    kind: str
    created: tuple[Row, ...]
    present: int

    def __str__(self) -> str:
        counts = {"kind": self.kind, "created": len(self.created), "present": self.present}
        return _("%(kind)s: %(created)d created, %(present)d already there") % counts


@transaction.atomic
def load(*, now: datetime) -> list[Seeded]:
    """Create every row of `indicators/data/` that the database does not have. Raises SeedError.

    An existing row is never changed, whatever the file says: what an editor wrote stays.
    """
    seeded = [*_articles(), *_actions(), *_definitions(now=now), *_facts(), *_deals(now=now)]
    ledger.enter_missing(now=now)
    return seeded


def read(path: Path) -> dict[str, Any]:
    """The content of a TOML or JSON file. Raises SeedError when it cannot be parsed."""
    text = path.read_text(encoding="utf-8")
    try:
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise SeedError(
            _("%(file)s cannot be read: %(error)s") % {"file": path.name, "error": error}
        ) from error


def create_missing(
    model: type[Model],
    rows: Iterable[Row],
    *,
    file: str,
    keys: Sequence[Sequence[str]],
    relations: Mapping[str, str] | None = None,
) -> Seeded:
    """Create the rows that no existing row answers to under any of the natural `keys`.

    The columns of a row are the model's fields; None means "leave the default". `relations` names, for each
    foreign key or many-to-many field, the field of the other model that the row points by. Raises SeedError.
    """
    relations, rows = relations or {}, list(rows)
    known = {name: _by(relations[name], model._meta.get_field(name).related_model) for name in relations}
    there = {tuple(key): _existing(model, key, relations) for key in keys}
    created = []
    for position, row in enumerate(rows, 1):
        try:
            names = {key: tuple(row[name] for name in key) for key in there}
            if any(names[key] in found for key, found in there.items()):
                continue
            instance = _create(model, row, known)
        except (KeyError, TypeError, IntegrityError, ValidationError) as error:
            raise SeedError(_told(error, file=file, model=model, position=position, row=row)) from error
        created.append(row)
        for key, found in there.items():
            found.add(names[key])
        for name in relations:
            if model._meta.get_field(name).related_model is model:  # a later row may point to this one
                known[name][getattr(instance, relations[name])] = instance
    return Seeded(
        kind=str(model._meta.verbose_name), created=tuple(created), present=len(rows) - len(created)
    )


def _articles() -> list[Seeded]:
    file = "publications.toml"
    told = read(FOLDER / file)
    return [
        create_missing(Publication, told["publication"], file=file, keys=[["slug"]]),
        create_missing(
            ArticleAssessment,
            told["assessment"],
            file=file,
            keys=[["publication", "framework", "assessor"]],
            relations={"publication": "slug"},
        ),
    ]


def _actions() -> list[Seeded]:
    file = "actions.toml"
    told = read(FOLDER / file)
    actions = [
        {**_without(action, "indicator"), "publication": told["publication"]} for action in told["action"]
    ]
    indicators = [
        {**row, "action": action["code"]} for action in told["action"] for row in action["indicator"]
    ]
    return [
        create_missing(Pillar, told["pillar"], file=file, keys=[["slug"]]),
        create_missing(
            Action, actions, file=file, keys=[["code"]], relations={"publication": "slug", "pillars": "slug"}
        ),
        create_missing(Indicator, indicators, file=file, keys=[["code"]], relations={"action": "code"}),
    ]


def _definitions(*, now: datetime) -> list[Seeded]:
    definitions = [{**row, "published_at": now} for row in read(FOLDER / "definitions.toml")["definition"]]
    measures = read(FOLDER / "measures.toml")["measure"]
    about = {"relations": {"indicator": "code"}}
    return [
        create_missing(
            Definition, definitions, file="definitions.toml", keys=[["indicator", "version"]], **about
        ),
        create_missing(Measure, measures, file="measures.toml", keys=[["code"]], **about),
    ]


def _facts() -> list[Seeded]:
    file = "facts.json"
    told = read(FOLDER / file)
    by_number = {"file": file, "keys": [["number"]]}
    return [
        create_missing(QualityNote, told["quality_notes"], **by_number, relations={"publication": "slug"}),
        create_missing(
            Fact, told["facts"], **by_number, relations={"publication": "slug", "notes": "number"}
        ),
        create_missing(Figure, told["figures"], **by_number, relations={"fact": "number", "notes": "number"}),
    ]


def _deals(*, now: datetime) -> list[Seeded]:
    file = "deals.json"
    told = read(FOLDER / file)
    by_slug = {"file": file, "keys": [["slug"]]}
    plain = [_without(actor, "group") for actor in told["actors"]]
    actors = create_missing(Actor, plain, **by_slug)
    controls = [{"actor": row["slug"], "group": row["group"]} for row in told["actors"] if row.get("group")]
    new_controls = create_missing(
        Control, controls, file=file, keys=[["actor"]], relations={"actor": "slug", "group": "slug"}
    )
    deals = [_without(deal, "parties", "legs", "events") for deal in told["deals"]]
    new_deals = create_missing(Deal, deals, **by_slug, relations={"overlaps_with": "slug"})
    slugs = {deal["slug"] for deal in new_deals.created}
    begun = [deal for deal in told["deals"] if deal["slug"] in slugs]
    parts = _parts_of_deals(begun, file=file)
    sources = {"publication": "slug", "deal": "slug", "leg": "slug", "actor": "slug"}
    recorded = [{**row, "recorded_at": now} for row in told["statements"]]
    statements = create_missing(Statement, recorded, **by_slug, relations=sources)
    asked = [{**answer, "recorded_at": now} for answer in told["answers"]]
    answers = create_missing(Answer, asked, **by_slug, relations={"actor": "slug", "publication": "slug"})
    contradictions = create_missing(
        Contradiction,
        told["contradictions"],
        file=file,
        keys=[["number"]],
        relations={"deals": "slug", "statements": "slug"},
    )
    events = create_missing(
        DealEvent,
        _within(begun, "events"),
        file=file,
        keys=[["deal", "status"]],
        relations={"deal": "slug", "statement": "slug"},
    )
    return [actors, new_controls, new_deals, *parts, statements, events, answers, contradictions]


def _parts_of_deals(deals: Sequence[Row], *, file: str) -> list[Seeded]:
    """What belongs to a deal comes with it, once: an editor may take a part out without its coming back."""
    parties, legs = (_within(deals, part) for part in ("parties", "legs"))
    amounts = [{**leg["amount"], "leg": leg["slug"]} for leg in legs]
    pays = {"deal": "slug", "payer": "slug", "payee": "slug", "conditional_on": "slug"}
    return [
        create_missing(
            DealParty,
            parties,
            file=file,
            keys=[["deal", "actor"]],
            relations={"deal": "slug", "actor": "slug"},
        ),
        create_missing(
            Leg, [_without(leg, "amount") for leg in legs], file=file, keys=[["slug"]], relations=pays
        ),
        create_missing(LegAmount, amounts, file=file, keys=[["leg", "stage"]], relations={"leg": "slug"}),
    ]


def _within(deals: Sequence[Row], part: str) -> list[Row]:
    return [{**row, "deal": deal["slug"]} for deal in deals for row in deal.get(part, ())]


def _by(field: str, model: type[Model]) -> dict[Any, Model]:
    return {getattr(row, field): row for row in model._default_manager.all()}


def _existing(model: type[Model], key: Sequence[str], relations: Mapping[str, str]) -> set[tuple[Any, ...]]:
    columns = [f"{name}__{relations[name]}" if name in relations else name for name in key]
    return set(model._default_manager.values_list(*columns))


def _create(model: type[Model], row: Row, known: Mapping[str, Mapping[str, Model]]) -> Model:
    """The saved row; its own fields are validated here, its constraints by the database."""
    many = {field.name for field in model._meta.many_to_many}
    given = {name: value for name, value in row.items() if value is not None and name not in many}
    instance = model(
        **{name: known[name][value] if name in known else value for name, value in given.items()}
    )
    instance.clean_fields(exclude=[name for name in known if name not in many])
    instance.save(force_insert=True)
    for name in many & row.keys():
        getattr(instance, name).add(*(known[name][value] for value in row[name]))
    return instance


def _told(error: Exception, *, file: str, model: type[Model], position: int, row: Row) -> str:
    match error:
        case ValidationError():
            why = "; ".join(f"{name}: {' '.join(told)}" for name, told in error.message_dict.items())
        case KeyError():
            why = _("%(name)s is missing or unknown") % {"name": error}
        case _:
            why = str(error)
    name = next((str(row[field]) for field in ("slug", "number", "code") if field in row), "")
    where = {"file": file, "kind": model._meta.verbose_name, "position": position, "name": name, "why": why}
    return _("%(file)s, %(kind)s %(position)d (%(name)s): %(why)s") % where


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
