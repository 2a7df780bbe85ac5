"""A Page as JSON and back: what a reader's child process may say to its parent, and nothing else. Pure."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tracker.watchers.entry import Entry, NoticeFields, Page, Remark, Request

_DAYS = ("dispatched_on", "published_on", "deadline_on")
_TUPLES = ("buyers", "cpv", "lots", "winners", "document_urls")


def page_to_json(page: Page) -> bytes:
    """Only what differs from an empty page, so that a thousand short entries stay short."""
    return json.dumps(_plain(page), ensure_ascii=False).encode()


def page_from_json(text: bytes) -> Page:
    """The same page; raises AttributeError, KeyError, TypeError or ValueError when the text is no page."""
    page = json.loads(text)
    return Page(
        **page
        | {
            "entries": tuple(_entry(entry) for entry in page.get("entries", ())),
            "next": _request(page["next"]) if page.get("next") else None,
            "memory": b64decode(page.get("memory", "")),
            "known": tuple(page.get("known", ())),
            "remarks": tuple(Remark(**remark) for remark in page.get("remarks", ())),
        }
    )


def _plain(value: object) -> object:
    if is_dataclass(value):
        shape = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(part) for name, part in shape.items() if part not in (None, "", b"", (), {})}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return str(value) if isinstance(value, Decimal) else value


def _entry(entry: dict[str, Any]) -> Entry:
    if "published_at" in entry:
        entry["published_at"] = datetime.fromisoformat(entry["published_at"])
    if "notice" in entry:
        entry["notice"] = _notice(entry["notice"])
    return Entry(**entry)


def _notice(notice: dict[str, Any]) -> NoticeFields:
    for name in _DAYS:
        if name in notice:
            notice[name] = date.fromisoformat(notice[name])
    for name in _TUPLES:
        notice[name] = tuple(notice.get(name, ()))
    if "value" in notice:
        notice["value"] = Decimal(notice["value"])
    return NoticeFields(**notice)


def _request(request: dict[str, Any]) -> Request:
    for name in ("body", "memory"):
        if name in request:
            request[name] = b64decode(request[name])
    return Request(**request)
