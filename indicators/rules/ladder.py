"""The ladder of a definition, as data: what each rung asks for, checked when it is read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeGuard

from indicators.rules.words import Kind

TOP = 5


class DefinitionError(ValueError):
    """A ladder that cannot be read; show it to the editor. `message` takes `params`, so that it can be translated."""

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message % params)
        self.message = message
        self.params = params


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """At least `events` distinct supporting events that claim rung `claim` or more.

    `confirmed` asks that each be direct and at least moderate; `owners` and `countries` ask for distinct ones;
    `kinds` narrows to some kinds of evidence; `window` to the definition's window; `ratio` asks for that many
    times the contradicting events of the same window.
    """

    events: int
    claim: int
    confirmed: bool = False
    owners: int = 0
    countries: int = 0
    kinds: tuple[str, ...] = ()
    window: bool = False
    ratio: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A confirmed measure of at least `share`, over `months`, known for at least `known` of the cases in scope.

    With `held`, every observation of these months must reach it, and there must be at least `held` of them,
    covering the months whole; without it, the months are added up. With `panel`, the share is one of a fixed
    panel of at least that size, its unknown members included; without `held`, its newest observation stands.
    """

    measure: str
    share: float
    months: int
    known: float = 0.6
    panel: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: it is reached when one of the alternatives of `any` holds whole."""

    rung: int
    fr: str
    en: str
    any: tuple[tuple[Events | Share, ...], ...]


Ladder = tuple[Step, ...]


def ladder_from(rows: Sequence[Mapping[str, Any]]) -> Ladder:
    """The ladder that a definition's rows describe: rungs 1 to 5, each `{rung, fr, en, any: [[predicate, …], …]}`.

    A predicate is a table of the fields of `Events` or of `Share`. Raises DefinitionError, in words.
    """
    if (
        not isinstance(rows, Sequence)
        or isinstance(rows, str)
        or not all(isinstance(row, Mapping) for row in rows)
    ):
        raise DefinitionError("A ladder is a list of rungs, each with rung, fr, en and any.")
    if [row.get("rung") for row in rows] != list(range(1, TOP + 1)):
        raise DefinitionError("A ladder has the rungs 1 to 5, once each, in order.")
    return tuple(_step(row) for row in rows)


def _step(row: Mapping[str, Any]) -> Step:
    rung = row["rung"]
    if unknown := set(row) - {"rung", "fr", "en", "any"}:
        raise DefinitionError("Rung %(rung)s: unknown word “%(word)s”.", rung=rung, word=min(unknown))
    for language in ("fr", "en"):
        if not isinstance(row.get(language), str) or not row[language].strip():
            raise DefinitionError(
                "Rung %(rung)s: its text in “%(language)s” is missing.", rung=rung, language=language
            )
    alternatives = row.get("any")
    if not _is_list(alternatives) or not all(_is_list(each) for each in alternatives):
        raise DefinitionError(
            "Rung %(rung)s: “any” is a list of lists of conditions, none of them empty.", rung=rung
        )
    read = tuple(tuple(_predicate(rung, predicate) for predicate in each) for each in alternatives)
    return Step(rung=rung, fr=row["fr"], en=row["en"], any=read)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple) and bool(value)


def _predicate(rung: int, words: object) -> Events | Share:
    if not isinstance(words, Mapping) or ("events" in words) == ("measure" in words):
        raise DefinitionError("Rung %(rung)s: a condition counts either “events” or a “measure”.", rung=rung)
    kind = Events if "events" in words else Share
    names = {field.name for field in fields(kind)}
    if unknown := set(words) - names:
        raise DefinitionError("Rung %(rung)s: unknown word “%(word)s”.", rung=rung, word=min(unknown))
    for word, value in words.items():
        _check(rung, word, value)
    needed = {"events", "claim"} if kind is Events else {"measure", "share", "months"}
    if missing := needed - set(words):
        raise DefinitionError("Rung %(rung)s: “%(word)s” is missing.", rung=rung, word=min(missing))
    given: dict[str, Any] = {
        word: tuple(sorted(value)) if word == "kinds" else value for word, value in words.items()
    }
    return kind(**given)


def _check(rung: int, word: str, value: object) -> None:
    if not _is_allowed(word, value):
        raise _refusal(_FAMILY.get(word, "count"), rung=rung, word=word, value=repr(value))


_FAMILY = {
    "claim": "rung", "confirmed": "truth", "window": "truth", "kinds": "kinds",
    "measure": "code", "share": "share", "known": "share",
}  # fmt: skip


def _is_allowed(word: str, value: object) -> bool:
    match _FAMILY.get(word, "count"):
        case "truth":
            return isinstance(value, bool)
        case "kinds":
            return _is_list(value) and set(map(str, value)) <= set(Kind)
        case "code":
            return isinstance(value, str) and bool(value.strip())
        case "share":
            return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1
        case family:
            top = TOP if family == "rung" else float("inf")
            return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= top


def _refusal(family: str, **told: object) -> DefinitionError:
    match family:
        case "truth":
            return DefinitionError(
                "Rung %(rung)s: “%(word)s” cannot be %(value)s; it must be true or false.", **told
            )
        case "kinds":
            return DefinitionError(
                "Rung %(rung)s: “%(word)s” cannot be %(value)s; it must be a list of kinds of evidence: %(kinds)s.",
                **told, kinds=", ".join(Kind),
            )  # fmt: skip
        case "code":
            return DefinitionError(
                "Rung %(rung)s: “%(word)s” cannot be %(value)s; it must be the code of a measure.", **told
            )
        case "share":
            return DefinitionError(
                "Rung %(rung)s: “%(word)s” cannot be %(value)s; it must be a share above 0 and up to 1.",
                **told,
            )
        case "rung":
            return DefinitionError(
                "Rung %(rung)s: “%(word)s” cannot be %(value)s; it must be a rung from 1 to 5.", **told
            )
        case _:
            return DefinitionError(
                "Rung %(rung)s: “%(word)s” cannot be %(value)s; it must be a whole number from 1.", **told
            )
