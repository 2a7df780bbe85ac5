"""Five questions of a journalist, answered from the home page by following links: who says it, draw it, paid, new, again."""

import csv
import hashlib
import io
import re
import shlex
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from lxml import etree, html

from indicators import registering, seeding
from indicators.models import Deal, LegAmount
from indicators.registering import NewSource, NewStatement

pytestmark = pytest.mark.django_db

SITE, SLUG = "http://localhost:8000", "nvidia-openai-2025-09"
DEAL = {"fr": "Nvidia – OpenAI : investissement et 10 GW de systèmes", "en": "Nvidia – OpenAI: investment and 10 GW of systems"}  # fmt: skip
QUOTE = "Nvidia a annoncé l’abandon de l’accord."
# Nothing of the project or of its environment may be at hand, no library either: the folder alone.
BARE = "import runpy, sys; sys.modules.update(django=None, networkx=None); sys.path.insert(0, '.'); sys.argv = {argv}; runpy.run_module({module!r}, run_name='__main__')"  # fmt: skip


class Reader:
    """Somebody with a browser: what they see, and the links that they follow, by the words of each."""

    def __init__(self, home: str) -> None:
        self.browser, self.clicks = Client(), 0
        self.read(home)

    def read(self, address: str) -> bytes:
        answer = self.browser.get(address, headers={"host": "localhost:8000"})
        assert answer.status_code == 200, address
        content = b"".join(answer) if answer.streaming else answer.content
        if answer["Content-Type"].startswith("text/html"):
            self.address, self.page = address, html.fromstring(content.decode())
            self.page.make_links_absolute(f"{SITE}{address}")
        return bytes(content)

    def click(self, words: str) -> bytes:
        """Follow the first link of exactly these words."""
        self.clicks += 1
        links = {plain(link): link.get("href") for link in reversed(self.page.xpath("//a[@href]"))}
        assert words in links, f"{words}: not on {self.address}"
        assert links[words].startswith(SITE), links[words]
        return self.read(links[words].removeprefix(SITE))

    def seen(self, path: str) -> list[str]:
        return [plain(part) for part in self.page.xpath(path)]


def plain(part: html.HtmlElement) -> str:
    return " ".join(part.text_content().split())


@pytest.fixture
def reader(db: None) -> Reader:
    """The registry as it is shipped, online for a month, read today."""
    seeding.load(now=timezone.now() - timedelta(days=30))
    return Reader("/")


def test_who_says_what_of_a_deal_is_two_clicks_away(reader: Reader) -> None:
    for home, registry, title in (("/", "Registre", DEAL["fr"]), ("/en/", "Registry", DEAL["en"])):
        reader = Reader(home)
        reader.click(registry)
        reader.click(title)
        assert reader.clicks == 2
        said = reader.page.xpath("//section[h2[@id='statements']]/article")
        assert len(said) == Deal.objects.get(slug=SLUG).statements.count() > 3
        for article in said:
            quote, source = article.find("blockquote"), article.find("p[@class='small']")
            assert 0 < len(plain(quote)) <= 300
            assert quote.get("lang") == "fr"
            assert source.find("a").get("href").startswith("https://")
            assert not source.find("a").get("href").startswith(SITE)
            assert plain(source.find("a")) and re.search(r" 20\d\d\b", plain(source))
        assert [each for each in said if "jusqu'à 100 milliards" in plain(each).replace("’", "'")]


def test_a_drawing_leaves_with_its_source_line_in_one_copy(reader: Reader) -> None:
    for link in ("Registre", "Circuits de financement", "Nvidia finance OpenAI, OpenAI paie Nvidia"):
        reader.click(link)
    page = SITE + reader.address
    (beside,) = reader.seen("//*[@class='source-line']")
    (frame,) = reader.seen("//section[h2[@id='cite']]//code")
    drawing = etree.fromstring(reader.click("Télécharger le dessin (SVG), avec sa ligne de source"))
    inside = " ".join(drawing.xpath("//*[local-name()='text']/text()"))
    told = (
        "On saura que ça marche quand…",
        f"{timezone.localdate():%Y}",
        "CC BY 4.0",
        page,
        "Nvidia",
        "OpenAI",
    )
    assert [each for each in told if each not in inside] == []
    assert beside in inside
    (small,) = html.fragments_fromstring(frame)
    reader.read(small.get("src").removeprefix(SITE))
    (foot,) = reader.seen("//footer")
    assert foot.startswith("Données au ") and foot.endswith("On saura que ça marche quand… – CC BY 4.0")
    assert reader.page.xpath("//footer//a/@href") == [page]
    assert "<script" not in html.tostring(reader.page).decode()


def test_what_is_really_paid_is_said_or_not_published_but_never_zero(reader: Reader) -> None:
    reader.click("Registre")
    assert "Dont versés : non publié" in reader.seen("//header/p")
    columns = reader.seen("//table[@class='deals']/thead/tr/th")
    paid = reader.seen("//table[@class='deals']/tbody//td[@data-label='versé']")
    assert columns.count("versé") == 1 and len(paid) > 15
    assert set(paid) == {"non publié"}
    reader.click(DEAL["fr"])
    stages = reader.page.xpath("//dl[@class='stages']/div")
    told = [(plain(each.find("dt")), plain(each.find("dd"))) for each in stages]
    assert [amount for stage, amount in told if stage == "versé"] == ["non publié", "non publié"]
    assert [amount.split("Md$")[0].strip() for stage, amount in told if stage == "annoncé"] == [
        "jusqu’à 100"
    ] * 2
    reader.click("Téléchargements")
    amounts = list(csv.DictReader(io.StringIO(reader.click("amounts.csv").decode())))
    assert len(amounts) == LegAmount.objects.count()
    assert [each for each in amounts if each["stage"] == "disbursed"] == []


def test_what_changed_since_a_day_is_asked_on_the_registry(reader: Reader) -> None:
    deal, today = Deal.objects.get(slug=SLUG), timezone.localdate()
    abandoned(deal, on=today - timedelta(days=1))
    reader.click("Registre")
    (form,) = reader.page.forms
    form.fields["since"] = (today - timedelta(days=2)).isoformat()
    asked = "&".join(f"{name}={value}" for name, value in form.form_values())
    reader.read(f"{reader.address}?{asked}")
    assert reader.seen("//table[@class='deals']//p[@class='title']") == [DEAL["fr"]]
    news = reader.seen("//ul[contains(@class, 'changes')]/li")
    assert [QUOTE in each for each in news].count(True) == 1
    assert [each.endswith("annulé") for each in news].count(True) == 1


def test_a_score_is_computed_again_from_the_archive_by_the_command_on_the_page(
    reader: Reader, tmp_path: Path
) -> None:
    call_command("compute_index", edition=f"{timezone.localdate():%Y-%m}", publish=True, stdout=StringIO())
    reader.click("Téléchargements")
    command, check = reader.seen("//section[h2[@id='recompute']]//code")
    (published,) = reader.page.xpath("//section[h2[@id='editions']]//li//code[last()]/@title")
    with zipfile.ZipFile(io.BytesIO(reader.click("registre.zip"))) as archive:
        archive.extractall(tmp_path)
    python, as_module, module, *files = shlex.split(command)
    assert (python, as_module) == ("python3", "-m")
    bare = [sys.executable, "-I", "-c", BARE.format(argv=[module, *files], module=module)]
    done = subprocess.run(bare, cwd=tmp_path, env={}, capture_output=True, check=True)
    assert hashlib.sha256(done.stdout).hexdigest() == published
    assert done.stdout == (tmp_path / "results.json").read_bytes()
    assert published in done.stderr.decode()
    program, option, sums = shlex.split(check)
    assert (program, option) == ("sha256sum", "-c")
    for line in (tmp_path / sums).read_text().splitlines():
        digest, name = line.split(maxsplit=1)
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest, name


def abandoned(deal: Deal, *, on: date) -> None:
    """A source says that the deal is off."""
    source = NewSource(
        url="https://press.example/off", title="La fin", publisher="Presse", published_on=on, language="fr"
    )
    registering.change_status(
        deal, status="cancelled", happened=on.isoformat(), statement=NewStatement(source=source, quote=QUOTE),
        now=timezone.now(),
    )  # fmt: skip
