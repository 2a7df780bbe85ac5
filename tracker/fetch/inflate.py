"""gzip, a piece at a time and never more than asked for. Pure."""

import zlib
from copy import copy
from typing import Self

_MAX_MEMBERS = 1_000


class DamagedError(ValueError):
    """These bytes are not gzip: nothing of them can be trusted."""


class Inflater:
    """Inflates one gzip stream of any number of members; each one's checksum is verified."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1

    @property
    def finished(self) -> bool:
        """The member at hand is complete: if the bytes end here, nothing was cut off."""
        return self._member.eof

    def copy(self) -> Self:
        """Another one at the same place."""
        twin = copy(self)
        twin._member = self._member.copy()
        return twin

    def feed(self, packed: bytes, *, limit: int) -> bytes:
        """Return what these bytes hold, but no more than `limit` bytes (≥ 1) of it; raise DamagedError."""
        inflated = bytearray()
        while packed and len(inflated) < limit:
            if self._member.eof:
                if not packed.startswith(b"\x1f"):
                    break  # padding, or noise after the last member: not content
                self._start_member()
            try:
                inflated += self._member.decompress(packed, limit - len(inflated))
            except zlib.error as error:
                raise DamagedError(str(error)) from error
            packed = self._member.unconsumed_tail or self._member.unused_data
        return bytes(inflated)

    def _start_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise DamagedError("too many members")
        self._member = zlib.decompressobj(wbits=31)
