"""How much one event weighs: the tier of its sources against its directness, and corroboration. Pure."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from indicators.rules.record import Quote
from indicators.rules.words import Directness, Strength

INTERESTED_TIER = 4


_TABLE = {
    (1, Directness.DIRECT): Strength.STRONG,
    (1, Directness.PARTIAL): Strength.MODERATE,
    (2, Directness.DIRECT): Strength.MODERATE,
    (2, Directness.PARTIAL): Strength.MODERATE,
    (3, Directness.DIRECT): Strength.MODERATE,
}


def strength_of(quotes: Sequence[Quote], directness: Directness) -> Strength | None:
    """The best strength that the verified quotes give (domain §1, a table without hidden weights).

    None when no quote is verified: such an event has no voice. A direct event of tier 2 or 3 becomes strong
    when two independent sources of tier 3 or better tell it.
    """
    heard = [quote for quote in quotes if quote.verified]
    if not heard:
        return None
    best = min(quote.tier for quote in heard)
    strength = _TABLE.get((best, directness), Strength.WEAK)
    if directness == Directness.DIRECT and best in (2, 3) and _is_corroborated(heard):
        return Strength.STRONG
    return strength


def corroborate(one: Quote, other: Quote) -> bool:
    """Two owners, two domains, two texts, and neither has the other as its only source."""
    return (
        not _marks(one) & _marks(other)
        and not (one.cites and one.cites == other.url)
        and not (other.cites and other.cites == one.url)
    )


def are_one_voice(quotes: Iterable[Quote]) -> bool:
    """Whether each two of these sources share an owner, a domain or a story; not where nothing is quoted."""
    marks = {frozenset(_marks(quote)) for quote in quotes}
    shared = frozenset.intersection(*marks) if marks else None
    return bool(shared) or (len(marks) > 1 and all(one & other for one, other in combinations(marks, 2)))


def _marks(quote: Quote) -> set[tuple[str, str]]:
    """What a voice is known by; an unknown domain or story is no likeness."""
    known = {("domain", quote.domain), ("story", quote.story)}
    return {("owner", quote.group)} | {mark for mark in known if mark[1]}


def _is_corroborated(heard: Sequence[Quote]) -> bool:
    # With a best tier of 2, the pair must hold a tier-2 quote: it is that one which is corroborated.
    best = min(quote.tier for quote in heard)
    pairs = combinations([quote for quote in heard if quote.tier < INTERESTED_TIER], 2)
    return any(best in (one.tier, other.tier) and corroborate(one, other) for one, other in pairs)
