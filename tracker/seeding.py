"""Load what to watch, what to look for and who may do what: create what is missing, touch nothing that people changed."""

from datetime import datetime
from pathlib import Path

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from indicators import ledger, publishing, seeding
from indicators.models import Indicator, Measure
from indicators.models.choices import Cause
from indicators.seeding import Seeded, SeedError, create_missing, read
from tracker import coverage, disclosure
from tracker.models import MatchRule, Source

FOLDER = Path(__file__).parent / "data"


@transaction.atomic
def load(*, now: datetime) -> list[Seeded]:
    """Create the knowledge's rows, then ours; a new source is due at once. Raises SeedError.

    Indicators that have no status yet get the one that the rule gives them.
    """
    seeded = [*seeding.load(now=now), _measures(), _sources(now=now), _match_rules(), _roles()]
    ledger.enter_missing(now=now)  # the measures of the watch are public too
    publishing.recompute(Indicator.objects.filter(status=None), cause=Cause.DEFINITION_CHANGED, now=now)
    return seeded


def _measures() -> Seeded:
    """The measures of the watch and of its decisions, which `coverage` and `disclosure` name."""
    rows = [
        {
            "code": m.code,
            "name_fr": m.name_fr,
            "name_en": m.name_en,
            "indicator": m.indicator and m.indicator.code,
        }
        for m in [*coverage.measures(), *disclosure.measures()]
    ]
    return create_missing(
        Measure, rows, file="coverage.py, disclosure.py", keys=[["code"]], relations={"indicator": "code"}
    )


def _sources(*, now: datetime) -> Seeded:
    file = "sources.toml"
    rows = [{**row, "next_due_at": now} for row in read(FOLDER / file)["source"]]
    return create_missing(Source, rows, file=file, keys=[["slug"], ["url"]], relations={"indicators": "code"})


def _match_rules() -> Seeded:
    file = "match_rules.json"
    rules = create_missing(
        MatchRule,
        read(FOLDER / file),
        file=file,
        keys=[["slug", "version"]],
        relations={"indicators": "code"},
    )
    for row in rules.created:
        _succeed(MatchRule.objects.get(slug=row["slug"], version=row["version"]))
    return rules


def _succeed(shipped: MatchRule) -> None:
    """A version that comes with a release retires those before it; where people changed one, it waits as a draft."""
    older = MatchRule.objects.filter(slug=shipped.slug, version__lt=shipped.version)
    if older and _edited(*older):
        MatchRule.objects.filter(pk=shipped.pk).update(state=MatchRule.State.DRAFT)
    else:
        older.exclude(state=MatchRule.State.DRAFT).update(state=MatchRule.State.RETIRED, trial_until=None)


def _roles() -> Seeded:
    file = "roles.toml"
    told = read(FOLDER / file)["role"]
    roles = create_missing(Group, [{"name": row["name"]} for row in told], file=file, keys=[["name"]])
    for row in told:
        group = Group.objects.get(name=row["name"])
        if not _edited(group):  # a release may bring rights with it
            names = row["permissions"]
            group.permissions.set([_permission(name, file=file, role=group.name) for name in names])
    return roles


def _edited(*rows: Model) -> bool:
    """Whether people changed one of these, of one kind, in the admin."""
    kind = ContentType.objects.get_for_model(rows[0])
    return LogEntry.objects.filter(content_type=kind, object_id__in=[str(row.pk) for row in rows]).exists()


def _permission(name: str, *, file: str, role: str) -> Permission:
    app, _dot, codename = name.partition(".")
    try:
        return Permission.objects.get(content_type__app_label=app, codename=codename)
    except Permission.DoesNotExist as error:
        where = {"file": file, "role": role, "name": name}
        raise SeedError(_("%(file)s, role %(role)s: there is no permission %(name)s") % where) from error
