"""The reading grid of articles: points for the five pillars, never averaged with the scores of actors. Pure."""

from collections.abc import Mapping
from typing import Any

POINTS = (0, 0.5, 1, 1.5, 2)  # for each of the pillars
PILLARS = 5


def article_score(
    declared_total: float | None,
    pillars: Mapping[str, float | None] | None = None,
    *,
    declared_max: float = 10,
) -> dict[str, Any]:
    """An article against the five pillars: a declared total stands alone; a mismatch is shown, never corrected.

    A total is computed, of 10, when all pillars are filled (deals-and-index §7); it agrees with a declared one of
    another maximum when they are the same share of it. What nobody filled is None.
    """
    filled = [points for points in (pillars or {}).values() if points is not None]
    most = PILLARS * POINTS[-1]
    counted = sum(filled) if len(filled) == PILLARS else None
    agrees = None
    if counted is not None and declared_total is not None:
        agrees = counted * declared_max == declared_total * most
    return {
        "total": declared_total if counted is None else counted,
        "max": declared_max if counted is None else most,
        "breakdown": pillars,
        "consistent": agrees,
        "valid": len(pillars or {}) <= PILLARS
        and all(points in POINTS for points in filled)
        and (declared_total is None or 0 <= declared_total <= declared_max),
    }
