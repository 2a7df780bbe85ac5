"""The feed of the registry and of the index: new deals, what becomes of them, corrected statements, editions."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.feedgenerator import SyndicationFeed
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from indicators.models import Deal, Edition, LedgerEntry
from indicators.site.feeds import (
    LONGEST,
    Announcement,
    AtomFeed,
    JSONFeed,
    answered,
    corrected_statements,
    of_page,
)
from indicators.templatetags.display import in_words

READ = 500  # entries of the ledger, from the newest: among them are the latest announcements


@require_safe
@conditional_page
def registry_feed(request: HttpRequest, *, form: type[SyndicationFeed]) -> HttpResponse:
    """What is new in the registry of deals and in the index, in the language of the address."""
    about = _("New deals, changes of their status and of their amounts, corrections, editions of the index.")
    empty = of_page(form, "registry", title=_("Registry of deals"), about=about, address=request.path)
    return answered(empty, news())


def news() -> list[Announcement]:
    """The latest of what happened to the registry and to the index, newest first, in the active language."""
    told = [
        *_of_deals(),
        *corrected_statements(),
        *map(_released, Edition.objects.order_by("-published_at", "-pk")[:LONGEST]),
    ]
    return sorted(told, key=lambda one: one.happened_at, reverse=True)[:LONGEST]


feed_urlpatterns = [
    path("registre/flux/atom.xml", registry_feed, {"form": AtomFeed}, name="registry-atom"),
    path("registre/flux/feed.json", registry_feed, {"form": JSONFeed}, name="registry-json"),
]


def _of_deals() -> Iterator[Announcement]:
    """Each deal as it entered the registry, then whatever changed its status or its amounts."""
    ours = LedgerEntry.objects.filter(subject__startswith="deal/").order_by("-number")
    first = dict(ours.order_by().values_list("subject").annotate(Min("number")))
    deals, before = {row.slug: row for row in Deal.objects.all()}, {}
    for entry in reversed(ours[:READ]):
        deal, body = deals.get(entry.subject.removeprefix("deal/")), json.loads(entry.body)
        former = before.get(entry.subject)
        before[entry.subject] = body
        if deal is None:
            continue
        if entry.number == first[entry.subject]:
            yield _announced(entry, deal, _("New deal in the registry: %(title)s"))
        elif former and former["status"] != body["status"]:
            status = in_words(body["status"], "status")
            yield _announced(entry, deal, _("%(title)s: now “%(status)s”"), status=status)
        elif former and _amounts(former) != _amounts(body):
            yield _announced(entry, deal, _("%(title)s: amounts amended"))


def _amounts(body: dict[str, Any]) -> list[Any]:
    return [(leg["slug"], leg["amounts"]) for leg in body["legs"]]


def _announced(entry: LedgerEntry, deal: Deal, title: str, **named: str) -> Announcement:
    return Announcement(
        key=f"{entry.subject}/{entry.number}",
        happened_at=entry.recorded_at,
        title=title % {"title": deal.title, **named},
        text=deal.note,
        address=reverse("deal", args=[deal.slug]),
    )


def _released(edition: Edition) -> Announcement:
    title = (
        _("Edition %(edition)s of the index, corrected")
        if edition.reason
        else _("Edition %(edition)s of the index")
    )
    return Announcement(
        key=f"edition/{edition.slug}",
        happened_at=edition.published_at,
        title=title % {"edition": edition.slug},
        text=edition.reason,
        address=reverse("edition", args=[edition.slug]),
    )
