"""Requests made to harm: never a 500, never a foreign address in an answer, always the headers that close the door."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

PATHS = (
    "/",
    "/preuves/",
    "/registre/",
    "/veille/",
    "/en/indicateurs/1a/",
    "/flux/atom.xml",
    "/api/v1/evidence/",
)


@pytest.fixture
def reader(db: None) -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def hostile(shared: Path) -> dict[str, list[str]]:
    """The hostile values of each family."""
    values: dict[str, list[str]] = {}
    for row in map(json.loads, (shared / "data/hostile/injection.jsonl").read_text().splitlines()):
        values.setdefault(row["family"], []).append(row["value"])
    return values


def test_no_query_breaks_a_page(reader: Client, hostile: dict[str, list[str]]) -> None:
    broken = [
        (path, name, value)
        for path in PATHS
        for value in hostile["query"]
        for name in ("q", "as_of", "known_at", "indicator", "page", "tier")
        if reader.get(f"{path}?{name}={quote(value)}").status_code >= 500
    ]
    assert broken == []


def test_no_redirect_leaves_the_site(reader: Client, hostile: dict[str, list[str]]) -> None:
    for value in hostile["open-redirect"]:
        for path in (
            f"/{quote(value, safe='/%')}",
            f"/en{quote(value, safe='/%')}",
            f"/admin/?next={quote(value)}",
        ):
            answer = reader.get(path)
            assert answer.status_code < 500
            location = answer.get("Location", "/")
            assert location.startswith("/") and not location.startswith(("//", "/\\")), (path, location)


def test_no_host_is_reflected(reader: Client, hostile: dict[str, list[str]]) -> None:
    for value in hostile["host"]:
        for header in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST"):
            for path in ("/", "/flux/atom.xml", "/sitemap.xml", "/api/v1/"):
                answer = reader.get(path, **{header: value})
                assert answer.status_code in (200, 400), (header, value)
                assert "evil" not in answer.content.decode()


def test_more_parameters_than_a_page_reads_are_refused(reader: Client) -> None:
    for path in PATHS:
        if "flux" not in path:
            assert reader.get(f"{path}?{'a=1&' * 1500}").status_code == 400


def test_the_documentation_of_the_api_is_only_read(reader: Client) -> None:
    assert reader.options("/api/v1/docs/").status_code == 405


def test_every_answer_closes_the_door_to_other_sites(reader: Client) -> None:
    for path in (*PATHS, "/admin/login/", "/nowhere/", "/?as_of=x"):
        answer = reader.get(path)
        opened = "Access-Control-Allow-Origin" in answer
        assert answer["Cross-Origin-Resource-Policy"] == ("cross-origin" if opened else "same-origin")
        assert answer["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_over_https_cookies_belong_to_this_host_alone() -> None:
    told = "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_SECURE)"
    ended = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", told],
        cwd=settings.BASE_DIR,
        env={"SITE_URL": "https://example.org", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert ended.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True"]
