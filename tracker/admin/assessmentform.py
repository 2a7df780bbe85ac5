"""What an editor types of an article judged against the five pillars: for each pillar points, one sentence, one quote."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import ArticleAssessment, Pillar
from indicators.rules.articles import POINTS
from indicators.rules.quotes import contains_quote
from tracker import drafting
from tracker.admin.registryforms import SourceForm

_GIVEN = [
    ("", "—"),
    *((str(each), f"{each:g}".replace("0.5", "½").replace("1.5", "1½")) for each in POINTS),
]
_LISTS = ("vigilance", "open_points")
_PARTS = ("points", "sentence", "quote")


def _lines(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3}), label=label, **kwargs
    )


def _half(label: Any) -> forms.DecimalField:
    return forms.DecimalField(required=False, min_value=0, max_digits=4, decimal_places=1, label=label)


class AssessmentForm(SourceForm):
    """An assessment of an article, or the version that takes the place of one."""

    heading = gettext_lazy("Assess an article")
    is_alone = True
    source_title = forms.CharField(max_length=300, label=gettext_lazy("Title of the article"))
    url = forms.URLField(max_length=500, assume_scheme="https", label=gettext_lazy("Address of the article"))
    framework = forms.CharField(
        max_length=120,
        initial=gettext_lazy("5 pillars of freedom, version 1"),
        label=gettext_lazy("framework"),
    )
    assessor = forms.CharField(max_length=120, label=gettext_lazy("assessor"))
    assessed_on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), label=gettext_lazy("assessed on")
    )
    declared_total = _half(gettext_lazy("declared total"))
    declared_max = _half(gettext_lazy("declared maximum"))
    quote = forms.CharField(
        max_length=drafting.QUOTE_LIMIT, required=False, label=gettext_lazy("The words that declare it")
    )
    vigilance_fr = _lines(
        gettext_lazy("Points of vigilance (French)"),
        help_text=gettext_lazy("One on each line; as many in the other language."),
    )
    vigilance_en = _lines(gettext_lazy("Points of vigilance (English)"))
    open_points_fr = _lines(gettext_lazy("Open points (French)"))
    open_points_en = _lines(gettext_lazy("Open points (English)"))
    reason = forms.CharField(
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("Public reason of the correction"),
    )
    party = origin = locator = claim = None

    def __init__(
        self,
        *args: Any,
        corrected: ArticleAssessment | None = None,
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, initial={**(initial or {}), **_said(corrected)}, **kwargs)
        self.corrected = corrected
        self.pillars = list(Pillar.objects.all())
        for pillar in self.pillars:
            for name, field in _of_a_pillar().items():
                self.fields[f"{name}_{pillar.slug}"] = field
        if corrected:
            self.heading = gettext_lazy("Correct an assessment by a new version")
            for name in (
                "url",
                "publisher",
                "source_title",
                "source_kind",
                "published_on",
                "language",
                "framework",
                "assessor",
            ):
                del self.fields[name]
        else:
            del self.fields["reason"]

    @property
    def parts(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The form in parts: what was judged and by whom, each pillar, what is declared, the rest."""
        first = (
            "source_title",
            "url",
            "publisher",
            "source_kind",
            "published_on",
            "language",
            "framework",
            "assessor",
            "assessed_on",
        )
        yield _("The article and its assessor"), self._fields(*first)
        for pillar in self.pillars:
            yield pillar.name, self._fields(*(f"{name}_{pillar.slug}" for name in _PARTS))
        yield _("What is declared"), self._fields("declared_total", "declared_max", "quote")
        lists = [f"{name}_{language}" for name in _LISTS for language in ("fr", "en")]
        yield _("What to beware of, and what is not known"), self._fields(*lists, "reason")

    def _fields(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if self.corrected:
            self.copies = drafting.copies_of(self.corrected.publication.url)
        for pillar in self.pillars:
            self._clean_pillar(pillar.slug, told)
        for name in _LISTS:
            if len(_rows(told.get(f"{name}_fr"))) != len(_rows(told.get(f"{name}_en"))):
                self.add_error(f"{name}_en", _("As many lines in French as in English."))
        if (told.get("declared_total") is None) != (told.get("declared_max") is None):
            self.add_error("declared_max", _("A declared total goes with its maximum."))
        return told

    def _clean_pillar(self, slug: str, told: Mapping[str, Any]) -> None:
        points, sentence, quote = (told.get(f"{name}_{slug}") for name in _PARTS)
        if points and not sentence:
            self.add_error(f"sentence_{slug}", _("Say why, in one sentence."))
        if points and not quote:
            self.add_error(f"quote_{slug}", _("Quote the words of the article."))
        if not points and (sentence or quote):
            self.add_error(f"points_{slug}", _("Give the points that this sentence explains."))
        if quote and self.copies and not any(contains_quote(copy, quote) for copy in self.copies):
            self.add_error(
                f"quote_{slug}", _("This quote does not stand in the stored text; copy it from the document.")
            )

    def entry(self) -> dict[str, Any]:
        told, old = self.cleaned_data, self.corrected
        names = ("assessed_on", "declared_total", "declared_max", "quote")
        about = {name: getattr(old, name) if old else told[name] for name in ("framework", "assessor")}
        entry = {"change": "assessment"} | about | {name: told[name] for name in names}
        entry |= {name: _pairs(told[f"{name}_fr"], told[f"{name}_en"]) for name in _LISTS}
        entry["points"] = [
            {"pillar": pillar.slug} | {name: told[f"{name}_{pillar.slug}"] for name in _PARTS}
            for pillar in self.pillars
            if told[f"points_{pillar.slug}"]
        ]
        if old:
            return entry | {"corrects": old.pk, "reason": told["reason"]}
        return entry | {"source": self.source()}


def _of_a_pillar() -> dict[str, forms.Field]:
    return {
        "points": forms.ChoiceField(choices=_GIVEN, required=False, label=gettext_lazy("points")),
        "sentence": forms.CharField(
            max_length=500,
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
            label=gettext_lazy("Why, in one sentence"),
        ),
        "quote": forms.CharField(
            max_length=drafting.QUOTE_LIMIT,
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
            label=gettext_lazy("Quote"),
        ),
    }


def _said(row: ArticleAssessment | None) -> dict[str, Any]:
    """What the assessment says that is to be corrected."""
    if row is None:
        return {}
    told = {name: getattr(row, name) for name in ("assessed_on", "declared_total", "declared_max", "quote")}
    for name in _LISTS:
        for language in ("fr", "en"):
            told[f"{name}_{language}"] = "\n".join(each.get(language, "") for each in getattr(row, name))
    for points in row.points.select_related("pillar"):
        told |= {f"{name}_{points.pillar.slug}": getattr(points, name) for name in ("sentence", "quote")}
        told[f"points_{points.pillar.slug}"] = f"{points.points.normalize():f}"
    return told


def _rows(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _pairs(french: str, english: str) -> list[dict[str, str]]:
    return [{"fr": fr, "en": en} for fr, en in zip(_rows(french), _rows(english), strict=True)]
