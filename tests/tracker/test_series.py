"""Sources whose address moves: windows of time and issues of a journal, each answer read once and none left out."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Request, Response

from tests.samples import notice, ted_export
from tests.tracker.test_watchers_ted_package import NEW, OLD, package
from tracker import ingest
from tracker.models import Document, Fetch, Source
from tracker.watchers import ted_package
from tracker.watchers.series import WINDOW, steps_of

ISSUES = "https://ted.example/packages/daily/{issue}"
WINDOWS = "https://uk.example/api?from={since}&to={until}"
KEPT = re.compile(r"UPDATE \S+ SET \"claimed_until\" = .*(?:json_each\(|ANY\()\D*([\d, ]+)")
MOMENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def issues(memory: bytes, now: datetime = MOMENT, url: str = ISSUES) -> list[str]:
    return [step.issue for step in steps_of(url, memory=memory, now=now)]


def test_the_issue_after_the_last_one_read_is_asked_for() -> None:
    assert issues(b"202600224") == ["202600225"]
    (step,) = steps_of(ISSUES, memory=b"202600224", now=MOMENT)
    assert (step.url, step.reached, step.last) == (
        "https://ted.example/packages/daily/202600225",
        b"202600225",
        False,
    )


def test_a_journal_begins_with_the_issue_that_the_address_names_or_with_one_of_the_last_weeks() -> None:
    assert issues(b"", url="https://ted.example/{issue:202600101}") == ["202600101"]
    assert issues(b"") == ["202600220"]  # 232 weekdays before that Sunday
    assert issues(b"", now=datetime(2027, 1, 4, tzinfo=UTC)) == ["202700001"]


def test_where_a_year_ends_its_next_issue_is_asked_for_then_the_first_of_the_new_year() -> None:
    assert issues(b"202600251", now=datetime(2026, 12, 31, tzinfo=UTC)) == ["202600252"]
    assert issues(b"202600251", now=datetime(2027, 1, 1, tzinfo=UTC)) == ["202600252", "202700001"]
    assert issues(b"202400251", now=datetime(2027, 1, 1, tzinfo=UTC)) == ["202400252", "202500001"]


def test_numbers_beyond_one_that_does_not_come_out_are_asked_for_after_four_days_one_more_each_day() -> None:
    def after(days: float) -> list[str]:
        memory = f"202600224 {MOMENT:%Y-%m-%dT%H:%M:%SZ}".encode()
        return [number[-3:] for number in issues(memory, now=MOMENT + timedelta(days=days))]

    assert after(3.9) == ["225"]
    assert after(4) == ["225", "226"]
    assert after(6.5) == ["225", "226", "227", "228"]
    assert after(39)[-1] == "234"
    assert after(60)[-2:] == ["234", "010"]  # and as many of the year that has begun


def test_a_memory_of_waiting_since_the_future_waits_from_now_on() -> None:
    assert issues(b"202600224 2031-01-01T00:00:00Z") == ["202600225"]


def test_what_cannot_be_a_memory_is_none() -> None:
    assert issues(b"\xff") == issues(b"no") == issues(b"2026") == issues(b"")


@given(st.lists(st.integers(0, 60 * 24 * 3), min_size=2, max_size=12))
def test_windows_leave_no_minute_out_and_none_is_longer_than_six_hours(minutes: list[int]) -> None:
    """Whenever the source is read, and whatever was missed in between."""
    memory, now, covered = b"", MOMENT, None
    for wait in minutes:
        now += timedelta(minutes=wait)
        (step,) = steps_of(WINDOWS, memory=memory, now=now)
        since, until = (
            datetime.fromisoformat(end.split("=")[1]) for end in step.url.split("?")[1].split("&")
        )
        assert timedelta() < until - since <= WINDOW
        assert covered is None or since <= covered < until or until == now
        assert step.last == (until == now)
        covered, memory = until, step.reached


def test_a_memory_of_the_future_was_written_by_a_clock_that_was_wrong() -> None:
    (step,) = steps_of(WINDOWS, memory=b"2031-01-01T00:00:00Z", now=MOMENT)
    assert step.url == "https://uk.example/api?from=2026-11-22T03:00:00Z&to=2026-11-22T09:00:00Z"


def test_any_other_address_stands_for_itself() -> None:
    (step,) = steps_of("https://fil.example/{x}", memory=b"202600224", now=MOMENT)
    assert (step.url, step.reached, step.last) == ("https://fil.example/{x}", b"", True)


def serving(httpserver, **issues: bytes) -> list[str]:
    """A journal that has these issues out; the list of what it was asked for."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path.rpartition("/")[2])
        body = issues.get(f"n{asked[-1]}")
        return Response(body) if body else Response("no", status=404)

    httpserver.clear()
    httpserver.expect_request(re.compile("/packages/.*")).respond_with_handler(answer)
    return asked


def read(source: Source, now: datetime) -> Fetch:
    Source.objects.filter(pk=source.pk).update(next_due_at=now)
    fetch = ingest.read_source(source.pk, now=now)
    source.refresh_from_db()
    return fetch


def moved(source: Source, format: str, path: str, **fields) -> Source:
    source.url, source.format = source.url.replace("/feed", path), format
    for name, value in fields.items():
        setattr(source, name, value)
    source.save()
    return source


@pytest.fixture(autouse=True)
def _no_pause(settings) -> None:
    settings.FETCH_HOST_SECONDS = 0


@pytest.fixture
def journal(source: Source) -> Source:
    return moved(source, "ted_package", "/packages/daily/{issue:202600224}", cadence_minutes=720)


def test_a_journal_moves_by_itself_from_issue_to_issue_and_asks_for_each_once(
    httpserver, journal, now
) -> None:
    asked = serving(httpserver, n202600224=package(a_xml=NEW), n202600225=package(a_xml=OLD))
    outcomes = [read(journal, now + timedelta(hours=hours)).outcome for hours in range(3)]
    assert asked == ["202600224", "202600225", "202600226"]
    assert outcomes == ["read", "read", "unchanged"]
    assert set(Document.objects.values_list("external_id", flat=True)) == {
        notice.ENTRY.external_id,
        ted_export.ENTRY.external_id,
    }


def test_an_issue_that_is_not_out_is_no_failure_and_is_asked_for_again_at_its_time(
    httpserver, journal, now
) -> None:
    asked = serving(httpserver)
    with override("en"):
        fetch = read(journal, now)
    assert (fetch.outcome, fetch.http_status, fetch.error) == ("unchanged", 404, "")
    assert fetch.remarks == ["Issue 202600224 is not out yet."]
    assert (journal.state, journal.failures, journal.last_success_at) == ("active", 0, now)
    assert journal.next_due_at == now + timedelta(hours=12)
    read(journal, now + timedelta(hours=12))
    assert asked == ["202600224", "202600224"]


def test_a_number_that_is_never_published_is_left_out_and_people_can_see_it(
    httpserver, journal, now, client, admin_client
) -> None:
    """Daily readings: the journal of the 25th of November was withdrawn, the next one came out as usual."""
    asked = serving(httpserver, n202600224=package(a_xml=NEW), n202600226=package(a_xml=OLD))
    days = [read(journal, now + timedelta(days=day)) for day in range(5)]
    assert [fetch.outcome for fetch in days] == ["read", *["unchanged"] * 4]
    page = client.get("/en/veille/").content.decode()
    assert "never came out" not in page
    with override("en"):
        fetch = read(journal, now + timedelta(days=5))

    assert asked[-2:] == ["202600225", "202600226"]
    assert (fetch.outcome, fetch.entries_new) == ("read", 1)
    assert fetch.remarks == ["Issue 202600225 never came out: it is left out."]
    assert issues(bytes(journal.memory)) == ["202600227"]
    page = client.get("/en/veille/").content.decode()
    assert "issue 225/2026 never came out: it is left out" in page
    shown = admin_client.get(f"/admin/tracker/source/{journal.pk}/change/").content.decode()
    assert "Le numéro 225/2026 n’est jamais paru" in shown


def test_a_journal_that_comes_out_no_more_says_so_to_all(httpserver, journal, now, client) -> None:
    """Its address has changed, say: nothing fails, and nothing comes."""
    asked = serving(httpserver)
    since = timezone.now() - timedelta(days=6)
    read(journal, since)
    read(journal, since + timedelta(days=5))
    assert asked == ["202600224", *["202600224", "202600225", "202600226"]]
    assert "waits for issue 224/2026 since" in client.get("/en/veille/").content.decode()


def test_after_an_issue_the_next_one_is_asked_for_soon(httpserver, journal, now) -> None:
    serving(httpserver, n202600224=package(a_xml=NEW))
    read(journal, now)
    assert journal.next_due_at == now + timedelta(minutes=15)


def test_a_new_year_begins_with_its_first_issue(httpserver, journal, now) -> None:
    asked = serving(httpserver, n202600224=package(a_xml=NEW), n202700001=package(a_xml=OLD))
    read(journal, now)
    fetch = read(journal, datetime(2027, 1, 4, 12, tzinfo=UTC))
    assert asked == ["202600224", "202600225", "202700001"]
    assert (fetch.outcome, fetch.entries_new, bytes(journal.memory)) == ("read", 1, b"202700001")


def test_an_issue_that_could_not_be_read_is_asked_for_again(httpserver, journal, now) -> None:
    asked = serving(httpserver, n202600224=b"no archive")
    assert read(journal, now).outcome == "unreadable"
    serving(httpserver, n202600224=package(a_xml=NEW))
    assert read(journal, now + timedelta(days=1)).outcome == "read"
    assert asked == ["202600224"]


def test_an_issue_of_several_pages_counts_when_all_are_read(httpserver, journal, now, monkeypatch) -> None:
    monkeypatch.setattr(ted_package, "PAGE_NOTICES", 1)
    monkeypatch.setattr(ingest, "MAX_PAGES", 1)
    serving(httpserver, n202600224=package(a_xml=NEW, b_xml=OLD, c_xml=NEW))
    assert (read(journal, now).error_kind, bytes(journal.memory)) == ("incomplete", b"")
    monkeypatch.setattr(ingest, "MAX_PAGES", 9)
    assert (read(journal, now + timedelta(days=1)).outcome, bytes(journal.memory)) == ("read", b"202600224")


def releases(*numbers: int, following: str = "") -> bytes:
    told = [{"ocid": f"ocds-h6vhtk-{n}", "id": f"{n}-2026", "tender": {"title": f"T{n}"}} for n in numbers]
    return json.dumps({"releases": told, "links": {"next": following} if following else {}}).encode()


@pytest.fixture
def register(source: Source) -> Source:
    return moved(source, "ocds", "/releases?updatedFrom={since}&updatedTo={until}", cadence_minutes=60)


def test_a_window_moves_on_only_when_all_its_pages_were_read(httpserver, register, now) -> None:
    """Find a Tender: a page that fails leaves the watermark where it was."""
    first = {"updatedFrom": "2026-11-22T03:00:00Z", "updatedTo": "2026-11-22T09:00:00Z"}
    base = register.url.partition("?")[0]
    second = f"{base}?cursor=2"
    httpserver.expect_oneshot_request("/releases", query_string=first).respond_with_data(
        releases(1, following=second)
    )
    httpserver.expect_oneshot_request("/releases", query_string="cursor=2").respond_with_data("", status=429)
    assert (read(register, now).error_kind, bytes(register.memory)) == ("backoff", b"")
    again = {"updatedFrom": "2026-11-22T03:30:00Z", "updatedTo": "2026-11-22T09:30:00Z"}
    httpserver.expect_oneshot_request("/releases", query_string=again).respond_with_data(
        releases(1, following=second)
    )
    httpserver.expect_oneshot_request("/releases", query_string="cursor=2").respond_with_data(releases(2))
    fetch = read(register, now + timedelta(minutes=30))
    assert (fetch.outcome, fetch.entries_new, fetch.entries_same) == ("read", 1, 1)
    assert bytes(register.memory) == b"2026-11-22T09:30:00Z"


def test_what_a_register_remembers_counts_only_when_all_its_pages_were_read(httpserver, source, now) -> None:
    """filings.xbrl.org: the next round reads back to the newest filing of the last whole one."""
    moved(source, "esef", "/filings")
    first = {"data": [{"attributes": {"fxo_id": "X-ESEF-FR-1"}}], "links": {"next": "/filings?page=2"}}
    httpserver.expect_request("/filings", query_string="page=2").respond_with_data("", status=500)
    httpserver.expect_request("/filings").respond_with_json(first)
    assert (read(source, now).outcome, bytes(source.memory)) == ("failed", b"")
    httpserver.clear()
    httpserver.expect_request("/filings", query_string="page=2").respond_with_json({"data": []})
    httpserver.expect_request("/filings").respond_with_json(first)
    assert (read(source, now + timedelta(days=1)).outcome, bytes(source.memory)) == ("read", b"X-ESEF-FR-1")


def test_who_waits_behind_a_long_reading_is_taken_by_no_other_worker(httpserver, source, now) -> None:
    moved(source, "ocds", "/releases?page=1")
    fields = {"name": "b", "publisher": "b", "format": "ocds", "tier": 1, "next_due_at": now}
    other = Source.objects.create(slug="b", url=source.url.replace("page=1", "page=3"), **fields)
    base = source.url.partition("?")[0]
    for number in (1, 3):
        body = releases(number, following=f"{base}?page={number + 1}")
        httpserver.expect_request("/releases", query_string=f"page={number}").respond_with_data(body)
        rest = httpserver.expect_request("/releases", query_string=f"page={number + 1}")
        rest.respond_with_data(releases(number + 1))
    with CaptureQueriesContext(connection) as asked:
        fetches = ingest.read_sources([source.pk, other.pk], now=now)
    assert [fetch.outcome for fetch in fetches] == ["read", "read"]
    kept = [KEPT.search(query["sql"]) for query in asked]
    told = [sorted(map(int, found[1].split(","))) for found in kept if found]
    both = sorted([source.pk, other.pk])
    assert (told[:2], len(told), len(told[2])) == ([both, both], 3, 1)


def test_what_was_missed_is_caught_up_window_by_window(httpserver, register, now) -> None:
    register.memory = b"2026-11-21T22:00:00Z"
    register.save()
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(f"{request.args['updatedFrom']}/{request.args['updatedTo']}")
        return Response(releases(len(asked)))

    httpserver.expect_request("/releases").respond_with_handler(answer)
    waits = [(read(register, now), register.next_due_at - now)[1] for _ in range(3)]
    assert asked == [
        "2026-11-21T21:00:00Z/2026-11-22T03:00:00Z",
        "2026-11-22T02:00:00Z/2026-11-22T08:00:00Z",
        "2026-11-22T07:00:00Z/2026-11-22T09:00:00Z",
    ]
    assert (waits[:2], waits[2] >= timedelta(hours=1)) == ([timedelta(minutes=15)] * 2, True)


def test_two_windows_with_nothing_in_them_are_two_windows(httpserver, register, now) -> None:
    httpserver.expect_request("/releases").respond_with_data(releases())
    assert read(register, now).outcome == "read"
    assert read(register, now + timedelta(hours=1)).outcome == "unchanged"
    assert bytes(register.memory) == b"2026-11-22T10:00:00Z"


def test_a_query_that_no_service_could_answer_is_a_failure_in_words_and_stops_nobody(source, now) -> None:
    moved(source, "funding", '/search?query={"wildcard":{}}')
    fetch = read(source, now)
    assert (fetch.outcome, source.state) == ("unreadable", "degraded")
    assert "wildcard" in fetch.error
