"""Celery tasks: each loads nothing but ids and calls one function; every one may run twice or be killed half-way."""

from celery import Task, shared_task
from django.utils import timezone

from indicators import editions, ledger, publishing, registry
from indicators.exports import keeping
from tracker import (
    alerts,
    awards,
    consequences,
    following,
    fulltext,
    health,
    ingest,
    links,
    propose,
    rates,
    receiving,
    retention,
    stories,
    triage,
    waves,
    websub,
)
from tracker.coverage import record_coverage
from tracker.disclosure import record_balance
from tracker.measures import record_measures
from tracker.models import ArchiveRequest, CitedLink, Document, FullText, Source

SOURCES_PER_TASK = 100
DOCUMENTS_PER_TASK = 100
PAGES_PER_TASK, PAGES_PER_TICK = 4, 40


@shared_task
def dispatch_due_sources() -> None:
    """Send the sources that are due to the workers, in batches."""
    now = timezone.now()
    health.follow_clock(now=now)
    due = list(Source.objects.due(now).order_by("next_due_at").values_list("pk", flat=True))
    Source.objects.filter(pk__among=frozenset(due)).update(sent_at=now)
    for start in range(0, len(due), SOURCES_PER_TASK):
        read_sources.delay(source_ids=due[start : start + SOURCES_PER_TASK])


@shared_task
def read_sources(*, source_ids: list[int]) -> None:
    """Read those of the sources that are still due, and match what they brought."""
    read = {fetch.source_id for fetch in ingest.read_sources(source_ids, now=timezone.now())}
    waiting = Document.objects.unmatched().filter(source__in=read).values_list("pk", flat=True)
    propose.match_documents(waiting, now=timezone.now())


@shared_task
def follow_hubs() -> None:
    """Read and match what hubs delivered; ask those whose promise ends, begins, or is no longer wanted."""
    sources = {read.source_id for read in websub.read_deliveries(now=timezone.now())}
    waiting = Document.objects.unmatched().filter(source__in=sources).values_list("pk", flat=True)
    propose.match_documents(waiting, now=timezone.now())
    websub.ask_hubs(now=timezone.now())


@shared_task
def match_documents(*, document_ids: list[int]) -> None:
    """Match the documents that still wait for it."""
    propose.match_documents(document_ids, now=timezone.now())


@shared_task
def dispatch_due_pages() -> None:
    """Send the pages behind teasers that are due; one that is sent twice is read once."""
    due = FullText.objects.due(timezone.now()).values_list("pk", flat=True)
    _send_pages(read_pages, list(due[:PAGES_PER_TICK]))


@shared_task
def dispatch_due_links() -> None:
    """Follow the citations published since, and send those that are due to be checked or archived."""
    now = timezone.now()
    links.follow(now=now)
    for task, rows in ((check_links, CitedLink.objects), (request_archives, ArchiveRequest.objects)):
        _send_pages(task, list(rows.due(now).values_list("pk", flat=True)[:PAGES_PER_TICK]))


@shared_task
def check_links(*, page_ids: list[int]) -> None:
    """Ask for each of the cited pages that is still due."""
    for pk in page_ids:
        links.check_link(pk, now=timezone.now())


@shared_task
def request_archives(*, page_ids: list[int]) -> None:
    """Ask the public archive to keep each of the cited pages that is still due."""
    for pk in page_ids:
        links.request_archive(pk, now=timezone.now())


@shared_task
def read_pages(*, page_ids: list[int]) -> None:
    """Read each of the pages that is still due, and match what it says."""
    for pk in page_ids:
        document = fulltext.read_page(pk, now=timezone.now())
        if document is not None:
            propose.match_documents([document], now=timezone.now())


@shared_task
def sweep() -> None:
    """Send again what a lost message or a killed worker left undone."""
    forgotten = list(Document.objects.forgotten(timezone.now()).values_list("pk", flat=True))
    for start in range(0, len(forgotten), DOCUMENTS_PER_TASK):
        match_documents.delay(document_ids=forgotten[start : start + DOCUMENTS_PER_TASK])


@shared_task
def follow_calls() -> None:
    """Propose what later notices say of the calls that are published evidence."""
    awards.follow(now=timezone.now())


@shared_task
def find_waves() -> None:
    """Put together the contributions that look as if they had one origin."""
    waves.find(now=timezone.now())


@shared_task
def weigh_candidates() -> None:
    """Note what accepting each open candidate would do, so that the most consequential come first."""
    consequences.weigh(now=timezone.now())


@shared_task
def sound_alarms() -> None:
    """Say in the log which contributions are nearly, or already, without their answer for too long."""
    receiving.sound_alarms(now=timezone.now())


@shared_task
def send_mail() -> None:
    """Write what followers are to be told; send the mails that are due."""
    following.tell(now=timezone.now())
    alerts.send_due(now=timezone.now())


@shared_task
def measure_tenders() -> None:
    """Publish the measures over tenders."""
    record_measures(now=timezone.now())


@shared_task
def measure_coverage() -> None:
    """Publish how well the watch watches."""
    record_coverage(now=timezone.now())


@shared_task
def tell_balance() -> None:
    """Publish how decisions are shared out."""
    record_balance(now=timezone.now())


@shared_task
def learn_triage() -> None:
    """Join the stories that lack their marks; learn the order of the queue again from what moderators decided."""
    stories.join_unmarked(now=timezone.now())
    triage.learn(now=timezone.now())


@shared_task
def refresh_statuses() -> None:
    """Apply the rule again: evidence expires and events grow old without anybody publishing anything."""
    publishing.refresh(now=timezone.now())


@shared_task
def sign_ledger() -> None:
    """Sign the ledger once a day, or when much was entered."""
    ledger.sign_if_due(now=timezone.now())


@shared_task
def compute_circulation() -> None:
    """Compute how much money goes in circles, and what the index would say, when the registry has changed."""
    registry.compute_circulation()
    editions.compute_preview(today=timezone.localdate())


@shared_task
def make_files() -> None:
    """Make the files that everybody downloads, when the registry has changed."""
    keeping.make()


@shared_task
def ask_rates() -> None:
    """Ask the central bank for its exchange rates, once a day."""
    rates.ask_if_due(now=timezone.now())


@shared_task
def prune() -> None:
    """Forget what the retention table says must be forgotten."""
    retention.prune(now=timezone.now())


def _send_pages(task: Task, pks: list[int]) -> None:
    """Send them in batches that are dropped when nobody took them: the next ticks send what is still due."""
    for start in range(0, len(pks), PAGES_PER_TASK):
        batch = pks[start : start + PAGES_PER_TASK]
        task.apply_async(kwargs={"page_ids": batch}, expires=300)
