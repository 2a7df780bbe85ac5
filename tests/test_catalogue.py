import re
import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "indicators" / "locale" / "fr" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="gettext (xgettext) is not installed on this machine"
)
def test_every_text_of_the_code_and_of_the_pages_has_its_french(
    catalogue: polib.POFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    for house in ("indicators", "tracker", "templates"):
        shutil.copytree(
            ROOT / house, tmp_path / house, ignore=shutil.ignore_patterns("locale", "static", "*.pyc")
        )
    settings.LOCALE_PATHS = [tmp_path / "extracted"]
    (tmp_path / "extracted").mkdir()
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=["fr"], verbosity=0)
    extracted = polib.pofile(str(tmp_path / "extracted" / "fr" / "LC_MESSAGES" / "django.po"))
    translated = {(entry.msgctxt, entry.msgid) for entry in catalogue.translated_entries()}
    wanted = {(entry.msgctxt, entry.msgid) for entry in extracted}
    assert sorted(msgid for _, msgid in wanted - translated) == []
    assert sorted(msgid for _, msgid in translated - wanted) == []


def test_no_text_is_left_over_fuzzy_or_untranslated(catalogue: polib.POFile) -> None:
    unsure = catalogue.fuzzy_entries() + catalogue.obsolete_entries() + catalogue.untranslated_entries()
    assert [entry.msgid for entry in unsure] == []


def test_every_translation_keeps_the_placeholders(catalogue: polib.POFile) -> None:
    pairs = [
        (entry.msgid_plural or entry.msgid, entry.msgstr or entry.msgstr_plural[1])
        for entry in catalogue.translated_entries()
    ]
    wrong = [source for source, text in pairs if placeholders(source) != placeholders(text)]
    assert wrong == []


def test_french_marks_never_begin_a_line(catalogue: polib.POFile) -> None:
    texts = [text for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values())]
    assert [text for text in texts if re.search(r" [:;!?»]|« |'", text)] == []
    assert [text for text in texts if re.search("\u202f:|\u00a0[;!?]", text)] == []  # one space for each mark


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}", text))
