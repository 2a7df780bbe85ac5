"""The command that fills an empty database: sources, rules, roles, and six indicators at rung 0."""

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from indicators.models import Evidence, Indicator, Measure, Status, StatusChange
from tests.factories import verified
from tracker import seeding
from tracker.matching import compile_rules
from tracker.models import Candidate, Document, MatchRule, Source

pytestmark = pytest.mark.django_db

DATA = Path(seeding.__file__).parent / "data"


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[seeding.Seeded]]:
    """The rows, loaded once for this module: every test rolls back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield seeding.load(now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
        transaction.set_rollback(True)


def dump() -> str:
    """Every row of both houses, and the groups, many-to-many links included."""
    models = [m for house in ("indicators", "tracker") for m in apps.get_app_config(house).get_models()]
    return "\n".join(serializers.serialize("json", m.objects.order_by("pk")) for m in [*models, Group])


def test_after_the_seed_nothing_is_asserted(seeded: list[seeding.Seeded]) -> None:
    assert dict(Status.objects.values_list("indicator__code", "rung")) == dict.fromkeys(
        ("1a", "1b", "2a", "2b", "3a", "3b"), 0
    )
    rows = (Evidence, StatusChange, Candidate, Document)
    assert {model: model.objects.count() for model in rows} == dict.fromkeys(rows, 0)


def test_loading_again_changes_nothing(seeded: list[seeding.Seeded], now: datetime) -> None:
    before = dump()

    again = seeding.load(now=now + timedelta(days=1))

    assert dump() == before
    assert [kind.created for kind in again] == [()] * len(seeded)


def test_what_an_operator_changed_stays_so(seeded: list[seeding.Seeded], now: datetime) -> None:
    Source.objects.filter(slug="cnil").update(state=Source.State.PAUSED, url="https://example.org/moved.xml")
    Source.objects.filter(slug="inria").update(slug="inria-fr")
    auditor, root = Group.objects.get(name="auditor"), User.objects.create_superuser("root")
    told = {"_save": "", "name": "auditor", "permissions": []}
    verified(Client(), root).post(f"/admin/auth/group/{auditor.pk}/change/", told)
    assert not auditor.permissions.exists()
    MatchRule.objects.filter(role=MatchRule.Role.GATE).update(state=MatchRule.State.RETIRED)
    before = dump()

    seeding.load(now=now)

    assert dump() == before


def test_a_role_that_nobody_changed_gets_the_rights_of_a_new_release(
    seeded: list[seeding.Seeded], now: datetime
) -> None:
    before = dump()
    Group.objects.get(name="editor").permissions.clear()

    seeding.load(now=now)

    assert dump() == before


def test_at_least_25_feeds_and_the_three_queries_of_ted_are_watched(seeded: list[seeding.Seeded]) -> None:
    assert Source.objects.filter(format="feed").count() >= 25
    queries = [
        parse_qs(urlsplit(url).query)["query"][0]
        for url in Source.objects.filter(format="ted").order_by("slug").values_list("url", flat=True)
    ]
    assert queries == [
        'organisation-name-buyer ~ "High-Performance Computing"',
        "classification-cpv IN (30210000 30211100 48820000) AND publication-date >= today(-3)",
        '(FT ~ "EuroHPC" OR FT ~ "supercomputer" OR FT ~ "supercalculateur" OR FT ~ "Supercomputer"'
        ' OR FT ~ "GPU cluster" OR FT ~ "AI factory") AND publication-date >= today(-3)',
    ]


def test_every_source_says_who_publishes_it_and_with_what_interest(seeded: list[seeding.Seeded]) -> None:
    fields = ("name", "publisher", "country", "licence", "interest_note_fr", "interest_note_en")
    sources = Source.objects.prefetch_related("indicators")

    assert [(s.slug, f) for s in sources for f in fields if not getattr(s, f)] == []
    assert [s.slug for s in sources if not s.language and not s.format.startswith("ted")] == []
    assert [s.slug for s in sources if not s.indicators.all()] == []
    assert [s.slug for s in sources if s.cadence_minutes < 60] == []


def test_every_indicator_is_watched_by_several_sources(seeded: list[seeding.Seeded]) -> None:
    watched = {i.code: Source.objects.filter(indicators=i).count() for i in Indicator.objects.all()}

    assert [code for code, sources in watched.items() if sources < 5] == []


def test_every_source_can_be_asked(seeded: list[seeding.Seeded], now: datetime) -> None:
    """A query that a service cannot answer is refused before it is sent."""
    asked = [(s.url, s.request_of(s.steps(now=now)[0]).url) for s in Source.objects.all()]

    named = [(url.replace("{issue}", "202600220"), request) for url, request in asked]
    assert [url for url, request in named if urlsplit(url)[:3] != urlsplit(request)[:3]] == []
    assert [request for _url, request in asked if "{" in unquote(request)] == []


def test_new_sources_are_due_at_once(seeded: list[seeding.Seeded], now: datetime) -> None:
    assert Source.objects.due(now).count() == Source.objects.watched().count()


def test_what_is_heavy_waits_for_an_operator(seeded: list[seeding.Seeded]) -> None:
    paused = Source.objects.filter(state=Source.State.PAUSED).order_by("slug")

    assert [source.slug for source in paused] == ["contracts-finder", "ted-journal-entier"]
    assert all("Paused: " in source.interest_note_en for source in paused)


def test_the_rules_are_those_of_the_file_and_fit_together(
    seeded: list[seeding.Seeded], now: datetime
) -> None:
    told = json.loads((DATA / "match_rules.json").read_text(encoding="utf-8"))
    stored = MatchRule.objects.active(now).prefetch_related("indicators")

    assert sorted(rule.slug for rule in stored) == sorted(row["slug"] for row in told)
    rules = compile_rules([rule.as_row() for rule in stored])
    assert len(rules.rules) + len(rules.lists) == len(told)


def _shipping(version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> dict[int, str]:
    """The states of the versions of a rule, once a release has brought a newer one."""
    rows = json.loads((DATA / "match_rules.json").read_text(encoding="utf-8"))
    rows += [{**row, "version": version} for row in rows if row["slug"] == "3a-duty"]
    for file in DATA.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "match_rules.json").write_text(json.dumps(rows), encoding="utf-8")
    monkeypatch.setattr(seeding, "FOLDER", tmp_path)
    seeding.load(now=now)
    return dict(MatchRule.objects.filter(slug="3a-duty").values_list("version", "state"))


def test_a_newer_version_of_a_release_retires_the_older(
    seeded: list[seeding.Seeded], now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _shipping(2, tmp_path, monkeypatch, now) == {1: "retired", 2: "active"}


def test_a_newer_version_of_a_release_waits_where_people_changed_a_rule(
    seeded: list[seeding.Seeded], now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = MatchRule.objects.get(slug="3a-duty")
    LogEntry.objects.create(
        user=User.objects.create(username="op"),
        content_type=ContentType.objects.get_for_model(MatchRule),
        object_id=str(rule.pk),
        object_repr=str(rule),
        action_flag=CHANGE,
    )
    assert _shipping(2, tmp_path, monkeypatch, now) == {1: "active", 2: "draft"}


def test_the_measures_of_the_watch_exist(seeded: list[seeding.Seeded]) -> None:
    assert Measure.objects.filter(code__startswith="coverage-").count() == 6
    assert Measure.objects.filter(code__in=["sources-watched", "documents-read"]).count() == 2


def test_each_role_has_the_permissions_of_the_file(seeded: list[seeding.Seeded]) -> None:
    told = tomllib.loads((DATA / "roles.toml").read_text(encoding="utf-8"))["role"]
    stored = {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions__content_type")
    }

    assert stored == {role["name"]: set(role["permissions"]) for role in told}
    assert sorted(stored) == ["auditor", "editor", "moderator", "operator"]


def test_no_role_may_erase_a_decision_or_touch_evidence_by_hand(seeded: list[seeding.Seeded]) -> None:
    codenames = {p.codename for group in Group.objects.all() for p in group.permissions.all()}

    assert codenames & {"change_decision", "delete_decision", "delete_evidence", "add_evidence"} == set()


def test_the_command_says_what_it_created(capsys: pytest.CaptureFixture[str]) -> None:
    Group.objects.all().delete()

    call_command("seed")

    assert "4 créés, 0 déjà là" in capsys.readouterr().out.splitlines()[-1]


def test_the_command_is_silent_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed", verbosity=0)

    assert capsys.readouterr().out == ""


def test_a_bad_row_stops_the_command_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("match_rules.json", "roles.toml"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    (tmp_path / "sources.toml").write_text(
        "[[source]]\n"
        'slug = "new"\nname = "New"\nformat = "feed"\nurl = "https://example.org/feed"\n'
        'publisher = "New"\ntier = 9\nindicators = ["1a"]\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(seeding, "FOLDER", tmp_path)
    Group.objects.all().delete()

    with pytest.raises(CommandError, match=r"sources\.toml, source 1 \(new\).*tier"):
        call_command("seed")

    assert not Group.objects.exists()
    assert not Source.objects.filter(slug="new").exists()


def test_a_role_cannot_have_a_permission_that_does_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("match_rules.json", "sources.toml"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    (tmp_path / "roles.toml").write_text(
        '[[role]]\nname = "reader"\npermissions = ["tracker.view_sauce"]\n', encoding="utf-8"
    )
    monkeypatch.setattr(seeding, "FOLDER", tmp_path)

    with pytest.raises(CommandError, match=r"roles\.toml, .*reader.*tracker\.view_sauce"):
        call_command("seed")
