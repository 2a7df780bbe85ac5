"""How a page, a chart or an edition is cited, in both languages, with what pins it: the edition, or the digest."""

from datetime import date
from typing import Any

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import override

from indicators import exports
from indicators.models import Edition
from indicators.templatetags.display import day, of_language

register = template.Library()
SHOWN = 12  # digits of a digest


@register.simple_tag
def citations(title: Any, url: str, date: date, edition: Edition | str = "") -> list[tuple[str, str]]:
    """(language, text) for each language; `title` is a text, or a row with a title, and `url` a path of the site."""
    pinned = edition if isinstance(edition, Edition) else exports.digest()
    return [(code, _citation(title, url, date, pinned, code)) for code, _name in settings.LANGUAGES]


@register.simple_tag
def frame_code(small: str, title: Any) -> str:
    """What to copy to show a small page, by its path, on another site."""
    address = settings.SITE_URL + small
    return f'<iframe src="{escape(address)}" width="640" height="480" title="{escape(title)}" loading="lazy"></iframe>'


def _citation(title: Any, url: str, on: date, pinned_by: Edition | str, code: str) -> str:
    address = settings.SITE_URL + translate_url(
        url, code
    )  # before the language changes: `url` is of this page
    with override(code):
        if isinstance(pinned_by, Edition):
            pinned = {"edition": pinned_by.slug, "digest": pinned_by.results_sha256[:SHOWN]}
            version = _("edition %(edition)s, digest %(digest)s") % pinned
        else:
            version = _("digest %(digest)s") % {"digest": pinned_by[:SHOWN]}
        told = {
            "title": title if isinstance(title, str) else of_language(title, "title"),
            "site": _("We will know it works when…"),
            "day": day(on),
            "version": version,
            "address": address,
        }
        return _("“%(title)s”, %(site)s, data as of %(day)s, %(version)s, %(address)s") % told
