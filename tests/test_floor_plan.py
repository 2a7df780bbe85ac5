"""The plan of the house is true: the import law is kept, and the documents name what is there, and only that."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.db.models import EmailField, Field, GenericIPAddressField
from django.utils.translation import override
from importlinter.cli import lint_imports

from tracker import retention

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOUSES = ("tracker", "indicators")
FILE_LINES, FUNCTION_LINES = 400, 40
# Where the nouns of the domain stand.
DOMAIN = (
    "tracker/models",
    "indicators/models",
    "indicators/rules",
    "tracker/matching",
    "tracker/processes.py",
    "tracker/watchers/entry.py",
)
PERSONAL = re.compile(r"(?:^|_)(?:contact|credit|e?mail|ip|network|person|phone|receipt|signature)(?:_|$)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*places: str) -> Iterator[Path]:
    """Our Python files; migrations are written by Django."""
    for place in places:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*.py"))
        yield from (each for each in found if "migrations" not in each.parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees(*places: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sources(*places):
        yield name(path), ast.parse(path.read_text())


def paths_told(document: Path) -> set[str]:
    """The paths between backquotes, of files and of folders."""
    code = re.findall(r"`([^`\n]+)`", document.read_text())
    start = r"(?:tracker|indicators|templates|tests|docs)/[\w./-]*|(?:README|CHANGELOG)\.md|Makefile|\.ci/\w+"
    return {told for told in code if re.fullmatch(start, told)}


def test_the_import_law_is_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    broken = lint_imports(no_cache=True)
    assert broken == 0, capsys.readouterr().out


def test_every_module_but_the_fetcher_and_the_runner_is_forbidden_to_open_sockets() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [forbidden] = [each for each in contracts if "sockets" in each["name"]]
    rooms = {Path(name(path)).parts[1].removesuffix(".py") for path in sources("tracker")}
    free = {"__init__", "fetch", "migrations", "serve"}
    assert set(forbidden["source_modules"]) == {"indicators"} | {f"tracker.{room}" for room in rooms - free}


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in sources(*HOUSES, "tests")}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{path} {node.name}": node.end_lineno - node.lineno + 1
        for path, tree in trees(*HOUSES)
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }
    assert {function: lines for function, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_feeds_are_parsed_from_bytes_and_never_by_address() -> None:
    """Given a string, feedparser would take it for a URL or a file and open it."""
    calls = [
        (path, ast.unparse(node.args[0]))
        for path, tree in trees(*HOUSES, "tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "feedparser.parse"
    ]
    assert len(calls) >= 1
    assert [call for call in calls if "BytesIO(" not in call[1]] == []


def test_nothing_is_declared_safe_html_by_hand() -> None:
    """One reviewed place: the sum of escaped pieces in display.typeset starts from an empty string."""
    marks = re.compile(r"mark_safe|SafeString\(|SafeData|\|\s*safe(?:seq)?\b|autoescape off")
    templates = (ROOT / "templates").rglob("*.html")
    found = {
        name(path): marks.findall(path.read_text())
        for path in [*sources(*HOUSES), *sorted(templates)]
        if marks.search(path.read_text())
    }
    assert found == {"indicators/templatetags/display.py": ["SafeString("]}


def test_no_template_holds_style_or_script() -> None:
    inline = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|<script\b(?![^>]*\ssrc=)", re.IGNORECASE)
    found = {
        name(path): inline.findall(path.read_text()) for path in sorted((ROOT / "templates").rglob("*.html"))
    }
    assert {path: bits for path, bits in found.items() if bits} == {}


def test_every_module_has_its_line_in_the_floor_plan() -> None:
    modules = {
        path
        for path, tree in trees(*HOUSES)
        if not path.endswith("__init__.py") or any(isinstance(node, Function) for node in tree.body)
    }
    told = {path for path in paths_told(ROOT / "docs/floor-plan.md") if path.endswith(".py")}
    assert sorted(modules - told) == []


@pytest.mark.parametrize("document", DOCS, ids=name)
def test_every_path_and_link_of_the_documents_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [path for path in sorted(paths_told(document)) if not (ROOT / path).exists()]
    assert missing == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    words = "\n".join(path.read_text() for path in DOCS)
    ours = {command for command, app in get_commands().items() if app in HOUSES}
    told = set(re.findall(r"manage\.py ([a-z_]+)", words))
    assert sorted(ours - told) == []
    assert sorted(told - set(get_commands())) == []


def test_every_goal_of_make_in_the_documents_exists() -> None:
    goals = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {goal for path in DOCS for goal in re.findall(r"(?:`|    |=\S+ )make ([a-z-]+)", path.read_text())}
    assert sorted(told - goals) == []


def test_every_personal_field_is_forgotten_one_day() -> None:
    kept = {(rule.model, field) for rule in retention.RULES for field in rule.fields}
    whole = {rule.model for rule in retention.RULES if not rule.fields}
    personal = [
        (model, field.name)
        for model in apps.get_app_config("tracker").get_models()
        for field in model._meta.concrete_fields
        if is_personal(field)
    ]
    assert len(personal) >= 3
    assert [each for each in personal if each not in kept and each[0] not in whole] == []


def is_personal(field: Field) -> bool:
    """What could lead to a person who is no member of the staff."""
    return isinstance(field, EmailField | GenericIPAddressField) or bool(PERSONAL.search(field.name))


def vocabulary() -> dict[str, str]:
    """The codes of docs/vocabulary.md, with their French."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", (ROOT / "docs/vocabulary.md").read_text(), re.MULTILINE)
    words = {}
    for codes, french in rows:
        several = [word.strip() for word in french.split(",")]
        for place, code in enumerate(re.findall(r"`(\w+)`", codes)):
            words[code] = several[min(place, len(several) - 1)]
    return words


def test_the_vocabulary_names_every_noun_of_the_domain_and_no_other() -> None:
    classes = {
        node.name
        for _path, tree in trees(*DOMAIN, "tracker/fetch")
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    nouns = {
        node.name
        for _path, tree in trees(*DOMAIN)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not re.search(r"^_|(?:QuerySet|Error)$", node.name)
    }
    assert sorted(nouns - set(vocabulary())) == []
    assert sorted(set(vocabulary()) - classes) == []


def test_the_admin_says_the_french_words_of_the_vocabulary() -> None:
    told = vocabulary()
    with override("fr"):
        said = {
            model.__name__: str(model._meta.verbose_name).replace("\N{NO-BREAK SPACE}", " ")
            for house in HOUSES
            for model in apps.get_app_config(house).get_models()
            if not model._meta.auto_created
        }
    assert {noun: told.get(noun) for noun in said} == said


def test_no_name_is_one_of_the_words_that_say_nothing() -> None:
    [list_] = re.findall(r"Banned in the names[^*]*\*([^*]+)\*", (ROOT / "docs/vocabulary.md").read_text())
    banned = set(list_.replace("\n", " ").split(", "))
    named = [(path, Path(path).stem) for path, _tree in trees(*HOUSES)]
    named += [
        (path, node.name)
        for path, tree in trees(*HOUSES)
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef)
    ]
    assert [each for each in named if banned & set(words_of(each[1]))] == []


def words_of(identifier: str) -> list[str]:
    """The words of a snake or camel name; what is named after the setting DATA_DIR is named well."""
    return [word.lower() for word in re.findall(r"data_dir|[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]
