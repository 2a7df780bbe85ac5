"""The closed lists that the knowledge is written in."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Stance(models.TextChoices):
    SUPPORTS = "supports", _("example")
    CONTRADICTS = "contradicts", _("counter-example")
    CONTEXT = "context", _("context")


class Directness(models.TextChoices):
    DIRECT = "direct", _("direct")
    PARTIAL = "partial", _("partial")
    CONTEXT = "context", _("context")


class Form(models.TextChoices):
    EXISTENTIAL = "existential", _("a first occurrence")
    GENERIC = "generic", _("a widespread practice")
    OBLIGATION = "obligation", _("an obligation")
    INSTRUMENT = "instrument", _("an instrument")


class Rung(models.IntegerChoices):
    NOTHING = 0, _("Nothing found")
    SIGNAL = 1, _("Signal")
    STARTED = 2, _("Started")
    FIRST = 3, _("First occurrence")
    REACHED = 4, _("Reached")
    ESTABLISHED = 5, _("Established")


class Tier(models.IntegerChoices):
    OFFICIAL = 1, _("1 — official text, notice or filing")
    PARTY = 2, _("2 — a party able to act, peer-reviewed or independent data")
    PRESS = 3, _("3 — independent press or NGO")
    INTERESTED = 4, _("4 — blog, vendor, interested party, social media")


class Precision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    HALF = "half", _("half-year")
    YEAR = "year", _("year")


class Kind(models.TextChoices):
    TENDER = "tender", _("call for tenders")
    AWARD = "award", _("award")
    CALL = "call", _("call for projects")
    LAW = "law", _("law or regulation")
    REPORT = "report", _("annual report")
    DEAL = "deal", _("deal")
    STUDY = "study", _("study")
    PROGRAMME = "programme", _("programme")
    STATEMENT = "statement", _("statement")
    INDEX = "index", _("index")


class LinkState(models.TextChoices):
    LIVE = "live", _("live")
    CHANGED = "changed", _("changed")
    QUOTE_GONE = "quote_gone", _("quote gone")
    MOVED = "moved", _("moved")
    GONE = "gone", pgettext_lazy("of an address", "gone")
    UNREACHABLE = "unreachable", _("unreachable")


# The address answers, and nobody saw the quote go.
LINK_LIVES = (LinkState.LIVE, LinkState.CHANGED, LinkState.MOVED)


class Confidence(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class Cause(models.TextChoices):
    PUBLISHED = "published", _("published")
    RETRACTED = "retracted", _("retracted")
    SUPERSEDED = "superseded", _("superseded")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")
    MEASURE_UPDATED = "measure_updated", _("measure updated")
    DEFINITION_CHANGED = "definition_changed", _("definition changed")
    OVERRIDE_SET = "override_set", _("exception set")
    OVERRIDE_LIFTED = "override_lifted", _("exception lifted")
    CONTESTED = "contested", _("contestation opened or settled")
    TIME_PASSED = "time_passed", _("time passed")
