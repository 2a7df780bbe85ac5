import pytest

from tracker.watchers.entry import UnreadableError
from tracker.watchers.markup import Doctype, doctype_of, parse_xml, root_name

INTERNAL = '<!DOCTYPE x [<!ENTITY a "b">]><x/>'


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("<x/>", Doctype.NONE),
        ('<!DOCTYPE x SYSTEM "y.dtd"><x/>', Doctype.PLAIN),
        ('<!DOCTYPE x PUBLIC "a [b" "c"><x/>', Doctype.PLAIN),
        (INTERNAL, Doctype.DECLARING),
        (f"<!-- <x> --><?pi <x> ?>junk {INTERNAL}", Doctype.DECLARING),
        ('<!doctype x [<!attlist x y cdata "z">]><x/>', Doctype.DECLARING),
        (f"<x><![CDATA[{INTERNAL}]]></x>", Doctype.NONE),
        ("<!-- " + "x" * 300_000 + f"-->{INTERNAL}", Doctype.DECLARING),
    ],
)
def test_the_prolog_tells_what_is_declared(document, kind):
    assert doctype_of(document.encode()) is kind


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp037"])
def test_no_encoding_hides_a_declaration(encoding):
    assert doctype_of(f'<?xml version="1.0"?>{INTERNAL}'.encode(encoding)) is Doctype.DECLARING


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (b"<?xml?><!-- <b> --><a:Rss x='y'>", "rss"),
        ("<feed/>".encode("utf-16"), "feed"),
        (b"words", ""),
        (b"", ""),
    ],
)
def test_the_root_is_seen_at_a_glance(document, name):
    assert root_name(document) == name


@pytest.mark.parametrize(
    "document",
    [INTERNAL.encode(), b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', b"<a><b></a>", b"", b"<a>&b;</a>",
     b"<a>" * 100_000, b'<?xml version="1.0" encoding="no-such"?><a/>'],
)  # fmt: skip
def test_what_is_dangerous_or_broken_is_refused(document):
    with pytest.raises(UnreadableError):
        parse_xml(document)


def test_ordinary_xml_is_a_tree_without_comments():
    assert [child.tag for child in parse_xml(b"\n<a><!-- c --><b/><?p q?></a>")] == ["b"]
