"""The shapes that watchers speak in: Request, Entry, NoticeFields, Remark, Page, Label. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NewType
from urllib.parse import urldefrag

Label = NewType("Label", str)  # what a format is called: a msgid for the doors


class UnreadableError(Exception):
    """The bytes are not what the format promises and will not get better: set them aside with this reason.

    `reason` is a constant English sentence (a msgid for the doors); `detail` is what no catalogue can know; `kind` is
    how a Fetch files it.
    """

    def __init__(self, reason: str, detail: str = "", *, kind: str = "unreadable") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


class IncompleteError(Exception):
    """The answer is only part of what was asked for: ask again later and do not count this page as seen.

    Its one argument is a constant English sentence (a msgid for the doors).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask of a server: paging is data, a watcher returns the next one."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    before: str = ""  # the text of the last Page, for watchers that tell what changed since
    memory: bytes = b""  # of the last Page, for watchers that leave out what they have read before
    max_bytes: int = 0  # of the answer, unpacked, where it may be larger than answers are; 0: as all others
    # Statuses by which the service asks to slow down, and for how many seconds where its answer does not say.
    waits: Mapping[str, int] = field(default_factory=dict)

    def same_answer(self, other: "Request") -> bool:
        """Whether both ask for one body, of which each may name another part behind the `#`."""
        return (
            (self.method, self.body) == (other.method, other.body)
            and urldefrag(self.url).url == urldefrag(other.url).url
            and self.url != other.url
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFields:
    """The structured side of a tender document, as the measures need it; never a contact person."""

    publication_number: str = ""  # NNNNNN-YYYY, without leading zeros
    notice_id: str = ""
    version: str = ""
    procedure_id: str = ""
    notice_type: str = ""  # eForms BT-02 code, or the form of TED_EXPORT
    form_type: str = ""  # eForms BT-03: planning, competition, result, …
    schema: str = ""  # eforms-sdk-1.10, TED_EXPORT R2.0.9, ted-api-v3
    dispatched_on: date | None = None
    published_on: date | None = None
    deadline_on: date | None = None
    buyers: tuple[str, ...] = ()
    buyer_country: str = ""  # ISO 3166-1 alpha-2, upper case
    cpv: tuple[str, ...] = ()  # eight digits, no check digit, main one first, each once
    # {"id","title"[,"criteria","selection","operators" (BT-113),"funding" (BT-60, 5010, 5011),"winners","tenders"]}
    lots: tuple[Mapping[str, object], ...] = ()
    max_lots_awarded: int | None = None  # BT-33, or BT-31 where that caps them
    framework: str = ""  # BT-765 code
    value: Decimal | None = None
    currency: str = ""
    winners: tuple[str, ...] = ()
    tenders_received: int | None = None
    joint: bool | None = None  # several buyers, or a central purchasing body; None when not told
    document_urls: tuple[str, ...] = ()  # BT-15: where the procurement documents are
    changes: str = ""  # identifier of the notice that this one corrects
    change_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a source published, as plain text: no markup, no control or invisible characters."""

    external_id: str
    url: str = ""  # http(s) or empty
    title: str = ""
    text: str = ""  # what rules are matched against, in `language`
    texts: Mapping[str, str] = field(
        default_factory=dict
    )  # other languages of the same words, by ISO 639-1 code
    language: str = ""  # ISO 639-1, or empty when unknown
    published_at: datetime | None = None  # aware
    published_raw: str = ""  # as the source wrote it
    kind: str = "article"  # article | notice
    notice: NoticeFields | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What was left out while reading: `reason` is a msgid and `detail` its facts, as in UnreadableError."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one body held, and the request that brings the next page, if any."""

    entries: tuple[Entry, ...] = ()
    next: Request | None = None
    title: str = ""  # how the source calls itself
    remarks: tuple[Remark, ...] = ()
    text: str = ""  # of a page that is watched for changes: what the next Request will have as `before`
    memory: bytes = b""  # what the next Request will have as its own
    known: tuple[str, ...] = ()  # identities of entries that it has, too, as they were last time
    minutes: int | None = None  # how long its publisher asks us to wait before the next question
    hub: str = ""  # http(s); who would tell us at once what is new (WebSub)
    topic: str = ""  # under which address that hub knows the source
