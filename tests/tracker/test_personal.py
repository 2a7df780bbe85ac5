"""What concerns people: shown on demand, forgotten on demand and on schedule, and found nowhere else."""

import io
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from indicators import ledger
from tests.conftest import SHARED
from tests.factories import make_evidence, make_indicator, make_user
from tests.indicators.ledger_kept import downloaded
from tests.indicators.ledger_kept import found as ledger_mistake
from tracker import alerts, moderation, retention
from tracker.logs import OneLine
from tracker.models import Candidate, Contact, Contribution, Document, Message
from tracker.personal import may_be_personal

PEOPLE = 200
PAGES = ["/", "/preuves/", "/registre/", "/veille/", "/confidentialite/", "/en/", "/sitemap.xml", "/atom.xml"]
PRIVATE = [
    "My medical record says I am HIV positive",
    "https://pub.example/photo-passeport.jpg",
    "4111 1111 1111 1111 exp 12/29 cvv 123",
    "Le fils de la directrice va à l'école rue Verte",
    "transféré de rh@entreprise.example, confidentiel",
    "Joins-la au 06 12 34 56 78",
    "IBAN FR76 3000 6000 0112 3456 7890 189",
    "Elle habite au 12 rue des Lilas, née le 3 mai 1971",
]


@pytest.fixture
def log() -> io.StringIO:
    """What the service would print, of everything."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(OneLine())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def people(client: Client, count: int) -> tuple[list[str], list[str]]:
    """So many contributors, the addresses of their receipts, and three identifiers of each."""
    make_indicator("1a")
    receipts, identifiers = [], []
    for number in range(count):
        own = [f"ada{number:03d}@private.example", f"198.51.{100 + number // 200}.{number % 200 + 1}", f"Lovelace{number:03d}"]  # fmt: skip
        typed = {"kind": "example", "url": f"https://news.example/{number}", "indicator": "1a"}
        typed |= {"email": own[0], "credit": own[2], "statement": f"Moi, {own[2]}, {own[0]}, je le sais."}
        receipts.append(client.post("/contribuer/", typed, REMOTE_ADDR=own[1])["Location"])
        identifiers += own
    return receipts, identifiers


def dump() -> str:
    """The database as text, whatever its engine."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += cursor.fetchall()
    return repr(rows)


def files() -> str:
    return "".join(
        path.read_bytes().decode("latin-1")
        for path in Path(django_settings.DATA_DIR).rglob("*")
        if path.is_file()
    )


def found(identifiers: list[str], *places: str) -> list[str]:
    return [each for each in identifiers if any(each in place for place in places)]


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_people_nothing_is_public_before_and_nothing_is_left_after_they_erase(
    client: Client, log: io.StringIO, settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND, settings.CONTRIBUTIONS_PER_HOST = "tracker.mailbox.Folder", 1_000
    settings.PROOF_ABOVE = 1_000
    make_evidence(1)
    receipts, identifiers = people(client, PEOPLE)
    assert len(set(identifiers)) == 3 * PEOPLE
    now = timezone.now() + timedelta(minutes=1)
    while alerts.send_due(now=now):
        pass
    for candidate in Candidate.objects.all()[:20]:
        moderation.reject(candidate, reason="too_old", by=make_user(), now=now)
    assert found(identifiers[:1], files()) == identifiers[:1]  # the mails, in their folder

    public = [client.get(page).content.decode() for page in PAGES]
    api = [client.get(path).content.decode() for path in json.loads(client.get("/api/v1/").content).values()]
    assert found(identifiers, *public, *api, log.getvalue()) == []

    for receipt in receipts[: PEOPLE // 2]:
        assert client.post(receipt).status_code == 200
    for number in range(PEOPLE // 2, PEOPLE):
        call_command("personal", "erase", contact=f"ADA{number:03d}@private.example", stdout=io.StringIO())

    assert Contribution.objects.count() == PEOPLE
    assert (Contact.objects.count(), Message.objects.count()) == (0, 0)
    assert found(identifiers, dump(), files(), log.getvalue()) == []
    ledger.enter_missing(now=now)
    ledger.sign(now=now)
    kept = downloaded()
    assert ledger_mistake(kept.entries, kept.checkpoints, folder=tmp_path) is None
    assert found(identifiers, *kept.entries) == []
    counts = [sum(retention.prune(now=now).values()) for _ in range(2)]
    assert counts[1] == 0


@pytest.mark.django_db
def test_who_asks_is_shown_all_that_is_held_of_them(client: Client) -> None:
    receipts, (email, _network, credit, *_others) = people(client, 2)
    out, by_receipt = io.StringIO(), io.StringIO()

    call_command("personal", "export", contact=email.upper(), stdout=out)
    call_command(
        "personal", "export", "--receipt", receipts[0].rstrip("/").rpartition("/")[2], stdout=by_receipt
    )

    told = json.loads(out.getvalue())
    assert told == json.loads(by_receipt.getvalue())
    (one,) = told["contributions"]
    assert (one["email"], one["credit"], one["url"]) == (email, credit, "https://news.example/0")
    assert one["statement"].startswith("Moi, Lovelace000")
    assert told["subscriptions"] == []
    with pytest.raises(CommandError, match="Rien n’est gardé"):
        call_command("personal", "erase", contact="nobody@private.example")


@pytest.mark.django_db
def test_erasing_by_command_and_by_receipt_leave_the_same(client: Client) -> None:
    receipts, _identifiers = people(client, 2)

    client.post(receipts[0])
    call_command("personal", "erase", receipt=receipts[1], stdout=io.StringIO())

    assert [client.get(each).status_code for each in receipts] == [404, 404]
    assert set(Contribution.objects.values_list("statement", "party")) == {("", "")}
    assert Document.objects.count() == 2


@pytest.mark.parametrize("text", PRIVATE, ids=range(len(PRIVATE)))
@pytest.mark.django_db
def test_private_facts_are_marked_for_the_moderator(client: Client, admin_client: Client, text: str) -> None:
    make_indicator("1a")
    client.post(
        "/contribuer/",
        {"kind": "example", "url": "https://news.example/1", "indicator": "1a", "statement": text},
    )

    page = admin_client.get(Candidate.objects.get().get_absolute_url()).content.decode()

    assert "données personnelles" in page


def test_ordinary_words_are_not_taken_for_private_facts(shared: Path) -> None:
    rows = [json.loads(line) for line in (SHARED / "data/hostile/submissions.jsonl").read_text().splitlines()]
    said = {
        kind: [f"{row['title']} {row['summary']}" for row in rows if row["label"] == kind]
        for kind in ("ham", "pii")
    }

    assert [text for text in said["pii"] if not may_be_personal(text)] == []
    assert [text for text in said["ham"] if may_be_personal(text)] == []
    assert not may_be_personal(
        "L’appel d’offres 2026/S 12-345678 vaut 12 500 000 € ; clôture le 03.12.2026 à 10 h."
    )


@pytest.mark.django_db
def test_the_page_on_privacy_shows_the_table_that_is_applied(client: Client) -> None:
    for path, words in [("/confidentialite/", "Oublié après"), ("/en/privacy/", "Forgotten after")]:
        page = client.get(path).content.decode()
        assert words in page
        assert page.count('<th scope="row">') == len(retention.RULES)
    assert 'href="/confidentialite/"' in client.get("/").content.decode()
    assert [rule for rule in retention.RULES if not str(rule.told).strip()] == []
