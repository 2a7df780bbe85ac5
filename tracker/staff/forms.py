"""What a person types to log in: a password, then a code; or both again before a grave step."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.models import Device

from tracker import accounts, lockout
from tracker.visitors import address_of


class LoginForm(AdminAuthenticationForm):
    """Name and password. Too many wrong ones are refused with the same words whether the account exists or not."""

    error_messages = AdminAuthenticationForm.error_messages | {
        "invalid_login": gettext_lazy("This name and this password do not belong together.")
    }
    locked = False

    def clean(self) -> dict[str, Any]:
        now, username = timezone.now(), self.cleaned_data.get("username", "")
        try:
            attempt = lockout.begin(username=username, address=address_of(self.request), now=now)
        except lockout.LockedError as error:
            self.locked = True
            raise ValidationError(_in_words(error, now=now), code="locked") from error
        cleaned = super().clean()
        attempt.delete()
        return cleaned


class CodeForm(forms.Form):
    """A code of the app, or a recovery code; `device` is what it belongs to."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )
    device: Device | None = None

    def __init__(self, *args: Any, user: AbstractBaseUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        self.device = self.checked(code)
        if self.device is None:
            raise ValidationError(
                _(
                    "This code is wrong, or was used before. Type the one that the app shows now; if that is refused too,"
                    " the clock of the phone may be wrong."
                )
            )
        return code

    def checked(self, code: str) -> Device | None:
        """The device that accepts the code."""
        try:
            return accounts.verify(self.user, code)
        except lockout.LockedError as error:
            raise ValidationError(_in_words(error, now=timezone.now()), code="locked") from error


class EnrolForm(CodeForm):
    """The first code of an app, which proves that it has the key."""

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}
        self.fields["code"].widget.attrs.pop("autofocus")  # the square above comes first

    def checked(self, code: str) -> Device | None:
        return accounts.enrol(self.user, key=self.key, code=code)


class ConfirmForm(CodeForm):
    """Password and code once more, before a grave step; the names stand beside those of any other form."""

    prefix = "confirm"
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ["password", "code"]

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        self.fields["code"].widget.attrs.pop("autofocus")

    def clean_password(self) -> str:
        now, password = timezone.now(), self.cleaned_data["password"]
        try:
            attempt = lockout.begin(username=self.user.get_username(), address=self.address, now=now)
        except lockout.LockedError as error:
            raise ValidationError(_in_words(error, now=now), code="locked") from error
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password."))
        attempt.delete()
        return password

    def checked(self, code: str) -> Device | None:
        """No code is used up for a wrong password."""
        return super().checked(code) if "password" in self.cleaned_data else self.user.otp_device


class NewPhoneForm(ConfirmForm):
    """The first code of another app; then password and code as before any grave step, however lately they were given."""

    prefix = None
    new_code = forms.CharField(
        label=gettext_lazy("Code that the new app shows"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}),
    )
    field_order = ["new_code", "password", "code"]

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.fields["password"].widget.attrs.pop("autofocus")
        self.fields["code"].label = _("Code of the present app, or a recovery code")

    def clean_new_code(self) -> str:
        code = self.cleaned_data["new_code"]
        if not accounts.proves(self.key, code, now=timezone.now()):
            raise ValidationError(_("This is not the code that an app with the key above shows now."))
        return code

    def checked(self, code: str) -> Device | None:
        """No code is used up before the new app has proved that it has the key."""
        return super().checked(code) if "new_code" in self.cleaned_data else self.user.otp_device


def _in_words(error: lockout.LockedError, *, now: datetime) -> str:
    minutes = error.minutes(now)
    return ngettext(
        "Too many wrong attempts. Try again in %(minutes)d minute.",
        "Too many wrong attempts. Try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
