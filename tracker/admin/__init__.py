"""The moderation queue first; then sources and their health, rules, documents, the log of decisions."""

from tracker.admin.decisions import DecisionAdmin
from tracker.admin.floods import FreezeAdmin, WaveAdmin
from tracker.admin.hosts import HostAdmin
from tracker.admin.invitations import InvitationAdmin
from tracker.admin.links import ArchiveRequestAdmin, CitedLinkAdmin
from tracker.admin.messages import MessageAdmin
from tracker.admin.people import AccountAdmin, PublishingStopAdmin
from tracker.admin.queue import CandidateAdmin
from tracker.admin.registry import ContradictionAdmin, DealAdmin, StatementAdmin
from tracker.admin.rules import MatchRuleAdmin
from tracker.admin.sources import SourceAdmin
from tracker.admin.watch import DocumentAdmin, FetchAdmin, RatesFetchAdmin

__all__ = [
    "AccountAdmin",
    "ArchiveRequestAdmin",
    "CandidateAdmin",
    "CitedLinkAdmin",
    "ContradictionAdmin",
    "DealAdmin",
    "DecisionAdmin",
    "DocumentAdmin",
    "FetchAdmin",
    "FreezeAdmin",
    "HostAdmin",
    "InvitationAdmin",
    "MatchRuleAdmin",
    "MessageAdmin",
    "PublishingStopAdmin",
    "RatesFetchAdmin",
    "SourceAdmin",
    "StatementAdmin",
    "WaveAdmin",
]
