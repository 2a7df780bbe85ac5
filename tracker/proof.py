"""Proof of work: a sum that a browser does before it sends, asked for only while very much comes in."""

import base64
import json
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

LASTS = timedelta(minutes=30)
HARDEST = 50_000  # hashes at most: a second or two of a telephone
LONGEST = 2_000  # characters of an answer


def challenge(*, now: datetime) -> str:
    """A new sum as JSON, signed and good for half an hour."""
    from altcha import create_challenge_v1  # noqa: PLC0415 - 13 MB, for the hours of a flood

    told = create_challenge_v1(hmac_key=_key(), max_number=HARDEST, expires=now + LASTS)
    return json.dumps(vars(told))


def solved(answer: str) -> str | None:
    """The challenge that this answer solves; None for none of ours, a wrong one, or one that is too old."""
    if not answer or len(answer) > LONGEST:
        return None
    from altcha import extract_params_v1, verify_solution_v1  # noqa: PLC0415 - see above

    try:
        told = json.loads(base64.b64decode(answer))
        is_right, _why = verify_solution_v1(told, _key())
        return str(told["challenge"]) if is_right and extract_params_v1(told).get("expires") else None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):  # whatever was sent instead
        return None


def _key() -> str:
    return salted_hmac("tracker.proof", "", algorithm="sha256").hexdigest()
