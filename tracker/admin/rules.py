"""Match rules: written as drafts, tried on the archive, put to work, muted, replaced; never changed while at work."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.rules.measures import Proportion
from indicators.templatetags.display import number, percent, time
from tracker import matching, rehearsal, rulebook
from tracker.admin.ruleforms import LEVELS, MatchRuleForm, MuteForm
from tracker.models import Candidate, MatchRule

_one_at_a_time = threading.Lock()  # a rehearsal takes the machine for seconds: one in each process
FIELDSETS = [
    (None, {"fields": ["slug", "role", "title_fr", "title_en"]}),
    (gettext_lazy("What to look for"), {"fields": ["query", "kinds", "languages", "countries"]}),
    (
        gettext_lazy("What must stand around it"),
        {"fields": ["gates", "guards", "vetoes", "levels"]},
    ),
    (gettext_lazy("What to propose"), {"fields": ["target", "indicators", "stance", "rung"]}),
    (gettext_lazy("For experts"), {"fields": ["lists"], "classes": ["collapse"]}),
]


@admin.register(MatchRule)
class MatchRuleAdmin(admin.ModelAdmin):
    form = MatchRuleForm
    fieldsets = FIELDSETS
    list_display = ["name", "version", "role", "proposes_for", "standing", "precision"]
    list_filter = ["state", "role", "indicators"]
    search_fields = ["slug", "title_fr", "title_en"]
    actions = ["mute"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("indicators").with_precision()

    def get_readonly_fields(self, request: HttpRequest, obj: MatchRule | None = None) -> list[str]:
        return ["slug", "role"] if obj else []

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("mute/", wrap(self.mute_view), name="tracker_matchrule_mute"),
            path("syntax/", wrap(self.syntax_view), name="tracker_matchrule_syntax"),
            path("<int:pk>/try/", wrap(self.try_view), name="tracker_matchrule_try"),
            *(
                path(
                    f"<int:pk>/{verb}/", wrap(partial(self.verb_view, verb)), name=f"tracker_matchrule_{verb}"
                )
                for verb in _VERBS
            ),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("rule"), ordering="slug")
    def name(self, rule: MatchRule) -> str:
        return rule.title or rule.slug

    @admin.display(description=gettext_lazy("indicators"))
    def proposes_for(self, rule: MatchRule) -> str:
        if rule.target == MatchRule.Target.REGISTRY:
            return str(rule.get_target_display())
        return ", ".join(indicator.code for indicator in rule.indicators.all()) or "—"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, rule: MatchRule) -> str:
        return " · ".join(sentences(rule, timezone.now()))

    @admin.display(description=gettext_lazy("accepted, of those decided"))
    def precision(self, rule: MatchRule) -> str:
        told = Proportion(hits=rule.accepted, cases=rule.accepted + rule.rejected)
        return in_words(told) if rule.role == MatchRule.Role.RULE else "—"

    @admin.action(description=gettext_lazy("Mute…"), permissions=["change"])
    def mute(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        chosen = urlencode({"rule": list(queryset.values_list("pk", flat=True))}, doseq=True)
        return redirect(f"{reverse('admin:tracker_matchrule_mute')}?{chosen}")

    def has_change_permission(self, request: HttpRequest, obj: MatchRule | None = None) -> bool:
        """Only a draft is edited; what may be done with another version is under its verbs."""
        draft = obj is None or obj.state == MatchRule.State.DRAFT
        return draft and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: MatchRule | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form of a draft; any other version as it stands."""
        rule = self.get_object(request, object_id)
        if rule is None:
            raise Http404
        context = self._context(request, rule)
        if rule.state == MatchRule.State.DRAFT and self.has_change_permission(request, rule):
            return super().change_view(request, object_id, form_url, context | (extra_context or {}))
        if not self.has_view_permission(request, rule) or request.method == "POST":
            raise PermissionDenied
        return self._page(request, "rule", context)

    def save_model(self, request: HttpRequest, obj: MatchRule, form: MatchRuleForm, change: bool) -> None:
        """A rule begins as a draft; one that somebody has put to work meanwhile is not changed any more."""
        drafts = MatchRule.objects.select_for_update().filter(pk=obj.pk, state=MatchRule.State.DRAFT)
        if change and not drafts.exists():
            raise PermissionDenied
        obj.state = MatchRule.State.DRAFT
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: MatchRule, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: MatchRule) -> HttpResponse:
        """After a draft is saved it is tried, or shown again."""
        self.message_user(request, _("The draft is saved. It proposes nothing until it is activated."))
        page = "try" if "_try" in request.POST else "change"
        return redirect(f"admin:tracker_matchrule_{page}", obj.pk)

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What this version would find in the archive. It reads much and writes nothing."""
        rule = self._rule(request, pk)
        context, told = self._context(request, rule), None
        if not _one_at_a_time.acquire(blocking=False):
            messages.warning(request, _("Another rule is being tried: ask again in a few seconds."))
        else:
            try:
                told = rehearsal.rehearse(rule, now=timezone.now())
            except matching.RuleError as error:
                messages.error(request, f"{_(error.reason)} ({error.detail})")
            finally:
                _one_at_a_time.release()
        return self._page(request, "try", context | (_shown(told) if told else {}))

    def verb_view(self, verb: str, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what was asked by a form post, and say what became of it."""
        rule = self._rule(request, pk)
        if request.method != "POST":
            return redirect("admin:tracker_matchrule_change", pk)
        try:
            shown, told = _VERBS[verb](rule, timezone.now())
        except matching.RuleError as error:
            messages.error(request, f"{_(error.reason)} ({error.detail})")
            return redirect("admin:tracker_matchrule_change", pk)
        self.log_change(request, shown, told)
        messages.success(request, told)
        return redirect("admin:tracker_matchrule_change", shown.pk)

    def mute_view(self, request: HttpRequest) -> HttpResponse:
        """Ask until when and why; gates, guards and what is not at work are left out."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        now = timezone.now()
        chosen = [pk for pk in request.GET.getlist("rule") if pk.isdecimal() and len(pk) < 19][:200]
        rules = list(MatchRule.objects.filter(pk__in=chosen, role="rule", state="active"))
        form = MuteForm(request.POST or None, now=now)
        if not rules:
            messages.warning(request, _("Only a rule at work can be muted."))
            return redirect("admin:tracker_matchrule_changelist")
        if form.is_valid():
            for rule in rules:
                rulebook.mute(rule, until=form.cleaned_data["until"], because=form.cleaned_data["because"])
                self.log_change(request, rule, _("Muted: %(why)s") % {"why": form.cleaned_data["because"]})
            messages.success(request, _("Muted until %(at)s.") % {"at": time(form.cleaned_data["until"])})
            return redirect("admin:tracker_matchrule_changelist")
        return self._page(request, "mute", {"title": _("Mute"), "form": form, "rules": rules})

    def syntax_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, "syntax", {"title": _("How to write a query")})

    def _rule(self, request: HttpRequest, pk: int) -> MatchRule:
        """The version, for somebody who may change rules."""
        rule = self.get_object(request, str(pk))
        if rule is None:
            raise Http404
        if not self.has_change_permission(request):
            raise PermissionDenied
        return rule

    def _context(self, request: HttpRequest, rule: MatchRule) -> dict[str, Any]:
        now, versions = timezone.now(), self.get_queryset(request).filter(slug=rule.slug)
        return {
            "title": rule.title or rule.slug,
            "rule": rule,
            "standing": sentences(rule, now),
            "muted": rule.is_muted(now),
            "measured": Proportion(hits=rule.accepted, cases=rule.accepted + rule.rejected),
            "parts": _parts(rule),
            "aside": Candidate.objects.filter(
                rules=rule, priority=rulebook.ASIDE, state__in=Candidate.OPEN
            ).count(),
            "versions": [
                (row, sentences(row, now), self.precision(row)) for row in versions.order_by("-version")
            ],
            "may_change": self.has_change_permission(request),
            "others_stand_on_it": rule.role != MatchRule.Role.RULE,
        }

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        shown = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/tracker/matchrule/{name}.html", shown)


def sentences(rule: MatchRule, now: datetime) -> list[str]:
    """The state of a rule, and whatever keeps it from proposing."""
    at_work = rule.state == MatchRule.State.ACTIVE
    told = [_("at work") if at_work else str(rule.get_state_display())]
    if rule.suspension:
        told.append(rule.suspended_because())
    if rule.is_muted(now):
        told.append(
            _("muted until %(at)s: %(why)s")
            % {"at": time(rule.muted_until), "why": rule.muted_because or "—"}
        )
    if at_work and rule.trial_until and rule.trial_until > now:
        told.append(_("on trial until %(at)s") % {"at": time(rule.trial_until)})
    return told


def in_words(told: Proportion) -> str:
    """A share with its counts and bounds: it is never said alone."""
    if not told.cases:
        return _("nothing decided yet")
    low, high = told.bounds
    counts = {"hits": number(told.hits), "cases": number(told.cases)}
    bounds = {"share": percent(told.share), "low": percent(low), "high": percent(high)}
    return _("%(share)s (%(hits)s of %(cases)s; between %(low)s and %(high)s)") % (counts | bounds)


def _parts(rule: MatchRule) -> list[tuple[str, str]]:
    """What stands around the query, in words."""
    named = rule.definition
    titles = {
        row.slug: row.title for row in MatchRule.objects.filter(slug__in=rule.stands_on()).order_by("version")
    }
    told = [
        (
            MatchRuleForm.base_fields[name].label,
            ", ".join(titles.get(slug, slug) for slug in named.get(name, ())),
        )
        for name in ("gates", "guards", "vetoes")
    ]
    told.append(
        (
            MatchRuleForm.base_fields["levels"].label,
            ", ".join(str(LEVELS[name]) for name in named.get("levels", ["clause"])),
        )
    )
    told += [
        (MatchRuleForm.base_fields[name].label, ", ".join(named.get(name, ())))
        for name in ("countries", "languages")
    ]
    return [(label, words) for label, words in told if words]


def _shown(told: rehearsal.Rehearsal) -> dict[str, Any]:
    """A rehearsal as its page reads it."""
    rules = MatchRule.objects.filter(slug__in=told.overlap).order_by("version")
    titles = {row.slug: row.title for row in rules}
    decided = told.accepted + told.rejected
    return {
        "told": told,
        "levels": [(LEVELS[level], count) for level, count in told.levels.most_common()],
        "by_indicator": sorted(told.indicators.items()),
        "overlap": [
            (titles.get(slug, slug), count, count / told.found.seen)
            for slug, count in told.overlap.most_common(20)
        ],
        "expected": in_words(Proportion(hits=told.accepted, cases=decided)),
        "runs_away": told.found.seen > rulebook.BURST and told.share > rulebook.BURST_SHARE,
        "limit": rulebook.BURST_SHARE,
        "seconds": rehearsal.SECONDS,
        "most": rehearsal.MOST_DOCUMENTS,
    }


def _new_version(rule: MatchRule, now: datetime) -> tuple[MatchRule, str]:
    draft = rulebook.new_version(rule)
    return draft, _(
        "Version %(version)d is a draft: what is at work stays at work until you activate it."
    ) % {"version": draft.version}


def _activate(rule: MatchRule, now: datetime) -> tuple[MatchRule, str]:
    rulebook.activate(rule, now=now)
    return rule, _("Version %(version)d is at work, on trial for a day. It reads what comes from now on.") % {
        "version": rule.version
    }


def _retire(rule: MatchRule, now: datetime) -> tuple[MatchRule, str]:
    rulebook.retire(rule)
    return rule, _("Version %(version)d is retired.") % {"version": rule.version}


def _resume(rule: MatchRule, now: datetime) -> tuple[MatchRule, str]:
    rulebook.resume(rule)
    return rule, _("The rule is at work again, and what it had proposed is back in the queue.")


def _unmute(rule: MatchRule, now: datetime) -> tuple[MatchRule, str]:
    rulebook.unmute(rule)
    return rule, _("The rule proposes again.")


_VERBS: dict[str, Callable[[MatchRule, datetime], tuple[MatchRule, str]]] = {
    "draft": _new_version,
    "activate": _activate,
    "retire": _retire,
    "resume": _resume,
    "unmute": _unmute,
}
