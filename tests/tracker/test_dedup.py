"""One page has one key, one text has one fingerprint, whatever the writing."""

import re
import subprocess
import sys
import time
import unicodedata
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.dedup import canonical_url, entries_fingerprint, fingerprint, fold


@pytest.mark.parametrize(
    "url",
    [
        "https://www.exemple.fr/a?b=2&c=1",
        "HTTP://WWW.Exemple.fr:80/a/?c=1&b=2#haut",
        "http://www.exemple.fr./x/../a?utm_source=rss&b=2&fbclid=Ab9&c=1&xtor=RSS-1",
        " https://www.exemple.fr:443//a?b=2&c=1\n",
        "www.exemple.fr/a?b=2&c=1",
    ],
)
def test_addresses_of_one_page_share_a_key(url):
    assert canonical_url(url) == "https://www.exemple.fr/a?b=2&c=1"


def test_a_name_in_any_script_has_one_key():
    assert canonical_url("https://MÜNCHEN.de/ä~") == canonical_url("https://xn--mnchen-3ya.de/%c3%A4%7E")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.fr/spip.php?article12", "https://a.fr/spip.php?article13"),
        ("https://a.gouv.fr/texte?cidTexte=JORFTEXT1", "https://a.gouv.fr/texte?cidTexte=JORFTEXT2"),
        ("https://a.fr/?id=1&id=2", "https://a.fr/?id=1"),
        ("https://a.fr/?source=12", "https://a.fr/?source=13"),
        ("https://a.fr/A", "https://a.fr/a"),
        ("https://a.fr:8080/", "https://a.fr/"),
        ("https://a.fr/?gc=1", "https://a.fr/"),
    ],
)
def test_distinct_pages_keep_distinct_keys(one, other):
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "  ",
        "\x00",
        "javascript:alert(1)",
        "mailto:a@b.eu",
        "ftp://a.fr/x",
        "file:///etc/passwd",
        "http://[::1",
        "https://a.fr:99999/",
        "http://",
        "https://user:secret@a.fr/",
        "\\\\",
        "http://\ud800.fr/",
        "https://a.fr/" + 1_000 * "é",
    ],
)
def test_what_is_no_web_address_has_no_key(junk):
    assert canonical_url(junk) == ""


_TIDY_PIECES = st.lists(st.text(alphabet="ab-1xn._AZ~%", max_size=8), max_size=4)


@given(
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    st.lists(st.text(alphabet="ab-1xn_A", max_size=70), min_size=1, max_size=5),
    st.sampled_from(["fr", "example", "FR", "f", "xn--p1ai", "c0m"]),
    _TIDY_PIECES,
    st.sampled_from(["", "/", "//", "/.", "/..", "?a=1", "#haut", ";"]),
)
def test_the_short_way_to_a_key_leads_where_the_long_way_does(scheme, labels, top, pieces, end):
    url = f"{scheme}://{'.'.join([*labels, top])}{''.join(f'/{piece}' for piece in pieces)}{end}"
    assert canonical_url(url) == canonical_url(f" {url}")  # a blank is dropped, by the long way only


def test_the_links_of_real_feeds_have_the_key_of_the_long_way(shared):
    links = set()
    for path in (shared / "data/feeds").rglob("*"):
        if path.is_file():
            links |= {
                link.decode("latin-1") for link in re.findall(rb"https?://[^\s\"'<>\])]+", path.read_bytes())
            }
    assert len(links) > 10_000
    few = sorted(links)[::7]
    assert [link for link in few if canonical_url(link) != canonical_url(f" {link}")] == []


_PIECES = st.text(alphabet="htps:/.?&=%#@[];+ ab19éßİ~\\\x00\u200b\ud800{}|<>\"'A。", max_size=30)


@given(st.builds(str.__add__, st.sampled_from(["", "http://", "https://a.fr/", "http://a.fr:443/"]), _PIECES))
def test_the_key_of_a_key_is_itself(url):
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@given(st.text())
def test_any_text_folds_once_and_for_all(text):
    assert fold(fold(text)) == fold(text)
    assert len(fingerprint(text)) == 64


@pytest.mark.parametrize(
    "copy",
    [
        "L'Été de l'IA  à Saclay",
        "l'ete de l'ia a saclay",
        "L’E\u0301te\u0301 de l’IA\u00a0à\nSaclay",
        "L'\u200bÉté de l'IA a\u0300 Saclay ",
        "L'ÉTÉ DE L'ＩＡ À SACLAY",
    ],
)
def test_copies_of_one_text_share_a_fingerprint(copy):
    assert fingerprint(copy) == fingerprint("L'Été de l'IA à Saclay")


def slow_fold(text: str) -> str:
    """What folding means, a whole text at a time."""
    plain = text.translate(str.maketrans("’‘ʼ“”«»‐‑–—", "'''" + 4 * '"' + "----"))
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", plain).casefold())
    seen = (
        letter
        for letter in letters
        if unicodedata.category(letter) not in ("Mn", "Cf", "Cc") or letter.isspace()
    )
    return " ".join("".join(seen).split())


@given(st.text(st.characters(exclude_categories=["Mc", "Cs"])))
def test_folding_letter_by_letter_is_folding_the_text(text):
    assert fold(text) == slow_fold(text)


def test_every_letter_folds_as_it_does_in_a_text_composed_or_not():
    letters = [
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(letter)[0] in "LMNPSZ"
    ]
    letters = [letter for letter in letters if unicodedata.category(letter) != "Lo"]
    assert [
        letter
        for letter in letters
        for written in (letter, unicodedata.normalize("NFD", letter))
        if fold(written) != slow_fold(written)
    ] == []


@pytest.mark.parametrize(
    "counted",
    [
        "Un texte. 12 commentaires",
        "Un texte. (1 comment)",
        "Un texte. Points: 48 # Comments: 3",
        "Un texte. 4 vues",
    ],
)
def test_how_many_read_a_text_is_not_what_it_says(counted):
    told = {fingerprint(counted), fingerprint(re.sub(r"\d+", "7", counted))}
    assert len(told) == 1


@pytest.mark.parametrize("number", ["{} lots", "{} points", "article {}", "{} % des lots: {}"])
def test_any_other_number_is_what_a_text_says(number):
    assert fingerprint(number.format(2, 3)) != fingerprint(number.format(4, 5))


def test_other_words_have_another_fingerprint():
    assert fingerprint("deux fournisseurs") != fingerprint("trois fournisseurs")


def test_it_loads_neither_django_nor_celery():
    code = (
        "import sys, tracker.dedup, tracker.matching; print({'django', 'celery', 'lxml'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b"<rss><channel><lastBuildDate>%s</lastBuildDate>", b"<item><guid>1</guid></item></channel></rss>"),
        (b"<feed><updated>%s</updated>", b"<entry><id>1</id></entry></feed>"),
        (b"<a:feed xmlns:a='x'><a:updated>%s</a:updated>", b"<a:entry><a:id>1</a:id></a:entry></a:feed>"),
        (b"<rdf:RDF><channel><date>%s</date></channel>", b"<item rdf:about='1'/></rdf:RDF>"),
        (b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1", "x": "%s", ', b'"items" : [{"id": 1}]}'),
    ],
)
def test_a_feed_is_the_same_when_it_is_from_its_first_entry_on(head, tail) -> None:
    first, built_later = (entries_fingerprint(head % when + tail) for when in (b"monday", b"tuesday"))
    assert first == built_later
    assert first != entries_fingerprint(head % b"monday" + tail.replace(b"1", b"2"))


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><title>old</title></channel></rss>",
        b"<rdf:RDF><channel><title>old</title><items/></channel></rdf:RDF>",
        b'{"releases": [{"title": "old", "items": []}]}',
        b"<Notice><title>old</title><item/></Notice>",
    ],
)
def test_a_body_without_a_first_entry_of_a_feed_is_compared_whole(body) -> None:
    assert entries_fingerprint(body) == sha256(body).hexdigest()


def test_a_hostile_body_costs_no_more_than_its_length() -> None:
    started = time.process_time()
    for piece in (b"<rss ", b"<a.", b'"items" ', b"<"):
        entries_fingerprint(piece * (4_000_000 // len(piece)))
    assert time.process_time() - started < 5
