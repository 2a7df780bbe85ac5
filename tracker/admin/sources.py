"""Sources and their health; a new one begins with any address, behind which its feed is looked for, or with a list.

Looking for it asks the network while the person waits: only for those who may add sources, after a form post, and
within the limits that `tracker.discover` keeps.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tracker import health
from tracker.admin.sourceforms import DiscoverForm, ImportForm, PageForm, SourceForm
from tracker.discover import FoundFeed, find_feeds, read_part
from tracker.fetch import FetchError
from tracker.models import Fetch, Source, free_slug
from tracker.source_lists import export_opml, import_opml
from tracker.watchers.entry import Page, UnreadableError
from tracker.watchers.opml import BODY_LIMIT
from tracker.watchers.page import watched_address
from tracker.watchers.series import Standing, is_series, standing_of

_ENTRIES_SHOWN = 20  # of a page that is tried


class AttentionFilter(admin.SimpleListFilter):
    """What the watch cannot decide alone."""

    title = gettext_lazy("needs a person")
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("gone", _("gone: find its new address, or pause it")),
            ("moved", _("moved to what another source watches: merge it")),
            ("failing", _("failing: see its last error")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "gone" | "failing" as state:
                return queryset.filter(state=state)
            case "moved":
                return queryset.duplicates()
            case _:
                return queryset


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    form = SourceForm
    list_display = ["name", "format", "state", "last_success_at", "failures", "next_due_at", "last_error"]
    list_filter = [AttentionFilter, "state", "format", "indicators", "tier", "language"]
    search_fields = ["name", "url", "publisher"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = [
        "next_due_at", "last_success_at", "failures", "gone_since", "moved_to", "last_error", "told_by_hub",
        "journal",
    ]  # fmt: skip
    actions = ["fetch_now", "merge", "export_as_opml"]

    def get_urls(self) -> list[URLPattern]:
        views = {"discover": self.discover_view, "page": self.page_view, "import": self.import_view}
        return [
            *(
                path(f"{name}/", self.admin_site.admin_view(view), name=f"tracker_source_{name}")
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        errors = Fetch.objects.filter(source=OuterRef("pk")).values("error")[:1]
        rows = super().get_queryset(request).exclude(state=Source.State.LOCAL)
        return rows.annotate(last_told=Subquery(errors))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, if anything is known that it begins with; else the page that asks for any address."""
        if request.method == "GET" and not set(request.GET) - {"_changelist_filters"}:
            return redirect("admin:tracker_source_discover")
        return super().add_view(request, form_url, extra_context)

    def discover_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for any address; answer with the feeds behind it, or with the form if it is one itself."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DiscoverForm(request.POST or None)
        feeds: tuple[FoundFeed, ...] | None = None
        if form.is_valid():
            try:
                feeds = find_feeds(form.cleaned_data["address"], now=timezone.now())
            except FetchError as error:
                form.add_error("address", str(error))
        offers = [_offer(feed) for feed in feeds or ()]
        if feeds and feeds[0].url == form.cleaned_data["address"] and not offers[0]["watched"]:
            return redirect(offers[0]["href"])
        context = {"title": _("Add a source"), "form": form, "offers": offers, "nothing": feeds == ()}
        if feeds == ():
            context["page_query"] = urlencode({"address": form.cleaned_data["address"]})
        return self._page(request, "discover", context)

    def page_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a page and the part of it that counts; answer with what would be read of it now."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PageForm(request.POST or None, initial={"address": request.GET.get("address", "")})
        context: dict[str, Any] = {"title": _("Watch a page that has no feed"), "form": form}
        if form.is_valid():
            typed = form.cleaned_data
            address = watched_address(typed["address"], typed["selector"])
            try:
                page = read_part(address, format=typed["format"], now=timezone.now())
            except FetchError as error:
                form.add_error("address", str(error))
            except UnreadableError as error:
                form.add_error("selector", f"{_(error.reason)} {error.detail}".rstrip())
            else:
                context |= {"page": page, "entries": page.entries[:_ENTRIES_SHOWN]}
                context |= _page_offer(page, address, typed["format"])
        return self._page(request, "page", context)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a list of another reader; tell what became of it on the list of sources."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            body = form.cleaned_data["file"].read(BODY_LIMIT + 1)  # one byte more is enough to refuse it
            try:
                imported = import_opml(body, terms=form.terms(), now=timezone.now())
            except UnreadableError as error:
                form.add_error("file", f"{_(error.reason)} {error.detail}".rstrip())
            else:
                for sentence in imported.sentences():
                    self.message_user(request, sentence)
                return redirect("admin:tracker_source_changelist")
        return self._page(request, "import", {"title": _("Import a list of sources (OPML)"), "form": form})

    @admin.display(description=gettext_lazy("last error"))
    def last_error(self, source: Source) -> str:
        return getattr(source, "last_told", None) or ""  # none yet on the form that adds one

    @admin.display(description=gettext_lazy("told by its hub"))
    def told_by_hub(self, source: Source) -> str:
        subscription = getattr(source, "hub_subscription", None)
        if subscription is None:
            return ""
        told = [subscription.hub, subscription.get_state_display(), subscription.error]
        if subscription.silent_since:
            told.append(_("It did not tell what came; the feed is asked as often as any."))
        if subscription.forged:
            told.append(_("Deliveries with a wrong signature: %(count)d.") % {"count": subscription.forged})
        return " · ".join(filter(None, told))

    @admin.display(description=gettext_lazy("issues of its journal"))
    def journal(self, source: Source) -> str:
        """What an operator may want to look into: an issue that is late, and those that never came."""
        standing = standing_of(bytes(source.memory)) if is_series(source.url) else Standing()
        late, never = (
            _("Issue %(number)s is not out yet."),
            _("Issue %(number)s never came out: it is left out."),
        )
        told = [never % {"number": number} for number in standing.left_out_names]
        if number := standing.late(timezone.now()):
            told.insert(0, late % {"number": number})
        return " · ".join(told)

    @admin.action(
        description=gettext_lazy("Merge into the source that watches the new address"), permissions=["change"]
    )
    def merge(self, request: HttpRequest, queryset: QuerySet) -> None:
        merged = [(source, health.merge(source)) for source in queryset.duplicates()]
        for source, kept in merged:
            told = _("“%(source)s” is paused; “%(kept)s” goes on for it. Nothing that was read is lost.")
            self.message_user(request, told % {"source": source, "kept": kept})
        if not merged:
            self.message_user(request, _("None of these has moved to what another source watches."))

    @admin.action(description=gettext_lazy("Fetch now"), permissions=["change"])
    def fetch_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = queryset.watched().update(next_due_at=timezone.now(), sent_at=None)
        told = ngettext(
            "%(count)d source will be read within a minute.",
            "%(count)d sources will be read within a minute.",
            count,
        )
        self.message_user(request, told % {"count": count})

    @admin.action(description=gettext_lazy("Export as OPML"), permissions=["view"])
    def export_as_opml(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        body = export_opml(queryset.prefetch_related("indicators"), now=timezone.now())
        return HttpResponse(
            body,
            content_type="text/x-opml; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="sources.opml"'},
        )

    def save_model(self, request: HttpRequest, obj: Source, form: SourceForm, change: bool) -> None:
        if obj.next_due_at is None:
            obj.next_due_at = timezone.now()
        if {"url", "selector", "format"} & set(form.changed_data):
            obj.forget_answers()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        return False

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        shown = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/tracker/source/{name}.html", shown)


def _offer(feed: FoundFeed) -> dict[str, Any]:
    """One feed that was found, with the form that it fills, or the source that watches it already."""
    watched = Source.objects.filter(url=feed.url).first()
    name = (feed.title or feed.url)[:200]
    filled = {
        "format": "feed",
        "url": feed.url,
        "name": name,
        "slug": _slug(name, feed.url),
        "language": feed.language,
    }
    return {"feed": feed, "name": name, "watched": watched, "href": _form_filled(filled)}


def _page_offer(page: Page, address: str, format: str) -> dict[str, Any]:
    """The form filled with a page that was tried, or the source that watches it already."""
    name = (page.title or address)[:200]
    language = next((entry.language for entry in page.entries), "")
    filled = {
        "format": format,
        "url": address,
        "name": name,
        "slug": _slug(name, address),
        "language": language,
    }
    return {"watched": Source.objects.filter(url=address).first(), "href": _form_filled(filled)}


def _form_filled(filled: dict[str, str]) -> str:
    return f"{reverse('admin:tracker_source_add')}?{urlencode(filled)}"


def _slug(name: str, url: str) -> str:
    return free_slug(name, url=url, taken=set(Source.objects.values_list("slug", flat=True)))
