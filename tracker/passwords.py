"""How passwords are kept, and which are too easily guessed."""

import re

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import AbstractBaseUser

_LEAST_UNIT = 8  # what is repeated counts once; shorter than this it is no passphrase


class Argon2(Argon2PasswordHasher):
    """Argon2id with the least that OWASP advises (19 MiB, twice, one lane): with Django's 100 MiB a few log-ins at once
    would fill a small server."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    """Also refuses a common password that is only repeated, or framed by digits and signs, to be long enough."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that stands in the list, however it was made longer."""
        unit = _repeated(password.casefold())
        core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", unit)
        for each in (password, unit, core):
            super().validate(each, user)
        if len(unit) < _LEAST_UNIT:
            super().validate("password", user)


def _repeated(password: str) -> str:
    """The shortest beginning that, repeated, makes the whole."""
    lengths = range(1, len(password) + 1)
    return next(
        password[:length]
        for length in lengths
        if (password[:length] * (len(password) // length + 1)).startswith(password)
    )
