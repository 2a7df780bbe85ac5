"""What was read is read again offline: the differences are shown, and applied only when asked for, once."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_httpserver import HTTPServer

from tests.factories import make_indicator
from tests.samples import ted_export
from tests.tracker.test_watchers_ted_package import NEW, OLD, package
from tracker import bodies, ingest, propose, rulebook
from tracker.models import Body, Candidate, Document, DocumentVersion, MatchRule, Source, StoryMark
from tracker.watchers import ted_package

pytestmark = pytest.mark.django_db
ITEMS = {"1": "Une clause de diversification", "2": "Un lot", "3": "Rien"}


def feed(**items: str) -> str:
    told = "".join(
        f"<item><guid isPermaLink='false'>{guid[-1]}</guid><title>Article {guid[-1]}</title>"
        f"<description>{text}</description></item>"
        for guid, text in items.items()
    )
    return f"<rss version='2.0'><channel><title>Agence</title>{told}</channel></rss>"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def rule(db: None) -> MatchRule:
    row = make_rule("clause", "clause de diversification")
    row.indicators.set([make_indicator("1a")])
    return row


def make_rule(slug: str, word: str, **fields) -> MatchRule:
    definition = {"terms": {"fr": [{"re": word}]}}
    return MatchRule.objects.create(slug=slug, definition=definition, title_fr=slug, title_en=slug, **fields)


@pytest.fixture
def read(source: Source, rule: MatchRule, httpserver: HTTPServer, settings) -> datetime:
    """Three articles read an hour ago and matched, one of them proposed; the server is gone since."""
    at = timezone.now() - timedelta(hours=1)
    Source.objects.update(next_due_at=at)
    httpserver.expect_request("/feed").respond_with_data(feed(a1=ITEMS["1"], a2=ITEMS["2"], a3=ITEMS["3"]))
    assert ingest.read_source(source.pk, now=at).entries_new == 3
    propose.match_documents(Document.objects.values_list("pk", flat=True), now=at)
    settings.FETCH_ALLOW = frozenset()
    httpserver.clear()
    return at


def replay(*options: str) -> list[str]:
    out = StringIO()
    call_command("replay", "--since", "2d", *options, stdout=out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_where_nothing_was_changed_nothing_differs(read: datetime) -> None:
    assert replay() == [
        "1 corps relus, 0 illisibles, 0 absents de cette machine.",
        "3 documents rapprochés de nouveau.",
        "Rien ne diffère.",
    ]


def test_what_a_reader_missed_is_shown_then_stored_and_proposed_once(read: datetime) -> None:
    Candidate.objects.all().delete()
    Document.objects.get(external_id="1").delete()
    shown = replay()
    assert shown[:2] == [
        "+ nouveaux documents · Agence · Article 1",
        "+ nouveaux candidats · Agence · 1a · Article 1",
    ]
    assert shown[-1] == "Rien n’a été changé : --apply le fait."
    assert (Document.objects.count(), Candidate.objects.count()) == (2, 0)
    assert replay("--apply")[-1] == "Appliqué ; ce qui n’est plus trouvé reste enregistré."
    document = Document.objects.get(external_id="1")
    assert (document.first_seen_at, document.candidates.count()) == (read, 1)
    assert replay("--apply")[-1] == "Rien ne diffère."


@pytest.fixture
def copied(source: Source, read: datetime) -> None:
    """Two copies in one body, and a third in that of another source, where no reader found them."""
    told = [
        f"Le lot {number} attribué à {name} prévoit une clause de diversification et {number * 7} serveurs en {2026 + number}."
        for number, name in enumerate(["Ada", "Blaise", "Grace", "Henri", "Ida", "Jean"], start=1)
    ]
    release = " ".join(told)
    other = Source.objects.create(
        slug="o", name="Autre", publisher="O", format="feed", url="https://o.example/", tier=1, language="fr"
    )
    fed = feed(a1=ITEMS["1"], a2=ITEMS["2"], a3=ITEMS["3"], a4=release, a5=f"Reprise. {release}")
    for each, body in ((source, fed), (other, feed(a6=f"Encore. {release}"))):
        bodies.keep(each, body.encode(), url=each.url, now=read)


def test_of_copies_the_preview_counts_what_would_be_proposed(copied: None) -> None:
    shown = replay()
    assert shown[:4] == [
        "+ nouveaux documents · Agence · Article 4",
        "+ nouveaux documents · Agence · Article 5",
        "+ nouveaux documents · Autre · Article 6",
        "+ nouveaux candidats · Agence · 1a · Article 5",  # stored first: feeds begin with the newest
    ]
    assert (Document.objects.count(), Candidate.objects.count(), StoryMark.objects.count()) == (3, 1, 0)
    applied = replay("--apply")
    assert sorted(applied[:4]) == sorted(shown[:4])
    assert (Document.objects.count(), Candidate.objects.count()) == (6, 2)
    assert replay()[-1] == "Rien ne diffère."


def test_of_stored_copies_a_new_rule_proposes_one(copied: None) -> None:
    replay("--apply")
    Candidate.objects.all().delete()
    StoryMark.objects.all().delete()
    Document.objects.update(story=None)
    shown, applied = replay("--rules-only"), replay("--rules-only", "--apply")
    assert shown[:-1] == applied[:-1]
    assert shown[:2] == [
        "+ nouveaux candidats · Agence · 1a · Article 1",
        "+ nouveaux candidats · Agence · 1a · Article 5",  # stored first: feeds begin with the newest
    ]
    assert Candidate.objects.count() == 2


def test_what_a_reader_read_wrongly_is_shown_word_for_word_and_mended(read: datetime) -> None:
    Document.objects.filter(external_id="2").update(text="Un pot", fingerprint="wrong")
    shown = replay()
    assert shown[:2] == ["~ documents changés · Agence · Article 2", "text: Un pot → Un lot"]
    assert Document.objects.get(external_id="2").text == "Un pot"
    replay("--apply")
    document = Document.objects.get(external_id="2")
    assert (document.text, document.last_seen_at) == ("Un lot", read)
    assert DocumentVersion.objects.get().said["text"] == "Un pot"
    assert replay()[-1] == "Rien ne diffère."


def test_what_is_no_longer_found_is_told_and_stays(source: Source, read: datetime) -> None:
    Document.objects.create(
        source=source, external_id="4", title="Fantôme", first_seen_at=read, last_seen_at=read, kind="article"
    )
    Document.objects.create(
        source=source, external_id="5", title="Ancien", first_seen_at=read, last_seen_at=read - timedelta(1)
    )
    assert replay("--apply")[0] == "- documents qui ne sont plus trouvés · Agence · Fantôme"
    assert Document.objects.count() == 5


def test_a_document_that_was_seen_later_is_not_set_back(read: datetime) -> None:
    later = read + timedelta(minutes=5)
    Document.objects.filter(external_id="2").update(text="Deux lots", fingerprint="x", last_seen_at=later)
    assert replay("--apply")[-1] == "Rien ne diffère."
    assert Document.objects.get(external_id="2").text == "Deux lots"


def test_of_two_bodies_the_newer_one_counts(source: Source, read: datetime) -> None:
    edited = feed(a1=ITEMS["1"], a2="Deux lots", a3=ITEMS["3"]).encode()
    later = read + timedelta(minutes=5)
    bodies.keep(source, edited, url=source.url, now=later)
    Document.objects.update(last_seen_at=later)
    assert [line for line in replay() if "→" in line] == ["text: Un lot → Deux lots"]


def test_a_rule_of_today_shows_what_it_would_propose_change_and_withdraw(rule, read: datetime) -> None:
    draft = rulebook.new_version(rule)
    MatchRule.objects.filter(pk=draft.pk).update(definition={"terms": {"fr": [{"re": "lot"}]}}, rung=2)
    rulebook.activate(draft, now=timezone.now())
    shown = replay("--rules-only")
    assert sorted(shown[:2]) == [
        "+ nouveaux candidats · Agence · 1a · Article 2",
        "- candidats qui ne sont plus proposés · Agence · 1a · Article 1",
    ]
    assert [str(candidate) for candidate in Candidate.objects.all()] == ["1a · Article 1"]
    replay("--rules-only", "--apply")
    assert [str(candidate) for candidate in Candidate.objects.all()] == ["1a · Article 2"]
    assert replay("--rules-only", "--apply")[-1] == "Rien ne diffère."


def test_what_a_rule_of_today_says_otherwise_is_refreshed(rule, read: datetime) -> None:
    draft = rulebook.new_version(rule)
    MatchRule.objects.filter(pk=draft.pk).update(rung=2)
    rulebook.activate(draft, now=timezone.now())
    shown = replay()
    assert shown[:3] == [
        "~ candidats changés · Agence · 1a · Article 1",
        "rung: null → 2",
        "reasons: clause v1: clause de diversification → clause v2: clause de diversification",
    ]
    replay("--apply")
    assert Candidate.objects.get().rung == 2


@pytest.mark.parametrize("state", ["accepted", "rejected", "merged"])
def test_what_is_decided_is_never_touched(rule, read: datetime, state: str) -> None:
    Candidate.objects.update(state=state, merged_into=Candidate.objects.get().pk)
    MatchRule.objects.update(definition={"terms": {"fr": [{"re": "nulle part"}]}})
    before = Candidate.objects.values().get()
    assert replay("--apply")[-1] == "Rien ne diffère."
    MatchRule.objects.update(definition={"terms": {"fr": [{"re": "clause"}]}}, rung=2)
    assert replay("--apply")[-1] == "Rien ne diffère."
    assert Candidate.objects.values().get() == before


def test_what_a_person_sent_for_no_indicator_is_left_alone(rule, read: datetime) -> None:
    Candidate.objects.create(
        document=Document.objects.get(external_id="2"), stance="context", created_at=read
    )
    assert replay("--apply")[-1] == "Rien ne diffère."
    assert Candidate.objects.count() == 2


def test_what_a_rule_at_rest_proposed_stays(rule, read: datetime) -> None:
    rulebook.mute(rule, until=timezone.now() + timedelta(days=1), because="x")
    replay("--apply")
    assert Candidate.objects.count() == 1


def test_bodies_that_are_absent_or_unreadable_are_told_and_the_rest_goes_on(
    source: Source, read: datetime, tmp_path: Path
) -> None:
    bodies.keep(source, b"<!DOCTYPE r [<!ENTITY a 'b'>]><rss/>", now=read + timedelta(minutes=1))
    bodies.keep(source, b"gone", now=read + timedelta(minutes=2))
    sha256 = Body.objects.get(read_at=read + timedelta(minutes=2)).sha256
    (tmp_path / "bodies" / sha256[:2] / f"{sha256[2:]}.gz").unlink()
    assert "2 corps relus, 1 illisibles, 1 absents de cette machine." in replay()


def test_a_local_file_is_read_again_too(tmp_path: Path, rule) -> None:
    path = tmp_path / "agence.rss"
    path.write_text(feed(a1=ITEMS["1"]))
    call_command("watch", "--file", str(path), stdout=StringIO())
    Document.objects.update(title="Faux", fingerprint="wrong")
    assert replay()[1] == "title: Faux → Article 1"


def test_a_package_of_several_pages_is_read_again_to_its_end(
    source: Source, rule: MatchRule, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ted_package, "PAGE_NOTICES", 1)
    httpserver.expect_request("/202600136").respond_with_data(package(a_xml=NEW, b_xml=OLD))
    at = timezone.now() - timedelta(hours=1)
    url = source.url.replace("/feed", "/{issue:202600136}")
    Source.objects.update(format="ted_package", url=url, next_due_at=at)
    assert ingest.read_source(source.pk, now=at).entries_new == 2
    propose.match_documents(Document.objects.values_list("pk", flat=True), now=at)
    assert replay()[::2] == ["1 corps relus, 0 illisibles, 0 absents de cette machine.", "Rien ne diffère."]
    Document.objects.get(external_id=ted_export.ENTRY.external_id).delete()
    assert replay()[0] == f"+ nouveaux documents · Agence · {ted_export.ENTRY.title}"


def test_differences_are_counted_beyond_the_limit(read: datetime) -> None:
    Document.objects.update(text="Faux", fingerprint="wrong")
    shown = replay("--limit", "1")
    assert (shown[0], shown[2]) == (
        "~ documents changés · Agence · Article 1",
        "… et 2 de plus : --limit en montre davantage.",
    )
    assert shown[-2] == "documents changés: 3"


@pytest.mark.parametrize("since", ["hier", "2026-13-01", "d", "99999d", ""])
def test_a_day_that_is_none_is_refused_in_words(since: str, db: None) -> None:
    with pytest.raises(CommandError, match="2026-11-01"):
        call_command("replay", "--since", since)


def test_a_source_that_does_not_exist_is_refused_in_words(db: None) -> None:
    with pytest.raises(CommandError, match="nulle-part"):
        call_command("replay", "--since", "2026-11-01", "--source", "nulle-part")
