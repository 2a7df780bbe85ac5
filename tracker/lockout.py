"""How many wrong passwords an account and a network are allowed, and until when they are refused afterwards."""

from datetime import datetime, timedelta
from unicodedata import normalize

from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate

from tracker.models import FailedLogin
from tracker.sealing import network_hash

WINDOW = timedelta(minutes=15)
FAILURES_OF_AN_ACCOUNT = 10
FAILURES_OF_A_NETWORK = 50  # an office shares one


class LockedError(Exception):
    """Too many wrong passwords or codes; `until` says when the next one is looked at."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(until)

    def minutes(self, now: datetime) -> int:
        """How long it lasts, in whole minutes, at least one."""
        return max(1, -int((now - self.until) / timedelta(minutes=1) // 1))


def begin(*, username: str, address: str, now: datetime) -> FailedLogin:
    """Count a password as wrong before it is looked at: delete what comes back if it was right. Raises LockedError.

    Counted first, so that many at once are no more than many in a row. An account that does not exist is counted like
    any other. What is refused while locked is not counted: the lock ends by itself.
    """
    hashes = {
        "account_hash": account_hash(username),
        "network_hash": network_hash(address, on=localdate(now)),
    }
    attempt = FailedLogin.objects.create(failed_at=now, **hashes)
    limits = {"account_hash": FAILURES_OF_AN_ACCOUNT, "network_hash": FAILURES_OF_A_NETWORK}
    for name, limit in limits.items():
        before = FailedLogin.objects.filter(
            **{name: hashes[name]}, failed_at__gt=now - WINDOW, pk__lt=attempt.pk
        )
        failures = list(before.order_by("-pk").values_list("failed_at", flat=True)[:limit])
        if len(failures) == limit:
            attempt.delete()
            raise LockedError(failures[-1] + WINDOW)
    return attempt


def forgive(username: str) -> None:
    """Forget the wrong passwords of an account whose owner has proved to be it."""
    FailedLogin.objects.filter(account_hash=account_hash(username)).delete()


def account_hash(username: str) -> str:
    """The name of an account under the secret key, however it is written."""
    name = normalize("NFKC", username).casefold()
    return salted_hmac("tracker.account", name, algorithm="sha256").hexdigest()
