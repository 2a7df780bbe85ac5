"""The keys that sign the ledger's checkpoints (Ed25519): from the setting, or kept in the data folder."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A signing key: its public half in hexadecimal, and what signs bytes with the other half."""

    public: str
    sign: Callable[[bytes], bytes]


def keys() -> list[Key]:
    """The keys of LEDGER_KEY, or the one of the data folder, made when none is kept; each of them signs.

    The oldest comes first: while two sign, whoever trusts the old one learns of the new one from the ledger.
    """
    return [_key(seed) for seed in settings.LEDGER_KEY or kept_seeds(settings.DATA_DIR / "ledger_key")]


def kept_seeds(path: Path) -> list[str]:
    """The private keys in the file, one a line; a first one is made once, readable by its owner alone."""
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        with suppress(FileExistsError):  # another process was faster: its key counts
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text("ascii").split()


def _key(seed: str) -> Key:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - 7 MB, once a day
        Ed25519PrivateKey,
    )

    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    return Key(public=private.public_key().public_bytes_raw().hex(), sign=private.sign)
