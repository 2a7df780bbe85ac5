"""What search engines are told: which pages there are, and which are none of theirs."""

import re

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import PUBLISHED_AT, make_definition, make_evidence, make_indicator

pytestmark = pytest.mark.django_db


def test_robots_stay_out_of_the_workplace(client: Client) -> None:
    assert client.get("/robots.txt").content.decode().splitlines()[:2] == [
        "User-agent: *",
        "Disallow: /admin/",
    ]


def test_the_map_names_each_page_in_both_languages_at_the_address_of_the_settings(client: Client) -> None:
    indicator = make_indicator()
    make_definition(indicator)
    make_evidence(assessments=[{"indicator": indicator}])
    make_evidence(2, retracted_at=PUBLISHED_AT, retraction_reason="x")
    places = re.findall(r"<loc>(.*?)</loc>", client.get("/sitemap.xml").content.decode())
    paths = [
        "/",
        "/preuves/",
        "/registre/",
        "/registre/circuits/",
        "/registre/matrice/",
        "/registre/acteurs/",
        "/registre/contradictions/",
        "/telechargements/",
        "/grille/",
        "/indice/",
        "/veille/",
        "/methode/",
        "/corrections/",
        "/journal/",
        "/journal/verifier/",
        "/actions/action-a1/",
        "/indicateurs/1a/",
        "/preuves/1/",
    ]
    pairs = [(path, f"/en{path}") for path in paths]
    pairs += [("/contribuer/", "/en/contribute/"), ("/suivre/", "/en/follow/")]
    pairs += [("/confidentialite/", "/en/privacy/")]
    assert sorted(places) == sorted(settings.SITE_URL + path for pair in pairs for path in pair)
