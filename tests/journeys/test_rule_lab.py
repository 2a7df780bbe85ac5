"""An operator writes a rule, tries it, puts it to work, mutes it, replaces it; nobody else may."""

from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from indicators.models import Indicator
from tests.factories import verified
from tracker.models import Candidate, Document, MatchRule, Source

pytestmark = pytest.mark.django_db
ADMIN = "/en/admin/tracker/matchrule/"


@pytest.fixture(autouse=True)
def _seeded(db: None) -> None:
    call_command("seed", stdout=StringIO())


@pytest.fixture
def operator() -> Client:
    return logged_in("operator")


def logged_in(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    client = Client(raise_request_exception=False)
    verified(client, user)
    return client


def typed(**changes) -> dict:
    """What is posted by the form of a new rule."""
    form = {
        "slug": "souverain",
        "role": "rule",
        "title_fr": "Calcul souverain",
        "title_en": "Sovereign computing",
        "indicators": [Indicator.objects.get(code="1a").pk],
        "stance": "supports",
        "rung": "2",
        "query": '"calcul souverain" OR souverainet*',
        "countries": "",
        "languages": "",
        "lists": "",
    }
    return form | changes


def archive(*texts: str) -> list[Document]:
    source, _created = Source.objects.get_or_create(
        slug="fil", defaults={"name": "Fil", "format": "feed", "url": "https://fil.example/", "tier": 3}
    )
    now = timezone.now()
    return [
        Document.objects.create(
            source=source,
            external_id=str(number),
            kind="article",
            language="fr",
            title=f"Article {number}",
            text=text,
            fingerprint=str(number),
            first_seen_at=now - timedelta(hours=number),
            last_seen_at=now,
            matched_at=now,
        )
        for number, text in enumerate(texts)
    ]


def said(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def test_a_rule_is_written_in_words_tried_and_put_to_work(operator: Client) -> None:
    archive("Un calcul souverain pour l’Europe", "La souveraineté", "Rien")
    response = operator.post(f"{ADMIN}add/", typed() | {"_try": "1"})
    rule = MatchRule.objects.get(slug="souverain")
    assert (rule.state, rule.version) == ("draft", 1)
    assert rule.definition == {"query": '"calcul souverain" OR souverainet*'}
    assert response["Location"] == f"{ADMIN}{rule.pk}/try/"
    page = said(operator, response["Location"])
    assert "Read: the newest 3 documents, of the 3 that it may read." in page
    assert "<dt>Found</dt><dd>2 <span>66.7%</span></dd>" in page
    assert "<mark>calcul souverain</mark>" in page
    assert "nothing decided yet" in page
    assert Candidate.objects.count() == 0
    operator.post(f"{ADMIN}{rule.pk}/activate/")
    rule.refresh_from_db()
    assert rule.state == "active"
    assert "on trial until" in said(operator, f"{ADMIN}{rule.pk}/change/").lower()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"query": "calcul AND\n(souverain OR lot"}, "Line 2, column 1: A parenthesis has no partner."),
        ({"query": "calcul\r\ntitre:lot"}, "Line 2, column 1: There is no such field"),
        ({"query": ""}, "A rule needs a query, or lists of terms by language."),
        ({"query": "", "lists": '{"terms": {"fr": [{"re": "(x"}]}}'}, "The pattern is refused."),
        (
            {"query": "", "lists": '{"terms": {"fr": [{"re": "a*"}]}}'},
            "The pattern also matches nothing at all.",
        ),
        ({"lists": '{"nonsense": 1}'}, "The definition has an unknown part."),
        ({"lists": "[1]"}, "The definition is not a JSON object."),
        ({"lists": "{"}, "Enter a valid JSON."),
        ({"lists": '{"cpv": {"core": 5}}'}, "A CPV code has eight digits"),
        ({"indicators": []}, "A rule proposes for at least one indicator."),
        ({"countries": "France"}, "A code has two letters: France"),
        ({"languages": "xx"}, "This is not a language that we watch."),
        ({"gates": ["nowhere"]}, "nowhere is not one of the available choices."),
        ({"slug": "3b-index"}, "There is a rule of this name"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(operator: Client, changes: dict, sentence: str) -> None:
    response = operator.post(f"{ADMIN}add/", typed(**changes))
    assert response.status_code == 200
    assert sentence in unescape(response.content.decode())
    assert MatchRule.objects.filter(slug="souverain").count() == 0


def test_what_stands_around_the_query_is_picked_from_lists_and_comes_back(operator: Client) -> None:
    parts = {"gates": ["ai-compute"], "guards": ["false-friends"], "levels": ["clause", "words"]}
    operator.post(f"{ADMIN}add/", typed(kinds=["notice"], countries="fr, DE", languages="FR", **parts))
    rule = MatchRule.objects.get(slug="souverain")
    assert rule.definition == {
        "query": typed()["query"],
        **parts,
        "countries": ["FR", "DE"],
        "languages": ["fr"],
    }
    page = said(operator, f"{ADMIN}{rule.pk}/change/")
    assert 'value="FR, DE"' in page
    assert "<code" not in page  # the draft is a form
    before = rule.definition
    operator.post(
        f"{ADMIN}{rule.pk}/change/", typed(kinds=["notice"], countries="FR DE", languages="fr", **parts)
    )
    rule.refresh_from_db()
    assert rule.definition == before


def test_a_rule_at_work_is_read_and_a_new_version_is_written_beside_it(operator: Client) -> None:
    old = MatchRule.objects.get(slug="3b-index")
    assert "Write a new version" in said(operator, f"{ADMIN}{old.pk}/change/")
    assert operator.post(f"{ADMIN}{old.pk}/change/", typed()).status_code == 403
    response = operator.post(f"{ADMIN}{old.pk}/draft/")
    draft = MatchRule.objects.get(slug="3b-index", version=old.version + 1)
    assert response["Location"] == f"{ADMIN}{draft.pk}/change/"
    assert 're": "' in unescape(said(operator, response["Location"]))
    operator.post(f"{ADMIN}{draft.pk}/change/", typed(lists="", query="indice*"))
    draft.refresh_from_db(), old.refresh_from_db()
    assert (draft.state, draft.definition, old.state) == ("draft", {"query": "indice*"}, "active")
    operator.post(f"{ADMIN}{draft.pk}/activate/")
    old.refresh_from_db()
    assert old.state == "retired"
    operator.post(f"{ADMIN}{old.pk}/activate/")
    draft.refresh_from_db()
    assert draft.state == "retired"


def test_a_draft_says_what_it_gains_and_loses_and_who_else_finds_it(operator: Client) -> None:
    one, _two, _three = archive("calcul souverain", "souveraineté numérique", "calcul partagé")
    operator.post(f"{ADMIN}add/", typed())
    old = MatchRule.objects.get(slug="souverain")
    operator.post(f"{ADMIN}{old.pk}/activate/")
    Candidate.objects.create(
        document=one,
        indicator=Indicator.objects.get(code="1a"),
        stance="supports",
        state="accepted",
        created_at=timezone.now(),
    )
    operator.post(f"{ADMIN}add/", typed(slug="autre", title_en="Another", query="calcul"))
    operator.post(f"{ADMIN}{MatchRule.objects.get(slug='autre').pk}/activate/")
    operator.post(f"{ADMIN}{old.pk}/draft/")
    draft = MatchRule.objects.get(slug="souverain", version=2)
    operator.post(f"{ADMIN}{draft.pk}/change/", typed(query="calcul"))
    page = said(operator, f"{ADMIN}{draft.pk}/try/")
    assert "<dt>Not found by version 1</dt><dd>1</dd>" in page
    assert "<dt>Found only by version 1</dt><dd>1</dd>" in page
    assert '<th scope="row">Another</th><td>2</td><td>100%</td>' in page
    assert "100% (1 of 1; between 20.7% and 100%)" in page


def test_a_rule_that_would_run_away_is_foretold(operator: Client) -> None:
    archive(*["calcul souverain"] * 30)
    operator.post(f"{ADMIN}add/", typed())
    page = said(operator, f"{ADMIN}{MatchRule.objects.get(slug='souverain').pk}/try/")
    assert "That is more than 5% of what it reads" in page


def test_rules_are_muted_until_a_day_with_a_reason(operator: Client) -> None:
    rule = MatchRule.objects.get(slug="3b-index")
    chosen = {"action": "mute", "_selected_action": [rule.pk]}
    page = operator.post(ADMIN, chosen)["Location"]
    assert page == f"{ADMIN}mute/?rule={rule.pk}"
    today = timezone.localdate()
    for until, because in ((today + timedelta(days=400), "x"), (today - timedelta(days=1), "x"), (today, "")):
        assert operator.post(page, {"until": until.isoformat(), "because": because}).status_code == 200
    rule.refresh_from_db()
    assert rule.muted_until is None
    operator.post(page, {"until": (today + timedelta(days=3)).isoformat(), "because": "too noisy"})
    rule.refresh_from_db()
    assert timezone.localtime(rule.muted_until).date() == today + timedelta(days=4)
    assert "too noisy" in said(operator, ADMIN)
    operator.post(f"{ADMIN}{rule.pk}/unmute/")
    rule.refresh_from_db()
    assert (rule.muted_until, rule.muted_because) == (None, "")


def test_a_suspended_rule_says_so_wherever_people_work(operator: Client) -> None:
    rule = MatchRule.objects.get(slug="3b-index")
    told = {"at": timezone.now().isoformat(), "documents": 30, "read": 90}
    MatchRule.objects.filter(pk=rule.pk).update(state="suspended", suspension=told)
    sentence = "it had proposed 30 of the 90 documents read since its activation."
    assert sentence in said(operator, ADMIN)
    assert sentence in said(operator, f"{ADMIN}{rule.pk}/change/")
    assert sentence in said(operator, "/en/admin/")
    assert sentence in said(logged_in("moderator"), "/en/admin/tracker/candidate/")
    assert sentence in said(Client(), "/en/veille/")
    document = archive("un indice")[0]
    aside = Candidate.objects.create(
        document=document,
        indicator=Indicator.objects.get(code="3b"),
        stance="supports",
        priority=-1,
        reasons=[{"level": "clause", "rule": "3b-index", "version": 1, "field": "text", "words": "indice"}],
        created_at=timezone.now(),
    )
    aside.rules.set([rule])
    shown = f"/en/admin/tracker/candidate/?state=all&rules__id__exact={rule.pk}"
    assert shown in said(operator, f"{ADMIN}{rule.pk}/change/")
    assert "Article 0" in said(logged_in("auditor"), shown)
    operator.post(f"{ADMIN}{rule.pk}/resume/")
    aside.refresh_from_db()
    assert aside.priority == 4
    assert sentence not in said(operator, "/en/admin/")


def test_the_list_of_rules_asks_the_same_for_one_rule_and_for_many(
    operator: Client, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(10):
        operator.get(ADMIN)


@pytest.mark.parametrize("role", ["moderator", "auditor", "editor"])
def test_nobody_else_writes_tries_or_mutes_a_rule(role: str) -> None:
    rule, client = MatchRule.objects.get(slug="3b-index"), logged_in(role)
    for verb in ("draft", "activate", "retire", "resume", "unmute"):
        assert client.post(f"{ADMIN}{rule.pk}/{verb}/").status_code == 403
    for page in (f"{rule.pk}/try/", f"mute/?rule={rule.pk}", "add/"):
        assert client.get(ADMIN + page).status_code == 403
    rule.refresh_from_db()
    assert (rule.state, MatchRule.objects.filter(slug="3b-index").count()) == ("active", 1)
    seen = client.get(f"{ADMIN}{rule.pk}/change/")
    assert (seen.status_code, b"rule-verbs" in seen.content) == (
        (403, False) if role == "editor" else (200, False)
    )


def test_a_verb_asked_without_a_form_does_nothing(operator: Client) -> None:
    rule = MatchRule.objects.get(slug="3b-index")
    assert operator.get(f"{ADMIN}{rule.pk}/retire/")["Location"] == f"{ADMIN}{rule.pk}/change/"
    rule.refresh_from_db()
    assert rule.state == "active"
    assert operator.post(f"{ADMIN}999999/retire/").status_code == 404


def test_a_gate_in_use_is_not_retired_and_the_page_says_why(operator: Client) -> None:
    gate = MatchRule.objects.get(slug="ai-compute")
    operator.post(f"{ADMIN}{gate.pk}/retire/")
    gate.refresh_from_db()
    assert gate.state == "active"
    assert "names a gate or a guard that does not exist" in said(operator, f"{ADMIN}{gate.pk}/change/")


def test_how_to_write_a_query_is_a_page_away(operator: Client) -> None:
    assert f'href="{ADMIN}syntax/"' in said(operator, f"{ADMIN}add/")
    assert "How to write a query" in said(operator, f"{ADMIN}syntax/")
