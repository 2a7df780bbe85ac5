"""The pages of the index: an honest preview, then frozen editions; why a score, what is missing, the files."""

import base64
import hashlib
import io
import json
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from lxml import etree, html

from indicators import editions, seeding
from indicators.dataset import methodology
from indicators.editions import CALCULATOR, Frozen
from indicators.models import Actor, Edition, Preview
from indicators.rules.freedom_index import canonical, results
from tests.conftest import SHARED
from tests.factories import make_registry
from tests.indicators.test_editions import make_statement
from tracker.tasks import compute_circulation

VECTORS = SHARED / "vectors" / "index-dev.json"
BOUNDS_HOLD = {
    "": "Les bornes tiennent si les sources citées disent vrai.",
    "/en": "The bounds hold if the cited sources are right.",
}

pytestmark = pytest.mark.django_db


def read(client: Client, address: str) -> html.HtmlElement:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return html.fromstring(answer.content.decode())


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u202f", " ").replace("\u00a0", " ").split())


def test_before_any_edition_the_index_is_a_preview_that_says_so(client: Client, now: datetime) -> None:
    seeding.load(now=now)
    for prefix, sentence in BOUNDS_HOLD.items():
        for address in (
            "/indice/",
            "/indice/apercu/",
            "/indice/apercu/openai/",
            "/indice/methode/1.0.0-draft/",
        ):
            assert sentence in words(read(client, prefix + address))
    page = read(client, "/indice/")
    assert "Aperçu, pas une édition" in words(page)
    rows = {
        words(row[0]): [words(cell) for cell in row]
        for row in page.xpath("//section[@aria-labelledby='table']//tbody/tr")
    }
    assert rows["OpenAI"][1:4] == ["données insuffisantes", "de 1,8 à 62,9", "25,4 %"]
    assert rows["OpenAI"][4:] == ["non classé", "non classé", "de 3,4 à 31,1"]
    assert rows["Anthropic"][2:5] == ["de 1,0 à 100,0", "0 %", "non classé"]
    assert list(rows)[:4] == ["Amazon", "Anthropic", "CoreWeave", "Meta"]
    drawing = client.get("/indice/?format=svg")
    told = words(html.fromstring(etree.tostring(etree.fromstring(drawing.content))))
    assert "Aperçu, pas une édition" in told and "de 1,8 à 62,9" in told
    assert client.get("/indice/?format=png").status_code == 400


def test_a_score_is_written_out_down_to_the_quotes_and_what_is_missing_comes_by_weight(
    client: Client, now: datetime
) -> None:
    seeding.load(now=now)
    page = read(client, "/en/indice/apercu/openai/")
    told = words(page)
    for line in (
        "(100.0 × 95.4 × 100.0 × 100.0 × 12.9 × 50.0)^(1/6) = 62.9",
        "(10.6 + 0.0) ÷ 2 = 5.3",
        "100 × (ln 50 − ln 27.551) ÷ (ln 50 − ln 0.5) = 12.9",
        "$349.9bn ÷ $12.7bn = 27.551",
        "$1,000bn ÷ $12.7bn = 78.74",
        "no · No major financing is conditional on buying from whoever finances.",
        "En retour, OpenAI achètera des puces Nvidia pour équiper ses centres de données.",
        "OpenAI 12,7 Mds $ (pertes 9 Mds) 1 000 Mds $ 79x",
        "OpenAI pays Oracle $300bn",
    ):
        assert line in told
    gaps = [words(row) for row in page.xpath("//section[@aria-labelledby='missing']//li")]
    assert [gap.split("up to ")[1].split()[0] for gap in gaps[:5]] == ["33.7", "30.1", "21.8", "10.5", "6.9"]
    [link, *_others] = page.xpath("//section[@aria-labelledby='missing']//li//a/@href")
    assert (client.get(link).status_code, link[-30:]) == (200, "/?kind=correction&actor=openai")
    assert "nobody has searched yet" in told
    assert client.get("/indice/apercu/personne/").status_code == 404


def test_an_edition_stays_as_it_is_with_its_files_and_its_correction_says_what_changed(
    client: Client, now: datetime
) -> None:
    seeding.load(now=now)
    call_command("compute_index", "--edition", "2026-11", "--publish", verbosity=0)
    assert client.get("/indice/").headers["Location"] == "/indice/2026-11/"
    first = read(client, "/indice/2026-11/openai/")
    edition = Edition.objects.get()
    for name in ("dataset", "methodology", "results"):
        answer = client.get(f"/indice/2026-11/{name}.json")
        digest = hashlib.sha256(answer.content)
        assert (getattr(edition, f"{name}_sha256"), answer.headers["ETag"]) == (
            digest.hexdigest(), f'"{digest.hexdigest()}"',
        )  # fmt: skip
        assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        again = client.get(f"/indice/2026-11/{name}.json", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert digest.hexdigest() in words(read(client, "/indice/2026-11/"))
    packed = zipfile.ZipFile(io.BytesIO(client.get("/indice/calculator.zip").content))
    assert packed.namelist() == [f"indicators/rules/{name}.py" for name in CALCULATOR]
    for address in (
        "/indice/2026-10/",
        "/indice/2026-11/secret.json",
        "/indice/methode/9/",
        "/indice/2026-11/loreal/",
    ):
        assert client.get(address).status_code == 404

    make_statement(Actor.objects.get(slug="openai"), "revenue", "13000000000")
    reason = ["--reason", "Revenu publié"]
    call_command("compute_index", "--edition", "2026-11.1", "--publish", *reason, verbosity=0)
    assert client.get("/indice/").headers["Location"] == "/indice/2026-11.1/"
    correction = words(read(client, "/indice/2026-11.1/"))
    assert "Cette édition corrige 2026-11, qui reste telle quelle. Raison : Revenu publié" in correction
    changed = read(client, "/indice/2026-11.1/").xpath("//section[@aria-labelledby='changed']//tbody/tr")
    told = [[words(cell) for cell in row] for row in changed]
    assert ["OpenAI", "l’indice", "de 1,8 à 62,9", "de 1,8 à 63,3"] in told
    assert "Corrigée par 2026-11.1. Raison : Revenu publié" in words(read(client, "/indice/2026-11/"))
    assert words(read(client, "/indice/2026-11/openai/")) == words(first)


@pytest.mark.skipif(not VECTORS.exists(), reason="the invented world of ../shared/vectors is not here")
def test_rated_actors_are_sorted_by_what_is_proven_and_ranked_in_two_ways(
    client: Client, now: datetime
) -> None:
    publish_invented_world(now)
    page = read(client, "/indice/2026-11/")
    rows = [
        [words(cell) for cell in row] for row in page.xpath("//section[@aria-labelledby='table']//tbody/tr")
    ]
    assert [row[0] for row in rows] == ["Beta", "Alpha", "Gamma", "Delta", "Epsilon", "Zeta"]
    assert [row[1] for row in rows] == ["noté"] * 4 + ["données insuffisantes", "indicatif"]
    assert [row[4:6] for row in rows[:4]] == [["1", "1"], ["2", "2–4"], ["3–4", "2–4"], ["3–4", "2–4"]]
    assert rows[4][4:6] == ["non classé", "non classé"]
    shifts = read(client, "/indice/methode/1.0.0-draft/").xpath(
        "//section[@aria-labelledby='sensitivity']//tr"
    )
    told = [[words(cell) for cell in row] for row in shifts[1:]]
    assert told[:2] == [["moyenne arithmétique au lieu de géométrique", "1"], ["sans Souveraineté", "0,5"]]
    assert [shift for _choice, shift in told] == ["1", "0,5", "1", "0", "0", "0,5", "0", "0", "0", "0", "0"]


def publish_invented_world(now: datetime) -> None:
    """The data set of the vectors, published as an edition."""
    cases = json.loads(VECTORS.read_bytes())["cases"]
    [told] = [case["input"]["data"] for case in cases if case["id"] == "evaluate/invented-guaranteed"]
    dataset: dict[str, Any] = {"cut_off": "2026-11-22", "view": {}, "statements": {}, "legs": told["legs"]}
    names = {actor["id"] for actor in told["actors"]}
    names |= {leg[side] for leg in told["legs"] for side in ("payer", "payee")}
    for name in sorted(names):
        Actor.objects.create(slug=name, name=name.title(), kind="company")
    outside = [{"id": name, "rated": False} for name in names - {actor["id"] for actor in told["actors"]}]
    dataset["actors"] = [actor | {"name": actor["id"].title()} for actor in [*told["actors"], *outside]]
    files = {"dataset.json": canonical(dataset), "methodology.json": canonical(methodology())}
    files["results.json"] = canonical(results(dataset, methodology()))
    frozen = Frozen(slug="2026-11", cut_off=date(2026, 11, 22), files=files)
    editions.release(frozen, now=now)


def test_the_preview_of_a_large_registry_is_computed_by_a_task_and_stays_until_the_next(
    client: Client,
) -> None:
    make_registry(actors=60, legs=editions.AT_ONCE + 2)
    Actor.objects.filter(slug__in=["a0", "a1"]).update(rated=True)
    for address in ("/indice/", "/en/indice/apercu/a0/", "/indice/apercu/dataset.json"):
        awaited = client.get(address)
        assert (awaited.status_code, awaited["Retry-After"]) == (503, "60")
    assert "Le calcul est en cours" in words(html.fromstring(client.get("/indice/").content.decode()))

    compute_circulation()

    page = read(client, "/indice/")
    assert page.xpath("//section[h2[@id='table']]//th[@scope='row']/a/text()") == [
        "Actor 0",
        "Actor 1",
    ]
    computed = client.get("/indice/apercu/results.json").content
    assert computed == editions.draft(cut_off=timezone.localdate()).files["results.json"]
    Actor.objects.filter(slug="a1").update(rated=False)
    assert client.get("/indice/apercu/results.json").content == computed
    assert "une mise à jour se prépare" in words(read(client, "/indice/"))
    assert editions.compute_preview(today=timezone.localdate())
    assert list(json.loads(client.get("/indice/apercu/results.json").content)["guaranteed"]) == ["a0"]
    assert not editions.compute_preview(today=timezone.localdate())
    assert Preview.objects.count() == 1
    assert "une mise à jour se prépare" not in words(read(client, "/indice/"))
