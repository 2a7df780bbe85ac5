"""Which legs a page of the registry counts, as its address asks for it; an unknown choice is refused in words."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from indicators import registry
from indicators.models import Actor, Confidence
from indicators.rules.deal_graph import LONGEST, View
from indicators.site.moment import BadParameterError, Moment, moment_from, one_of

YES = "true"
CHECKS = ("inferred", "guarantees", "noncash", "apart")
LENGTHS = tuple(str(length) for length in range(2, 7))
NAMES = ("as_of", "known_at", "confidence", "longest", *CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyView:
    """What the reader counts: from which confidence, with which kinds of leg, circuits of at most how many legs.

    `apart`: the members of a group stand for themselves. `as_of` is empty unless the reader named a day.
    """

    as_of: str = ""
    confidence: str = Confidence.LOW
    inferred: bool = False
    guarantees: bool = False
    noncash: bool = False
    apart: bool = False
    longest: int = LONGEST

    def view(self) -> View:
        """The same for the rules."""
        return registry.view_of(
            as_of=self.as_of or None,
            min_confidence=self.confidence,
            include_derived=self.inferred,
            include_contingent=self.guarantees,
            include_noncash=self.noncash,
            by_group=not self.apart,
        )

    @property
    def query(self) -> str:
        """What an address must ask for to be read in this view: empty for the usual one, else `?…`."""
        usual = MoneyView()
        told = {name: getattr(self, name) for name in ("as_of", "confidence", "longest")}
        given = {name: value for name, value in told.items() if value != getattr(usual, name)}
        given |= {name: YES for name in CHECKS if getattr(self, name)}
        return f"?{urlencode(given)}" if given else ""


def asked_view(request: HttpRequest, *, besides: tuple[str, ...] = ()) -> tuple[MoneyView, Moment]:
    """The view and the moment that an address asks for; `besides` names what else it may ask. Raises BadParameterError."""
    query = QueryDict(mutable=True)
    query.update(
        {name: value for name, value in request.GET.items() if value}
    )  # a form sends what is left empty
    for name in query:
        if name not in (*NAMES, *besides):
            raise BadParameterError(name, query[name], ", ".join((*NAMES, *besides)))
    moment = moment_from(query, now=timezone.now())
    return MoneyView(
        as_of=query.get("as_of", ""),
        confidence=one_of("confidence", query, Confidence.values) or Confidence.LOW,
        longest=int(one_of("longest", query, LENGTHS) or LONGEST),
        **{name: one_of(name, query, (YES, "false")) == YES for name in CHECKS},
    ), moment


def names() -> dict[str, str]:
    """How every actor is called, by slug."""
    return dict(Actor.objects.values_list("slug", "name"))
