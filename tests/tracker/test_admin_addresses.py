"""Addresses that a watcher could never read are refused as they are typed, beside their field, before anybody is asked."""

import tomllib
from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tracker.models import Source
from tracker.watchers.addresses import judge_address, judge_query, unlisted_fields
from tracker.watchers.entry import UnreadableError

SOURCES = Path(__file__).parents[2] / "tracker" / "data" / "sources.toml"
SEARCH = "https://api.ted.europa.eu/v3/notices/search?query="
FORM = {
    "slug": "source", "name": "Source", "publisher": "Éditeur", "tier": "1", "cadence_minutes": "60",
    "state": "active", "interest_note_fr": "Aucun.",
}  # fmt: skip


def refusal(client: Client, format: str, url: str) -> str:
    """What the form says beside the address; empty when the source was added."""
    answer = client.post("/admin/tracker/source/add/", FORM | {"format": format, "url": url})
    if answer.status_code == 302:
        return ""
    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["url"]
    return errors["url"][0].replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('FT ~ "GPU', "Un guillemet de la requête n’est pas fermé."),
        ('(FT ~ "GPU"', "Les parenthèses de la requête ne se correspondent pas."),
        ("supercomputer", "Une requête de TED compare des champs"),
        ('FT ~ "GPU" AND', "Il manque quelque chose avant ou après ce mot de la requête : AND"),
        ("FT ~", "Un champ de la requête n’est comparé à rien : FT ~"),
        ("publication-date >= 2026-01-01", "TED écrit les jours 20260131 ou today(-3), et non ainsi : 2026-01-01"),
        ("Publication_Date = 1", "Ce n’est pas le nom d’un champ de TED : Publication_Date"),
        ("clasification-cpv IN (1)", "mais il a le second : clasification-cpv, classification-cpv"),
        ('FT ~ "GPU" AND colour-of-chips = green', "TED ne liste aucun champ de ce nom : colour-of-chips"),
    ],
)  # fmt: skip
def test_a_query_that_ted_would_refuse_is_refused_as_it_is_typed(admin_client, query, said) -> None:
    assert said in refusal(admin_client, "ted", SEARCH + quote(query))
    assert not Source.objects.exists()


@pytest.mark.django_db
def test_a_field_that_ted_added_since_is_taken_when_a_person_says_so(admin_client) -> None:
    typed = FORM | {"format": "ted", "url": SEARCH + quote("publication-dates >= 20260101 AND new-field = 1")}
    form = admin_client.post("/admin/tracker/source/add/", typed).context["adminform"].form
    assert [error.rpartition(" : ")[2].rpartition(":")[2].strip() for error in form.errors["url"]] == [
        "publication-dates, publication-date", "new-field",
    ]  # fmt: skip
    assert 'type="checkbox"' in str(form["unlisted"])
    answer = admin_client.post("/admin/tracker/source/add/", typed | {"unlisted": "on"})
    assert (answer.status_code, Source.objects.get().url) == (302, typed["url"])


@pytest.mark.parametrize(
    "query",
    [
        "PD = (20260101 <> 20260818)",
        "OJ = 220/2023",
        "classification-cpv NOT IN (1 2, 3) SORT BY publication-date DESC",
        'NOT (FT ~ "a AND (") AND buyer-country = FRA',
        "BT-33-Lot = 1 OR deadline-receipt-tender-time-lot = 1 OR description-part ~ GPU",
        'FT ~ ("supercalculateur" OR "GPU") AND publication-date >= today(-3)',
        "TV_CUR = EUR AND deadline > today()",
    ],
)
def test_a_query_that_ted_understands_is_taken(query) -> None:
    judge_query(query)


@given(st.text(alphabet='FT ~"()=<>!AND-INORx20,', max_size=60))
def test_any_query_is_taken_or_refused_in_words(query) -> None:
    try:
        judge_query(query)
    except UnreadableError as error:
        assert error.reason.endswith((".", ":"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("format", "url"),
    [
        ("ted", "https://ted.europa.eu/en/search/result?query=x"),
        ("ted_package", "https://ted.europa.eu/en/release-calendar"),
        ("ocds", "https://www.find-tender.service.gov.uk/Search/Results"),
        ("ocds", "https://www.contractsfinder.service.gov.uk/Search"),
        ("prozorro", "https://prozorro.gov.ua/en/search/tender"),
        ("boamp", "https://www.boamp.fr/avis/detail/26-1234"),
        ("funding", "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/home"),
        ("edgar", "https://www.sec.gov/edgar/browse/?CIK=1045810"),
        ("edgar", "https://data.sec.gov/submissions/CIK1045810.json"),
        ("esef", "https://filings.xbrl.org/"),
    ],
)
def test_the_page_for_people_of_a_service_is_refused_with_an_address_that_can_be_read(
    admin_client, format, url
) -> None:
    said, _sign, like = refusal(admin_client, format, url).partition(" : ")
    assert said == "Ce service se lit à des adresses comme celle-ci"
    assert like.startswith("https://")
    if "…" not in like:
        judge_address(format, like)


@pytest.mark.django_db
def test_a_place_holder_that_nobody_knows_and_a_query_that_the_portal_refuses_are_told(admin_client) -> None:
    assert "{issue:2026}" in refusal(admin_client, "ocds", "https://data.example/{issue:2026}")
    search = "https://api.tech.ec.europa.eu/search-api/prod/rest/search?text=x&query="
    assert "JSON" in refusal(admin_client, "funding", search + quote('{"bool":'))


@pytest.mark.django_db
def test_the_address_of_any_other_publisher_is_taken_and_one_that_stood_before_is_left_alone(
    admin_client,
) -> None:
    assert refusal(admin_client, "ocds", "https://data.example/releases?since={since}") == ""
    source = Source.objects.get()
    Source.objects.update(url="https://www.find-tender.service.gov.uk/Search/Results")
    typed = FORM | {
        "format": "ocds",
        "url": "https://www.find-tender.service.gov.uk/Search/Results",
        "tier": "2",
    }
    assert admin_client.post(f"/admin/tracker/source/{source.pk}/change/", typed).status_code == 302
    source.refresh_from_db()
    assert source.tier == 2


def test_every_source_that_comes_with_the_service_has_an_address_that_can_be_read() -> None:
    for source in tomllib.loads(SOURCES.read_text())["source"]:
        judge_address(source["format"], source["url"])
        assert source["format"] != "ted" or not unlisted_fields(source["url"])
