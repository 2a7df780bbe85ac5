"""The moderation queue first; then sources and their health, rules, documents, the log of decisions."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from tracker.admin.hosts import HostAdmin
from tracker.admin.links import ArchiveRequestAdmin, CitedLinkAdmin
from tracker.admin.queue import CandidateAdmin, DecisionAdmin
from tracker.admin.rules import MatchRuleAdmin
from tracker.admin.sources import SourceAdmin
from tracker.admin.watch import DocumentAdmin, FetchAdmin

admin.site.site_header = gettext_lazy("We will know it works when… — moderation")
admin.site.site_title = gettext_lazy("Moderation")
admin.site.enable_nav_sidebar = False
admin.site.index_title = gettext_lazy("Workplace")

__all__ = [
    "ArchiveRequestAdmin",
    "CandidateAdmin",
    "CitedLinkAdmin",
    "DecisionAdmin",
    "DocumentAdmin",
    "FetchAdmin",
    "HostAdmin",
    "MatchRuleAdmin",
    "SourceAdmin",
]
