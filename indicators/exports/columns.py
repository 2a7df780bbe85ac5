"""What each table holds: its columns by name and type for ever, as the files, the API and datapackage.json say it.

The types are those of Frictionless Data; a list is written in CSV as its parts with a space between them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indicators.exports import tables

Kind = Literal["string", "number", "boolean", "date", "list"]


class Column(NamedTuple):
    """A column: its name, its type, what it says, and the table whose rows it names."""

    name: str
    kind: Kind
    about: str = ""
    refers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that leaves; `rows` gives every public row, `key` names one; `in_order`: their order says something."""

    name: str
    about: Promise
    rows: Callable[[], Iterator[tables.Row]]
    columns: Sequence[Column]
    key: Sequence[str]
    in_order: bool = False

    def lines(self) -> Iterable[tables.Row]:
        """The rows in an order that no database decides."""
        names = self.key or [column.name for column in self.columns]
        return (
            self.rows()
            if self.in_order
            else sorted(self.rows(), key=lambda row: [str(row[n] or "") for n in names])
        )


_MUSD = "in millions of US dollars"
_AS_SOURCE = "as precise as the source: 2025, 2025-09 or 2025-09-22"

TABLES = (
    Table(
        name="deals",
        about=_("The deals: title, kind, status, headline amount."),
        rows=tables.deals,
        key=["deal_id"],
        columns=[
            Column("deal_id", "string", "never used again for another deal"),
            Column("title_fr", "string"),
            Column("title_en", "string"),
            Column("kind", "string", "deal, partnership, programme or umbrella"),
            Column("status", "string"),
            Column("date_announced", "string", _AS_SOURCE),
            Column("in_totals", "boolean", "whether the headline counts in totals"),
            Column("headline_musd", "number", f"{_MUSD}; empty: no source gives one"),
            Column("whole_lo_millions", "number", "of the deal as a whole, at least, in millions"),
            Column("whole_hi_millions", "number", "at most; empty: without upper bound, or not told"),
            Column("whole_currency", "string"),
            Column("whole_as_stated", "string", "the amount in the words of the source"),
            Column("link_evidence", "string", "how sources link the legs of the deal"),
            Column("overlaps_with", "list", "deals whose money may be the same"),
            Column("note_fr", "string"),
            Column("note_en", "string"),
        ],
    ),
    Table(
        name="legs",
        about=_("Who pays whom: one line for each direction of money, with its amount as an interval."),
        rows=tables.legs,
        key=["leg_id"],
        in_order=True,
        columns=[
            Column("deal_id", "string", refers="deals"),
            Column("leg_id", "string"),
            Column("payer", "string", refers="actors"),
            Column("payee", "string", refers="actors"),
            Column("flow", "string", "F financing, P purchase, D data or other, ? the source does not say"),
            Column("instrument", "string"),
            Column("basis", "string", "how the source bounds the amount: exact, up_to, undisclosed…"),
            Column("lo_musd", "number", f"at least, {_MUSD}"),
            Column("hi_musd", "number", f"at most, {_MUSD}; empty: no published upper bound"),
            Column("nominal_musd", "number", f"headline, {_MUSD}; empty: undisclosed, never 0"),
            Column("currency", "string", "that of the source; empty: it names none"),
            Column("as_stated", "string", "the amount in the words of the source"),
            Column("status", "string"),
            Column("date_announced", "string", _AS_SOURCE),
            Column("term", "string", "in the words of the source"),
            Column("conditional_on", "string", "the leg without which this one would not be", refers="legs"),
            Column("derived", "boolean", "inferred by us: no source states it"),
            Column("confidence", "string", "low, medium or high"),
            Column("source", "string", "publication of the quote", refers="sources"),
            Column("line", "string", "line or page of the quote"),
            Column("quote", "string", "the first quote on the deal; all of them: statements.csv"),
        ],
    ),
    Table(
        name="amounts",
        about=_("What is announced, committed and disbursed of each payment; no line: not disclosed."),
        rows=tables.amounts,
        key=[],
        columns=[
            Column("leg_id", "string", refers="legs"),
            Column("stage", "string", "announced, committed or disbursed"),
            Column("since", "string", "empty for the first amount of a stage, else the day of the amendment"),
            Column("basis", "string", "exact, up_to, at_least, approx, range, several, undisclosed"),
            Column("lo_millions", "number", "at least, in millions of the currency"),
            Column("hi_millions", "number", "at most; empty: no published upper bound"),
            Column("nominal_millions", "number", "headline; empty: undisclosed, never 0"),
            Column("currency", "string", "empty: the source names none"),
            Column("as_stated", "string", "in the words of the source"),
        ],
    ),
    Table(
        name="statements",
        about=_("Every sourced statement, with its quote, its source, and the statement that it corrects."),
        rows=tables.statements,
        key=["statement_id"],
        columns=[
            Column("statement_id", "string"),
            Column("deal_id", "string", refers="deals"),
            Column("leg_id", "string", refers="legs"),
            Column("actor_id", "string", refers="actors"),
            Column("field", "string", "what the value is about"),
            Column("value", "string", "in units: a number, an interval a..b, or words"),
            Column("unit", "string"),
            Column("period", "string"),
            Column("claim", "string", "reported, analysis or opinion"),
            Column("quote", "string", "300 characters at most; it belongs to its author"),
            Column("locator", "string", "line or page"),
            Column("source", "string", refers="sources"),
            Column("source_url", "string"),
            Column("source_date", "date"),
            Column("supersedes", "string", "the statement that this one corrects", refers="statements"),
            Column("correction_reason", "string", "why"),
            Column("recorded_on", "date", "when we recorded it"),
        ],
    ),
    Table(
        name="sources",
        about=_("What is quoted, what kind of source it is, and which of them go back to one origin."),
        rows=tables.sources,
        key=["source_id"],
        columns=[
            Column("source_id", "string"),
            Column("title", "string"),
            Column("publisher", "string"),
            Column("url", "string"),
            Column("published_on", "date"),
            Column("language", "string"),
            Column("kind", "string", "filing, regulator, party_statement, press, blog or academic"),
            Column(
                "origin", "string", "the source that it goes back to: both count as one", refers="sources"
            ),
            Column("party", "string", "the actor whose own document it is", refers="actors"),
        ],
    ),
    Table(
        name="actors",
        about=_("Companies and bodies, and who controls them."),
        rows=tables.actors,
        key=["actor_id"],
        columns=[
            Column("actor_id", "string"),
            Column("name", "string"),
            Column("kind", "string"),
            Column("group", "string", "the actor that controls it", refers="actors"),
            Column("group_since", "string", _AS_SOURCE),
            Column("group_until", "string", _AS_SOURCE),
            Column("identifiers", "list", "LEI:…, SIREN:…, CIK:…, QID:…"),
            Column("country", "string", "ISO 3166-1, two letters"),
            Column("roles", "list"),
            Column("rated", "boolean", "whether the index assesses it"),
            Column("note_fr", "string"),
            Column("note_en", "string"),
        ],
    ),
    Table(
        name="parties",
        about=_("Who takes part in each deal, and in which role."),
        rows=tables.parties,
        key=["deal_id", "actor_id"],
        columns=[
            Column("deal_id", "string", refers="deals"),
            Column("actor_id", "string", refers="actors"),
            Column("roles", "list"),
        ],
    ),
    Table(
        name="events",
        about=_("What happened to the deals, at the date and precision of the source."),
        rows=tables.events,
        key=[],
        columns=[
            Column("deal_id", "string", refers="deals"),
            Column("date", "string", _AS_SOURCE),
            Column("status", "string", "what happened"),
            Column("statement_id", "string", refers="statements"),
        ],
    ),
    Table(
        name="contradictions",
        about=_("Where the sources cannot all be read the same way, and how it is recorded."),
        rows=tables.contradictions,
        key=["contradiction_id"],
        columns=[
            Column("contradiction_id", "string"),
            Column("state", "string", "open, explained or resolved"),
            Column("about", "string"),
            Column("deals", "list", "in deals.csv"),
            Column("what_fr", "string"),
            Column("what_en", "string"),
            Column("recorded_fr", "string"),
            Column("recorded_en", "string"),
            Column("statements", "list", "in statements.csv"),
        ],
    ),
    Table(
        name="rates",
        about=_("The official exchange rates that we used."),
        rows=tables.rates,
        key=["day", "currency"],
        columns=[
            Column("day", "date"),
            Column("currency", "string"),
            Column("per_euro", "number", "one euro in this currency"),
            Column("source_url", "string"),
        ],
    ),
    Table(
        name="answers",
        about=_("What was found when a question of a checklist was asked of an actor."),
        rows=tables.answers,
        key=["answer_id"],
        columns=[
            Column("answer_id", "string"),
            Column("actor_id", "string", refers="actors"),
            Column("question", "string"),
            Column("found", "string", "yes, partial, no (searched, not found), unknown (not searched), na"),
            Column("quote", "string"),
            Column("locator", "string"),
            Column("source", "string", refers="sources"),
            Column("source_url", "string"),
            Column("searched_on", "date"),
            Column("searched_in", "string"),
            Column("recorded_on", "date"),
        ],
    ),
    Table(
        name="editions",
        about=_("The editions of the index, each bound to its files by their hashes."),
        rows=tables.editions,
        key=["edition"],
        columns=[
            Column("edition", "string"),
            Column("cut_off_on", "date", "the last day that counts"),
            Column("methodology", "string", "version of the method"),
            Column("code_version", "string", "of the program that computed it"),
            Column("seed", "number"),
            Column("dataset_sha256", "string"),
            Column("methodology_sha256", "string"),
            Column("results_sha256", "string"),
            Column("corrects", "string", "the edition that this one corrects", refers="editions"),
            Column("reason", "string", "why"),
            Column("published_on", "date"),
        ],
    ),
    Table(
        name="scores",
        about=_("The intervals of the index, edition by edition; empty bounds: not applicable."),
        rows=tables.scores,
        key=["edition", "actor", "indicator"],
        columns=[
            Column("edition", "string", refers="editions"),
            Column("actor", "string", refers="actors"),
            Column("indicator", "string", "index, a dimension or an indicator"),
            Column("lo", "number", "at least, from 0 to 100; 100 is freest"),
            Column("hi", "number", "at most"),
            Column("status", "string", "rated, indicative, insufficient_data or not_assessed"),
        ],
    ),
)
BY_NAME = {table.name: table for table in TABLES}
