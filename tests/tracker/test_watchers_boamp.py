import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import boamp as expected
from tests.samples import ted_api
from tracker.watchers import boamp
from tracker.watchers.entry import Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "boamp.json").read_bytes()
ADDRESS = "https://boamp.example/records?where=search(objet,%22calcul%22)&order_by=dateparution%20desc"
FIRST = boamp.first_request(ADDRESS)
XML = """<ANNONCE><GESTION><REFERENCE><IDWEB>17-5</IDWEB><TYPE_AVIS><NATURE><APPEL_OFFRE/></NATURE>
<STATUT><INITIAL/></STATUT></TYPE_AVIS></REFERENCE><INDEXATION><DATE_PUBLICATION>2017-01-02</DATE_PUBLICATION>
<RESUME_OBJET>Calcul</RESUME_OBJET></INDEXATION></GESTION><DONNEES><IDENTITE><DENOMINATION>Port</DENOMINATION>
<CONTACT>Camille Personne</CONTACT></IDENTITE><OBJET><OBJET_COMPLET>Joindre Camille Personne.</OBJET_COMPLET></OBJET>
</DONNEES></ANNONCE>"""


def answer(*records: dict, total: int = 1) -> bytes:
    return json.dumps({"total_count": total, "results": records}).encode()


def test_the_three_shapes_of_a_notice_are_read_whole():
    page = boamp.read(SAMPLE, request=FIRST)
    assert page.entries == expected.ENTRIES
    assert page.remarks == (Remark("Notices without a BOAMP number were set aside.", "1"),)


def test_a_procedure_has_one_name_on_ted_and_in_the_bulletin():
    assert expected.ENTRIES[1].notice.procedure_id == ted_api.ENTRY.notice.procedure_id


def test_no_person_is_left_in_a_page():
    told = str(boamp.read(SAMPLE)).casefold()
    assert [word for word in ("personne", "camille", "@", "23 45") if word in told] == []


def test_an_older_notice_in_xml_is_read_like_its_json():
    (entry,) = boamp.read(XML.encode()).entries
    assert (entry.external_id, entry.title, entry.text) == ("17-5", "Calcul", "Calcul\nJoindre […].")
    assert entry.notice.buyers == ("Port",)
    assert entry.notice.form_type == "competition"


def test_the_query_of_the_address_is_asked_by_the_hundred():
    asked = parse_qs(urlsplit(FIRST.url).query)
    assert asked["where"] == ['search(objet,"calcul")']
    assert (asked["limit"], asked["offset"]) == (["100"], ["0"])


def test_the_next_page_begins_where_this_one_ended():
    following = boamp.read(SAMPLE, request=FIRST).next
    assert parse_qs(urlsplit(following.url).query)["offset"] == ["4"]
    assert boamp.read(answer({"idweb": "26-1"}, total=5), request=following).next is None
    assert boamp.read(answer(total=5), request=FIRST).next is None


def test_beyond_the_window_of_the_service_nothing_is_asked_and_it_is_said():
    last = boamp.first_request(ADDRESS)
    last = boamp.Request(url=last.url.replace("offset=0", "offset=9900"))
    page = boamp.read(answer(*({"idweb": f"26-{n}"} for n in range(100)), total=14_615), request=last)
    assert page.next is None
    assert page.remarks == (Remark("The BOAMP shows only the first notices of this query.", "10000 / 14615"),)


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"EFORMS": {"ContractNotice": {}}}', '{"EFORMS": {"a b": {}}}', '{"MAPA": NaN}'],
)
def test_a_notice_in_no_known_shape_keeps_its_summary(content):
    page = boamp.read(answer({"idweb": "26-1", "objet": "Calcul", "donnees": content}))
    assert [entry.text for entry in page.entries] == ["Calcul"]
    assert page.remarks == (
        Remark("Some BOAMP notices are in no known shape: only their summary was read.", "1"),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"{}", "not an answer"),
        (b'{"error_code": "ODSQLError", "message": "Syntax error"}', "Syntax error"),
        (b'{"total_count": Infinity, "results": []}', "JSON"),
        (b"<ANNONCE/>", "not a BOAMP notice"),
        (b"<PARUTION/>", "not a BOAMP notice"),
        (b"<!DOCTYPE a><ANNONCE/>", "DOCTYPE"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        boamp.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["OBJET", "lot", "TITULAIRE", "DENOMINATION", "EFORMS", "ContractNotice", "cbc:ID", "#text"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(JSON, st.dictionaries(st.sampled_from(["objet", "titulaire", "etat", "annonce_lie", "gestion"]), JSON))
def test_any_shape_of_any_member_is_read(content, columns):
    record = columns | {"idweb": "26-1", "donnees": json.dumps(content)}
    (entry,) = boamp.read(answer(record)).entries
    assert entry.external_id == "26-1"
