"""What only the secret key opens or recognises: addresses of contributors, their receipts, their networks."""

import base64
import secrets
from datetime import date
from hashlib import sha256
from hmac import digest
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

RECEIPT_BYTES = 24  # 192 random bits


class SealError(ValueError):
    """No key of ours opens this: the secret key was changed, and the old one is not among its fallbacks."""


def seal(words: str) -> str:
    """The words encrypted, differently each time; nothing of nothing."""
    return _keys().encrypt(words.encode()).decode() if words else ""


def unseal(sealed: str) -> str:
    """What was sealed. Raises SealError."""
    if not sealed:
        return ""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see _keys

    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealError("No key opens this.") from error


def new_receipt() -> str:
    """A token for the address of a receipt; kept nowhere but in that address.

    In hexadecimal: no mail program takes its last letter for punctuation, no command line its first for an option.
    """
    return secrets.token_hex(RECEIPT_BYTES)


def receipt_hashes(token: str) -> list[str]:
    """Under which a receipt may be kept: the first is that of the secret key of today."""
    return [
        salted_hmac("tracker.receipt", token, secret=each, algorithm="sha256").hexdigest()
        for each in _secrets()
    ]


def address_hash(email: str) -> str:
    """Under which an e-mail address may be found again; empty for none. The same whatever its letters’ case."""
    return _address_hash(email, settings.SECRET_KEY) if email else ""


def address_hashes(email: str) -> list[str]:
    """Under which it may be kept: the first is that of the secret key of today."""
    return [_address_hash(email, each) for each in _secrets()]


def mail_link(pk: int, *, use: str) -> str:
    """A token for a link in a mail, good for this one use; kept nowhere, since only we can make it."""
    return _signer(use).sign(str(pk))


def of_mail_link(token: str, *, use: str) -> int | None:
    """For whom that link was made; None where we did not make it."""
    try:
        return int(_signer(use).unsign(token))
    except BadSignature:
        return None


def network_hash(address: str, *, on: date) -> str:
    """The network of an address (a /64 of IPv6) under the key of that day; empty for what is no address.

    The same network has another hash the next day, so that nobody can be followed from day to day.
    """
    try:
        network = ip_address(address)
    except ValueError:
        return ""
    if isinstance(network, IPv6Address):
        network = network.ipv4_mapped or IPv6Address(int(network) >> 64 << 64)
    return salted_hmac(f"tracker.network.{on.isoformat()}", str(network), algorithm="sha256").hexdigest()


def _address_hash(email: str, secret: str) -> str:
    return salted_hmac("tracker.address", email.lower(), secret=secret, algorithm="sha256").hexdigest()


def _signer(use: str) -> Signer:
    return Signer(sep=".", salt=f"tracker.mail.{use}")


def _keys() -> "MultiFernet":
    """Sealed with the secret key of today; opened with those before it, too."""
    from cryptography.fernet import (  # noqa: PLC0415 - 8 MB, for the few who leave an address
        Fernet,
        MultiFernet,
    )

    return MultiFernet([Fernet(_key(each)) for each in _secrets()])


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(digest(secret.encode(), b"tracker.sealing", sha256))
