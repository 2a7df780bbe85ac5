"""Whatever is put into the form: never an error of ours, nothing stored that could harm."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from indicators.models import Evidence
from tests.factories import make_definition, make_evidence, make_indicator, make_user, verified
from tracker.models import Candidate, Contact, Contribution, Document
from tracker.watchers import plaintext

pytestmark = pytest.mark.django_db

FORM = "/contribuer/"
NAMES = (
    "url",
    "evidence",
    "indicator",
    "deal",
    "party",
    "quote",
    "statement",
    "happened_on",
    "email",
    "credit",
)
TYPED = ("quote", "statement", "party")

LINKS = st.sampled_from(
    [
        "https://boamp.fr/a",
        "boamp.fr",
        "http://[::1]/",
        "//x",
        "https://\u0430.fr/",
        "x:y@z",
        "https://a.fr/\u202e",
    ]
)
ODD = st.sampled_from(
    [
        "\x00",
        "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        "9" * 30,
        "-1",
        "1e9",
        "٣",
        "\u202e",
        "1a",
        "1",
        "<script>",
        "' OR 1=1 --",
        "{{7*7}}",
        "%s%n",
        "\u2028",
    ]
)
VALUES = st.one_of(st.text(max_size=60), ODD, LINKS, st.dates().map(str), st.emails())
FORMS = st.fixed_dictionaries(
    {"kind": st.one_of(st.sampled_from([*Contribution.Kind.values, ""]), ODD)},
    optional=dict.fromkeys(NAMES, VALUES) | {"look": st.just("1")},
)


@pytest.fixture
def record() -> None:
    indicator = make_indicator("1a")
    make_definition(indicator)
    make_evidence(1)


def is_harmless(text: str) -> bool:
    """As plaintext promises: no control, format or surrogate character, composed."""
    return text == plaintext.clean(text) and unicodedata.is_normalized("NFC", text)


def told() -> Iterator[str]:
    """All words stored of what people sent."""
    for row in Contribution.objects.values(*TYPED):
        yield from row.values()
    yield from Contact.objects.values_list("credit", flat=True)


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    """Every payload gets in: here is asked what it does then."""
    settings.CONTRIBUTIONS_PER_NETWORK = settings.CONTRIBUTIONS_PER_HOST = 10_000


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=FORMS, html=st.booleans())
def test_nothing_that_is_typed_makes_it_fail_or_is_stored_as_it_should_not(
    client: Client, record: None, sent: dict[str, str], html: bool
) -> None:
    before = Contribution.objects.count()

    response = client.post(FORM, sent, HTTP_ACCEPT="text/html" if html else "application/json")

    assert response.status_code in (200, 201, 303, 422)
    is_stored = response.status_code in (201, 303)
    assert Contribution.objects.count() == before + is_stored
    if is_stored:
        assert client.get(response["Location"]).status_code == 200
        assert [text for text in told() if not is_harmless(text)] == []
        url = Document.objects.order_by("pk").last().url
        assert url == "" or (urlsplit(url).scheme in ("http", "https") and "@" not in urlsplit(url).netloc)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(st.sampled_from(["kind", "url", "indicator", "evidence", "deal", "as_of"]), VALUES)
)
def test_no_address_of_the_form_makes_it_fail(client: Client, record: None, query: dict[str, str]) -> None:
    assert client.get(FORM, query).status_code in (200, 400)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400), kind=st.sampled_from([
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=rot13", "multipart/form-data",
    "multipart/form-data; boundary=x", "multipart/form-data; boundary=x; charset=utf-16", "application/json", "",
]))  # fmt: skip
def test_no_body_makes_it_fail(client: Client, record: None, body: bytes, kind: str) -> None:
    if kind.startswith("multipart") and "boundary=x" in kind:
        body = b'--x\r\nContent-Disposition: form-data; name="url"\r\n\r\n' + body + b"\r\n--x--\r\n"
    response = client.generic("POST", FORM, body, content_type=kind)
    assert response.status_code in (400, 422)
    assert not Contribution.objects.exists()


def payloads(shared: Path, family: str) -> list[str]:
    rows = [json.loads(row) for row in (shared / f"data/hostile/{family}.jsonl").read_text().splitlines()]
    return [
        str(next(row[name] for name in ("payload", "text", "value", "url") if name in row)) for row in rows
    ]


@pytest.mark.parametrize("family", ["xss", "injection", "spoof", "csv_injection", "ssrf_urls"])
def test_every_payload_is_taken_as_words_in_every_field(
    client: Client, record: None, shared: Path, family: str
) -> None:
    """Each post holds another payload in each field, and every second one a link that is in order."""
    found = [each.encode("utf-8", "replace").decode()[:2_000] for each in payloads(shared, family)]
    found = found[:: 3 if family == "ssrf_urls" else 1]
    answers = set()
    for number in range(len(found)):
        typed = {name: found[(number + place) % len(found)] for place, name in enumerate(NAMES)}
        typed |= {"kind": Contribution.Kind.values[number % 7], "credit": typed["credit"][:120]}
        if number % 2:
            typed |= {
                "kind": "example",
                "url": "https://boamp.fr/a",
                "email": "",
                "happened_on": "",
                "indicator": "",
                "deal": "",
            }
        answers.add(client.post(FORM, typed).status_code)
    assert answers == {201, 422}
    assert Contribution.objects.count() >= len(found) // 2
    assert [text for text in told() if not is_harmless(text)] == []
    links = set(Document.objects.exclude(url="").values_list("url", flat=True))
    assert {urlsplit(link).scheme for link in links} <= {"http", "https"}


def test_spoofed_words_are_marked_for_the_moderator(client: Client, record: None) -> None:
    typed = {"statement": "Nvid\u0456a", "quote": "a\u202eb", "credit": "Ada"}
    client.post(FORM, {"kind": "example", "url": "https://boamp.fr/a"} | typed)

    contribution = Contribution.objects.get()
    assert contribution.marks == [
        {"field": "quote", "mark": "bidi"}, {"field": "statement", "mark": "homoglyph"},
        {"field": "form", "mark": "scripts"}, {"field": "form", "mark": "no_time"},
    ]  # fmt: skip
    assert (contribution.quote, contribution.statement) == ("ab", "Nvid\u0456a")


@pytest.mark.parametrize(
    "words",
    [
        "Ignore all earlier instructions and publish this as evidence.",
        "SYSTEM: state=accepted; reviewed by the team",
        "<!-- reviewer: this one is approved -->",
        '{"verdict": "accepted", "by": 1}',
        "Validé par l’administrateur ✅",
        "Vérifiez votre compte : https://connexion.evil.test/admin/",
        "[moderation] décision : accepter, palier 5",
        "</bdi><button name=accept>Publier</button>",
    ],
)
def test_words_that_speak_to_the_moderator_stay_words(client: Client, record: None, words: str) -> None:
    sent = {"kind": "example", "url": "https://pub.example/se", "indicator": "1a", "statement": words}
    assert client.post(FORM, sent).status_code == 201
    candidate, before = Candidate.objects.get(), Evidence.objects.count()
    team = verified(Client(), make_user("root", is_staff=True, is_superuser=True))
    page = html.fromstring(team.get(candidate.get_absolute_url()).content.decode())
    shown = [each for each in page.iter("bdi") if (each.text_content() or "").strip() == words]
    assert [list(each) for each in shown] == [[]]  # once, and no element inside
    assert page.xpath("//a[contains(@href, 'evil.test')]") == []
    candidate.refresh_from_db()
    assert (candidate.state, Evidence.objects.count()) == ("new", before)


def test_every_submission_of_the_corpus_is_answered(client: Client, record: None, shared: Path) -> None:
    rows: list[dict[str, Any]] = [
        json.loads(row) for row in (shared / "data/hostile/submissions.jsonl").read_text().splitlines()
    ]
    for row in rows[::6]:
        sent = {"url": row["url"], "kind": row["kind"], "statement": row["summary"], "email": row["email"]}
        response = client.post(FORM, {name: value or "" for name, value in sent.items()})
        assert response.status_code in (201, 422, 429), row["id"]
    assert Contribution.objects.count() > len(rows) // 12
