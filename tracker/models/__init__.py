"""What we have seen and do not assert."""

from tracker.models.body import Body
from tracker.models.candidate import Candidate, Decision, MatchRule
from tracker.models.document import MATCH_TRIES, Document, Notice, Snapshot
from tracker.models.host import Host, pause
from tracker.models.person import Contribution, Subscription
from tracker.models.source import Fetch, Source, free_slug, lease

__all__ = [
    "MATCH_TRIES",
    "Body",
    "Candidate",
    "Contribution",
    "Decision",
    "Document",
    "Fetch",
    "Host",
    "MatchRule",
    "Notice",
    "Snapshot",
    "Source",
    "Subscription",
    "free_slug",
    "lease",
    "pause",
]
