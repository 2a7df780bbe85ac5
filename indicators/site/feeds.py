"""The outgoing feeds: everything new in the record, whole or for one indicator, as Atom and as JSON Feed."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed, rfc3339_date
from django.utils.html import escape
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from indicators.models import Assessment, Checkpoint, Evidence, Indicator, Reply, Statement, StatusChange

LONGEST = 50
CHECKPOINTS = 7  # one a day at least: more of them would crowd out the news
# The moment of a feed in which nothing has happened yet: it must not change at each reading.
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing that happened to the public record; `key` never changes, `address` is a path of the site."""

    key: str
    happened_at: datetime
    title: str
    text: str
    address: str


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
    request: HttpRequest, *, form: type[SyndicationFeed], code: str | None = None, corrections: bool = False
) -> HttpResponse:
    """Everything new, what is new for the indicator of this code, or corrections only, in the language of the address."""
    indicator = get_object_or_404(Indicator, code=code) if code else None
    written = _of_corrections(form, address=request.path) if corrections else (
        _empty(form, indicator, address=request.path)
    )  # fmt: skip
    return answered(written, amendments() if corrections else announcements(indicator))


def answered(written: SyndicationFeed, told: Iterable[Announcement]) -> HttpResponse:
    """A feed with these announcements, that any site may read."""
    for one in told:
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


def announcements(indicator: Indicator | None = None) -> list[Announcement]:
    """The latest publications, corrections, retractions and changes of status, newest first, in the active language.

    In the feed of everything also the checkpoints of the ledger, for readers to keep.
    """
    evidence = Evidence.objects.about(indicator) if indicator else Evidence.objects.all()
    changes = indicator.changes.all() if indicator else StatusChange.objects.all()
    told = evidence.prefetch_related(
        "supersedes", Prefetch("assessments", Assessment.objects.select_related("indicator"))
    )
    retracted = evidence.filter(retracted_at__isnull=False)
    answers = Reply.objects.standing().filter(evidence__in=evidence, evidence__superseded_by=None)
    replies = answers.select_related("evidence")
    found = [
        *map(_published, told.order_by("-published_at", "-number")[:LONGEST]),
        *map(_retracted, retracted.order_by("-retracted_at", "-number")[:LONGEST]),
        *map(_answered, replies.order_by("-published_at", "-pk")[:LONGEST]),
        *map(_changed, changes.select_related("indicator", "evidence")[:LONGEST]),
        *([] if indicator else map(_signed, Checkpoint.objects.order_by("-pk")[:CHECKPOINTS])),
    ]
    return sorted(found, key=lambda one: one.happened_at, reverse=True)[:LONGEST]


def amendments() -> list[Announcement]:
    """The latest corrections, of evidence and of statements, retractions and replies, newest first."""
    told = Prefetch("assessments", Assessment.objects.select_related("indicator"))
    corrections = Evidence.objects.exclude(supersedes=None).prefetch_related("supersedes", told).distinct()
    retracted = Evidence.objects.filter(retracted_at__isnull=False)
    replies = (
        Reply.objects.standing().filter(evidence__superseded_by=None).select_related("evidence", "actor")
    )
    found = [
        *map(_published, corrections.order_by("-published_at", "-number")[:LONGEST]),
        *map(_retracted, retracted.order_by("-retracted_at", "-number")[:LONGEST]),
        *map(_answered, replies.order_by("-published_at", "-pk")[:LONGEST]),
        *corrected_statements(),
    ]
    return sorted(found, key=lambda one: one.happened_at, reverse=True)[:LONGEST]


def corrected_statements() -> list[Announcement]:
    """The latest corrections of statements of the registry, newest first, in the active language."""
    rows = Statement.objects.corrections().filter(recorded_at__isnull=False)
    rows = rows.select_related("deal", "actor").order_by("-recorded_at", "-pk")
    return [_corrected(row) for row in rows[:LONGEST]]


feed_urlpatterns = [
    path("flux/atom.xml", feed, {"form": AtomFeed}, name="feed-atom"),
    path("flux/feed.json", feed, {"form": JSONFeed}, name="feed-json"),
    path("corrections/flux/atom.xml", feed, {"form": AtomFeed, "corrections": True}, name="corrections-atom"),
    path("indicateurs/<slug:code>/flux/atom.xml", feed, {"form": AtomFeed}, name="indicator-feed-atom"),
    path("indicateurs/<slug:code>/flux/feed.json", feed, {"form": JSONFeed}, name="indicator-feed-json"),
]

# What XML 1.0 cannot hold; some of it would otherwise break a reader, the rest the whole feed.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _empty(form: type[SyndicationFeed], indicator: Indicator | None, *, address: str) -> SyndicationFeed:
    site = _("We will know it works when…")
    title = f"{site} {indicator.statement}" if indicator else site
    return form(
        title=_plain(title),
        subtitle=_("Evidence published, corrected or retracted, and every change of status."),
        description="",
        link=settings.SITE_URL + (indicator.get_absolute_url() if indicator else reverse("home")),
        feed_url=settings.SITE_URL + address,
        feed_guid=_tag(f"feed/{indicator.code}" if indicator else "feed"),
        language=get_language(),
        author_name=site,
        author_link=settings.SITE_URL,
    )


def _of_corrections(form: type[SyndicationFeed], *, address: str) -> SyndicationFeed:
    about = _("What we corrected or retracted, and what named parties answer.")
    return of_page(form, "corrections", title=_("Corrections"), about=about, address=address)


def of_page(
    form: type[SyndicationFeed], page: str, *, title: str, about: str, address: str
) -> SyndicationFeed:
    """An empty feed of what happens on a page, by its name; `address` is the path of the feed."""
    site = _("We will know it works when…")
    return form(
        title=f"{title} · {site}",
        subtitle=about,
        description="",
        link=settings.SITE_URL + reverse(page),
        feed_url=settings.SITE_URL + address,
        feed_guid=_tag(f"feed/{page}"),
        language=get_language(),
        author_name=site,
        author_link=settings.SITE_URL,
    )


def _published(evidence: Evidence) -> Announcement:
    named = {"number": evidence.number, "title": evidence.title}
    replaced = list(evidence.supersedes.all())
    if replaced:
        named["old"] = ", ".join(str(old.number) for old in replaced)
        title = _("Evidence no. %(number)s corrects no. %(old)s: %(title)s") % named
    else:
        title = _("Evidence no. %(number)s: %(title)s") % named
    means = [f"{row.indicator.code}: {row.get_stance_display()}" for row in evidence.assessments.all()]
    reasons = [old.correction_reason for old in replaced]
    return Announcement(
        key=f"evidence/{evidence.number}/published",
        happened_at=evidence.published_at,
        title=title,
        text="\n".join(filter(None, [", ".join(means), *reasons, evidence.summary])),
        address=evidence.get_absolute_url(),
    )


def _retracted(evidence: Evidence) -> Announcement:
    named = {"number": evidence.number, "title": evidence.title}
    return Announcement(
        key=f"evidence/{evidence.number}/retracted",
        happened_at=evidence.retracted_at,
        title=_("Evidence no. %(number)s retracted: %(title)s") % named,
        text=evidence.retraction_reason,
        address=evidence.get_absolute_url(),
    )


def _corrected(statement: Statement) -> Announcement:
    about = statement.deal or statement.actor
    page, key = ("deal", statement.deal) if statement.deal else ("actor", statement.actor)
    return Announcement(
        key=f"statement/{statement.slug}",
        happened_at=statement.recorded_at,
        title=_("Statement corrected: %(about)s") % {"about": about},
        text="\n".join([statement.correction_reason, f"« {statement.quote} »"]),
        address=reverse(page, args=[key.slug]) if key else reverse("registry"),
    )


def _answered(reply: Reply) -> Announcement:
    title = _("Reply of %(party)s") % {"party": reply.party}
    if reply.evidence:
        named = {"number": reply.evidence.number, "party": reply.party}
        title = _("Reply of %(party)s to evidence no. %(number)s") % named
    return Announcement(
        key=f"reply/{reply.pk}",
        happened_at=reply.published_at,
        title=title,
        text=reply.text,
        address=reply.get_absolute_url(),
    )


def _changed(change: StatusChange) -> Announcement:
    named = {"code": change.indicator.code, "to": change.get_rung_to_display()}
    if change.rung_from == change.rung_to:
        title = _("Indicator %(code)s: still “%(to)s”, with other reservations") % named
    elif change.rung_from is None:
        title = _("Indicator %(code)s: “%(to)s”") % named
    else:
        named["from"] = change.get_rung_from_display()
        title = _("Indicator %(code)s: from “%(from)s” to “%(to)s”") % named
    cause = str(change.get_cause_display())
    if change.evidence:
        cause += f" ({change.evidence})"
    return Announcement(
        key=f"status/{change.pk}",
        happened_at=change.changed_at,
        title=title,
        text=f"{change.indicator.statement}\n{cause}",
        address=change.indicator.get_absolute_url(),
    )


def _signed(checkpoint: Checkpoint) -> Announcement:
    return Announcement(
        key=f"checkpoint/{checkpoint.pk}",
        happened_at=checkpoint.signed_at,
        title=_("Checkpoint of the ledger: %(size)d entries") % {"size": checkpoint.size},
        text=checkpoint.line(),
        address=reverse("verify"),
    )


def _latest(written: SyndicationFeed) -> datetime:
    return max((entry["updateddate"] for entry in written.items), default=BEGINNING)


def _tag(key: str) -> str:
    """A name that outlives every address (RFC 4151), one for each language."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:{get_language()}/{key}"


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("", text)
