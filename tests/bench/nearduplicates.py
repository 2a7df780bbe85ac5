"""Near copies beside datasketch used as its guide says, with their recall, and the growth with the documents."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from datasketch import MinHash, MinHashLSH
from django.db import connection, transaction

from tests.bench.race import Growth, Line, Race, cpu, wall
from tracker import near, stories
from tracker.models import Document, Source, StoryMark

ALIKE = 0.8
WORDS = 200
FEW, RACED, MANY = 10_000, 2_000, 100_000
JOINED = 100
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def lines() -> Iterator[Line]:
    """One text in ten is a copy of an earlier one in which a few words were replaced."""
    raced = _texts(RACED)
    yield Race(
        what=f"near-duplicates among {RACED:,} texts of {WORDS} words",
        ours=lambda: cpu(lambda: near_pairs(raced)),
        other=lambda: cpu(lambda: _usual_pairs(raced)),
        other_name="datasketch",
        amount=RACED,
        unit="texts",
        bar="≥ 10",
    ).run()
    few, many = _texts(FEW), _texts(MANY)
    yield _recall(few)
    yield Growth(
        what=f"near-duplicates, {MANY:,} texts, by the text",
        more=lambda: cpu(lambda: near_pairs(many)) / MANY,
        less=lambda: cpu(lambda: near_pairs(few)) / FEW,
        less_name=f"{FEW:,} texts",
        bar="≤ 1.6",
    ).run()
    yield Growth(
        what=f"the story of a document, {FEW:,} proposed, {connection.vendor}",
        more=lambda: _joining(few, raced[:JOINED]),
        less=lambda: _joining(few[: FEW // 10], raced[:JOINED]),
        less_name=f"{FEW // 10:,} proposed",
    ).run()


def near_pairs(texts: list[str]) -> set[tuple[int, int]]:
    """The pairs that are alike, each text compared with those before it, as the table of marks does it."""
    found, kept = set(), []
    table: dict[int, list[int]] = {}
    for number, text in enumerate(texts):
        runs = near.shingles(text)
        keys = near.keys(runs)
        # Who shares four of sixteen keys shares one of the thirteen that fewest texts have.
        rare = sorted(keys, key=lambda key: len(table.get(key, ())))[: near.KEYS - near.SHARED + 1]
        shared = Counter(other for key in rare for other in table.get(key, ()))
        for other in shared:
            if near.likeness(runs, kept[other]) >= ALIKE:
                found.add((other, number))
        for key in keys:
            table.setdefault(key, []).append(number)
        kept.append(runs)
    return found


def _usual_pairs(texts: list[str]) -> set[tuple[int, int]]:
    """One update for each shingle, as the guide of datasketch does it."""
    found = set()
    index = MinHashLSH(threshold=ALIKE, num_perm=128)
    for number, text in enumerate(texts):
        words = text.lower().split()
        sketch = MinHash(num_perm=128)
        for start in range(len(words) - near.RUN + 1):
            sketch.update(" ".join(words[start : start + near.RUN]).encode())
        found |= {(other, number) for other in index.query(sketch)}
        index.insert(number, sketch)
    return found


def _recall(texts: list[str]) -> Line:
    """Of the pairs that a comparison of every run with every run finds, those that we find."""
    true, found = _true_pairs(texts), near_pairs(texts)
    return Line(
        what=f"near-duplicates, recall among {len(texts):,} texts",
        ours=f"{len(found & true):,} pairs",
        beside=f"every pair {len(true):,}, wrong {len(found - true):,}",
        ratio=len(found & true) / len(true),
        bar="≥ .999, 0 wrong",
    )


def _true_pairs(texts: list[str]) -> set[tuple[int, int]]:
    texts_of: dict[int, list[int]] = {}
    sizes = []
    for number, text in enumerate(texts):
        runs = near.shingles(text).tolist()
        sizes.append(len(runs))
        for run in runs:
            texts_of.setdefault(run, []).append(number)
    common = Counter(
        (one, other)
        for numbers in texts_of.values()
        for place, other in enumerate(numbers)
        for one in numbers[:place]
    )
    return {
        (one, other)
        for (one, other), count in common.items()
        if count / (sizes[one] + sizes[other] - count) >= ALIKE
    }


def _joining(among: list[str], new: list[str]) -> float:
    """Seconds by which one document of `new` finds its story among those that were proposed, in the database."""
    source = Source.objects.create(slug="near", url="https://near.example/", name="n", format="feed", tier=4)
    fields = {"source": source, "kind": "article", "first_seen_at": NOW, "last_seen_at": NOW}
    with transaction.atomic():
        known, fresh = (
            Document.objects.bulk_create(
                Document(external_id=f"{part}-{number}", fingerprint=f"{part}-{number}", text=text, **fields)
                for number, text in enumerate(texts)
            )
            for part, texts in (("known", among), ("new", new))
        )
        StoryMark.objects.bulk_create(
            StoryMark(document=document, key=key)
            for document in known
            for key in near.keys(near.shingles(document.text))
        )
        seconds = wall(lambda: [stories.join(document) for document in fresh]) / len(new)
        transaction.set_rollback(True)
    source.delete()
    return seconds


def _texts(count: int) -> list[str]:
    """Words as unequally frequent as those of a language."""
    chance = Random(count)
    weights = [1 / rank for rank in range(1, 20_001)]
    vocabulary = [f"mot{rank}" for rank in range(len(weights))]
    texts: list[str] = []
    for number in range(count):
        if number % 10 == 9:
            words = texts[chance.randrange(len(texts))].split()
            for _ in range(chance.randrange(14)):
                words[chance.randrange(WORDS)] = "changé"
        else:
            words = chance.choices(vocabulary, weights, k=WORDS)
        texts.append(" ".join(words))
    return texts
