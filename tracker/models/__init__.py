"""What we have seen and do not assert."""

from tracker.models import among  # noqa: F401 - it registers itself
from tracker.models.account import FailedLogin, PublishingStop
from tracker.models.body import Body
from tracker.models.candidate import REGISTRY, Candidate, Decision, MatchRule
from tracker.models.document import (
    MATCH_TRIES,
    VERSION_LIMIT,
    Document,
    DocumentVersion,
    Notice,
    Original,
    Snapshot,
)
from tracker.models.flood import Freeze, Knock, Wave
from tracker.models.host import Host, host_name, pause
from tracker.models.hub import WAITING_LIMIT, Delivery, HubSubscription
from tracker.models.mail import Message
from tracker.models.page import ArchiveRequest, CitedLink, FullText, Robots
from tracker.models.person import Contact, Contribution, Invitation, Subscription
from tracker.models.rates import RatesFetch
from tracker.models.source import MOVED_TIMES, PERSON, Fetch, Source, free_slug, lease
from tracker.models.story import StoryMark
from tracker.models.triage import TriageModel

__all__ = [
    "MATCH_TRIES",
    "MOVED_TIMES",
    "PERSON",
    "REGISTRY",
    "VERSION_LIMIT",
    "WAITING_LIMIT",
    "ArchiveRequest",
    "Body",
    "Candidate",
    "CitedLink",
    "Contact",
    "Contribution",
    "Decision",
    "Delivery",
    "Document",
    "DocumentVersion",
    "FailedLogin",
    "Fetch",
    "Freeze",
    "FullText",
    "Host",
    "HubSubscription",
    "Invitation",
    "Knock",
    "MatchRule",
    "Message",
    "Notice",
    "Original",
    "PublishingStop",
    "RatesFetch",
    "Robots",
    "Snapshot",
    "Source",
    "StoryMark",
    "Subscription",
    "TriageModel",
    "Wave",
    "free_slug",
    "host_name",
    "lease",
    "pause",
]
