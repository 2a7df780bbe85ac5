"""What the queue says of a candidate, in words: why it stands where it stands, and where to look in its document."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from indicators.models import Evidence, Rung
from indicators.rules import workdays
from indicators.templatetags.display import day, percent
from tracker import awards, drafting, rulebook, stories, triage
from tracker.admin.forms import AcceptForm
from tracker.models import Candidate, Contribution, Document, TriageModel
from tracker.weighing import LEAST_CASES

LEVELS = {
    rulebook.ASIDE: gettext_lazy("set aside with its rule, which proposed too much"),
    0: gettext_lazy("found by no rule"),
    1: gettext_lazy("subject only: read the documents"),
    2: gettext_lazy("words"),
    3: gettext_lazy("a structured fact"),
    4: gettext_lazy("a clause"),
}
_DUE = {  # late, in working days
    (False, False): ngettext_lazy(
        "due in %(days)d day, on %(on)s", "due in %(days)d days, on %(on)s", "days"
    ),
    (False, True): ngettext_lazy(
        "due in %(days)d working day, on %(on)s", "due in %(days)d working days, on %(on)s", "days"
    ),
    (True, False): ngettext_lazy(
        "late by %(days)d day: it was due on %(on)s", "late by %(days)d days: it was due on %(on)s", "days"
    ),
    (True, True): ngettext_lazy(
        "late by %(days)d working day: it was due on %(on)s",
        "late by %(days)d working days: it was due on %(on)s",
        "days",
    ),
}
_OTHER = {
    "reason": gettext_lazy("reason"),
    "party": gettext_lazy("in the name of"),
    "text": gettext_lazy("reply"),
    "evidence": gettext_lazy("evidence"),
    "actor": gettext_lazy("actor"),
}
_WEIGHED = {
    "format": gettext_lazy("format"),
    "indicator": gettext_lazy("indicator"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language"),
    "level": gettext_lazy("what was found"),
    "rule": gettext_lazy("rule"),
    "source": gettext_lazy("source"),
    "tier": gettext_lazy("tier"),
    "word": gettext_lazy("word"),
}


def why(reason: triage.Reason) -> str:
    """A reason of the order in words: + word fournisseurs."""
    value = LEVELS.get(int(reason.value), reason.value) if reason.kind == "level" else reason.value
    return f"{'+' if reason.speaks_for else '−'} {_WEIGHED[reason.kind]} {value}"


def order(model: TriageModel | None) -> str:
    """By what the queue is ordered after the consequence, and how right that was."""
    if model is None:
        told = _(
            "Most consequential first, then by what was found. The order is learned from your decisions once there"
            " are %(least)s."
        )
        return told % {"least": LEAST_CASES}
    facts = {name: getattr(model, name) for name in ("decisions", "tested", "top")}
    facts |= {"precision": percent(model.precision or 0.0), "base": percent(model.base_rate or 0.0)}
    if model.followed:
        told = _(
            "Most consequential first, then most likely accepted, as learned from %(decisions)s decisions; it rejects"
            " nothing. Tried on the %(tested)s newest: of the %(top)s that it put first, %(precision)s had been"
            " accepted; of all, %(base)s."
        )
    else:
        told = _(
            "Most consequential first, then by what was found: what %(decisions)s decisions taught is no better than"
            " chance. Tried on the %(tested)s newest: of the %(top)s that it put first, %(precision)s had been"
            " accepted; of all, %(base)s."
        )
    return told % facts


def due(sent: Contribution, *, now: datetime) -> str:
    """How long an answer may still take, or how late it is, in words."""
    last, today = localdate(sent.due_at), localdate(now)
    start, end = sorted((last, today))
    days = workdays.since(start, end) if sent.clock.working else (end - start).days
    return str(_DUE[sent.due_at <= now, sent.clock.working] % {"days": days, "on": day(last)})


def unopened(sent: Contribution) -> str:
    """By when somebody must have opened it, where nobody has and that has a time of its own."""
    if sent.acknowledged_at or not sent.acknowledge_by:
        return ""
    return _("nobody has opened it yet; somebody must by %(on)s") % {
        "on": day(localdate(sent.acknowledge_by))
    }


def passages(candidate: Candidate) -> Iterator[dict[str, Any]]:
    """Each text of the document, cut into pieces that are marked or not, so that no markup is built by hand."""
    document = candidate.document
    others = [("texts", code, text) for code, text in document.texts.items() if code != document.language]
    own = [("title", document.language, document.title), ("text", document.language, document.text)]
    for field, language, text in [*own, *others]:
        spans = sorted(
            (reason["start"], reason["end"])
            for reason in candidate.reasons
            if reason["field"] == field
            and reason["end"] > 0
            and (field != "texts" or reason["language"] == language)
        )
        if text:
            yield {
                "field": field,
                "language": language,
                "pieces": list(_pieces(text, spans)),
                "hit": bool(spans),
            }


def sighting(candidate: Candidate) -> drafting.Sighting | None:
    """The amount that the document of a deal seems to name; nothing for what is no deal."""
    sent = getattr(candidate.document, "contribution", None)
    is_deal = candidate.is_for_registry or (sent and sent.kind == Contribution.Kind.DEAL)
    seen = drafting.sighting_in(candidate) if is_deal else None
    return seen if seen and seen.phrase else None


def same_event(document: Document) -> tuple[list[Candidate], list[Evidence]]:
    """What else tells of the event, by its copies and by its procedure: candidates, and evidence that stands."""
    told = set(stories.of_story(document).values_list("pk", flat=True))
    told |= {notice.document_id for notice in awards.chain(document)}
    candidates = Candidate.objects.filter(document__in=told).exclude(document=document)
    urls = Document.objects.filter(pk__in=told).exclude(url="").values_list("url", flat=True)
    about = Q(citations__url__in=list(urls)) | Q(citations__story=str(stories.head_of(document)))
    evidence = Evidence.objects.standing().filter(about).distinct()
    return list(candidates.select_related("document__source", "indicator").order_by("pk")), list(evidence)


def proposal(candidate: Candidate) -> dict[str, Any]:
    """What a first moderator proposed and awaits a second one, as far as a page shows it; nothing otherwise."""
    if candidate.state != Candidate.State.PROPOSED:
        return {}
    decision = candidate.last_decision()
    act = decision.act["act"]
    told = act.get("event", {}) | act.get("changes", {}) | act.get("citation", {})
    told |= {name: act[name] for name in ("reason", "party", "text", "evidence", "actor") if name in act}
    labels = {name: field.label for name, field in AcceptForm.base_fields.items()}
    moves = [
        {"indicator": code, "rung_from": Rung(old).label, "rung_to": Rung(new).label}
        for code, old, new in decision.act["moves"]
    ]
    shown = [(labels.get(name, _OTHER.get(name, name)), value) for name, value in told.items() if value]
    return {"proposed": decision, "proposal": {"moves": moves, "told": shown}}


def _pieces(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    place = 0
    for start, end in spans:
        if start >= place:
            yield text[place:start], False
            yield text[start:end], True
            place = end
    yield text[place:], False
