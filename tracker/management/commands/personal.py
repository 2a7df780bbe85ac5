"""manage.py personal: what we hold of one person, shown to them or erased."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracker import following, inviting, receiving
from tracker.models import Contribution, Invitation, Subscription


class Command(BaseCommand):
    help = "Show, or erase, what is held of the person with this e-mail address or receipt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["export", "erase"])
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--contact", metavar="ADDRESS", help="the e-mail address that they left")
        which.add_argument("--receipt", metavar="TOKEN", help="the address of their receipt, or its end")

    def handle(self, *args: Any, verb: str, contact: str, receipt: str, **options: Any) -> None:
        contributions, subscriptions, invitations = _found(contact or "", receipt or "")
        if not contributions and not subscriptions and not invitations:
            raise CommandError(_("Nothing is held of this person."))
        if verb == "export":
            told = {
                "contributions": [receiving.told(each) for each in contributions],
                "subscriptions": [following.told(each) for each in subscriptions],
                "invitations": [inviting.told(each) for each in invitations],
            }
            self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
            return
        for contribution in contributions:
            receiving.erase(contribution)
        for subscription in subscriptions:
            following.forget(subscription)
        for invitation in invitations:
            inviting.forget(invitation)
        count = len(contributions) + len(subscriptions) + len(invitations)
        told = ngettext(
            "%(count)d contribution or subscription has lost its person.",
            "%(count)d contributions and subscriptions have lost their person.",
            count,
        )
        self.stdout.write(told % {"count": count})


def _found(contact: str, receipt: str) -> tuple[list[Contribution], list[Subscription], list[Invitation]]:
    if receipt:
        contribution = receiving.of_receipt(receipt.rstrip("/").rpartition("/")[2])
        return ([contribution] if contribution else []), [], []
    rows = receiving.of_address(contact).select_related("contact", "document")
    return list(rows), list(following.of_address(contact)), list(inviting.of_address(contact))
