"""What other sites may show: small pages that alone may be framed, oEmbed that trusts no address, and how to cite."""

import re
from urllib.parse import quote

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client
from django.utils import timezone

from indicators import editions, exports, seeding
from indicators.models import Deal, Edition

pytestmark = pytest.mark.django_db

SITE = "http://localhost:8000"
HOSTILE = (
    "https://evil.example/registre/accords/oracle-nvidia-40/", "//evil.example/", "javascript:alert(1)", "http://localhost:8000",
    f"{SITE}@evil.example/registre/accords/oracle-nvidia-40/", f"{SITE}.evil.example/", "http://localhost:8001/indicateurs/1a/",
    "https://localhost:8000/indicateurs/1a/", f"{SITE}/\\evil.example/", f"{SITE}/admin/", f"{SITE}/registre/", "http://[::1",
    f"{SITE}/registre/accords/nothing/", f"{SITE}/registre/accords/\0/", f"{SITE}/registre/circuits/0000000000/", f"{SITE}/{'a' * 600}",
    "/registre/accords/oracle-nvidia-40/", f"{SITE}/indice/2026-06\"><script>/", f"{SITE}/oembed?url=x",
)  # fmt: skip


@pytest.fixture
def pages(db: None, client: Client) -> dict[str, str]:
    """The seeded registry with one edition: the small pages, by the name of the page that each stands for."""
    seeding.load(now=timezone.now())
    editions.release(editions.compute("2026-06", today=timezone.localdate()), now=timezone.now())
    circuit = client.get("/api/v1/cycles/?view=medium_or_better").json()["results"][0]["id"]
    return {
        "registre/accords/oracle-nvidia-40": "/embed/deal/oracle-nvidia-40/",
        f"registre/circuits/{circuit}": f"/embed/circuit/{circuit}/",
        "indice/2026-06": "/embed/index/2026-06/",
        "indicateurs/1a": "/embed/indicator/1a/",
    }


def test_small_pages_alone_may_be_framed(pages: dict[str, str], client: Client) -> None:
    for page, small in pages.items():
        for prefix in ("", "/en"):
            told = client.get(prefix + small)
            assert told.status_code == 200, small
            assert "frame-ancestors *" in told["Content-Security-Policy"]
            assert "X-Frame-Options" not in told
            assert told["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert "default-src 'none'" in told["Content-Security-Policy"]
            assert f'href="{SITE}{prefix}/{page}/"' in told.content.decode()
        full = client.get(f"/{page}/")
        assert "frame-ancestors 'none'" in full["Content-Security-Policy"]
        assert full["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in client.get("/embed/deal/nothing/")["Content-Security-Policy"]


def test_small_pages_say_what_they_show_in_words_and_of_when(pages: dict[str, str], client: Client) -> None:
    circuit, deal, index = (
        client.get(pages[page]).content.decode()
        for page in (
            next(each for each in pages if "circuits" in each),
            "registre/accords/oracle-nvidia-40",
            "indice/2026-06",
        )
    )
    assert "Nvidia finance OpenAI" in circuit and "jusqu’à 100" in circuit.replace("\xa0", " ")
    assert "n’est ni une fraude ni une preuve" in circuit
    assert "non publié" in deal and "Oracle devra investir 40 milliards" in deal
    assert "édition 2026-06" in index and "données insuffisantes" in index
    assert f"empreinte {exports.digest()[:12]}" in deal
    assert "CC BY 4.0" in circuit and "Données au" in circuit


def test_oembed_tells_how_to_show_a_page(pages: dict[str, str], client: Client) -> None:
    for page, small in pages.items():
        for prefix in ("", "/en"):
            asked = quote(f"{SITE}{prefix}/{page}/?as_of=2025-10-01#payments", safe="")
            told = client.get(f"/oembed?url={asked}&format=json&maxwidth=400&maxheight=9000")
            assert told["Access-Control-Allow-Origin"] == "*"
            answer = told.json()
            assert (answer["version"], answer["type"], answer["width"], answer["height"]) == (
                "1.0",
                "rich",
                400,
                480,
            )
            assert f'src="{SITE}{prefix}{small}"' in answer["html"]
            assert answer["title"] and answer["provider_url"] == SITE


def test_oembed_trusts_no_address(pages: dict[str, str], client: Client) -> None:
    for address in HOSTILE:
        answer = client.get(f"/oembed?url={quote(address, safe='')}")
        assert answer.status_code == 404, address
        assert "<iframe" not in answer.content.decode()
    good = f"{SITE}/indicateurs/1a/"
    assert client.get("/oembed").status_code == 400
    assert client.get(f"/oembed?url={good}&format=xml").status_code == 501
    for width in ("0", "-1", "1e9", "٣", "999999999", "<b>"):
        assert client.get("/oembed", {"url": good, "maxwidth": width}).status_code == 400, width
    assert client.post(f"/oembed?url={good}").status_code == 405


def test_a_title_escapes_into_the_frame(pages: dict[str, str], client: Client) -> None:
    from_title = '"><script>alert(1)</script>'
    Deal.objects.filter(slug="oracle-nvidia-40").update(title_fr=from_title)
    answer = client.get(f"/oembed?url={SITE}/registre/accords/oracle-nvidia-40/").json()
    page = client.get("/registre/accords/oracle-nvidia-40/").content.decode()
    assert "title=&quot;&amp;quot;&amp;gt;&amp;lt;script&amp;gt;" in page and from_title not in page
    assert "<script>" not in answer["html"] and answer["title"] == from_title


def test_a_citation_names_what_pins_it_in_both_languages(pages: dict[str, str]) -> None:
    template = engines["django"].from_string(
        '{% include "partials/cite.html" with title="Titre" url=url date=date edition=edition %}'
    )
    asked = {"url": "/indice/2026-06/", "date": timezone.localdate(), "edition": Edition.objects.get()}
    told = re.findall(r'lang="(\w+)">(.*?)</p>', template.render(asked))
    assert [language for language, _text in told] == [code for code, _name in settings.LANGUAGES]
    french, english = (text for _language, text in told)
    pinned = asked["edition"].results_sha256[:12]
    assert f"édition 2026-06, empreinte {pinned}" in french and f"{SITE}/indice/2026-06/" in french
    assert f"edition 2026-06, digest {pinned}" in english and f"{SITE}/en/indice/2026-06/" in english
    assert exports.digest()[:12] in template.render(asked | {"edition": ""})
