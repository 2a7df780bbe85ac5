"""The page of a document in the admin: where else it was seen, what it said before, what corrects it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.tracker.test_storing import article, make_source, store
from tracker.admin.history import pieces
from tracker.models import VERSION_LIMIT, Document

pytestmark = pytest.mark.django_db


def page(admin_client: Client, document: Document) -> str:
    answer = admin_client.get(reverse("admin:tracker_document_change", args=[document.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_edit_is_shown_word_by_word(admin_client, now) -> None:
    source = make_source()
    store(source, article(1, text="Le marché impose deux fournisseurs."), at=now)
    store(
        source, article(1, text="Le marché propose deux fournisseurs <script>."), at=now + timedelta(hours=1)
    )
    shown = page(admin_client, Document.objects.get())
    assert "<del>impose</del> <ins>propose</ins> deux <del>fournisseurs.</del>" in shown
    assert "<ins>fournisseurs &lt;script&gt;.</ins>" in shown


def test_every_sighting_of_a_story_is_shown(admin_client, now) -> None:
    for slug in ("une", "economie"):
        store(make_source(slug), article(1, title=f"Titre de {slug}"), at=now)
    first, second = Document.objects.order_by("pk")
    for document in (first, second):
        shown = page(admin_client, document)
        assert "Titre de une" in shown
        assert "Titre de economie" in shown


def test_a_frozen_document_says_so_and_can_be_found(admin_client, now) -> None:
    source = make_source()
    for number in range(VERSION_LIMIT + 1):
        store(source, article(1, text=f"Il est {number} heures."), at=now)
    document = Document.objects.get()
    assert "ne la suivons plus" in page(admin_client, document)
    listed = admin_client.get(reverse("admin:tracker_document_changelist"), {"since": "frozen"})
    assert [row.pk for row in listed.context["cl"].queryset] == [document.pk]


def test_only_the_words_around_a_change_are_shown() -> None:
    words = [f"mot{number}" for number in range(100)]
    told = list(pieces(" ".join(words), " ".join([*words[:50], "neuf", *words[50:]])))
    assert [kind for kind, _words in told] == ["kept", "come", "kept"]
    assert told[1] == ("come", "neuf")
    assert all(len(part.split()) == 25 for kind, part in told if kind == "kept")
