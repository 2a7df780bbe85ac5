"""The chain of the ledger: canonical JSON, the hash of a leaf, the hash of everything up to it. Pure.

`docs/verify_ledger.py` does the same again without a line of ours; what is written here can therefore never change.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

BEFORE_THE_FIRST = "0" * 64  # what the first entry follows

Value = None | bool | int | str | Sequence["Value"] | Mapping[str, "Value"]


class NotCanonicalError(ValueError):
    """A value that two programs might write in two ways: a float, a key that is no text, half a character."""


def canonical(value: Value) -> str:
    """The one JSON text of a value: keys in the order of their code points, no spaces, all texts in NFC.

    Raises NotCanonicalError.
    """
    text = json.dumps(
        _plain(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonicalError("Half a surrogate pair is no text.") from error
    return text


def leaf_hash(body: str, **fields: int | str) -> str:
    """The SHA-256 of one entry without the two hashes that chain it; `body` is canonical JSON already."""
    return _sha256(b"\x00" + entry_line(body, **fields).encode())


def chain_hash(previous: str, leaf: str) -> str:
    """The SHA-256 of all entries up to this one, from the hash of those before it and of its leaf."""
    return _sha256(b"\x01" + bytes.fromhex(previous) + bytes.fromhex(leaf))


def entry_line(body: str, **fields: int | str) -> str:
    """An entry as one line of canonical JSON; `body` is canonical already, and its name sorts first."""
    return f'{{"body":{body},{canonical(fields)[1:]}'


def moment(at: datetime) -> str:
    """A moment in UTC, always as wide: as text it sorts as in time."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _sha256(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()


def _plain(value: Value) -> Value:
    match value:
        case None | bool() | int():
            return value
        case str():
            return unicodedata.normalize("NFC", value)
        case Mapping():
            return _without_doubles(value)
        case list() | tuple():
            return [_plain(each) for each in value]
    raise NotCanonicalError(f"{type(value).__name__} has no canonical form; write it as text.")


def _without_doubles(value: Mapping[str, Value]) -> dict[str, Value]:
    plain = dict(_pairs(value))
    if len(plain) < len(value):
        raise NotCanonicalError("Two keys are the same text.")
    return plain


def _pairs(value: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    for key, each in value.items():
        if not isinstance(key, str):
            raise NotCanonicalError("A key must be a text.")
        yield unicodedata.normalize("NFC", key), _plain(each)
