"""Actors invited to answer before an edition; the address is typed once, and never shown again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from indicators.models import Actor
from tracker import inviting
from tracker.models import Invitation


class InvitationForm(forms.ModelForm):
    """Whom to ask, before which edition, and at which address."""

    actor = forms.ModelChoiceField(Actor.objects.order_by("-rated", "name"), label=gettext_lazy("Actor"))
    email = forms.EmailField(
        label=gettext_lazy("Contact address"),
        help_text=gettext_lazy(
            "A public address of the press office or of the legal department. Kept encrypted, erased thirty days after"
            " the time to answer, never shown again."
        ),
    )
    language = forms.ChoiceField(
        choices=[("fr", gettext_lazy("French")), ("en", gettext_lazy("English"))],
        label=gettext_lazy("Language"),
    )

    class Meta:
        model = Invitation
        fields = ("actor", "edition", "language")


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    form = InvitationForm
    fields = ["actor", "edition", "email", "language"]
    list_display = ["actor", "edition", "invited_at", "closes_at", "answered", "contests"]
    list_display_links = None
    list_select_related = ["actor"]
    list_filter = ["edition"]

    @admin.display(description=gettext_lazy("answered"), boolean=True)
    def answered(self, invitation: Invitation) -> bool:
        return invitation.answer_id is not None

    @admin.display(description=gettext_lazy("lines contested"))
    def contests(self, invitation: Invitation) -> int:
        return int(invitation.contested.count())

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Invite, instead of saving what was typed."""
        told = {name: form.cleaned_data[name] for name in ("edition", "email", "language")}
        made = inviting.invite(form.cleaned_data["actor"], **told, by=request.user, now=timezone.now())
        obj.pk = made.pk

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False
