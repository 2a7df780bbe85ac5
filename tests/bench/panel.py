"""The queue with fifty thousand candidates, and what accepting one would do beside twenty thousand evidence: processor time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from indicators.models import Indicator
from indicators.models.standing import preview, record_of
from indicators.rules.record import Claim, Event, Quote
from indicators.rules.status import status_of
from indicators.rules.words import Directness, Stance
from tests.bench.race import ROUNDS, Line, Race, cpu
from tests.bench.record import publish
from tests.factories import verified
from tracker import consequences
from tracker.models import Candidate, Document, MatchRule, Source
from tracker.retention import prune

EVIDENCE, CANDIDATES, SOURCES = 20_000, 50_000, 60
QUEUE = "/admin/tracker/candidate/"
TEXT = "Le marché exige au moins deux fournisseurs de processeurs graphiques. " * 30


def lines() -> Iterator[Line]:
    """The consequence of a decision, then the queue: whole, narrowed, searched, weighed, and one candidate."""
    publish(EVIDENCE)
    yield from _previews()
    _propose()
    prune(now=timezone.now())  # as every night: SQLite then knows what its tables hold
    yield _timed("weighing 50,000 candidates", lambda: consequences.weigh(now=timezone.now()), bar="—")
    client = verified(Client(SERVER_NAME="localhost"), User.objects.create_superuser("bench"))
    one = Candidate.objects.waiting(timezone.now()).first()
    asked = {
        "the queue": QUEUE,
        "the queue of one indicator": f"{QUEUE}?indicator=2a&language=fr",
        "its last page": f"{QUEUE}?p=900",
        "one candidate": one.get_absolute_url(),
    }
    for what, path in asked.items():
        queries = _queries(client, path)
        bar = "≤ 300 ms, ≤ 15 queries" if path.startswith(QUEUE + "?") or path == QUEUE else "—"
        yield _timed(f"{what}, {queries} queries", partial(client.get, path), bar=bar)


def _previews() -> Iterator[Line]:
    now = timezone.now()
    for code, undone in (("1a", None), ("2a", None), ("1a", 1)):
        indicator = Indicator.objects.get(code=code)
        claim = Claim(indicator=code, version=1, stance=Stance.SUPPORTS, directness=Directness.DIRECT, rung=3)
        event = Event(
            number=0, kind="tender", occurred_on=now.date(), published_at=now, owner="Acheteur 12", country="FR",
            cancels=undone, quotes=(Quote(tier=1, group="Office"),), claims=(claim,),
        )  # fmt: skip
        clocks = {"as_of": now.date(), "known_at": now}
        yield Race(
            what=f"preview of {code} with {EVIDENCE:,} evidence{', one undone' if undone else ''}",
            ours=partial(cpu, partial(preview, indicator, event, **clocks)),
            other=partial(cpu, partial(_whole_rule, indicator, clocks)),
            other_name="the whole rule",
            amount=1,
            unit="previews",
            bar="≥ 10/s",
        ).run()


def _whole_rule(indicator: Indicator, clocks: dict[str, object]) -> None:
    status_of(indicator.code, record_of(indicator), **clocks)


def _timed(what: str, work: object, *, bar: str) -> Line:
    seconds = median(cpu(work) for _ in range(ROUNDS))
    return Line(what=what, ours=f"{1000 * seconds:,.4g} ms", beside="", ratio=seconds / 0.3, bar=bar)


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@transaction.atomic
def _propose() -> None:
    now = timezone.now()
    documents = Document.objects.bulk_create(_documents(_sources(), now=now), batch_size=500)
    candidates = Candidate.objects.bulk_create(_candidates(documents, now=now), batch_size=500)
    rules = list(MatchRule.objects.filter(role="rule"))
    through = Candidate.rules.through
    through.objects.bulk_create(
        (
            through(candidate_id=candidate.pk, matchrule_id=rules[number % len(rules)].pk)
            for number, candidate in enumerate(candidates)
        ),
        batch_size=500,
    )


def _sources() -> list[Source]:
    return [
        Source.objects.create(
            slug=f"bench-{number}", name=f"Source {number}", url=f"https://s{number}.example/", publisher=f"S{number}",
            format="feed", tier=1 + number % 4,
        )
        for number in range(SOURCES)
    ]  # fmt: skip


def _documents(sources: Sequence[Source], *, now: datetime) -> Iterator[Document]:
    for number in range(CANDIDATES):
        yield Document(
            source=sources[number % SOURCES], external_id=str(number), url=f"https://s.example/{number}",
            title=f"Avis de marché {number}", text=TEXT, language=("fr", "en", "de")[number % 3], kind="article",
            fingerprint=f"bench-{number}", first_seen_at=now, last_seen_at=now, matched_at=now,
        )  # fmt: skip


def _candidates(documents: Iterable[Document], *, now: datetime) -> Iterator[Candidate]:
    """One for each document, over the indicators, levels and weeks."""
    indicators = list(Indicator.objects.order_by("order"))
    reasons = [{"rule": "r", "version": 1, "level": "words", "words": "deux fournisseurs", "field": "text",
                "start": 10, "end": 30, "why": "", "language": "fr"}]  # fmt: skip
    for number, document in enumerate(documents):
        yield Candidate(
            document=document, indicator=indicators[number % 6], stance=("supports", "contradicts")[number % 7 == 0],
            rung=None if number % 7 == 0 else 1 + number % 3, priority=1 + number % 4, reasons=reasons,
            likelihood=(number * 7919 % 1000) / 1000, created_at=now - timedelta(hours=number % 2000),
        )  # fmt: skip
