"""What a site asks of robots in its robots.txt (RFC 9309). Pure."""

import json
from dataclasses import asdict, dataclass

from tracker.watchers.entry import UnreadableError
from tracker.watchers.guarded import bytes_from_child

ROBOT = "ca-marche"  # how robots.txt files may call us
TEXT_LIMIT = 512 << 10  # bytes; the least that RFC 9309 lets a robot read is 500 KiB
LONGEST_PAUSE = 60.0  # seconds between two questions, whatever a site asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether we may ask for a page, and how many seconds to leave between two questions."""

    allowed: bool = True
    pause: float = 0.0


def verdict_in(text: str, url: str) -> Verdict:
    """What this robots.txt says of this address, for us. Run on foreign text by `read_verdict` only."""
    from protego import Protego  # noqa: PLC0415 - 4 MB that only the child may take

    asked = Protego.parse(text)
    pause = asked.crawl_delay(ROBOT) or 0.0
    return Verdict(allowed=asked.can_fetch(url, ROBOT), pause=min(max(pause, 0.0), LONGEST_PAUSE))


def read_verdict(text: str, url: str) -> Verdict:
    """The same from a child process with limits; raises UnreadableError."""
    if not text.strip():
        return Verdict()
    try:
        told = json.loads(bytes_from_child(lambda: json.dumps(asdict(verdict_in(text, url))).encode()))
        return Verdict(allowed=bool(told["allowed"]), pause=float(told["pause"]))
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableError("This page could not be read.") from error
