"""Exchange rates: every form in which the bank publishes them, hostile ones, and the bank asked once a day."""

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from indicators.models import ExchangeRate
from indicators.rules import rates
from indicators.rules.rates import Rate, UnreadableRatesError
from tracker import tasks
from tracker.models import RatesFetch
from tracker.rates import HISTORY, RECENT, ask_if_due

TODAY = date(2026, 11, 22)
CSV = b"Date,USD,GBP,\n2026-11-20,1.0512,0.8421,\n2026-11-19,1.0498,N/A,\n"
XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube>{cubes}</Cube>
</gesmes:Envelope>"""
TWO_DAYS = (
    '<Cube time="2026-11-20"><Cube currency="USD" rate="1.0512"/><Cube currency="GBP" rate="0.8421"/></Cube>\n'
    '<Cube time="2026-11-19"><Cube currency="USD" rate="1.0498"/></Cube>'
)
USD = '<Cube currency="USD" rate="1"/>'
TOLD = [
    Rate(date(2026, 11, 20), "USD", Decimal("1.0512")),
    Rate(date(2026, 11, 20), "GBP", Decimal("0.8421")),
    Rate(date(2026, 11, 19), "USD", Decimal("1.0498")),
]


def xml(cubes: str) -> bytes:
    return XML.format(cubes=cubes).encode()


def packed(*bodies: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as opened:
        for number, body in enumerate(bodies):
            opened.writestr(f"eurofxref-{number}.csv", body)
    return archive.getvalue()


ENTITY = b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
HOSTILE = {
    "two tables": packed(CSV, CSV),
    "no table": packed(),
    "a bomb": packed(b"0" * (rates.MOST_BYTES + 1)),
    "another method": packed(CSV, method=zipfile.ZIP_LZMA),
    "cut short": packed(CSV)[:-30],
    "torn": packed(CSV)[:40] + b"\xff" * 20 + packed(CSV)[60:],
    "an archive in it": packed(packed(CSV)),
    "entities": XML.replace("?>\n", "?>\n" + ENTITY.decode(), 1).format(cubes=TWO_DAYS).encode(),
    "no cube": xml(""),
    "no day": xml(USD),
    "a day to come": xml(f'<Cube time="2026-11-23">{USD}</Cube>'),
    "a day too many": xml(f'<Cube time="2026-11-20"/>{USD}'),
    "no currency": xml('<Cube time="2026-11-20"><Cube rate="1"/></Cube>'),
    "no number": xml('<Cube time="2026-11-20"><Cube currency="USD" rate="1e9"/></Cube>'),
    "not closed": xml(TWO_DAYS)[:-20],
    "another vocabulary": xml(TWO_DAYS).replace(b"eurofxref", b"other"),
    "an encoding of its own": xml(TWO_DAYS).replace(b"UTF-8", b"klingon"),
    "a page": b"<html><body>Moved</body></html>",
}


@pytest.mark.parametrize(
    "body", [CSV, packed(CSV), xml(TWO_DAYS), b"\xef\xbb\xbf" + xml(TWO_DAYS), packed(xml(TWO_DAYS))]
)
def test_the_same_rates_are_read_from_every_form(body: bytes) -> None:
    assert rates.read(body, today=TODAY) == TOLD


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_table_of_the_bank_is_refused_whole(name: str) -> None:
    with pytest.raises(UnreadableRatesError):
        rates.read(HOSTILE[name], today=TODAY)


@given(st.binary(max_size=60), st.integers(0, 400), st.sampled_from([packed(CSV), xml(TWO_DAYS)]))
def test_no_damage_breaks_the_reader(noise: bytes, place: int, body: bytes) -> None:
    try:
        told = rates.read(body[:place] + noise + body[place + len(noise) :], today=TODAY)
    except UnreadableRatesError as error:
        assert error.line >= 0
    else:
        assert all(rate.per_euro > 0 for rate in told)


@pytest.fixture
def bank(httpserver: HTTPServer, settings, db: None) -> HTTPServer:
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{httpserver.port}"})
    settings.FETCH_HOST_SECONDS = 0.0
    settings.RATES_URL = httpserver.url_for("/").replace("localhost", "127.0.0.1")
    return httpserver


def asked(bank: HTTPServer) -> list[str]:
    return [request.path.lstrip("/") for request, _ in bank.log]


def test_the_bank_is_asked_once_a_day_and_its_rates_keep_their_source(
    bank: HTTPServer, settings, now
) -> None:
    bank.expect_request(f"/{HISTORY}").respond_with_data(packed(CSV))
    bank.expect_request(f"/{RECENT}").respond_with_data(xml(TWO_DAYS.replace("1.0498", "1.0499")))
    for hours in (0, 1, 19, 21, 22):
        ask_if_due(now=now + timedelta(hours=hours))
    assert asked(bank) == [HISTORY, RECENT]
    assert set(ExchangeRate.objects.values_list("source_url", flat=True)) == {settings.RATES_URL + HISTORY}
    second, first = RatesFetch.objects.all()
    assert (first.added, first.known, first.differing, first.error) == (3, 0, [], "")
    assert (second.added, second.known, second.differing) == (0, 2, ["2026-11-19 USD: 1.0498 ≠ 1.0499"])
    assert ExchangeRate.objects.get(day="2026-11-19").per_euro == Decimal("1.0498")


def test_a_failure_is_a_row_in_words_and_the_bank_is_asked_again_hours_later(
    bank: HTTPServer, settings, now
) -> None:
    for answer in (
        {"status": 500},
        {"response_data": b"<html></html>"},
        {"response_data": HOSTILE["a bomb"]},
    ):
        bank.expect_ordered_request(f"/{HISTORY}").respond_with_data(**answer)
    for hours in (0, 1, 5, 10):
        ask_if_due(now=now + timedelta(hours=hours))
    assert [row.error.split(".")[0] for row in RatesFetch.objects.order_by("pk")] == [
        "Le serveur a répondu avec le statut 500",
        "Ce n’est pas un tableau de la Banque centrale européenne\u00a0: la ligne 1 est illisible",
        "Ce n’est pas un tableau de la Banque centrale européenne\u00a0: la ligne 0 est illisible",
    ]
    assert not ExchangeRate.objects.exists()
    settings.RATES_URL = ""
    tasks.ask_rates()
    assert RatesFetch.objects.count() == 3


def test_the_command_asks_the_bank_or_reads_a_file_and_names_what_differs(
    bank: HTTPServer, tmp_path, capsys
) -> None:
    bank.expect_ordered_request(f"/{HISTORY}").respond_with_data(packed(CSV))
    bank.expect_ordered_request(f"/{HISTORY}").respond_with_data(status=404)
    call_command("rates", "--fetch")
    assert capsys.readouterr().out == "3 taux ajoutés, 0 déjà connus\n"
    with pytest.raises(CommandError, match="404"):
        call_command("rates", "--fetch")
    file = tmp_path / "eurofxref-daily.xml"
    file.write_bytes(xml('<Cube time="2026-11-20"><Cube currency="USD" rate="1.0600"/></Cube>'))
    call_command("rates", str(file))
    told = capsys.readouterr()
    assert told.out == "0 taux ajoutés, 0 déjà connus\n"
    assert "2026-11-20 USD: 1.0512 ≠ 1.06" in told.err
    for wrong in ([], [str(file), "--fetch"]):
        with pytest.raises(CommandError, match="Donnez un fichier"):
            call_command("rates", *wrong)
