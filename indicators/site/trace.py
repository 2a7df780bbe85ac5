"""The rule's demonstration, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from indicators.models import Citation, Kind, Rung
from indicators.models.standing import quote_of
from indicators.rules.strength import are_one_voice
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


def one_voice(citations: Sequence[Citation]) -> str:
    """That several articles are a single source, in words; nothing where that is not so."""
    if len(citations) < 2 or not are_one_voice(quote_of(citation) for citation in citations):
        return ""
    return _("%(articles)s articles, a single source") % {"articles": len(citations)}


def _language() -> str:
    return "en" if (get_language() or "fr").startswith("en") else "fr"


def _reason(finding: dict[str, Any]) -> Reason:
    needs, found = finding["needs"], finding["found"]
    if "measure" in needs:
        return Reason(holds=finding["holds"], asks=_share_asked(needs), found=_share_found(found))
    return Reason(
        holds=finding["holds"],
        asks=_sentence(_("At least %(examples)s") % {"examples": _examples(needs)}, needs),
        found=_events_found(needs, found),
        evidence=finding["evidence"],
        against=finding["against"],
    )


def _sentence(opening: str, needs: dict[str, Any], *, lacking: bool = False) -> str:
    """« Au moins 2 exemples confirmés au palier “Première occurrence” ou au-dessus, de 2 organismes différents »."""
    parts = [opening + " " + _("claiming “%(rung)s” or more") % {"rung": Rung(needs["claim"]).label}]
    if "owners" in needs:
        parts.append(_more_bodies(needs["owners"]) if lacking else _bodies(needs["owners"]))
    if "countries" in needs:
        parts.append(_more_countries(needs["countries"]) if lacking else _countries(needs["countries"]))
    if "kinds" in needs:
        names = [str(Kind(kind).label) for kind in needs["kinds"]]
        parts.append(_("among: %(kinds)s") % {"kinds": ", ".join(names)})
    if needs.get("window"):
        parts.append(_("within the window of the definition"))
    if ratio := needs.get("ratio"):
        times = ngettext(
            "and as many as the counter-examples", "and %(count)s times the counter-examples", ratio
        )
        parts.append(times % {"count": ratio})
    return ", ".join(parts)


def _examples(needs: dict[str, Any]) -> str:
    count = needs["events"]
    if needs.get("confirmed"):
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
        return _sentence(_more(gap["events"], confirmed=gap.get("confirmed", False)), gap, lacking=True)
    parts = [_more_bodies(gap["owners"])] if "owners" in gap else []
    parts += [_more_countries(gap["countries"])] if "countries" in gap else []
    return _("examples %(from)s") % {"from": ", ".join(parts)}


def _more(count: int, *, confirmed: bool) -> str:
    if confirmed:
        text = ngettext("%(count)s more confirmed example", "%(count)s more confirmed examples", count)
    else:
        text = ngettext("%(count)s more example", "%(count)s more examples", count)
    return text % {"count": count}


def _more_bodies(count: int) -> str:
    return ngettext("from %(count)s more body", "from %(count)s more bodies", count) % {"count": count}


def _more_countries(count: int) -> str:
    return ngettext("in %(count)s more country", "in %(count)s more countries", count) % {"count": count}
