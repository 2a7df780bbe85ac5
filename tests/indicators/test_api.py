"""The public API: whole answers, both languages, the two clocks."""

from datetime import UTC, date, datetime

import pytest

from indicators.models import Evidence, Pillar, Rung, Status, StatusChange
from tests.factories import make_action, make_definition, make_evidence, make_indicator
from tests.indicators.api_asked import SITE, one_evidence, read

pytestmark = pytest.mark.django_db

EVIDENCE = {
    "number": 1,
    "url": f"{SITE}/preuves/1/",
    "state": "standing",
    "kind": "tender",
    "title_fr": "Preuve 1",
    "title_en": "Evidence 1",
    "summary_fr": "",
    "summary_en": "",
    "occurred_on": "2026-10-14",
    "occurred_precision": "day",
    "occurred": "2026-10-14",
    "country": "FR",
    "owner": "Acheteur 1",
    "published_at": "2026-10-15T08:00:00Z",
    "retracted_at": None,
    "retraction_reason": "",
    "superseded_by": None,
    "correction_reason": "",
    "cancels": None,
    "expires_on": None,
    "self_published": False,
    "citations": [
        {
            "url": "https://buyer.example/notice",
            "publisher": "Journal officiel",
            "title": "Avis",
            "language": "fr",
            "published_on": None,
            "quote": "au moins deux fabricants",
            "locator": "",
            "tier": 1,
            "interest_note": "",
            "independence_group": "état",
            "snapshot_sha256": "0" * 64,
            "archive_url": "",
            "checked_at": None,
            "link_state": "live",
        }
    ],
    "assessments": [
        {
            "indicator": "1a",
            "definition_version": 1,
            "stance": "supports",
            "directness": "direct",
            "rung": 3,
            "rationale_fr": "",
            "rationale_en": "",
        }
    ],
    "replies": [],
}


def test_root_says_where_everything_is(client):
    assert read(client, "/api/v1/") == {
        "actions": f"{SITE}/api/v1/actions/",
        "indicators": f"{SITE}/api/v1/indicators/",
        "status": f"{SITE}/api/v1/status/",
        "evidence": f"{SITE}/api/v1/evidence/",
        "observations": f"{SITE}/api/v1/observations/",
        "publications": f"{SITE}/api/v1/publications/",
        "facts": f"{SITE}/api/v1/facts/",
        "actors": f"{SITE}/api/v1/actors/",
        "deals": f"{SITE}/api/v1/deals/",
        "legs": f"{SITE}/api/v1/legs/",
        "statements": f"{SITE}/api/v1/statements/",
        "contradictions": f"{SITE}/api/v1/contradictions/",
        "cycles": f"{SITE}/api/v1/cycles/",
        "graph": f"{SITE}/api/v1/graph/",
        "editions": f"{SITE}/api/v1/editions/",
        "scores": f"{SITE}/api/v1/scores/",
        "answers": f"{SITE}/api/v1/answers/",
        "changes": f"{SITE}/api/v1/changes/",
        "corrections": f"{SITE}/api/v1/corrections/",
        "schema": f"{SITE}/api/v1/schema/",
        "docs": f"{SITE}/api/v1/docs/",
    }


def test_action_is_told_in_both_languages_with_its_indicators(client):
    action = make_action(who_fr="Les États", emoji="🛒")
    action.pillars.add(
        Pillar.objects.create(slug="mobilite", name_fr="mobilité", name_en="mobility", order=3)
    )
    make_indicator("1a")
    make_indicator("1b")
    expected = {
        "code": "A1",
        "slug": "action-a1",
        "emoji": "🛒",
        "publication": "article",
        "title_fr": "Action A1",
        "title_en": "Action A1 in English",
        "proposal_fr": "Proposition",
        "proposal_en": "Proposal",
        "who_fr": "Les États",
        "who_en": "",
        "mechanism_fr": "",
        "mechanism_en": "",
        "aims_fr": "",
        "aims_en": "",
        "pillars": [{"slug": "mobilite", "name_fr": "mobilité", "name_en": "mobility"}],
        "indicators": ["1a", "1b"],
        "url": f"{SITE}/actions/action-a1/",
    }
    assert read(client, "/api/v1/actions/action-a1/") == expected
    assert read(client, "/api/v1/actions/") == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [expected],
    }


def test_indicator_without_definition_or_status_has_null_for_both(client):
    make_indicator()
    assert read(client, "/api/v1/indicators/1a/") == {
        "code": "1a",
        "action": "action-a1",
        "form": "existential",
        "statement_fr": "Phrase 1a",
        "statement_en": "Sentence 1a",
        "locator": "",
        "url": f"{SITE}/indicateurs/1a/",
        "status": None,
        "exception": None,
        "definition": None,
    }


def test_indicator_shows_the_definition_in_force_and_the_status_kept(client, now):
    indicator = make_indicator()
    make_definition(indicator, 1)
    make_definition(
        indicator, 2, in_force_from=date(2026, 9, 1), published_at=datetime(2026, 8, 1, tzinfo=UTC)
    )
    Status.objects.create(
        indicator=indicator, computed_at=now, as_of=now.date(), rung=1, flags=["blind"], confidence="low",
        trace=[], digest="d" * 64,
    )  # fmt: skip
    today = read(client, "/api/v1/indicators/1a/")
    before = read(client, "/api/v1/indicators/1a/?as_of=2026-08-31")
    assert (today["definition"]["version"], before["definition"]["version"]) == (2, 1)
    assert today["status"] == {
        "rung": 1,
        "rung_fr": "Signal",
        "rung_en": "Signal",
        "flags": ["blind"],
        "confidence": "low",
        "digest": "d" * 64,
    }
    assert before["status"]["digest"] != "d" * 64  # computed for that day, not the one kept


def test_evidence_is_told_whole(client):
    one_evidence()
    assert read(client, "/api/v1/evidence/1/") == EVIDENCE
    assert read(client, "/api/v1/evidence/") == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [EVIDENCE],
    }


def test_corrected_and_retracted_evidence_stay_with_their_state(client):
    indicator = make_indicator()
    new = one_evidence(2, indicator=indicator, published_at=datetime(2026, 11, 1, tzinfo=UTC))
    one_evidence(1, indicator=indicator, superseded_by=new, correction_reason="Date")
    one_evidence(
        3, indicator=indicator, retracted_at=datetime(2026, 11, 2, tzinfo=UTC), retraction_reason="Faux"
    )
    told = read(client, "/api/v1/evidence/?ordering=number")["results"]
    names = ["number", "state", "superseded_by", "correction_reason", "retracted_at", "retraction_reason"]
    assert [[row[name] for name in names] for row in told] == [
        [1, "superseded", 2, "Date", None, ""],
        [2, "standing", None, "", None, ""],
        [3, "retracted", None, "", "2026-11-02T00:00:00Z", "Faux"],
    ]


def test_known_at_gives_evidence_as_the_record_stood(client):
    indicator = make_indicator()
    new = one_evidence(2, indicator=indicator, published_at=datetime(2026, 11, 1, tzinfo=UTC))
    old = one_evidence(1, indicator=indicator)
    before = read(client, "/api/v1/evidence/1/")
    Evidence.objects.filter(pk=old.pk).update(
        superseded_by=new,
        correction_reason="Date",
        retracted_at=datetime(2026, 11, 2, tzinfo=UTC),
        retraction_reason="Faux",
    )
    assert read(client, "/api/v1/evidence/1/?known_at=2026-10-20T12:00:00Z") == before
    assert read(client, "/api/v1/evidence/1/")["state"] == "retracted"
    assert read(client, "/api/v1/evidence/?known_at=2026-10-20")["results"] == [before]
    assert read(client, "/api/v1/evidence/?known_at=2026-10-20&retracted=true")["count"] == 0
    assert read(client, "/api/v1/evidence/?retracted=true")["count"] == 1
    assert client.get("/api/v1/evidence/2/?known_at=2026-10-20").status_code == 404


def test_known_at_hides_assessments_under_a_definition_published_later(client):
    indicator = make_indicator()
    make_definition(indicator, 1)
    later = make_definition(indicator, 2, published_at=datetime(2026, 11, 1, tzinfo=UTC))
    first = indicator.definitions.get(version=1)
    make_evidence(
        1,
        assessments=[
            {"indicator": indicator, "definition": first},
            {"indicator": indicator, "definition": later},
        ],
    )
    versions = [
        [row["definition_version"] for row in read(client, f"/api/v1/evidence/1/{query}")["assessments"]]
        for query in ("?known_at=2026-10-20", "")
    ]
    assert versions == [[1], [1, 2]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("indicator=1a", [1, 2]),
        ("indicator=1b&stance=contradicts", [2]),
        ("indicator=1a&stance=contradicts", []),
        ("directness=partial", [2]),
        ("country=DE", [2]),
        ("kind=law", [3]),
        ("tier=3", [3]),
        ("occurred_after=2026-10-14", [1, 3]),
        ("occurred_before=2026-10-13", [2]),
        ("as_of=2026-10-13", [2]),
        ("known_at=2026-10-14T00:00:00Z", [3]),
        ("retracted=true", [3]),
        ("retracted=false", [1, 2]),
        ("self_published=true", [2]),
        ("ordering=-number", [3, 2, 1]),
        ("ordering=occurred_on", [2, 3, 1]),
        ("ordering=published_at", [3, 2, 1]),
        ("page_size=2&page=2&ordering=number", [3]),
    ],
)
def test_evidence_is_filtered_and_ordered(client, query, numbers):
    one, two = make_indicator("1a"), make_indicator("1b")
    make_definition(one), make_definition(two)
    make_evidence(1, assessments=[{"indicator": one}])
    make_evidence(
        2,
        assessments=[
            {"indicator": one, "directness": "partial"},
            {"indicator": two, "stance": "contradicts", "rung": None},
        ],
        country="DE",
        occurred_on=date(2026, 10, 1),
        self_published=True,
    )
    make_evidence(
        3,
        citations=[{"tier": 3}, {"tier": 3}],
        kind="law",
        published_at=datetime(2026, 10, 1, tzinfo=UTC),
        retracted_at=datetime(2026, 10, 2, tzinfo=UTC),
        retraction_reason="Faux",
    )
    ordering = "" if "ordering" in query else "&ordering=number"
    told = read(client, f"/api/v1/evidence/?{query}{ordering}")["results"]
    assert [row["number"] for row in told] == numbers


def test_pages_lead_to_each_other_by_the_address_of_the_site(client):
    for number in (1, 2, 3):
        make_evidence(number)
    page = read(client, "/api/v1/evidence/?page_size=1&page=2&country=FR", host="127.0.0.1")
    assert (page["count"], page["next"], page["previous"]) == (
        3,
        f"{SITE}/api/v1/evidence/?page_size=1&page=3&country=FR",
        f"{SITE}/api/v1/evidence/?page_size=1&page=1&country=FR",
    )


def test_status_is_computed_with_its_demonstration(client):
    indicator = make_indicator()
    one_evidence(1, indicator=indicator)
    told = read(client, "/api/v1/indicators/1a/status/?as_of=2026-11-01&known_at=2026-11-01T00:00:00Z")
    digest, trace, missing = told.pop("digest"), told.pop("trace"), told.pop("missing")
    assert told == {
        "indicator": "1a",
        "as_of": "2026-11-01",
        "known_at": "2026-11-01T00:00:00Z",
        "rung": 3,
        "rung_fr": str(Rung.FIRST.label),
        "rung_en": "First occurrence",
        "flags": ["blind", "single_source"],
        "confidence": "low",
        "definition_version": 1,
        "examples": [1],
        "counterexamples": [],
        "linchpins": [{"evidence": 1, "rung": 0}],
        "against": None,
    }
    assert len(digest) == 64
    assert [(step["rung"], step["holds"]) for step in trace] == [
        (1, True), (2, True), (3, True), (4, False), (5, False)
    ]  # fmt: skip
    assert [step["rung"] for step in missing] == [4]


def test_status_as_known_before_a_retraction_is_the_earlier_one_to_the_digest(client):
    indicator = make_indicator()
    evidence = one_evidence(1, indicator=indicator)
    query = "as_of=2026-11-01&known_at=2026-11-01T00:00:00Z"
    before = read(client, f"/api/v1/status/?{query}")
    evidence.retracted_at, evidence.retraction_reason = datetime(2026, 11, 2, tzinfo=UTC), "Faux"
    evidence.save()
    assert read(client, f"/api/v1/status/?{query}") == before
    assert before["results"][0]["rung"] == 3
    after = read(client, "/api/v1/status/?as_of=2026-11-01&known_at=2026-11-03")["results"][0]
    assert after["rung"] == 0


def test_changes_are_told_newest_first_up_to_the_moment_known(client):
    indicator = make_indicator()
    evidence = one_evidence(1, indicator=indicator)
    for day, rung_from, rung_to in ((15, None, 1), (16, 1, 3)):
        StatusChange.objects.create(
            indicator=indicator, changed_at=datetime(2026, 10, day, tzinfo=UTC), as_of=date(2026, 10, day),
            rung_from=rung_from, rung_to=rung_to, flags=["blind"], confidence="low", cause="published",
            evidence=evidence, trace=[], digest="d" * 64,
        )  # fmt: skip
    first = {
        "changed_at": "2026-10-15T00:00:00Z",
        "as_of": "2026-10-15",
        "rung_from": None,
        "rung_to": 1,
        "flags": ["blind"],
        "confidence": "low",
        "cause": "published",
        "evidence": 1,
        "trace": [],
        "digest": "d" * 64,
    }
    second = first | {
        "changed_at": "2026-10-16T00:00:00Z",
        "as_of": "2026-10-16",
        "rung_from": 1,
        "rung_to": 3,
    }
    assert read(client, "/api/v1/indicators/1a/changes/")["results"] == [second, first]
    assert read(client, "/api/v1/indicators/1a/changes/?known_at=2026-10-15")["results"] == [first]
    assert read(client, "/api/v1/indicators/1a/changes/?as_of=2026-10-15")["results"] == [first]
