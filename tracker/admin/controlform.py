"""What an editor types of who controls whom, from when to when, each time with who says so."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from indicators.models import Control
from tracker.admin.amountforms import Actors
from tracker.admin.registryforms import SourceForm, partial_day_field


class ControlForm(SourceForm):
    """A period during which a group holds more than half of an actor; or what a source says otherwise of one."""

    heading = gettext_lazy("Enter a period of control")
    actor = Actors(label=gettext_lazy("Who is controlled"))
    group = Actors(
        label=gettext_lazy("By which group"),
        help_text=gettext_lazy("Who holds more than half of it."),
    )
    since = partial_day_field(required=False, label=gettext_lazy("controlled since"))
    until = partial_day_field(required=False, label=gettext_lazy("controlled until"))

    field_order = ("actor", "group", "since", "until")

    def __init__(
        self,
        *args: Any,
        replaced: Control | None = None,
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        names = ("group", "since", "until")
        known = {name: getattr(replaced, name) for name in names} if replaced else {}
        super().__init__(*args, initial={**(initial or {}), **known}, **kwargs)
        self.replaced = replaced
        for name in ("actor", "group"):
            self.fields[name].required = True
        if replaced:
            self.heading = gettext_lazy("End or correct a period of control")
            del self.fields["actor"]
            self.fields["group"].required = False
            self.fields["group"].help_text = gettext_lazy("Empty: this period never was.")
        self.fields["until"].help_text = gettext_lazy("Empty: it lasts. The first day on which it is over.")

    def statement(self) -> dict[str, Any]:
        group = self.cleaned_data["group"]
        return super().statement() | {"field": "control", "value": group.slug if group else "none"}

    def entry(self) -> dict[str, Any]:
        told, old = self.cleaned_data, self.replaced
        actor = old.actor if old else told["actor"]
        return {
            "change": "control",
            "actor": actor.slug,
            "group": told["group"].slug if told["group"] else "",
            "since": told["since"],
            "until": told["until"],
            "replaces": old and old.pk,
            "statement": self.statement(),
        }
