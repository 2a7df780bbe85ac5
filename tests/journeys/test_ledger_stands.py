"""A thousand honest operations, corrections and erasures among them, and never an alarm; nothing personal in any leaf."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management import call_command

from indicators import ledger, publishing
from indicators.models import Actor, Checkpoint, Citation, Evidence, LedgerEntry, Measure
from tests.factories import make_definition, make_indicator, make_user
from tests.indicators.ledger_kept import downloaded, found, publish
from tracker import receiving, retention
from tracker.models import Contribution

OPERATIONS = 1_000
PERSONAL = ("jeanne", "personne.example", "192.0.2", "ma voisine")
Operation = Callable[[datetime, random.Random], object]


class Service:
    """What the service does all day, one operation after the other."""

    def __init__(self) -> None:
        self.indicator, self.by = make_indicator("1a"), make_user("jeanne")
        make_definition(self.indicator)
        Measure.objects.create(code="T1", name_fr="Part", name_en="Share")
        Actor.objects.create(slug="nvidia", name="Nvidia", kind="company")
        self.receipts: list[str] = []

    def operations(self) -> list[Operation]:
        """Each as often as it is done."""
        often = [self.observe] * 16 + [self.check_link] * 2 + [self.mend] * 6
        often += [self.receive] * 4 + [self.erase] * 4 + [self.publish] * 2 + [self.correct] * 2
        return [*often, self.retract, self.seed_and_prune]

    def publish(self, now: datetime, dice: random.Random) -> None:
        publish(self.indicator, now=now, title=f"Marché {dice.random()}")

    def correct(self, now: datetime, dice: random.Random) -> None:
        if evidence := any_standing(dice):
            changes = {"title_fr": f"Corrigé {dice.random()}"}
            publishing.correct(evidence, changes=changes, reason="Faute", by=self.by, now=now)

    def retract(self, now: datetime, dice: random.Random) -> None:
        if evidence := any_standing(dice):
            publishing.retract(evidence, reason="Erreur", by=self.by, now=now)

    def observe(self, now: datetime, dice: random.Random) -> None:
        day = now.date()
        publishing.observe("T1", period=(day, day), numerator=dice.randrange(9), denominator=9, now=now)

    def check_link(self, now: datetime, dice: random.Random) -> None:
        if citations := list(Citation.objects.order_by("pk")):
            citation = dice.choice(citations)
            publishing.record_link(citation, state=dice.choice(["live", "gone", "changed"]), now=now)

    def mend(self, now: datetime, dice: random.Random) -> None:
        actor = Actor.objects.get()
        actor.note_fr = f"Note {dice.random()}"
        actor.save()
        publishing.edit(actor, now=now)

    def receive(self, now: datetime, dice: random.Random) -> None:
        sent = receiving.Sent(
            kind="example",
            url=f"https://s.example/{dice.random()}",
            statement="Vu par ma voisine",
            email="jeanne@personne.example",
            credit="Jeanne",
        )
        self.receipts.append(receiving.receive(sent, address="192.0.2.7", now=now))

    def erase(self, now: datetime, dice: random.Random) -> None:
        if self.receipts:
            receiving.erase(receiving.of_receipt(self.receipts.pop()))

    def seed_and_prune(self, now: datetime, dice: random.Random) -> None:
        ledger.enter_missing(now=now)
        retention.prune(now=now)


def any_standing(dice: random.Random) -> Evidence | None:
    standing = list(Evidence.objects.standing().order_by("pk"))
    return dice.choice(standing) if standing else None


def test_a_thousand_honest_operations_raise_no_alarm(db: None, now: datetime, tmp_path: Path) -> None:
    operations, dice = Service().operations(), random.Random(4)
    for number in range(OPERATIONS):
        at = now + timedelta(minutes=20 * number, seconds=dice.randrange(-90, 90))  # clocks are never exact
        dice.choice(operations)(at, dice)
        ledger.sign_if_due(now=at)
    kept = downloaded()
    assert LedgerEntry.objects.count() > OPERATIONS / 2
    assert Checkpoint.objects.count() >= OPERATIONS * 20 / 60 / 24 - 1
    alarms = [found(kept.entries, [old], folder=tmp_path) for old in kept.checkpoints]
    assert [
        alarm for alarm in [*alarms, found(kept.entries, kept.checkpoints, folder=tmp_path)] if alarm
    ] == []
    leaves = "\n".join(kept.entries).casefold()
    assert [word for word in PERSONAL if word in leaves] == []
    assert Contribution.objects.filter(statement="").exists()
    call_command("check", "--database", "default")
