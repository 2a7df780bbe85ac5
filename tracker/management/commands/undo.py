"""Take back what one moderator decided since a moment: shown first, done when asked to."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from tracker import undoing
from tracker.management.moments import moment


class Command(BaseCommand):
    help = "Take back what one moderator decided, each candidate as it stood before; change nothing without --apply."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--moderator", required=True, metavar="NAME", help="whose decisions")
        parser.add_argument(
            "--since", required=True, metavar="D", help="a day, a moment, or 7d for seven days"
        )
        parser.add_argument("--by", metavar="NAME", help="who takes them back: an account of the team")
        parser.add_argument("--reason", default="", help="the public reason of each retraction")
        parser.add_argument("--apply", action="store_true", help="take them back")

    def handle(self, *, moderator: str, since: str, by: str | None, **options: Any) -> None:
        now, account = timezone.now(), _account(moderator)
        found = list(undoing.reversals(account, since=moment(since, now)))
        for each in found:
            self._tell(each)
        if not found:
            self.stdout.write(_("There is nothing to take back."))
        elif not options["apply"]:
            self.stdout.write(_("Nothing was changed: --apply does it."))
        else:
            undoer = _undoer(by, moderator=account)
            reason = options["reason"] or _("Published by an account that could not be trusted.")
            for each in found:
                undoing.take_back(each, reason=reason, by=undoer, now=now)
            self.stdout.write(_("Taken back: %(count)d.") % {"count": len(found)})

    def _tell(self, reversal: undoing.Reversal) -> None:
        last, before = reversal.decisions[0], reversal.before
        was = before.get_verdict_display() if before else _("waiting")
        evidence = _(" (evidence n° %(number)d)") % {"number": last.evidence.number} if last.evidence else ""
        told = f"{last.decided_at:%Y-%m-%d %H:%M} · {reversal.candidate} · "
        self.stdout.write(told + f"{last.get_verdict_display()}{evidence} → {was}")


def _account(name: str) -> AbstractBaseUser:
    user = get_user_model()._default_manager.filter(username=name).first()
    if user is None:
        raise CommandError(_("There is no account called %(name)s.") % {"name": name})
    return user


def _undoer(name: str | None, *, moderator: AbstractBaseUser) -> AbstractBaseUser:
    if not name or name == moderator.get_username():
        raise CommandError(_("Say who takes this back: --by NAME, another account than the moderator's."))
    return _account(name)
