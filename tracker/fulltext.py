"""From a teaser to the full text: the page behind an entry, read once, kept, and given to the rules again."""

from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from indicators.rules.quotes import contains_quote
from tracker import fetch, visiting
from tracker.models import Document, FullText, Snapshot
from tracker.watchers.article import Article, read_article
from tracker.watchers.entry import UnreadableError

TRIES = 5
FIRST_WAIT = timedelta(hours=1)  # doubled after every try

_FILLED = (
    "text", "title", "language", "published_at", "published_raw", "matched_at", "tries", "set_aside",
)  # fmt: skip


def read_page(pk: int, *, now: datetime) -> int | None:
    """Read the page that a FullText row asks for; the document to match again, None when it says nothing new.

    None, too, when another worker has it, its host is busy, or it is not due. A failure is a state with its reason,
    never an exception; after TRIES the text stays as the entry gave it.
    """
    if not FullText.objects.claim(pk, now=now):
        return None
    row = FullText.objects.select_related("document__source").get(pk=pk)
    if row.tries > TRIES:  # a page that kills its worker each time
        return _give_up(row, FullText.State.FAILED, _("Reading this page failed too often."))
    try:
        response = visiting.visit(row.document.url, now=now)
        content_type = response.headers.get("content-type", "")
        article = read_article(response.body, url=response.final_url, content_type=content_type)
    except visiting.BusyError as busy:
        FullText.objects.put_off(pk, until=busy.until)
    except visiting.ClosedError as error:
        _give_up(row, FullText.State.REFUSED, str(error))
    except UnreadableError as error:
        _give_up(row, FullText.State.FAILED, _(error.reason))
    except fetch.FetchError as error:
        _take_failure(row, error, now=now)
    else:
        return _take(row, article, response, now=now)
    return None


def _give_up(row: FullText, state: str, error: str) -> None:
    FullText.objects.filter(pk=row.pk).update(state=state, due_at=None, error=error)


def _take_failure(row: FullText, error: fetch.FetchError, *, now: datetime) -> None:
    if row.tries >= TRIES or error.kind in ("refused", "gone"):
        _give_up(row, FullText.State.FAILED, str(error))
        return
    wait = max(FIRST_WAIT * 2 ** (row.tries - 1), timedelta(seconds=error.retry_after or 0))
    FullText.objects.filter(pk=row.pk).update(due_at=now + wait, error=str(error))


@transaction.atomic
def _take(row: FullText, article: Article, response: fetch.Response, *, now: datetime) -> int | None:
    """Store what the page says, unless the entry was edited or said as much already; see `read_page`."""
    document = Document.objects.select_for_update().select_related("source").get(pk=row.document_id)
    if document.fingerprint != row.fingerprint:  # edited meanwhile, and perhaps after the page that we have
        FullText.objects.filter(pk=row.pk).update(fingerprint=document.fingerprint, due_at=now)
        return None
    told = {"due_at": None, "error": "", "read_at": now, "language_found": article.language}
    if len(article.text) <= len(document.text):
        FullText.objects.filter(pk=row.pk).update(state=FullText.State.SHORT, **told)
        return None
    FullText.objects.filter(pk=row.pk).update(
        state=FullText.State.READ, language_told=document.language, **told
    )
    _fill(document, article, now=now)
    Snapshot.objects.take_page(
        document,
        response.body,
        url=response.final_url,
        content_type=response.headers.get("content-type", ""),
        now=now,
    )
    return document.pk


def _fill(document: Document, article: Article, *, now: datetime) -> None:
    """Give the document the words of its page, after those of its entry where the page lacks them."""
    beginning = document.text.strip().rstrip("…. []")
    kept = [] if contains_quote(article.text, beginning) or not beginning else [document.text]
    document.text = "\n\n".join([*kept, article.text])
    document.title = document.title or article.title
    document.language = article.language or document.language
    if document.published_at is None and article.published_on:
        noon = datetime.combine(datetime.fromisoformat(article.published_on), time(12), UTC)
        document.published_at, document.published_raw = (
            (noon, article.published_on) if noon <= now else (None, "")
        )
    document.matched_at, document.tries, document.set_aside = None, 0, ""
    document.save(update_fields=_FILLED)
