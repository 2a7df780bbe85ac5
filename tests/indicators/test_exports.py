"""The registry and the index as files: true to the rows, harmless in a spreadsheet, the same bytes each time."""

import csv
import fcntl
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import networkx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from indicators import editions, exports, registering, seeding
from indicators.exports import keeping
from indicators.exports.columns import TABLES
from indicators.exports.writing import harmless
from indicators.models import Actor, Deal, Statement
from tests.factories import make_registry
from tracker.tasks import make_files

FTM = {  # what FollowTheMoney asks of each schema that we write
    "Company": {"name"}, "PublicBody": {"name"}, "Organization": {"name"}, "Payment": {"payer", "beneficiary"},
    "Debt": {"debtor", "creditor"}, "Ownership": {"owner", "asset"}, "UnknownLink": {"subject", "object"},
}  # fmt: skip


@pytest.fixture
def registry(db: None) -> None:
    """The registry as it is seeded."""
    seeding.load(now=timezone.now())


@pytest.fixture(scope="module")
def files(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, bytes]:
    """The files of the registry as it is seeded, made once for all tests that only read them."""
    with django_db_blocker.unblock(), transaction.atomic():
        seeding.load(now=timezone.now())
        made = exports.contents()
        transaction.set_rollback(True)
    return made


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_legs_are_those_of_the_inventory_in_its_columns(files: dict[str, bytes], shared: Path) -> None:
    with (shared / "design/seed/legs.csv").open(encoding="utf-8", newline="") as inventory:
        told = list(csv.DictReader(inventory))
    ours = rows(files["legs.csv"])
    assert list(ours[0]) == list(told[0])
    for row, seed in zip(ours, told, strict=True):
        seed |= {name: seed[name].replace("11.9", "11-9") for name in ("deal_id", "leg_id", "conditional_on")}
        seed["as_stated"] = "" if seed["as_stated"] == "(non indiqué)" else seed["as_stated"]
        assert {**row, "source": ""} == {**seed, "source": ""}


def test_every_table_holds_what_it_declares_and_names_rows_that_are_there(files: dict[str, bytes]) -> None:
    package = json.loads(files["datapackage.json"])
    by_name = {resource["name"]: resource for resource in package["resources"]}
    for table in TABLES:
        schema, told = by_name[table.name]["schema"], rows(files[f"{table.name}.csv"])
        header = next(csv.reader(io.StringIO(files[f"{table.name}.csv"].decode())))
        assert header == [field["name"] for field in schema["fields"]]
        if key := schema.get("primaryKey"):
            assert len({tuple(row[name] for name in key) for row in told}) == len(told)
        for foreign in schema.get("foreignKeys", ()):
            other = foreign["reference"]
            there = {row[other["fields"]] for row in rows(files[f"{other['resource'] or table.name}.csv"])}
            assert {row[foreign["fields"]] for row in told} - {""} <= there
    assert {r["path"]: r["hash"] for r in by_name.values()} == {
        path: f"sha256:{hashlib.sha256(files[path]).hexdigest()}"
        for path in (r["path"] for r in by_name.values())
    }
    assert package["licenses"][0]["name"] == "CC-BY-4.0"


def test_unknown_is_empty_and_never_zero(files: dict[str, bytes]) -> None:
    [stake] = [row for row in rows(files["legs.csv"]) if row["deal_id"] == "nvidia-coreweave-stake"]
    assert (stake["lo_musd"], stake["hi_musd"], stake["nominal_musd"], stake["currency"]) == ("0", "", "", "")
    assert {row["stage"] for row in rows(files["amounts.csv"])} == {
        "announced"
    }  # nothing is known to be paid
    undisclosed = [row["leg_id"] for row in rows(files["legs.csv"]) if row["nominal_musd"] == ""]
    assert len(undisclosed) == 12


def test_a_spreadsheet_runs_nothing(registry: None, shared: Path) -> None:
    lines = (shared / "data/hostile/injection.jsonl").read_text(encoding="utf-8").splitlines()
    hostile = [row["value"] for row in map(json.loads, lines) if row["family"] == "csv_injection"]
    for text in (*hostile, "=1+1", " =1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"):
        assert not harmless(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    Actor.objects.filter(slug="nvidia").update(name='=HYPERLINK("x")', note_fr='é " , ;\nligne')
    told = {row["actor_id"]: row for row in rows(exports.contents()["actors.csv"])}
    assert told["nvidia"]["name"] == '\'=HYPERLINK("x")'
    assert told["nvidia"]["note_fr"] == 'é " , ;\nligne'


def test_the_graph_is_read_by_others(files: dict[str, bytes]) -> None:
    graph = networkx.read_graphml(io.BytesIO(files["graph.graphml"]))
    legs = rows(files["legs.csv"])
    assert sorted((a, b, key) for a, b, key in graph.edges(keys=True)) == sorted(
        (row["payer"], row["payee"], row["leg_id"]) for row in legs
    )
    told = graph.edges["nvidia", "coreweave", "nvidia-coreweave-stake/equity"]
    assert (told["lo_musd"], told.get("hi_musd"), told["flow"], told["derived"]) == (0.0, None, "F", False)
    assert graph.nodes["openai"]["name"] == "OpenAI"
    assert files["graph.dot"].decode().count(" -> ") == len(legs)


def test_hostile_names_break_no_format(registry: None) -> None:
    Actor.objects.filter(slug="nvidia").update(name='"]; x -> y [label="<\ufffe&\\')
    files = exports.contents()
    assert (
        networkx.read_graphml(io.BytesIO(files["graph.graphml"])).nodes["nvidia"]["name"]
        == '"]; x -> y [label="<&\\'
    )
    assert '"nvidia" [label="\\"]; x -> y [label=\\"<&\\\\"];' in files["graph.dot"].decode()


def test_entities_of_follow_the_money_say_no_more_than_the_sources(files: dict[str, bytes]) -> None:
    entities = [json.loads(line) for line in files["followthemoney.jsonl"].splitlines()]
    names = {entity["id"] for entity in entities}
    assert len(names) == len(entities)
    for entity in entities:
        told = entity["properties"]
        assert FTM[entity["schema"]] <= set(told)
        ends = FTM[entity["schema"]] - {"name"}
        assert {told[end][0] for end in ends} <= names
    by_leg = {entity["properties"].get("recordId", [""])[0]: entity for entity in entities}
    oracle = by_leg["oracle-openai-300/cloud"]
    assert (oracle["schema"], oracle["properties"]["amount"]) == ("Payment", ["300000000000"])
    assert by_leg["nvidia-openai-2025-09/equity"]["schema"] == "Ownership"
    assert "amount" not in by_leg["nvidia-openai-2025-09/chips"]["properties"]  # « jusqu’à » is no amount
    assert by_leg["microsoft-openai-14/unclear"]["schema"] == "UnknownLink"
    assert "aws-openai-38/implied-chips" not in by_leg  # we inferred it: no source states it


def test_one_command_from_the_archive_gives_the_published_results(registry: None, tmp_path: Path) -> None:
    call_command("export", to=tmp_path / "one", verbosity=0)
    call_command("export", to=tmp_path / "two", verbosity=0)
    packed = (tmp_path / "one" / exports.ARCHIVE).read_bytes()
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="file"):
        call_command("export", to=tmp_path / "file", verbosity=0)
    assert packed == (tmp_path / "two" / exports.ARCHIVE).read_bytes()
    home = tmp_path / "unpacked"
    zipfile.ZipFile(io.BytesIO(packed)).extractall(home)
    sums = dict(reversed(line.split("  ")) for line in (home / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((home / name).read_bytes()).hexdigest() for name in sums}
    command = [sys.executable, "-m", "indicators.rules.freedom_index", "dataset.json", "methodology.json"]
    told = subprocess.run(command, cwd=home, capture_output=True, check=True)
    assert told.stdout == (home / "results.json").read_bytes()
    assert "version: " + json.dumps(exports.digest()) in (home / "CITATION.cff").read_text()


def test_files_are_served_under_the_digest_until_the_registry_changes(registry: None, client: Client) -> None:
    page = client.get("/telechargements/").content.decode()
    tag = f'"{exports.digest()}"'
    for name in ("legs.csv", "graph.graphml", "registre.zip", "SHA256SUMS"):
        assert f'href="/telechargements/{name}"' in page
        answer = client.get(f"/telechargements/{name}")
        assert answer["ETag"] == tag
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        body = b"".join(answer.streaming_content)
        assert hashlib.sha256(body).hexdigest()[:12] in page
        assert client.get(f"/telechargements/{name}", headers={"If-None-Match": tag}).status_code == 304
    statement = Statement.objects.filter(deal__slug="oracle-openai-300").first()
    Statement.objects.create(
        slug="oracle-openai-300/s99",
        deal=statement.deal,
        publication=statement.publication,
        quote="neuf",
        claim="reported",
    )
    changed = client.get("/telechargements/statements.csv", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "oracle-openai-300/s99" in b"".join(changed.streaming_content).decode()
    Deal.objects.filter(slug="oracle-openai-300").update(note_fr="Une note")
    again = client.get("/telechargements/deals.csv")
    assert "Une note" in b"".join(again.streaming_content).decode()
    assert again["ETag"] not in (tag, changed["ETag"])
    assert sum(1 for each in (settings.DATA_DIR / "exports").iterdir() if each.name[0] != ".") <= keeping.KEPT
    for name in (
        "../db.sqlite3",
        "..%2Fledger_key",
        "%2e%2e/ledger_key",
        "/etc/passwd",
        "nothing.csv",
        "editions/",
        "legs.csv%00",
    ):
        assert client.get(f"/telechargements/{name}").status_code == 404, name
    assert client.get("/en/telechargements/").status_code == 200


def rename(title: str, *, now: datetime) -> None:
    """A change of the registry, as an editor makes it."""
    deal = Deal.objects.get(slug="d0")
    words = {name: getattr(deal, name) for name in registering.WORDS} | {"title_fr": title}
    registering.describe_deal(deal, words, overlaps=[], now=now)


def served(client: Client) -> tuple[str, dict[str, bytes]]:
    """The page of downloads, and what it offers, checked by its own sums."""
    page = client.get("/telechargements/").content.decode()
    answers = {
        name: client.get(f"/telechargements/{name}") for name in ("SHA256SUMS", "deals.csv", "actors.csv")
    }
    got = {name: b"".join(answer.streaming_content) for name, answer in answers.items()}
    sums = dict(reversed(line.split("  ")) for line in got.pop("SHA256SUMS").decode().splitlines())
    assert {name: hashlib.sha256(content).hexdigest() for name, content in got.items()} == {
        name: sums[name] for name in got
    }
    [tag] = {answer["ETag"].strip('"') for answer in answers.values()}
    assert tag in page
    return page, got


@pytest.mark.django_db
def test_a_task_makes_the_files_of_a_large_registry_and_readers_have_the_former_ones_meanwhile(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    make_registry(actors=30, legs=editions.AT_ONCE + 2)
    home, now = tmp_path / "exports", timezone.now()
    home.mkdir()
    with (home / ".making").open("w") as lock:  # somebody makes the first ones
        fcntl.flock(lock, fcntl.LOCK_EX)
        for address in ("/telechargements/", "/telechargements/deals.csv"):
            awaited = client.get(address)
            assert (awaited.status_code, awaited["Retry-After"]) == (503, "10")
            assert "Le calcul est en cours" in awaited.content.decode()
        make_files()
    first = exports.digest()
    page, _got = served(client)
    assert first in page
    assert "nouveaux fichiers se préparent" not in page

    for number in range(20):
        rename(f"Titre {number}", now=now)
    page, got = served(client)
    assert first in page
    assert "Données au" in page
    assert "nouveaux fichiers se préparent" in page
    assert b"Titre" not in got["deals.csv"]

    (home / ".killed").mkdir()
    (home / ".killed" / "deals.csv").write_text("half")
    with connection.execute_wrapper(_change_once("indicators_dealparty", name="Meanwhile")):
        make_files()
    make_files()
    page, got = served(client)
    assert (b"Titre 19" in got["deals.csv"], b"Meanwhile" in got["actors.csv"]) == (True, True)
    assert "nouveaux fichiers se préparent" not in page
    assert {each.name for each in home.iterdir()} == {".making", first, exports.digest()}

    rename("Longtemps", now=now)
    assert not keeping.newest(now=now + keeping.LATE - timedelta(minutes=1)).current
    assert keeping.newest(now=now + 2 * keeping.LATE).current  # no task made them
    assert b"Longtemps" in served(client)[1]["deals.csv"]


def _change_once(table: str, *, name: str) -> Callable[..., Any]:
    """Somebody renames an actor while this table is read for the first time: the files are half made by then."""
    changed = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if f'FROM "{table}"' in sql and not changed:
            changed.append(Actor.objects.filter(slug="a0").update(name=name))
        return run(sql, params, many, context)

    return execute
