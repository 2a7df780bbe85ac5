"""What strangers post where hubs deliver, and what operators type as a rule: refused in words, never a crash."""

import hashlib
import hmac
import time
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indicators.models import Indicator
from tests.factories import make_indicator, verified
from tracker import matching, websub
from tracker.models import Delivery, Document, HubSubscription, MatchRule, Source

pytestmark = pytest.mark.django_db
ADD = "/en/admin/tracker/matchrule/add/"
TOPIC = "https://f.example/feed"
# The database is made once, and each example leaves it as it was.
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

headers = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=80
)
signatures = st.one_of(
    headers,
    st.builds("{}={}".format, st.sampled_from(["sha1", "sha256", "SHA512", "md5", ""]), headers),
    st.just("sha256=" + "0" * 64),
)
bodies = st.binary(max_size=300) | st.sampled_from([b"<rss/>", b"<rss version='2.0'><channel/></rss>", b"{}"])


@pytest.fixture
def subscription() -> HubSubscription:
    source = Source.objects.create(slug="f", name="F", url=TOPIC, publisher="F", format="feed", tier=3)
    now = timezone.now()
    promised = {"state": "verified", "verified_at": now, "verified_until": now + timedelta(days=10)}
    return HubSubscription.objects.create(
        source=source, hub="https://hub.example/", topic=TOPIC, ask_at=now, asked_at=now, **promised
    )


def stranger() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@many
@given(
    method=st.sampled_from(["POST", "POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"]),
    state=st.sampled_from(HubSubscription.State.values),
    body=bodies,
    signature=signatures,
    content_type=headers,
    older=st.booleans(),
)
def test_what_no_hub_signed_is_never_kept(
    subscription, method, state, body, signature, content_type, older
) -> None:
    HubSubscription.objects.update(state=state)
    path = urlsplit(websub.callback_of(subscription)).path
    name = "HTTP_X_HUB_SIGNATURE" if older else "HTTP_X_HUB_SIGNATURE_256"
    answer = stranger().generic(method, path, body, content_type=content_type or "x", **{name: signature})
    assert answer.status_code in (200, 202, 404, 405)
    assert (Delivery.objects.count(), Document.objects.count()) == (0, 0)


@many
@given(
    mode=st.sampled_from(["subscribe", "unsubscribe", "denied", "publish", ""]) | st.text(max_size=20),
    topic=st.sampled_from([TOPIC, f"{TOPIC}/", ""]) | st.text(max_size=50),
    challenge=st.text(max_size=1_100),
    lease=st.sampled_from(["864000", "0", "-1", "9" * 400, "1e9", "٣"]) | st.text(max_size=20),
    reason=st.text(max_size=300),
)
def test_whatever_a_hub_confirms_the_promise_has_its_limits(
    subscription, mode, topic, challenge, lease, reason
) -> None:
    told = {"mode": mode, "topic": topic, "challenge": challenge, "lease_seconds": lease, "reason": reason}
    path = urlsplit(websub.callback_of(subscription)).path
    answer = stranger().get(path, {f"hub.{name}": value for name, value in told.items()})
    assert answer.status_code in (200, 404)
    if answer.status_code == 200 and mode != "denied":
        assert (mode, topic, answer.content.decode()) == ("subscribe", TOPIC, challenge)
    for row in HubSubscription.objects.exclude(verified_until=None):
        assert row.verified_until <= timezone.now() + websub.LEASE_LIMITS[1]


@many
@given(pk=st.integers(min_value=0, max_value=10**30), proof=st.text("abcXYZ019-_", min_size=1, max_size=90))
def test_nobody_guesses_an_address(subscription, pk: int, proof: str) -> None:
    assert stranger().post(f"/websub/{pk}/{proof}/", b"x", content_type="x").status_code == 404


@settings(many, max_examples=12)
@given(body=bodies, content_type=headers)
def test_what_a_hub_signed_is_read_or_told_in_words(subscription, body: bytes, content_type: str) -> None:
    path = urlsplit(websub.callback_of(subscription)).path
    right = hmac.new(websub._secret(subscription).encode(), body, hashlib.sha256).hexdigest()
    signed = {"HTTP_X_HUB_SIGNATURE_256": f"sha256={right}"}
    assert (
        stranger().generic("POST", path, body, content_type=content_type or "x", **signed).status_code == 202
    )
    (read,) = websub.read_deliveries(now=timezone.now())
    assert read.outcome == "read" or read.error
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize("asked", ["9" * 30, "9" * 5_000, "٣", "-1", "%00", "1&rule=x", ""])
def test_a_rule_that_cannot_be_is_not_muted(operator, asked: str) -> None:
    for answer in (operator.get, operator.post):
        assert answer(f"/en/admin/tracker/matchrule/mute/?rule={asked}").status_code == 302


# The syntax of queries, its edges, and what people paste from elsewhere.
SYNTAX = """( ) [ ] { } " * ? ~ ^ : + - ! && || \\ / < > = 1 99 AND OR NOT TO and et title: text: cpv: country: lang:
    buyer: value: 30* 30210000 FR fr a ab abc* mot «mot» "deux mots" "deux mots"~8 é œ ß 英伟达 🙂 \u200b \u0301 \x00
    \ud7ff http://x/ [1 TO 5] {* TO 5} \t ' ; , . $ % <script> {{x}} ~99 "a b"~"""
pieces = st.sampled_from([*SYNTAX.split(), " ", "\n", "\u00a0"])
queries = st.lists(pieces, max_size=40).map(" ".join) | st.lists(pieces, max_size=40).map("".join)


@pytest.fixture
def indicator() -> Indicator:
    return make_indicator("1a")


@pytest.fixture
def operator() -> Client:
    client = Client(raise_request_exception=False)
    verified(client, User.objects.create_superuser("operator"))
    return client


@many
@example(query="(" * 5_000 + "mot" + ")" * 5_000)
@example(query="(" * 9_000)
@example(query="-" * 9_999)
@example(query='"' * 9_999)
@example(query=" OR ".join(f"mot{number}*" for number in range(500)))
@example(query=" ".join(["abc*"] * 500))
@example(query=" OR ".join(["a" * 3_000] * 3))
@example(query="title:" * 1_500 + "mot")
@example(query="value:[" + "9" * 9_000 + " TO *]")
@example(query='"' + " ".join(f"m{number}" for number in range(2_000)) + '"~50')
@example(query="NOT (" * 400 + "mot" + ")" * 400)
@example(query="\\" * 9_001)
@given(query=queries | st.text(max_size=200))
def test_a_query_is_refused_in_words_or_compiled_within_a_second(operator, indicator, query: str) -> None:
    form = {"slug": "essai", "role": "rule", "title_fr": "Essai", "title_en": "Trial", "stance": "supports"}
    started = time.process_time()
    answer = operator.post(ADD, form | {"indicators": [indicator.pk], "query": query})
    assert time.process_time() - started < 1
    rule = MatchRule.objects.filter(slug="essai").first()
    if rule is None:
        assert answer.status_code == 200
        assert 'class="errorlist' in unescape(answer.content.decode())
        return
    assert (answer.status_code, rule.state) == (302, "draft")
    started = time.process_time()
    matching.match(
        matching.Text(text="deux mots " * 500, language="fr"), matching.compile_rules([rule.as_row()])
    )
    assert time.process_time() - started < 1
    rule.delete()
