"""Editions of the index: the seeds as expected, frozen for good, corrected beside, computed again by anybody."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from indicators import editions, ledger, publishing, rules, seeding
from indicators.dataset import PUBLISHED, dataset, methodology
from indicators.models import (
    Actor,
    Answer,
    Deal,
    DealEvent,
    Edition,
    Indicator,
    Leg,
    LegAmount,
    Publication,
    Score,
    Statement,
    Status,
)
from indicators.rules.freedom_index import canonical, results
from tests.conftest import SHARED
from tests.factories import make_user
from tests.indicators.test_rules_vectors import differences

TODAY = date(2026, 11, 22)
SEED = SHARED / "design" / "seed"

pytestmark = pytest.mark.django_db


def make_actor(slug: str, **fields: Any) -> Actor:
    return Actor.objects.create(
        **{"slug": slug, "name": slug.title(), "kind": "company", "rated": True} | fields
    )


def make_leg(payer: Actor, payee: Actor, *, amount: int | None, flow: str = "P", **deal: Any) -> Leg:
    """A deal of one leg; an amount of None is not disclosed."""
    slug = f"{payer.slug}-{payee.slug}-{flow.lower()}"
    names = {"slug": slug, "title_fr": slug, "title_en": slug, "kind": "deal"}
    row = Deal.objects.create(**names | {"status": "signed", "announced": "2026-01"} | deal)
    instrument = "chip_purchase" if flow == "P" else "equity"
    leg = Leg.objects.create(
        slug=f"{slug}/1",
        deal=row,
        payer=payer,
        payee=payee,
        flow=flow,
        instrument=instrument,
        confidence="medium",
    )
    basis = (
        {"basis": "undisclosed", "lo": 0, "hi": None}
        if amount is None
        else {"basis": "exact", "lo": amount, "hi": amount}
    )
    LegAmount.objects.create(leg=leg, stage="announced", currency="USD", **basis)
    return leg


def make_statement(actor: Actor, field: str, value: str, *, party: Actor | None = None) -> Statement:
    source, _ = Publication.objects.get_or_create(
        slug=f"report-{party}",
        defaults={
            "title": "Report",
            "published_on": TODAY,
            "language": "en",
            "party": party,
            "kind": "filing",
        },
    )
    slug = f"{actor.slug}-{field}-{Statement.objects.count()}"
    return Statement.objects.create(
        slug=slug,
        actor=actor,
        field=field,
        value=value,
        unit="USD",
        publication=source,
        quote="…",
        claim="reported",
    )


def assessed(actor: str) -> dict[str, Any]:
    """What the index says of an actor today."""
    return results(dataset(cut_off=TODAY), methodology())["guaranteed"][actor]


@pytest.mark.skipif(not SEED.exists(), reason="the expected results of ../shared/design/seed are not here")
def test_the_seeds_say_what_two_articles_can_say_and_rate_nobody(now: datetime) -> None:
    seeding.load(now=now)
    expected = json.loads((SEED / "expected-results.json").read_bytes())
    told = json.loads(canonical(results(dataset(cut_off=TODAY), methodology())))
    for reading in ("guaranteed", "known"):
        assert list(differences(told[reading], expected["index"][reading])) == []
    assert list(differences(told["would_narrow"]["openai"], expected["openai_one_at_a_time"])) == []
    assert {each["status"] for each in told["guaranteed"].values()} == {"insufficient_data"}
    assert (told["ranks"], told["by_method"]) == ({}, {})
    assert told["inputs"]["methodology"] == expected["inputs"]["methodology"]


def test_nothing_known_is_everything_possible_and_never_zero() -> None:
    make_actor("silent")
    told = assessed("silent")
    assert (told["index"], told["coverage"], told["status"]) == ([1, 100], 0, "insufficient_data")
    assert {name: value for name, value in told["measures"].items() if value is not None} == {
        "imposed_dependency_share": "NA", "self_financed_sales_share": "NA",
    }  # fmt: skip


def test_what_is_owed_on_no_revenue_is_an_infinite_exposure() -> None:
    lab, maker = make_actor("lab"), make_actor("maker", roles=["chip_supplier"])
    make_leg(lab, maker, amount=5_000_000_000)
    make_statement(lab, "revenue", "0")
    assert assessed("lab")["measures"]["exposure_ratio"] == [None, None]
    assert assessed("lab")["dimensions"]["sustainability"] == [0, 0]


@pytest.mark.parametrize(
    ("deal", "reason"),
    [({"status": "cancelled"}, "cancelled"), ({"announced": "2027-01"}, "not yet announced")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_deal_that_is_not_live_counts_for_nothing(deal: dict[str, str], reason: str) -> None:
    lab, maker = make_actor("lab"), make_actor("maker")
    make_statement(lab, "revenue", "1000000000")
    before = assessed("lab")
    make_leg(lab, maker, amount=5_000_000_000, **deal)
    assert assessed("lab") == before, reason


def test_an_amount_that_nobody_discloses_may_be_any() -> None:
    lab, maker = make_actor("lab"), make_actor("maker")
    make_statement(lab, "revenue", "1000000000")
    make_leg(lab, maker, amount=None)
    [leg] = dataset(cut_off=TODAY)["legs"]
    assert (leg["lo"], leg["hi"], leg["nominal"]) == (0, None, None)
    assert assessed("lab")["measures"]["exposure_ratio"] == [0, None]


def test_only_its_own_document_says_that_what_is_known_of_an_actor_is_all() -> None:
    lab, maker = make_actor("lab"), make_actor("maker")
    make_leg(lab, maker, amount=5_000_000_000)
    make_statement(lab, "revenue", "2000000000")
    make_statement(lab, "purchases_complete", "true")
    assert assessed("lab")["measures"]["exposure_ratio"] == [2.5, None]
    make_statement(lab, "purchases_complete", "true", party=lab)
    assert assessed("lab")["measures"]["exposure_ratio"] == [2.5, 2.5]


def test_an_answer_is_quoted_or_searched_and_the_last_one_counts(now: datetime) -> None:
    lab, maker = make_actor("lab"), make_actor("maker")
    leg = make_leg(lab, maker, amount=5)
    asked = {"actor": lab, "recorded_at": now}
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.create(slug="1", question="machine_readable_filing", found="no", **asked)
    searched = {"searched_on": TODAY, "searched_in": "investor site, EDGAR"}
    for number, found in enumerate(["unknown", "no"]):
        Answer.objects.create(
            slug=f"lab/{number}", question="machine_readable_filing", found=found, **asked, **searched
        )
    Answer.objects.create(
        slug="lab/p", question=f"{PUBLISHED}{leg.deal.slug}", found="no", **asked, **searched
    )
    [told] = [actor for actor in dataset(cut_off=TODAY)["actors"] if actor["id"] == "lab"]
    assert told["answers"] == {"dependency_disclosure": {"machine_readable_filing": "no"}}
    assert told["answered"]["machine_readable_filing"] == {"found": "no", "searched_on": "2026-11-22"} | {
        "searched_in": "investor site, EDGAR"
    }
    assert told["deal_disclosure"] == [0, 0, 1]
    assert assessed("lab")["measures"]["dependency_disclosure"] == [0, 87.5]
    [before] = [actor for actor in dataset(cut_off=date(2026, 11, 21))["actors"] if actor["id"] == "lab"]
    assert "answers" not in before


def test_an_editor_answers_a_question_in_the_admin_and_the_index_reads_it(admin_client: Client) -> None:
    lab = make_actor("lab")
    leg = make_leg(lab, make_actor("maker"), amount=5)
    address = "/admin/indicators/answer/add/"
    asked = {"actor": lab.pk, "question": PUBLISHED, "deal": leg.deal.pk, "found": "no"}
    searched = {"searched_on": "2026-11-20", "searched_in": "site, EDGAR"}
    for told in (asked, asked | searched | {"deal": ""}):
        refused = admin_client.post(address, told)
        assert (refused.status_code, refused.context["adminform"].form.is_valid()) == (200, False)
    assert admin_client.post(address, asked | searched).status_code == 302
    answer = Answer.objects.get()
    assert body(f"answer/{answer.slug}")["found"] == "no"
    assert "searched_by" not in body(f"answer/{answer.slug}")
    assert admin_client.get(f"/admin/indicators/answer/{answer.pk}/change/").status_code == 200
    later = dataset(cut_off=answer.recorded_at.date())
    [told] = [actor for actor in later["actors"] if actor["id"] == "lab"]
    assert told["deal_disclosure"] == [0, 0, 1]


def test_a_cut_off_is_a_day_of_the_world_whenever_we_entered_what_it_tells(
    now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    seeding.load(now=now)

    def run(day: str) -> list[str]:
        call_command("compute_index", "--edition", "2026-11", "--cut-off", day)
        return capsys.readouterr().out.splitlines()

    later = run("2026-11-22")
    between = run("2025-10-15")
    assert [line for line in run("2025-12-31") if "openai" in line] == [
        line for line in later if "openai" in line
    ]
    assert "published after it" in between[1] or "ont été publiées après" in between[1]
    told = dataset(cut_off=date(2025, 10, 15))
    assert "nvidia-openai-2025-09/equity" in {leg["id"] for leg in told["legs"]}
    assert {leg["deal"] for leg in told["legs"]} & {"korea-blackwell-2025-11", "nvidia-groq-2025-12"} == set()
    assert [actor for actor in told["actors"] if "sources" in actor] == []
    deal = Deal.objects.get(slug="oracle-openai-300")
    DealEvent.objects.create(deal=deal, happened="2025-09-10", status="signed")
    before = dataset(cut_off=date(2025, 11, 30))
    DealEvent.objects.create(deal=deal, happened="2026-02-01", status="cancelled")
    make_leg(
        Actor.objects.get(slug="openai"), Actor.objects.get(slug="nvidia"), amount=1, announced="2026-03"
    )
    assert dataset(cut_off=date(2025, 11, 30)) == before
    with pytest.raises(CommandError, match=r"2018-12-31.*2025-11-06"):
        run("2018-12-31")


def test_an_edition_is_frozen_and_its_correction_stands_beside_it(
    now: datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeding.load(now=now)

    def run(slug: str, *options: str) -> str:
        call_command("compute_index", "--edition", slug, "--cut-off", "2026-11-22", *options)
        return capsys.readouterr().out

    edition = published_once(run)
    before = editions.published(edition)
    make_statement(Actor.objects.get(slug="openai"), "revenue", "13000000000")
    for options, told in (
        (["2026-11", "--publish"], "--edition 2026-11.1"),
        (["2026-11.1", "--publish"], "--reason"),
        (["2026-11.2", "--publish", "--reason", "r"], r"2026-11\.1"),
        (["2026-13"], "2026-13"),
        (["0000-01"], "next year|l’an prochain"),
        (["2062-11", "--publish"], "next year|l’an prochain"),
    ):
        with pytest.raises(CommandError, match=told):
            run(*options)
    corrected = run("2026-11.1", "--publish", "--reason", "Chiffre d’affaires publié")
    assert "openai · guaranteed · index: [1.765586, 62.870913] → [1.765586, 63.2" in corrected
    correction = Edition.objects.get(slug="2026-11.1")
    assert (correction.corrects, correction.reason) == (edition, "Chiffre d’affaires publié")
    changed = editions.changes(before, editions.published(correction))
    assert {change.actor for change in changed} == {"openai"}
    assert {change.part for change in changed if change.reading == "guaranteed"} == {
        "index", "sustainability", "exposure_ratio",
    }  # fmt: skip
    assert editions.published(edition).files == before.files
    assert computed_again(before, tmp_path) == (before.files["results.json"], before.sha256["results.json"])


def published_once(run: Callable[..., str]) -> Edition:
    """The edition of November: only told until it is published, and the same when it is published again."""
    assert "openai         [1.765586, 62.870913]  0.254383  insufficient_data" in run("2026-11")
    assert not Edition.objects.exists()
    first = run("2026-11", "--publish")
    again = run("2026-11", "--publish")
    assert (first.splitlines()[-4:-1], Edition.objects.count()) == (again.splitlines()[-4:-1], 1)
    edition = Edition.objects.get()
    assert body("edition/2026-11")["results_sha256"] == edition.results_sha256
    index = Score.objects.get(edition=edition, actor__slug="openai", reading="guaranteed", part="index")
    assert (index.lo, index.hi, index.coverage) == (
        Decimal("1.765586"),
        Decimal("62.870913"),
        Decimal("0.254383"),
    )
    assert Score.objects.filter(part="imposed_dependency_share", lo=None).exists()
    return edition


def computed_again(frozen: editions.Frozen, folder: Path) -> tuple[bytes, str]:
    """The results and their hash as the calculator gives them from the files alone, without Django."""
    package = folder / "indicators" / "rules"
    package.mkdir(parents=True)
    for name in editions.CALCULATOR:
        (package / f"{name}.py").write_bytes((Path(rules.__file__).parent / f"{name}.py").read_bytes())
    for name, content in frozen.files.items():
        (folder / name).write_bytes(content)
    program = [
        sys.executable,
        "-m",
        "indicators.rules.freedom_index",
        "dataset.json",
        "methodology.json",
    ]
    done = subprocess.run(program, cwd=folder, env={}, capture_output=True, check=True)
    return done.stdout, done.stderr.decode().split()[1]


def body(subject: str) -> dict[str, Any]:
    entry = ledger.LedgerEntry.objects.filter(subject=subject).last()
    return dict(json.loads(entry.body))


def test_our_own_index_never_moves_the_indicator_that_asks_for_one(now: datetime) -> None:
    seeding.load(now=now)
    indicator = Indicator.objects.get(code="3b")
    event = {
        "kind": "index",
        "title_fr": "ILT",
        "owner": "nous",
        "occurred_on": TODAY,
        "self_published": True,
    }
    publishing.publish(
        event,
        citations=[
            publishing.NewCitation(
                url="https://s.example/indice/2026-11/", publisher="S", title="ILT", quote="édition", tier=1,
                independence_group="s", snapshot_sha256="0" * 64,
            )
        ],
        assessments=[publishing.NewAssessment(indicator=indicator, stance="supports", directness="direct", rung=5)],
        by=make_user(),
        now=now,
    )  # fmt: skip
    assert Status.objects.get(indicator=indicator).rung == 0
