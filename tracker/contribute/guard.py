"""What stands between the form and floods: a trap, the time that the form was open, limits, a proof of work."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from tracker import limits, proof, spam
from tracker.visitors import address_of

log = logging.getLogger(__name__)

TRAP, OPENED, PROOF = "website", "opened", "proof"
_SALT = "tracker.form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a page of the form carries unseen: since when it is open, and the sum that a browser is asked to do."""

    opened: str
    challenge: str = ""


def of_page(request: HttpRequest, *, now: datetime, busy: bool = False) -> Guard:
    """The guard of a page of the form; one that comes back keeps the time at which it was opened first."""
    kept = request.POST.get(OPENED, "")
    opened = kept if _opened_at(kept) else Signer(salt=_SALT).sign(now.isoformat())
    return Guard(opened=opened, challenge=proof.challenge(now=now) if busy or limits.is_busy(now=now) else "")


def marks(request: HttpRequest, *, url: str, statement: str, quote: str, now: datetime) -> list[str]:
    """Let what was sent in, and say what of it looks like spam. Raises limits.TooManyError.

    Where the judging itself fails, what was sent is let in and held: it is neither lost nor taken for good.
    """
    try:
        return _judged(request, url=url, statement=statement, quote=quote, now=now)
    except limits.TooManyError:
        raise
    except Exception:  # whichever it is: what somebody sent must not be lost by a fault of ours
        log.exception("A contribution could not be judged, and is held.")
        return ["unjudged"]


def _judged(request: HttpRequest, *, url: str, statement: str, quote: str, now: datetime) -> list[str]:
    solved = proof.solved(request.POST.get(PROOF, ""))
    if solved and limits.is_spent(solved):
        solved = None
    busy = not solved and limits.is_busy(now=now)
    _admit(address_of(request), url, solved, now=now)
    opened_at = _opened_at(request.POST.get(OPENED, ""))
    sending = spam.Sending(
        trap=request.POST.get(TRAP, ""),
        open_for=None if opened_at is None else now - opened_at,
    )
    found = spam.marks(statement=statement, quote=quote, sending=sending)
    return [*found, *(["no_proof"] if busy else [])]


def _admit(address: str, url: str, solved: str | None, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            limits.admit_contribution(address=address, url=url, proof=solved, now=now)
    except IntegrityError:  # the same proof was spent between our look and now
        limits.admit_contribution(address=address, url=url, proof=None, now=now)


def _opened_at(signed: str) -> datetime | None:
    """When a form was opened, as we signed it; None for what we did not."""
    try:
        return datetime.fromisoformat(Signer(salt=_SALT).unsign(signed))
    except BadSignature:
        return None
