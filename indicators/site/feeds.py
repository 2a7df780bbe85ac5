"""The outgoing feeds: everything new in the record, whole or for one indicator, as Atom and as JSON Feed."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed, rfc3339_date
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.http import http_date
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from indicators.changes import CHECKPOINT, CORRECTIONS, KINDS, OF_INDICATORS, REGISTRY, Change, changes, told
from indicators.models import Indicator

LONGEST = 50
CHECKPOINTS = 7  # one a day at least: more of them would crowd out the news
# The moment of a feed in which nothing has happened yet: it must not change at each reading.
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class AtomFeed(Atom1Feed):
    """Atom (RFC 4287)."""

    def latest_post_date(self) -> datetime:
        return _latest(self)


class JSONFeed(SyndicationFeed):
    """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

    content_type = "application/feed+json; charset=utf-8"

    def latest_post_date(self) -> datetime:
        return _latest(self)

    def write(self, outfile: TextIO, encoding: str) -> None:
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["subtitle"],
            "language": self.feed["language"],
            "authors": [{"name": self.feed["author_name"], "url": self.feed["author_link"]}],
            "items": [
                {
                    "id": entry["unique_id"],
                    "url": entry["link"],
                    "title": entry["title"],
                    "content_text": entry["text"],
                    "date_published": rfc3339_date(entry["pubdate"]),
                    "date_modified": rfc3339_date(entry["updateddate"]),
                }
                for entry in self.items
            ],
        }
        json.dump(feed, outfile, ensure_ascii=False)


@require_safe
@conditional_page
def feed(
    request: HttpRequest, *, form: type[SyndicationFeed], code: str | None = None, page: str = ""
) -> HttpResponse:
    """Everything new, what is new for the indicator of this code, or of one page, in the language of the address.

    In the feed of everything also the checkpoints of the ledger, for readers to keep.
    """
    if page:
        title, about, kinds = _PAGES[page]
        return _answered(
            _of_page(form, page, title=title, about=about, address=request.path), changes(kinds, most=LONGEST)
        )
    indicator = get_object_or_404(Indicator, code=code) if code else None
    found = changes(OF_INDICATORS if indicator else KINDS, indicator=indicator, most=LONGEST)
    if indicator is None:
        found += changes([CHECKPOINT], most=CHECKPOINTS)
    return _answered(_empty(form, indicator, address=request.path), sorted(found, reverse=True)[:LONGEST])


def _answered(written: SyndicationFeed, found: Iterable[Change]) -> HttpResponse:
    """A feed of these changes, that any site may read."""
    for one in told(found):
        written.add_item(
            title=_plain(one.title),
            link=settings.SITE_URL + one.address,
            description=escape(_plain(one.text)),
            text=_plain(one.text),
            unique_id=_tag(one.key),
            pubdate=one.happened_at,
            updateddate=one.happened_at,
        )
    response = HttpResponse(written.writeString("utf-8"), content_type=written.content_type)
    response["Last-Modified"] = http_date(written.latest_post_date().timestamp())
    response["Access-Control-Allow-Origin"] = "*"
    return response


feed_urlpatterns = [
    path("flux/atom.xml", feed, {"form": AtomFeed}, name="feed-atom"),
    path("flux/feed.json", feed, {"form": JSONFeed}, name="feed-json"),
    path(
        "corrections/flux/atom.xml", feed, {"form": AtomFeed, "page": "corrections"}, name="corrections-atom"
    ),
    path("registre/flux/atom.xml", feed, {"form": AtomFeed, "page": "registry"}, name="registry-atom"),
    path("registre/flux/feed.json", feed, {"form": JSONFeed, "page": "registry"}, name="registry-json"),
    path("indicateurs/<slug:code>/flux/atom.xml", feed, {"form": AtomFeed}, name="indicator-feed-atom"),
    path("indicateurs/<slug:code>/flux/feed.json", feed, {"form": JSONFeed}, name="indicator-feed-json"),
]

_PAGES: dict[str, tuple[Promise, Promise, tuple[str, ...]]] = {
    "corrections": (
        gettext_lazy("Corrections"),
        gettext_lazy("What we corrected or retracted, and what named parties answer."),
        CORRECTIONS,
    ),
    "registry": (
        gettext_lazy("Registry of deals"),
        gettext_lazy(
            "New deals, changes of their status and of their amounts, corrections, editions of the index."
        ),
        REGISTRY,
    ),
}
# What XML 1.0 cannot hold; some of it would otherwise break a reader, the rest the whole feed.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _empty(form: type[SyndicationFeed], indicator: Indicator | None, *, address: str) -> SyndicationFeed:
    site = _("We will know it works when…")
    title = f"{site} {indicator.statement}" if indicator else site
    return form(
        title=_plain(title),
        subtitle=_("Every change of the public record: answers, evidence, deals, corrections, editions."),
        description="",
        link=settings.SITE_URL + (indicator.get_absolute_url() if indicator else reverse("home")),
        feed_url=settings.SITE_URL + address,
        feed_guid=_tag(f"feed/{indicator.code}" if indicator else "feed"),
        language=get_language(),
        author_name=site,
        author_link=settings.SITE_URL,
    )


def _of_page(
    form: type[SyndicationFeed], page: str, *, title: Promise, about: Promise, address: str
) -> SyndicationFeed:
    """An empty feed of what happens on a page, by its name; `address` is the path of the feed."""
    site = _("We will know it works when…")
    return form(
        title=f"{title} · {site}",
        subtitle=str(about),
        description="",
        link=settings.SITE_URL + reverse(page),
        feed_url=settings.SITE_URL + address,
        feed_guid=_tag(f"feed/{page}"),
        language=get_language(),
        author_name=site,
        author_link=settings.SITE_URL,
    )


def _latest(written: SyndicationFeed) -> datetime:
    return max((entry["updateddate"] for entry in written.items), default=BEGINNING)


def _tag(key: str) -> str:
    """A name that outlives every address (RFC 4151), one for each language."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:{get_language()}/{key}"


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("", text)
