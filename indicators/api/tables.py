"""The tables of the registry and of the index in the API, as the files have them, filtered."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from indicators import changes, exports, registry
from indicators.api import registryparameters as parameters
from indicators.api.registryparameters import view_asked
from indicators.api.serializers import PageSerializer
from indicators.api.views import PublicView, answers
from indicators.exports import columns, tables
from indicators.exports.columns import BY_NAME, Column
from indicators.exports.tables import Row
from indicators.legs import plain_number
from indicators.models import Actor
from indicators.templatetags.vocabulary import FLOWS

_FIELDS: dict[columns.Kind, Callable[..., serializers.Field]] = {
    "string": serializers.CharField,
    "number": serializers.FloatField,
    "boolean": serializers.BooleanField,
    "date": serializers.DateField,
    "list": lambda **about: serializers.ListField(child=serializers.CharField(), **about),
}
LEGS = (
    *BY_NAME["legs"].columns,
    Column("left_out", "string", "why it does not count in the view that is asked; null: it counts"),
    Column("in_words", "string", "who pays whom, in the language that is asked"),
)
CORRECTIONS = (
    Column("kind", "string", "correction, retraction or reply"),
    Column("happened_on", "date"),
    Column("about", "string", "evidence/12, statement/…, actor/… or edition/2026-12"),
    Column("by", "string", "what stands in its place, or who replies"),
    Column("reason", "string", "why; the reply itself"),
)


CHANGES = (
    Column("kind", "string", "one of the kinds that may be asked for"),
    Column("happened_at", "string", "when we published it, in UTC"),
    Column("about", "string", "its name for good, the same as in the feeds"),
    Column("title", "string", "what changed, in the language that is asked"),
    Column("text", "string"),
    Column("url", "string"),
)


class TableView(PublicView):
    """A view of a table; `filters` says which column each parameter is looked for in."""

    filters: Mapping[str, str] = {}

    def rows(self, found: Iterable[Row]) -> Response:
        """One page of the rows that the filters asked for leave."""
        asked = {
            column: self.asked[name] for name, column in self.filters.items() if self.asked[name] is not None
        }
        wanted = {column: getattr(value, "slug", value) for column, value in asked.items()}
        kept = [row for row in found if all(_has(row[column], value) for column, value in wanted.items())]
        return self.page(kept, lambda page: [plain(row) for row in page])

    def since_known(self, found: Iterable[Row], column: str) -> Iterator[Row]:
        """The rows that are dated by the day that is asked."""
        day = self.asked["as_of"]
        return (row for row in found if day is None or (row[column] and row[column] <= day))


class RegistryView(TableView):
    """A view that changes with the registry, the answers or the editions alone: their digest is its ETag."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if response.status_code == 200:
            response["ETag"] = f'"{exports.digest()}"'
        return super().finalize_response(request, response, *args, **kwargs)


@cache
def page_of(name: str, about: tuple[Column, ...]) -> type[PageSerializer]:
    """A page of rows with these columns, for the schema of the API."""
    fields = {column.name: _FIELDS[column.kind](help_text=column.about, allow_null=True) for column in about}
    row = type(f"{name}RowSerializer", (serializers.Serializer,), fields)
    return type(f"{name}PageSerializer", (PageSerializer,), {"results": row(many=True)})


def plain(row: Row) -> Row:
    """The row as JSON says it: numbers as numbers, what nobody knows as null."""
    return {name: plain_number(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _described(name: str, table: str) -> type[PageSerializer]:
    return page_of(name, tuple(BY_NAME[table].columns))


def _has(value: Any, wanted: Any) -> bool:
    return wanted in value if isinstance(value, list) else value == wanted


class LegListView(RegistryView):
    accepts = parameters.LegParameters
    filters = {"deal": "deal_id", "flow": "flow"}

    @answers("legs", page_of("Leg", LEGS), parameters.LegParameters)
    def get(self, request: Request) -> Response:
        """Who pays whom, one row for each leg; `left_out` says why a leg does not count in the view that is asked."""
        with translation.override(self.asked["lang"] or "fr"):
            return self.rows(self.told())

    def told(self) -> Iterator[Row]:
        """Every leg of the actor that is asked, or of all, in words too."""
        view, actor = view_asked(self.asked), self.asked["actor"]
        out = dict(registry.network(view).left_out)
        names = dict(Actor.objects.values_list("slug", "name"))
        for row in tables.legs(as_of=view.as_of):
            if actor is None or actor.slug in (row["payer"], row["payee"]):
                ends = {side: names[row[side]] for side in ("payer", "payee")}
                yield row | {"left_out": out.get(row["leg_id"]), "in_words": str(FLOWS[row["flow"]]) % ends}


class StatementListView(RegistryView):
    accepts = parameters.StatementParameters
    filters = {"deal": "deal_id", "actor": "actor_id", "source": "source", "claim": "claim"}

    @answers("statements", _described("Statement", "statements"), parameters.StatementParameters)
    def get(self, request: Request) -> Response:
        """Every sourced statement with its quote; `as_of` leaves those of what was published by that day."""
        return self.rows(self.since_known(tables.statements(), "source_date"))


class ContradictionListView(RegistryView):
    accepts = parameters.ContradictionParameters
    filters = {"deal": "deals", "state": "state"}

    @answers(
        "contradictions", _described("Contradiction", "contradictions"), parameters.ContradictionParameters
    )
    def get(self, request: Request) -> Response:
        """Where sources cannot all be read the same way."""
        return self.rows(tables.contradictions())


class EditionListView(RegistryView):
    accepts = parameters.DatedList

    @answers("editions", _described("Edition", "editions"), parameters.DatedList)
    def get(self, request: Request) -> Response:
        """The editions of the index, the newest first; `as_of` leaves those that were published by that day."""
        return self.rows(self.since_known(tables.editions(), "published_on"))


class ScoreListView(RegistryView):
    accepts = parameters.ScoreParameters
    filters = {name: name for name in ("edition", "actor", "indicator", "status")}

    @answers("scores", _described("Score", "scores"), parameters.ScoreParameters)
    def get(self, request: Request) -> Response:
        """The intervals of each actor in each edition, 100 being freest; null bounds: it does not apply."""
        return self.rows(tables.scores())


class AnswerListView(RegistryView):
    accepts = parameters.AnswerParameters
    filters = {"actor": "actor_id", "found": "found"}

    @answers("answers", _described("Answer", "answers"), parameters.AnswerParameters)
    def get(self, request: Request) -> Response:
        """What was found when a question of a checklist was asked; with `edition`, what was known at its cut-off."""
        edition = self.asked["edition"]
        known = self.since_known(tables.answers(), "recorded_on")
        return self.rows(row for row in known if edition is None or row["recorded_on"] <= edition.cut_off_on)


class CorrectionListView(TableView):
    accepts = parameters.CorrectionParameters
    filters = {"kind": "kind"}

    @answers("corrections", page_of("Correction", CORRECTIONS), parameters.CorrectionParameters)
    def get(self, request: Request) -> Response:
        """What was corrected, retracted or replied to, in evidence, registry and index, the newest first."""
        return self.rows(self.since_known(tables.corrections(), "happened_on"))


class JournalView(TableView):
    accepts = parameters.ChangeParameters

    @answers("journal", page_of("Journal", CHANGES), parameters.ChangeParameters)
    def get(self, request: Request) -> Response:
        """What changed in the public record since a day: answers, evidence, deals, corrections, editions; newest first."""
        kinds = [self.asked["kind"]] if self.asked["kind"] else changes.KINDS
        day = self.asked["since"]
        since = day and timezone.make_aware(datetime.combine(day, time.min))
        with translation.override(self.asked["lang"] or "fr"):
            return self.page(changes.changes(kinds, since=since), self.told)

    def told(self, found: Iterable[changes.Change]) -> list[Row]:
        """These changes in words, in the language that is asked."""
        return [
            {
                "kind": each.kind,
                "happened_at": each.happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "about": each.key,
                "title": each.title,
                "text": each.text or None,
                "url": settings.SITE_URL + each.address,
            }
            for each in changes.told(found)
        ]
