"""What editors decide by two: definitions with their sandbox, exceptions; who writes is not who adopts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators import editing
from indicators.admin.proposalforms import FORMS, DefinitionForm
from indicators.admin.record import FixedAdmin
from indicators.models import Deal, Indicator, Override, Proposal, Statement, Status, StatusChange
from indicators.models.proposal import DEFINITION_FIELDS
from indicators.models.standing import rehearse
from indicators.rules import status as rule

AT_ONCE = 10  # changes recomputed on one page: a quarter of a second each at 3,000 evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One change of the history as it was, and what would stand in its place."""

    change: StatusChange
    would: rule.Status

    @property
    def differs(self) -> bool:
        return self.change.rung_to != self.would.rung


@admin.register(Proposal)
class ProposalAdmin(FixedAdmin):
    list_display = ["__str__", "state", "proposed_by", "proposed_at", "decided_by", "decided_at"]
    list_filter = ["state", "kind", "indicator"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("indicators.add_proposal"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose what to propose for which indicator; then write it, from what is in force or already proposed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        kind = request.GET.get("kind", "")
        indicator = Indicator.objects.filter(code=request.GET.get("indicator", "")).first()
        if indicator is None or kind not in FORMS:
            return self._page(request, "choose", title=_("Propose"), indicators=Indicator.objects.all())
        form = FORMS[kind](request.POST or None, initial=_initial(kind, indicator))
        if form.is_valid() and (proposal := self._propose(request, kind, indicator, form)):
            return redirect("admin:indicators_proposal_change", proposal.pk)
        title = f"{indicator.code} · {Proposal.Kind(kind).label}"
        return self._page(request, "write", title=title, indicator=indicator, form=form, kind=kind)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The proposal, what it would do, and the two verbs that end it: adopt, drop."""
        proposal = self.get_object(request, object_id)
        if proposal is None:
            raise Http404
        may = request.user.has_perm("indicators.change_proposal")
        if not self.has_view_permission(request, proposal) or (request.method == "POST" and not may):
            raise PermissionDenied
        if request.method == "POST":
            self._decide(request, proposal)
            return redirect("admin:indicators_proposal_change", proposal.pk)
        now = timezone.now()
        told = _told(proposal, page=request.GET.get("page", "1"), now=now)
        own = proposal.proposed_by_id == request.user.pk
        is_open = proposal.state == Proposal.State.OPEN
        return self._page(
            request, "read", title=str(proposal), proposal=proposal, may=may and is_open, own=own, **told
        )

    def _propose(self, request: HttpRequest, kind: str, indicator: Indicator, form: Any) -> Proposal | None:
        told = {"content": form.cleaned_data, "by": request.user, "now": timezone.now()}
        try:
            return editing.propose(kind, indicator, **told)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return None

    def _decide(self, request: HttpRequest, proposal: Proposal) -> None:
        verb, done = (
            (editing.adopt, _("Adopted: it is public now."))
            if "adopt" in request.POST
            else (editing.drop, _("Put aside."))
        )
        try:
            verb(proposal, seen=request.POST.get("seen", ""), by=request.user, now=timezone.now())
        except editing.ProposalClosedError as error:
            self.message_user(request, str(error), messages.ERROR)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)

    def _page(self, request: HttpRequest, name: str, **told: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **told}
        return TemplateResponse(request, f"admin/indicators/proposal/{name}.html", context)


@admin.register(Override)
class OverrideAdmin(FixedAdmin):
    """Exceptions as they stand or stood; one that stands may be lifted."""

    list_display = ["__str__", "set_on", "expires_on", "lifted_at", "set_by", "approved_by"]
    list_filter = ["indicator"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The exception beside what the rule computes; the verb that ends it."""
        override = self.get_object(request, object_id)
        if override is None:
            raise Http404
        may = request.user.has_perm("indicators.change_override")
        if not self.has_view_permission(request, override) or (request.method == "POST" and not may):
            raise PermissionDenied
        now = timezone.now()
        if request.method == "POST":
            self._lift(request, override, now=now)
            return redirect("admin:indicators_override_change", override.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(override),
            "override": override,
            "computed": Status.objects.filter(indicator=override.indicator).first(),
            "may": may and editing.standing_exception(override.indicator, now=now) == override,
        }
        return TemplateResponse(request, "admin/indicators/override/change_form.html", context)

    def _lift(self, request: HttpRequest, override: Override, *, now: datetime) -> None:
        try:
            editing.lift_override(override, now=now)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, _("Lifted: the rule’s answer stands alone again."), messages.SUCCESS)


def _initial(kind: str, indicator: Indicator) -> dict[str, Any]:
    """What is proposed already; else, for a definition, what is in force."""
    proposal = indicator.proposals.filter(kind=kind, state=Proposal.State.OPEN).first()
    if proposal:
        return proposal.content
    newest = indicator.definitions.latest_first().first()
    if kind != Proposal.Kind.DEFINITION or newest is None:
        return {}
    kept = {name: getattr(newest, name) for name in DEFINITION_FIELDS if not name.startswith("change_note")}
    return kept | {"carry": True}


def _told(proposal: Proposal, *, page: str, now: datetime) -> dict[str, Any]:
    """What the proposal says, and what it would do."""
    if proposal.kind == Proposal.Kind.REGISTRY:
        entry = list(_flat(proposal.content.get("entry", {})))
        return {"registry": entry or True, "is_draft": not entry, "writing": _writing(proposal)}
    told: dict[str, Any] = {"computed": Status.objects.filter(indicator=proposal.indicator).first()}
    if proposal.kind == Proposal.Kind.EXCEPTION:
        return told | {"exception": proposal.exception(by=None, now=now)}
    told["differences"] = list(_differences(proposal, now=now))
    if proposal.state == Proposal.State.OPEN:
        history, present = _sandbox(proposal, page=page, now=now)
        told |= {"history": history, "present": present}
    return told


def _sandbox(proposal: Proposal, *, page: str, now: datetime) -> tuple[Page, rule.Status]:
    """The history, newest first and a part at a time, as the rule would have it; and where it would stand now."""
    history = Paginator(StatusChange.objects.filter(indicator=proposal.indicator), AT_ONCE).get_page(page)
    definition = proposal.definition(on=timezone.localdate(now), now=now)
    carried = definition.version - 1 if proposal.content.get("carry") else None
    clocks = [(timezone.localdate(now), now), *((each.as_of, each.changed_at) for each in history)]
    present, *past = rehearse(definition, carried=carried, clocks=clocks)
    history.object_list = [
        Rehearsed(change=change, would=would) for change, would in zip(history, past, strict=True)
    ]
    return history, present


def _differences(proposal: Proposal, *, now: datetime) -> Iterator[tuple[str, Any, Any]]:
    """Each field that the proposal changes: its name, what it says before, what it would say."""
    new = proposal.definition(on=timezone.localdate(now), now=now)
    before = (
        proposal.indicator.definitions.filter(published_at__lt=proposal.proposed_at).latest_first().first()
    )
    for name in DEFINITION_FIELDS:
        old = getattr(before, name, None)
        if old != getattr(new, name):
            yield DefinitionForm.base_fields[name].label, old, getattr(new, name)


def _flat(told: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of an entry of the registry, with its path: leg.1.amount.hi."""
    if isinstance(told, dict | list):
        pairs = told.items() if isinstance(told, dict) else enumerate(told, 1)
        for key, value in pairs:
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif told not in (None, ""):
        yield name, told


def _writing(proposal: Proposal) -> list[tuple[str, str]]:
    """Where the entry of a draft is written: the address of each form that may be meant, and its name."""
    draft = proposal.content.get("draft", {})
    corrected = Statement.objects.filter(slug=draft.get("corrects") or "").first()
    deal = Deal.objects.filter(slug=proposal.deal_slug).first()
    if proposal.content.get("entry", {}).get("change") == "control":
        return [(reverse("admin:indicators_control_add"), _("Write the entry"))]
    if corrected:
        return [
            (reverse("admin:indicators_statement_change", args=[corrected.pk]), _("Write the correction"))
        ]
    if deal:
        return [(reverse("admin:indicators_deal_change", args=[deal.pk]), _("Write the entry"))]
    return [(reverse("admin:indicators_deal_add"), _("Enter a deal"))]
