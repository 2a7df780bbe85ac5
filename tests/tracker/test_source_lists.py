"""Lists of sources, in and out: nothing that exists is touched, and nothing is watched before all is said of it."""

import time
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.translation import override

from indicators.models import Indicator
from tests.factories import make_indicator, verified
from tests.tracker.test_watchers_opml import FEED, opml
from tracker.models import Source
from tracker.source_lists import Terms, export_opml, import_opml
from tracker.watchers.opml import OUTLINE_LIMIT, read_outlines

pytestmark = pytest.mark.django_db
IMPORT, LIST = "/admin/tracker/source/import/", "/admin/tracker/source/"
ATTRIBUTES = ("slug", "name", "publisher", "format", "url", "language", "tier", "state", "interest_note_fr")


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def indicators() -> list[Indicator]:
    return [make_indicator("1a"), make_indicator("2b")]


def make_source(slug: str, url: str, **fields) -> Source:
    return Source.objects.create(**{"slug": slug, "name": slug, "publisher": slug, "format": "feed", "url": url, "tier": 2} | fields)  # fmt: skip


def rows() -> list[dict]:
    return list(Source.objects.order_by("pk").values())


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("opml", *arguments, stdout=out)
    return out.getvalue()


def client(*permissions: str) -> Client:
    user = User.objects.create_user("operatrice", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    logged_in = Client()
    verified(logged_in, user)
    return logged_in


def upload(body: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("list.opml", body)


def test_an_imported_source_waits_paused_at_the_lowest_tier(now: datetime):
    imported = import_opml(opml(FEED.format(n=1)), terms=Terms(), now=now)
    assert imported.sentences() == [
        "1 source was added. Paused: fill in tier, interest and indicators, then make them active."
    ]
    source = Source.objects.get()
    assert [getattr(source, name) for name in ATTRIBUTES] == [
        "1", "1", "1", "feed", "https://s.example/1", "", 4, "paused", "",
    ]  # fmt: skip
    assert not Source.objects.due(now).exists()


def test_a_source_of_which_all_is_said_is_watched_at_once(now: datetime, indicators: list[Indicator]):
    terms = Terms(tier=3, indicators=tuple(indicators), interest_note_fr="Presse")
    assert import_opml(opml(FEED.format(n=1)), terms=terms, now=now).sentences() == ["1 source was added."]
    source = Source.objects.due(now).get()
    assert (source.tier, source.state, source.interest_note_fr) == (3, "active", "Presse")
    assert list(source.indicators.all()) == indicators


@pytest.mark.parametrize("missing", ["tier", "indicators", "interest_note_fr"])
def test_one_thing_missing_is_enough_to_wait(now: datetime, indicators: list[Indicator], missing: str):
    told = {"tier": 3, "indicators": tuple(indicators), "interest_note_fr": "Presse"}
    del told[missing]
    import_opml(opml(FEED.format(n=1)), terms=Terms(**told), now=now)
    assert Source.objects.get().state == "paused"


def test_what_is_left_out_is_told_with_its_number(now: datetime):
    make_source("a", "https://s.example/1/?utm_source=x", name="Unchanged")
    before = rows()
    body = "".join(FEED.format(n=n) for n in (1, 2, 2)) + '<outline text="note"/>'
    body += (
        '<outline xmlUrl="javascript:x"/><outline xmlUrl="http://0x7f.1/"/><outline xmlUrl="http://a b/"/>'
    )
    assert import_opml(opml(body), terms=Terms(), now=now).sentences() == [
        "1 source was added. Paused: fill in tier, interest and indicators, then make them active.",
        "Watched already, and left as they are: 1.",
        "More than once in the list: 1.",
        "Lines without the address of a feed: 1.",
        "Addresses that are none of the public web's: 3 (javascript:x · http://0x7f.1/ · http://a%20b/).",
    ]
    assert rows()[:1] == before


def test_sources_of_one_name_get_slugs_of_their_own(now: datetime):
    same = "".join(f'<outline text="Actualités" xmlUrl="https://s.example/{n}"/>' for n in range(3))
    unnamed = '<outline xmlUrl="https://t.example/x"/><outline text="新闻" xmlUrl="https://t.example/y"/>'
    import_opml(opml(same + unnamed), terms=Terms(), now=now)
    slugs = list(Source.objects.order_by("pk").values_list("slug", flat=True))
    assert len(set(slugs)) == 5
    assert slugs[0] == "actualites"
    assert slugs[3] == "texample"


def test_export_then_import_changes_nothing(now: datetime, indicators: list[Indicator]):
    make_source(
        "a", "https://s.example/é?b=2&a=1#x", name="Été <&>", language="fr", interest_note_fr="Presse"
    )
    make_source("b", "http://www.s.example:8080/rss/", state="paused").indicators.set(indicators)
    make_source("c", "https://exämple.example/rss", state="gone")
    before = rows()
    body = export_opml(Source.objects.all(), now=now)
    imported = import_opml(body, terms=Terms(tier=1, interest_note_fr="Autre"), now=now)
    assert (imported.added, imported.watched, rows()) == (0, 3, before)
    assert [list(source.indicators.all()) for source in Source.objects.order_by("pk")] == [[], indicators, []]


def test_an_export_carries_its_indicators_to_another_tracker(now: datetime, indicators: list[Indicator]):
    make_source("a", "https://s.example/1", language="fr", name="Été").indicators.set(indicators)
    body = export_opml(Source.objects.all(), now=now)
    Source.objects.all().delete()
    import_opml(body, terms=Terms(), now=now)
    source = Source.objects.get()
    assert (source.name, source.language, source.url) == ("Été", "fr", "https://s.example/1")
    assert list(source.indicators.all()) == indicators


def test_only_feeds_are_exported(now: datetime):
    make_source("feed", "https://s.example/1")
    make_source("ted", "https://api.example/search?query=x", format="ted")
    make_source("file", "file:///home/x.rss", state="local")
    assert [each.url for each in read_outlines(export_opml(Source.objects.all(), now=now)).outlines] == [
        "https://s.example/1"
    ]


def test_the_longest_list_is_imported_in_a_moment(now: datetime, django_assert_max_num_queries):
    body = opml("".join(FEED.format(n=n) for n in range(OUTLINE_LIMIT)))
    began = time.process_time()
    with django_assert_max_num_queries(200):
        assert import_opml(body, terms=Terms(), now=now).added == OUTLINE_LIMIT
    assert time.process_time() - began < 10


def test_the_command_imports_and_exports(tmp_path: Path, indicators: list[Indicator]):
    (tmp_path / "in.opml").write_bytes(opml(FEED.format(n=1) + FEED.format(n=2)))
    told = command(
        str(tmp_path / "in.opml"), "--tier", "3", "--indicators", "1a, 2b", "--interest-en", "Press"
    )
    assert told == f"{tmp_path / 'in.opml'}\n  2 sources were added.\n"
    assert Source.objects.watched().filter(indicators__code="2b").count() == 2
    command("--export", str(tmp_path / "out.opml"))
    written = read_outlines((tmp_path / "out.opml").read_bytes())
    assert len(written.outlines) == 2
    assert read_outlines(command("--export").encode()) == written
    assert "Watched already, and left as they are: 2." in command(str(tmp_path / "out.opml"))


def test_the_command_asked_wrongly_answers_with_a_sentence(tmp_path: Path):
    (tmp_path / "rss").write_bytes(b"<rss/>")
    (tmp_path / "list").write_bytes(opml(FEED.format(n=1)))
    for arguments, sentence in [
        ([], "Give either files to import or --export."),
        (["x", "--export", "y"], "Give either files to import or --export."),
        ([str(tmp_path / "list"), "none"], "There is no file “none”."),
        ([str(tmp_path / "list"), "--indicators", "9z"], "There is no indicator “9z”."),
        (["--export", str(tmp_path)], f"{tmp_path} cannot be opened: Is a directory"),
    ]:
        with pytest.raises(CommandError) as refused:
            command(*arguments)
        assert str(refused.value) == sentence
    assert not Source.objects.exists()
    with pytest.raises(CommandError, match="This is not a list of feeds"):
        command(str(tmp_path / "rss"), str(tmp_path / "list"))
    assert Source.objects.count() == 1


def test_the_admin_imports_a_list(indicators: list[Indicator]):
    operator = client("view_source", "add_source")
    assert IMPORT in operator.get(LIST).content.decode()
    assert operator.get(IMPORT).status_code == 200
    answer = operator.post(IMPORT, {"file": upload(opml(FEED.format(n=1))), "tier": "3"}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "1 source ajoutée. État «_suspendue_»~: remplis le rang, l’intérêt et les indicateurs, puis change l’état.".replace(
            "_", "\N{NARROW NO-BREAK SPACE}"
        ).replace("~", "\N{NO-BREAK SPACE}")
    ]
    assert (Source.objects.get().state, Source.objects.get().tier) == ("paused", 3)
    said = {"tier": "2", "indicators": [indicators[0].pk], "interest_note_fr": "Presse"}
    operator.post(IMPORT, {"file": upload(opml(FEED.format(n=2)))} | said)
    assert Source.objects.watched().get().url == "https://s.example/2"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<rss/>", "Ce n’est pas une liste de flux (OPML)."),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "DOCTYPE"),
        (opml("<outline/>" * 100_000), "plus de 5\N{NARROW NO-BREAK SPACE}000 lignes"),
        (b"x" * ((5 << 20) + 1), "dépasse 5 Mio"),
    ],
)
def test_the_admin_refuses_a_hostile_list_in_words(body: bytes, words: str):
    answer = client("view_source", "add_source").post(IMPORT, {"file": upload(body)})
    assert answer.status_code == 200
    assert words in answer.context["form"].errors["file"][0]
    assert not Source.objects.exists()


def test_only_who_may_add_sources_imports():
    reader = client("view_source", "change_source")
    assert reader.post(IMPORT, {"file": upload(opml(FEED.format(n=1)))}).status_code == 403
    assert IMPORT not in reader.get(LIST).content.decode()
    assert not Source.objects.exists()


def test_the_admin_exports_what_is_chosen():
    chosen, _other = make_source("a", "https://s.example/1"), make_source("b", "https://s.example/2")
    answer = client("view_source").post(LIST, {"action": "export_as_opml", "_selected_action": [chosen.pk]})
    assert answer.headers["Content-Type"] == "text/x-opml; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sources.opml"'
    assert [each.url for each in read_outlines(answer.content).outlines] == ["https://s.example/1"]
