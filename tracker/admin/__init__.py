"""The moderation queue first; then sources and their health, rules, documents, the log of decisions."""

from tracker.admin.queue import CandidateAdmin, DecisionAdmin
from tracker.admin.watch import DocumentAdmin, FetchAdmin, MatchRuleAdmin, SourceAdmin

__all__ = ["CandidateAdmin", "DecisionAdmin", "DocumentAdmin", "FetchAdmin", "MatchRuleAdmin", "SourceAdmin"]
