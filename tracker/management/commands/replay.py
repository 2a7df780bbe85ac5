"""Read kept bodies again and apply the rules again, offline; show what would differ, and apply it when asked to."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from tqdm import tqdm

from tracker import replay
from tracker.management.moments import moment
from tracker.models import Document, Source
from tracker.propose import BATCH

_KINDS = {
    ("document", replay.NEW): gettext_lazy("new documents"),
    ("document", replay.CHANGED): gettext_lazy("changed documents"),
    ("document", replay.LOST): gettext_lazy("documents no longer found"),
    ("candidate", replay.NEW): gettext_lazy("new candidates"),
    ("candidate", replay.CHANGED): gettext_lazy("changed candidates"),
    ("candidate", replay.LOST): gettext_lazy("candidates no longer proposed"),
}
_MARKS = {replay.NEW: "+", replay.CHANGED: "~", replay.LOST: "-"}


class Command(BaseCommand):
    help = "Read kept bodies and match documents again, offline; show what would differ; change nothing without --apply."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", required=True, metavar="D", help="a day, a moment, or 7d for seven days"
        )
        parser.add_argument("--source", metavar="SLUG", help="only this source")
        parser.add_argument("--rules-only", action="store_true", help="read no body; only apply the rules")
        parser.add_argument("--apply", action="store_true", help="store and propose what differs")
        parser.add_argument(
            "--limit", type=int, default=50, metavar="N", help="differences shown in full (50)"
        )

    def handle(self, *, since: str, source: str | None, **options: Any) -> None:
        now = timezone.now()
        began_at = moment(since, now)
        told = replay.Replay(limit=max(options["limit"], 0), apply=options["apply"])
        sources = Source.objects.filter(slug=source) if source else Source.objects.all()
        if not sources.exists():
            raise CommandError(_("There is no source “%(slug)s”.") % {"slug": source or ""})
        if not options["rules_only"]:
            kept = sources.filter(bodies__read_at__gte=began_at).distinct().order_by("pk")
            for each in tqdm(list(kept), unit=_("source"), disable=None):
                replay.read_again(each, told, since=began_at, now=now)
        seen = Document.objects.filter(source__in=sources, first_seen_at__gte=began_at).order_by("pk")
        pks = list(seen.values_list("pk", flat=True))
        for start in tqdm(range(0, len(pks), BATCH), unit=_("batch"), disable=None):
            replay.match_again(pks[start : start + BATCH], told, now=now)
        replay.settle(told, now=now)
        self._tell(told)

    def _tell(self, told: replay.Replay) -> None:
        for each in told.differences:
            self.stdout.write(
                f"{_MARKS[each.how]} {_KINDS[each.what, each.how]} · {each.source} · {each.subject}"
            )
            for name, before, after in each.changes:
                self.stdout.write(f"    {name}: {before or '∅'} → {after or '∅'}")
        if hidden := sum(told.counts.values()) - len(told.differences):
            self.stdout.write(_("… and %(count)d more: --limit shows more.") % {"count": hidden})
        for refused in told.refused[: told.limit]:
            self.stdout.write(f"  {refused}")
        counts = {"read": told.bodies, "refused": len(told.refused), "absent": told.absent}
        self.stdout.write(
            _("%(read)d bodies read again, %(refused)d unreadable, %(absent)d not on this machine.") % counts
        )
        self.stdout.write(_("%(count)d documents matched again.") % {"count": told.documents})
        shown = [f"{_KINDS[kind]}: {count}" for kind, count in sorted(told.counts.items())]
        self.stdout.write(" · ".join(shown) or _("Nothing differs."))
        if shown:
            applied = _("Applied; what is no longer found stays stored.")
            self.stdout.write(applied if told.apply else _("Nothing was changed: --apply does it."))
