"""The second factor of an account: made, checked, forgotten; and the end of its sessions."""

import re
import secrets
from base64 import b32encode
from binascii import unhexlify
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from tracker.lockout import LockedError

RECOVERY_CODES = 10


def second_factor(user: AbstractBaseUser) -> TOTPDevice | None:
    """What makes the codes of this account; None before it is enrolled."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def new_key() -> str:
    """A secret for an app that makes codes, in hexadecimal. It belongs to one session until a code confirms it."""
    return random_hex(20)


def unconfirmed(user: AbstractBaseUser, key: str) -> TOTPDevice:
    """The device that this key would make; not stored."""
    return TOTPDevice(user=user, name="totp", key=key)


def spoken(key: str) -> str:
    """The key as apps ask for it: base 32, in groups of four."""
    return _groups(b32encode(unhexlify(key)).decode())


@transaction.atomic
def enrol(user: AbstractBaseUser, *, key: str, code: str) -> TOTPDevice | None:
    """Store the key if the code proves that an app has it; None if not, or if the account was enrolled meanwhile."""
    get_user_model()._default_manager.select_for_update().get(pk=user.pk)
    device = unconfirmed(user, key)
    if second_factor(user) is not None:
        return None
    device.save()
    if _is_of_an_app(code) and device.verify_token(_plain(code)):
        return device
    device.delete()
    return None


def proves(key: str, code: str, *, now: datetime) -> bool:
    """Whether an app that has this key shows this code, within half a minute; nothing is stored."""
    app = TOTP(unhexlify(key))
    app.time = now.timestamp()
    return _is_of_an_app(code) and app.verify(int(_plain(code)), tolerance=1)


@transaction.atomic
def replace(user: AbstractBaseUser, *, key: str, code: str) -> TOTPDevice | None:
    """Another app instead of the present one, if the code proves that it has the key; else None, and nothing changes."""
    TOTPDevice.objects.filter(user=user).delete()
    device = enrol(user, key=key, code=code)
    transaction.set_rollback(device is None)
    return device


@transaction.atomic
def new_recovery_codes(user: AbstractBaseUser) -> list[str]:
    """Ten codes, each good once, instead of those before; this is the only time they can be read."""
    codes = [_groups(b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY_CODES)]
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    for code in codes:
        device.token_set.create(token=_recovery_hash(code))
    return codes


def recovery_codes_left(user: AbstractBaseUser) -> int:
    """How many recovery codes were not used yet."""
    device = StaticDevice.objects.filter(user=user).first()
    return device.token_set.count() if device else 0


def verify(user: AbstractBaseUser, code: str) -> Device | None:
    """The device whose code this is: of the app, or a recovery code. A code counts once. Raises LockedError.

    After each wrong code the next is looked at twice as long afterwards: a second, two, four, and so on.
    """
    model, token = (TOTPDevice, _plain(code)) if _is_of_an_app(code) else (StaticDevice, _recovery_hash(code))
    device = model.objects.filter(user=user, confirmed=True).first()
    if device is None:
        return None
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise LockedError(why["locked_until"])
    return verify_token(user, device.persistent_id, token)


@transaction.atomic
def forget_second_factor(user: AbstractBaseUser) -> bool:
    """Forget the app and the recovery codes, and end every session; whether there was anything to forget.

    The next log-in leads through the enrolment again.
    """
    end_sessions(user)
    gone = [model.objects.filter(user=user).delete()[0] for model in (TOTPDevice, StaticDevice)]
    return any(gone)


def end_sessions(user: AbstractBaseUser, *, but: str | None = None) -> None:
    """End every session of this account; `but` is the key of one that goes on."""
    for session in Session.objects.exclude(pk=but).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _is_of_an_app(code: str) -> bool:
    return re.fullmatch("[0-9]{6}", _plain(code)) is not None


def _plain(code: str) -> str:
    """A code without what people put between its groups."""
    return re.sub(r"[\s-]", "", code).lower()


def _recovery_hash(code: str) -> str:
    """Sixteen letters that only the secret key makes of a code: all that is kept of it, and all that fits."""
    known = salted_hmac("tracker.recovery", _plain(code), algorithm="sha256").digest()
    return b32encode(known).decode()[:16]


def _groups(code: str) -> str:
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))
