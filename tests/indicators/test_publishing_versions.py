"""One more source, and the way back: each is a new version of the event, and the old ones stay."""

from datetime import UTC, date, datetime

import pytest

from indicators import publishing
from indicators.models import Evidence
from tests.factories import make_definition, make_indicator, make_user

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIRST = publishing.NewCitation(
    url="https://a.example/1", publisher="A", title="Avis", quote="deux fournisseurs", tier=4,
    independence_group="A", snapshot_sha256="0" * 64,
)  # fmt: skip
SECOND = publishing.NewCitation(
    url="https://b.example/1", publisher="B", title="Journal", quote="deux fournisseurs", tier=1,
    independence_group="B", snapshot_sha256="1" * 64,
)  # fmt: skip
TOLD = {"by": None, "reason": "Une autre source.", "now": NOW}


@pytest.fixture
def evidence(db) -> Evidence:
    indicator = make_indicator("1a")
    make_definition(indicator)
    assessed = publishing.NewAssessment(
        indicator=indicator, stance="supports", directness="direct", rung=3, rationale_fr="Parce que."
    )
    event = {"kind": "tender", "title_fr": "Marché", "owner": "Agence", "occurred_on": date(2026, 10, 14)}
    return publishing.publish(event, citations=[FIRST], assessments=[assessed], by=make_user(), now=NOW)


def test_one_more_source_is_a_new_version_that_the_rule_hears(evidence):
    assert evidence.assessments.get().indicator.status.rung == 1
    new = publishing.cite(evidence, citation=SECOND, **TOLD | {"by": make_user()})
    evidence.refresh_from_db()
    assert (new.number, evidence.superseded_by, evidence.correction_reason) == (2, new, "Une autre source.")
    assert [citation.publisher for citation in new.citations.all()] == ["B", "A"]
    assert [citation.publisher for citation in evidence.citations.all()] == ["A"]
    assert new.assessments.get().indicator.status.rung == 3


def test_the_way_back_says_again_what_was_said_before(evidence):
    told = TOLD | {"by": make_user()}
    new = publishing.cite(evidence, citation=SECOND, **told)
    third = publishing.revert(new, **told)
    assert (third.number, [citation.publisher for citation in third.citations.all()]) == (3, ["A"])
    assert third.assessments.get().indicator.status.rung == 1
    corrected = publishing.correct(third, changes={"title_fr": "Autre"}, **told)
    assert publishing.revert(corrected, **told).title_fr == "Marché"


def test_what_corrects_nothing_has_no_way_back(evidence):
    with pytest.raises(publishing.NothingToPublishError, match="n° 1 "):
        publishing.revert(evidence, **TOLD | {"by": make_user()})
