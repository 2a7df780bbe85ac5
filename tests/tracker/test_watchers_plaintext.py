import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.watchers.plaintext import clean, country_code, language_code, line, strip_markup, web_link


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Nvi\u200bdia", "Nvidia"),
        ("\u202eabc\u202c", "abc"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\x00b\ud800c\ufffe", "abc"),
        ("cafe\u0301", "café"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("  a \t b  \n \n\n c ", "a b\nc"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("x\u200dy", "xy"),
    ],
)
def test_text_is_kept_without_what_cannot_be_seen(written, kept):
    assert clean(written) == kept


def test_a_cut_never_leaves_half_a_letter():
    assert clean("é" * 10, limit=5) == "éé"


def test_a_title_is_one_line():
    assert line("a\nb") == "a b"


@given(st.text(alphabet=st.characters()))
def test_clean_text_is_clean(text):
    kept = clean(text)
    assert clean(kept) == kept
    assert {unicodedata.category(c) for c in kept} & {"Cc", "Cf", "Cs"} <= {"Cc", "Cf"}
    assert not set(kept) & {chr(n) for n in range(32) if n != 10}


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b", "a\nb"),
        ("a <b>b</b> c", "a b c"),
        ("<script>alert(1)</script>x<style>y{}</style>", "x"),
        ("AT&amp;T &lt;3", "AT&T <3"),
        ("a < b", "a < b"),
        ("<svg/onload=alert(1)>x", "x"),
        ("<iframe src=x><a href=y>one</a></iframe><iframe src=z /><p>two</p>", "one\ntwo"),
        ("<textarea>in <b>it</b></textarea><xmp><i>a</i></xmp>", "in it\na"),
        ("a<script src='x'/> b<style/> c", "a b c"),
        ("<img src=x\nonerror\n=alert(1)>y", "y"),
    ],
)
def test_markup_leaves_its_words(markup, words):
    assert clean(strip_markup(markup)) == words


@pytest.mark.parametrize(
    ("link", "base", "kept"),
    [
        ("https://a.example/x?y=1#z", "", "https://a.example/x?y=1#z"),
        ("/x", "https://a.example/y/", "https://a.example/x"),
        ("x", "", ""),
        ("javascript:alert(1)", "https://a.example/", ""),
        (" java\nscript:alert(1)", "https://a.example/", ""),
        ("data:text/html,x", "", ""),
        ("ftp://a.example/", "", ""),
        ("https://user:pass@a.example/", "", ""),
        ("http://[::1", "", ""),
        ("https://a.example:99999/", "", ""),
        ('https://a.example/"><b>', "", "https://a.example/%22%3E%3Cb%3E"),
        ("https://a.example/" + "x" * 3000, "", ""),
        (None, "https://a.example/", ""),
        ("", "https://a.example/", ""),
    ],
)
def test_a_link_is_absolute_and_of_the_web_or_empty(link, base, kept):
    assert web_link(link, base) == kept


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("fr", "fr"),
        ("fr-FR", "fr"),
        ("FRA", "fr"),
        ("ger", "de"),
        ("NOB", "nb"),
        ("ell", "el"),
        ("en-us", "en"),
        ("us", ""),
        ("iw", "he"),
        ("x-y", ""),
        ("", ""),
        (3, ""),
    ],
)
def test_languages_have_two_letters(code, short):
    assert language_code(code) == short


def test_the_24_official_languages_are_known():
    long = "bul ces dan deu ell eng est fin fra gle hrv hun ita lav lit mlt nld pol por ron slk slv spa swe"
    short = "bg cs da de el en et fi fr ga hr hu it lv lt mt nl pl pt ro sk sl es sv"
    assert [language_code(code) for code in long.split(" ")] == short.split(" ")


@pytest.mark.parametrize(
    ("code", "short"), [("FRA", "FR"), ("UK", "GB"), ("EL", "GR"), ("NOR", "NO"), ("France", ""), (None, "")]
)
def test_countries_have_two_letters(code, short):
    assert country_code(code) == short


@given(
    st.sampled_from(["http://", "https://"]),
    st.lists(st.sampled_from(["a", "b.example", ".", "..", "/", "?a=1", "#b", "%20", "=", "&", "+", ":80", ";c", "~"]), max_size=7),
    st.sampled_from(["https://b.example/x/y?z", "http://a.b.example"]),
)  # fmt: skip
def test_a_whole_link_is_the_same_from_everywhere(scheme, parts, base):
    link = scheme + "".join(parts)
    told = web_link(link)
    assert web_link(told, base) == told
    assert told in ("", link)
