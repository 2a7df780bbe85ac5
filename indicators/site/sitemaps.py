"""The pages that search engines should know, in both languages."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Model
from django.urls import reverse

from indicators.models import Action, Actor, Deal, Edition, Evidence, Indicator


class PublicSitemap(Sitemap):
    """Absolute addresses come from the settings, never from the request."""

    i18n = alternates = x_default = True
    protocol = urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class FixedPages(PublicSitemap):
    def items(self) -> Sequence[str]:
        return [
            "home",
            "evidence_list",
            "registry",
            "circuits",
            "matrix",
            "actors",
            "contradictions",
            "downloads",
            "assessments",
            "index",
            "watch",
            "method",
            "corrections",
            "journal",
            "verify",
            "contribute",
            "follow",
            "privacy",
        ]

    def location(self, name: str) -> str:
        return reverse(name)


class RowPages(PublicSitemap):
    """One page for each action, indicator, standing evidence and deal."""

    def items(self) -> Sequence[Model]:
        rows = Action.objects.all(), Indicator.objects.all(), Evidence.objects.standing(), Deal.objects.all()
        return [row for some in rows for row in some]


class NamedPages(PublicSitemap):
    """One page for each actor and each edition of the index."""

    def items(self) -> Sequence[tuple[str, str]]:
        slugs = {"actor": Actor.objects.on_record(), "edition": Edition.objects.all()}
        return [(name, slug) for name, rows in slugs.items() for slug in rows.values_list("slug", flat=True)]

    def location(self, page: tuple[str, str]) -> str:
        name, slug = page
        return reverse(name, args=[slug])


SITEMAPS = {"pages": FixedPages, "rows": RowPages, "named": NamedPages}
