"""manage.py reset_second_factor: for somebody who lost phone and recovery codes."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from tracker import accounts


class Command(BaseCommand):
    help = "Forget the second factor of an account and end its sessions; the next log-in sets up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        users = get_user_model()._default_manager
        user = users.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        if user is None:
            raise CommandError(_("There is no account called %(name)s.") % {"name": username})
        if accounts.forget_second_factor(user):
            self.stdout.write(
                _("%(name)s sets up a new second factor at the next log-in; every session is ended.")
                % {"name": username}
            )
        else:
            self.stdout.write(
                _("%(name)s had no second factor; every session is ended.") % {"name": username}
            )
