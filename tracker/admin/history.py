"""What a document said before each edit of its source, with the words that went and those that came."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from tracker.models import Document, Notice
from tracker.watchers.entry import NoticeFields

COMPARED_WORDS = 3_000  # of each side: what follows is long, and compared word by word it would take seconds
AROUND = 12  # words shown on each side of a change


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that an edit changed: pieces of text, each `kept`, `gone` or `come`."""

    label: str
    pieces: tuple[tuple[str, str], ...]


def history(document: Document) -> Iterator[tuple[datetime, list[Change]]]:
    """Each edit, the newest first: when it was seen, and what it changed."""
    after = _said_now(document)
    for version in document.versions.all():
        before = _flat(version.said)
        changed = [name for name in after if before.get(name, "") != after[name]]
        yield (
            version.replaced_at,
            [
                Change(label=_label(name), pieces=tuple(pieces(before.get(name, ""), after[name])))
                for name in changed
            ],
        )
        after = {name: before.get(name, "") for name in after}


def pieces(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The words of both, in order: kept ones only near a change."""
    old, new = before.split()[:COMPARED_WORDS], after.split()[:COMPARED_WORDS]
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            kept = old[start:end]
            shown = kept if len(kept) <= 2 * AROUND else [*kept[:AROUND], "[…]", *kept[-AROUND:]]
            yield "kept", " ".join(shown)
            continue
        if end > start:
            yield "gone", " ".join(old[start:end])
        if last > first:
            yield "come", " ".join(new[first:last])


def _said_now(document: Document) -> dict[str, str]:
    said: dict[str, Any] = {
        name: getattr(document, name) for name in ("title", "url", "published_raw", "text", "texts")
    }
    notice = getattr(document, "notice", None)
    facts = {field.name: getattr(notice, field.name) for field in fields(NoticeFields)} if notice else {}
    return _flat(said | {"notice": facts})


def _flat(said: dict[str, Any]) -> dict[str, str]:
    """Every field as words, those of the notice beside the others."""
    texts = "\n".join(words for _code, words in sorted(said["texts"].items()))
    facts = {f"notice.{name}": _words(value) for name, value in said["notice"].items()}
    return (
        {name: str(said[name]) for name in ("title", "url", "published_raw", "text")}
        | {"texts": texts}
        | facts
    )


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(_words(part) for part in value.values())
    if isinstance(value, list):
        return " · ".join(_words(part) for part in value)
    return "" if value is None else str(value)


def _label(name: str) -> str:
    house, _dot, field = name.rpartition(".")
    return str((Notice if house else Document)._meta.get_field(field).verbose_name)
