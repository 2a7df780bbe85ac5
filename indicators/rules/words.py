"""The closed lists that statuses are written in; the database stores these values. Pure."""

from enum import StrEnum


class Stance(StrEnum):
    """The direction of an evidence for one indicator."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    CONTEXT = "context"


class Directness(StrEnum):
    """Whether the event is what the sentence speaks of, a part of it, or its surroundings."""

    DIRECT = "direct"
    PARTIAL = "partial"
    CONTEXT = "context"


class Strength(StrEnum):
    """The weight of one event for one indicator."""

    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"


class Form(StrEnum):
    """What the sentence of an indicator says: a first case, a breadth, a duty, or a tool that lives."""

    EXISTENTIAL = "existential"
    GENERIC = "generic"
    OBLIGATION = "obligation"
    INSTRUMENT = "instrument"


class Kind(StrEnum):
    """What sort of event an evidence is."""

    TENDER = "tender"
    AWARD = "award"
    CALL = "call"
    LAW = "law"
    REPORT = "report"
    DEAL = "deal"
    STUDY = "study"
    PROGRAMME = "programme"
    STATEMENT = "statement"
    INDEX = "index"


class Flag(StrEnum):
    """What must be said beside a rung."""

    CONTESTED = "contested"
    STALLED = "stalled"
    BLIND = "blind"
    REGRESSED = "regressed"
    SINGLE_SOURCE = "single_source"
    DEFINITION_CHANGED = "definition_changed"
    OVERRIDE = "override"


class Confidence(StrEnum):
    """How well the rung is founded."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Cause(StrEnum):
    """Why a status changed."""

    PUBLISHED = "published"
    RETRACTED = "retracted"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MEASURE_UPDATED = "measure_updated"
    DEFINITION_CHANGED = "definition_changed"
    OVERRIDE_SET = "override_set"
    OVERRIDE_LIFTED = "override_lifted"
    CONTESTED = "contested"
    TIME_PASSED = "time_passed"
