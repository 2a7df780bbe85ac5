"""How often a network may come to a public door, how much is taken about one host and in all, and when to come back."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localdate

from tracker.models import Knock, host_name
from tracker.sealing import network_hash

SHORT, LONG = timedelta(minutes=10), timedelta(hours=1)
FOLLOWERS_PER_HOUR = 200  # who ask to follow something, from everywhere
Door = Knock.Door


class TooManyError(Exception):
    """As many as are allowed have come; `until` says when the next one is let in."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(until)

    def seconds(self, now: datetime) -> int:
        """How long it lasts, in whole seconds, at least one."""
        return max(1, -int((now - self.until) / timedelta(seconds=1) // 1))

    def minutes(self, now: datetime) -> int:
        """The same in whole minutes."""
        return -(-self.seconds(now) // 60)


def admit_contribution(*, address: str, url: str, proof: str | None, now: datetime) -> None:
    """Count a contribution, unless its network, its host or all of us have had enough. Raises TooManyError.

    A proof of work, known by its challenge, opens the limits that others filled; that of one's own network it does not.
    What is refused is not counted. Raises IntegrityError where the same proof was used at this very moment.
    """
    networks = _networks(address, since=now - SHORT, now=now)
    limits = [(Q(network_hash__in=networks), SHORT, settings.CONTRIBUTIONS_PER_NETWORK)]
    host = host_name(url) if url else ""
    if proof is None:
        limits += [(Q(host=host), LONG, settings.CONTRIBUTIONS_PER_HOST)] if host else []
        limits += [(Q(), LONG, settings.CONTRIBUTIONS_PER_HOUR)]
    knock = Knock(door=Door.FORM, network_hash=networks[0], host=host, proof=proof, at=now)
    _admit(knock, limits)


def admit_to_receipt(*, address: str, now: datetime) -> None:
    """Count the look at a receipt, be it right or wrong: so neither is told apart, nor tried for ever. Raises TooManyError."""
    networks = _networks(address, since=now - LONG, now=now)
    knock = Knock(door=Door.RECEIPT, network_hash=networks[0], at=now)
    _admit(knock, [(Q(network_hash__in=networks), LONG, settings.RECEIPTS_PER_NETWORK)])


def admit_follower(*, address: str, now: datetime) -> None:
    """Count somebody who asks for mails, unless their network or all of us have asked enough. Raises TooManyError."""
    networks = _networks(address, since=now - SHORT, now=now)
    knock = Knock(door=Door.FOLLOW, network_hash=networks[0], at=now)
    of_network = (Q(network_hash__in=networks), SHORT, settings.CONTRIBUTIONS_PER_NETWORK)
    _admit(knock, [of_network, (Q(), LONG, FOLLOWERS_PER_HOUR)])


def is_busy(*, now: datetime) -> bool:
    """Whether so much came lately that a proof of work is asked for."""
    lately = Knock.objects.lately(Door.FORM, since=now - SHORT).order_by("-at")
    return len(lately.values_list("pk")[: settings.PROOF_ABOVE]) == settings.PROOF_ABOVE


def is_spent(proof: str) -> bool:
    """Whether this proof of work has let somebody in already."""
    return Knock.objects.filter(proof=proof).exists()


def _admit(knock: Knock, limits: list[tuple[Q, timedelta, int]]) -> None:
    """Looked at before it is counted, so that a flood writes nothing; and after, so that many at once are not more."""
    _check(knock, limits)
    knock.save(force_insert=True)
    try:
        _check(knock, limits)
    except TooManyError:
        knock.delete()
        raise


def _check(knock: Knock, limits: list[tuple[Q, timedelta, int]]) -> None:
    for whose, window, limit in limits:
        before = Knock.objects.lately(knock.door, since=knock.at - window).filter(whose)
        before = before.filter(pk__lt=knock.pk) if knock.pk else before
        if last := before.order_by("-at").values_list("at", flat=True)[limit - 1 : limit]:
            raise TooManyError(last[0] + window)


def _networks(address: str, *, since: datetime, now: datetime) -> list[str]:
    """The network under the key of today, and of yesterday where the window began before midnight."""
    days = dict.fromkeys([localdate(now), localdate(since)])
    return [network_hash(address, on=day) for day in days]
