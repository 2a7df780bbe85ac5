"""Answers to the questions of the index: asked of an actor, quoted or searched; never changed, only answered anew."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators import editions
from indicators.admin.record import KeptAdmin
from indicators.dataset import PUBLISHED, methodology
from indicators.models import Actor, Answer, Deal
from indicators.templatetags.index_words import INDICATORS, QUESTIONS


class AnswerForm(forms.ModelForm):
    """What is asked, of whom, what was found, and the quote or the search behind it."""

    question = forms.ChoiceField(label=gettext_lazy("question"))
    deal = forms.ModelChoiceField(
        Deal.objects.all(),
        required=False,
        label=gettext_lazy("deal"),
        help_text=gettext_lazy("For the question whether a party published amount and term of a deal."),
    )

    class Meta:
        model = Answer
        fields = (
            "actor", "question", "deal", "found", "publication", "quote", "locator", "searched_on", "searched_in",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "actor" not in self.fields:  # an answer that is there is only read
            return
        self.fields["actor"].queryset = Actor.objects.filter(rated=True)
        self.fields["question"].choices = [
            (INDICATORS[name], [(question, QUESTIONS[question]) for question in questions])
            for name, questions in methodology()["checklists"].items()
        ] + [(PUBLISHED, _("Did a party publish amount and term of this deal?"))]

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if told.get("question") == PUBLISHED:
            if not told.get("deal"):
                raise forms.ValidationError({"deal": _("Say of which deal.")})
            told["question"] = self.instance.question = PUBLISHED + told["deal"].slug
        return told


@admin.register(Answer)
class AnswerAdmin(KeptAdmin):
    form = AnswerForm
    list_display = ("actor", "question", "found", "recorded_at")
    list_filter = ("found", "actor")
    list_select_related = ("actor",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Answer, form: AnswerForm, change: bool) -> None:
        editions.answer(obj, by=request.user, now=timezone.now())
