"""Which candidates matter: a weight for each thing a person can read, learned from what people decided. Pure."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import exp

Case = tuple[Sequence[str], bool]  # what could be read of a candidate, and whether it was accepted

LEAST_CASES, LEAST_OF_EACH = 50, 10  # fewer teach the habits of a day
LEAST_SEEN = 3  # what was seen less often stands for one document, not for a kind
OLDER = 0.7  # of the cases: what is learned for the trial; the newer ones judge it
CONSTANT = ""  # the weight of being a candidate at all


def is_enough(cases: Sequence[Case]) -> bool:
    """Whether there is something to learn: enough decisions, and both verdicts among them."""
    accepted = sum(verdict for _, verdict in cases)
    return len(cases) >= LEAST_CASES and min(accepted, len(cases) - accepted) >= LEAST_OF_EACH


def lesson(cases: Sequence[Case]) -> bytes:
    """The weights, and how they would have done, as JSON; the same for the same cases, which come oldest first.

    `precision` is the share accepted among the `top` of the newer cases that weights learned from the older ones
    put first, `top` being as many as were accepted; None where the newer cases judge nothing. To be called in a
    child process: the library is larger than all the rest of the service.
    """
    cut = int(len(cases) * OLDER)
    older, newer = cases[:cut], cases[cut:]
    top = sum(verdict for _, verdict in newer)
    told = {"weights": _weights(cases), "tested": len(newer), "top": top, "base_rate": top / len(newer)}
    if len({verdict for _, verdict in older}) == 2 and 0 < top < len(newer):
        weights = _weights(older)
        ranked = sorted(newer, key=lambda case: -likelihood(case[0], weights))
        told["precision"] = sum(verdict for _, verdict in ranked[:top]) / top
    return json.dumps(told).encode()


def likelihood(seen: Collection[str], weights: Mapping[str, float]) -> float:
    """How likely a person accepts what looks like this, from 0 to 1."""
    total = weights.get(CONSTANT, 0.0) + sum(weights.get(each, 0.0) for each in seen)
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def reasons(seen: Collection[str], weights: Mapping[str, float], *, most: int = 4) -> list[tuple[str, float]]:
    """What weighed most, for or against, heaviest first."""
    heard = [(each, weights[each]) for each in sorted(seen) if weights.get(each)]
    return sorted(heard, key=lambda pair: -abs(pair[1]))[:most]


def _weights(cases: Sequence[Case]) -> dict[str, float]:
    from sklearn.feature_extraction import DictVectorizer  # noqa: PLC0415 - 100 MB, wanted in a child only
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - the same

    counts = Counter(each for seen, _ in cases for each in seen)
    known = [dict.fromkeys((each for each in seen if counts[each] >= LEAST_SEEN), 1.0) for seen, _ in cases]
    table = DictVectorizer()
    fitted = LogisticRegression(C=0.5, max_iter=1_000).fit(
        table.fit_transform(known), [verdict for _, verdict in cases]
    )
    learned = dict(zip(table.feature_names_, fitted.coef_[0].tolist(), strict=True))
    learned[CONSTANT] = float(fitted.intercept_[0])
    return {name: round(weight, 3) for name, weight in learned.items() if abs(weight) >= 0.001}
