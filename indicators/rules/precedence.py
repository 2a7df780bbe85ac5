"""Which of several sourced values is displayed, how sure the registry is of it, and which amounts are out of order. Pure.

Rules of deals-and-index §2; nothing here is typed by hand.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

OFFICIAL = frozenset({"filing", "regulator"})
OF_A_PARTY = "party_statement"
INDEPENDENT = frozenset({"press", "academic"})
HEARD = OFFICIAL | INDEPENDENT | {OF_A_PARTY}  # a blog, or a source of no known kind, makes nobody surer
STAGES = ("disbursed", "committed", "announced")  # each at most the next

Bounds = tuple[float, float | None]


class Claim(NamedTuple):
    """A value as one source gives it.

    `kind` is that of the publication, empty when nobody said it; `origin` is the publication that it goes back to, be it
    itself; `publisher` is who publishes it; `party` is the actor whose own document it is.
    """

    statement: str
    value: str
    kind: str
    origin: str
    publisher: str
    told_on: str
    party: str | None = None


def displayed(claims: Sequence[Claim]) -> Claim | None:
    """The claim whose value is shown: of the best kind of source, then the latest; None when there is none.

    An official document stands above one of a party, that above two independent articles, above one, above the rest.
    """
    return min(
        sorted(claims, key=lambda claim: (claim.told_on, claim.statement), reverse=True),
        key=lambda claim: _rank(claim, claims),
        default=None,
    )


def confidence(claims: Collection[Claim], parties: Collection[str]) -> str:
    """high: an official document or both parties; medium: one party or two independent sources; else low."""
    told_by = {claim.party for claim in claims if claim.kind == OF_A_PARTY and claim.party in parties}
    if len(told_by) > 1 or any(claim.kind in OFFICIAL for claim in claims):
        return "high"
    return "medium" if told_by or independent(claims) > 1 else "low"


def independent(claims: Collection[Claim]) -> int:
    """How many articles among these stand for themselves: those of one origin, or of one publisher, are one."""
    articles = [claim for claim in claims if claim.kind in INDEPENDENT]
    return min(
        len({claim.origin for claim in articles}),
        len({claim.publisher or claim.origin for claim in articles}),
    )


def out_of_order(stages: Mapping[str, Bounds]) -> list[tuple[str, str]]:
    """The stages of a leg that tell more than the stage before them allows: (disbursed, committed)…

    What was paid is compared by its lower bound, what is committed by its upper one where there is one. A warning only:
    amendments exist.
    """
    told = [stage for stage in STAGES if stage in stages]
    reached = {stage: lo if hi is None or stage == STAGES[0] else hi for stage, (lo, hi) in stages.items()}
    return [
        (less, more)
        for less, more in pairwise(told)
        if (most := stages[more][1]) is not None and reached[less] > most
    ]


def _rank(claim: Claim, claims: Sequence[Claim]) -> int:
    if claim.kind in OFFICIAL:
        return 0
    if claim.kind == OF_A_PARTY:
        return 1
    if claim.kind not in INDEPENDENT:
        return 4
    return 2 if independent([each for each in claims if each.value == claim.value]) > 1 else 3
