"""The rule's demonstration, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from indicators.models import Kind, Rung
from indicators.templatetags.display import number, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One condition in words, what was found for it, and the evidence it counted."""

    holds: bool
    asks: str
    found: str
    evidence: Sequence[int] = ()
    against: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of the demonstration; it holds when one of its `ways` holds whole, or is implied."""

    rung: int
    name: str
    text: str
    holds: bool
    implied_by: Sequence[int]
    ways: Sequence[Sequence[Reason]]


def steps_of(trace: Sequence[dict[str, Any]]) -> list[Step]:
    """The demonstration stored with a status, rung by rung, in the page's language."""
    return [
        Step(
            rung=row["rung"],
            name=str(Rung(row["rung"]).label),
            text=row[_language()],
            holds=row["holds"],
            implied_by=row["implied_by"],
            ways=[[_reason(finding) for finding in way] for way in row["any"]],
        )
        for row in trace
    ]


def lacks_of(missing: Sequence[dict[str, Any]]) -> list[list[str]]:
    """What is missing for the next rung: for each way to reach it, one sentence for each thing that lacks."""
    return [[_lack(gap) for gap in way["lacks"]] for way in missing]


def _language() -> str:
    return "en" if (get_language() or "fr").startswith("en") else "fr"


def _reason(finding: dict[str, Any]) -> Reason:
    needs, found = finding["needs"], finding["found"]
    if "measure" in needs:
        return Reason(holds=finding["holds"], asks=_share_asked(needs), found=_share_found(found))
    return Reason(
        holds=finding["holds"],
        asks=_sentence(_("At least %(events)s"), needs),
        found=_events_found(needs, found),
        evidence=finding["evidence"],
        against=finding["against"],
    )


def _sentence(opening: str, needs: dict[str, Any]) -> str:
    """« Au moins 2 exemples confirmés au palier “Première occurrence” ou au-dessus, de 2 organismes différents »."""
    parts = [opening % {"events": _examples(needs.get("events", 0), confirmed=needs.get("confirmed", False))}]
    parts[0] += " " + _("claiming “%(rung)s” or more") % {"rung": Rung(needs["claim"]).label}
    if "owners" in needs:
        parts.append(_bodies(needs["owners"]))
    if "countries" in needs:
        parts.append(_countries(needs["countries"]))
    if "kinds" in needs:
        names = [str(Kind(kind).label) for kind in needs["kinds"]]
        parts.append(_("among: %(kinds)s") % {"kinds": ", ".join(names)})
    if needs.get("window"):
        parts.append(_("within the window of the definition"))
    if needs.get("ratio", 0) > 1:
        parts.append(_("and %(ratio)s times as many as the counter-examples") % {"ratio": needs["ratio"]})
    elif needs.get("ratio"):
        parts.append(_("and as many as the counter-examples"))
    return ", ".join(parts)


def _examples(count: int, *, confirmed: bool) -> str:
    if confirmed:
        return ngettext("%(count)s confirmed example", "%(count)s confirmed examples", count) % {
            "count": count
        }
    return ngettext("%(count)s example", "%(count)s examples", count) % {"count": count}


def _bodies(count: int) -> str:
    return ngettext("from %(count)s body", "from %(count)s different bodies", count) % {"count": count}


def _countries(count: int) -> str:
    return ngettext("in %(count)s country", "in %(count)s different countries", count) % {"count": count}


def _events_found(needs: dict[str, Any], found: dict[str, Any]) -> str:
    parts = [ngettext("%(count)s found", "%(count)s found", found["events"]) % {"count": found["events"]}]
    if "owners" in needs:
        parts.append(_bodies(found["owners"]))
    if "countries" in needs:
        parts.append(_countries(found["countries"]))
    if "ratio" in needs:
        against = ngettext(
            "against %(count)s counter-example", "against %(count)s counter-examples", found["against"]
        )
        parts.append(against % {"count": found["against"]})
    return ", ".join(parts)


def _share_asked(needs: dict[str, Any]) -> str:
    asked = _(
        "Measure %(measure)s at %(share)s or more over %(months)s months, known for %(known)s of the cases"
    )
    text = asked % {
        "measure": needs["measure"],
        "share": percent(needs["share"]),
        "months": needs["months"],
        "known": percent(needs["known"]),
    }
    if "panel" in needs:
        text += ", " + _("in a fixed panel of %(panel)s or more") % {"panel": needs["panel"]}
    if "held" in needs:
        text += ", " + _("in each of at least %(held)s observations") % {"held": needs["held"]}
    return text


def _share_found(found: dict[str, Any]) -> str:
    if found["share"] is None:
        return _("not measured yet, or too few cases to say")
    said = _("%(share)s measured: %(numerator)s of %(denominator)s, %(unknown)s unknown")
    numbers = {name: number(found[name]) for name in ("numerator", "denominator", "unknown")}
    return said % {"share": percent(found["share"]), **numbers}


def _lack(gap: dict[str, Any]) -> str:
    if "measure" in gap:
        return _share_asked(gap)
    if "events" in gap:
        return _sentence(_("%(events)s more"), gap)
    parts = [_bodies(gap["owners"])] if "owners" in gap else []
    parts += [_countries(gap["countries"])] if "countries" in gap else []
    return _("more examples %(from)s") % {"from": ", ".join(parts)}
