import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import decp as expected
from tracker.watchers import decp
from tracker.watchers.entry import Remark, UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "decp.json").read_bytes()
ASIDE = "Contracts were set aside: without buyer or number, older versions, or beyond the limit."
CONTRACT = {"id": "1", "acheteur": {"id": "21750001630066"}, "objet": "Calcul"}


def contracts(*told: dict) -> bytes:
    return json.dumps({"marches": told}).encode()


def test_the_sample_file_is_read_whole():
    page = decp.read(SAMPLE)
    assert page.entries == expected.ENTRIES
    assert page.remarks == (Remark(ASIDE, "1"),)


def test_no_person_is_left_in_a_page():
    assert [word for word in ("PERSONNE", "personne", "@") if word in str(decp.read(SAMPLE))] == []


def test_xml_says_the_same_as_json():
    body = """<marches><marche><id>1</id><acheteur><id>21750001630066</id></acheteur><objet>Calcul</objet>
    <montant>10.5</montant><origineFrance>1</origineFrance><titulaires><titulaire><typeIdentifiant>SIRET</typeIdentifiant>
    <id>55204599900869</id></titulaire><titulaire><typeIdentifiant>SIRET</typeIdentifiant><id>38103128500491</id>
    </titulaire></titulaires></marche></marches>"""
    winners = [{"typeIdentifiant": "SIRET", "id": number} for number in ("55204599900869", "38103128500491")]
    twin = CONTRACT | {"montant": 10.5, "origineFrance": 1, "titulaires": winners}
    assert decp.read(body.encode()) == decp.read(contracts(twin))
    (entry,) = decp.read(body.encode()).entries
    assert entry.notice.winners == ("SIRET 55204599900869", "SIRET 38103128500491")
    assert entry.text == "Calcul\norigineFrance : 1"


def test_one_contract_alone_is_a_file_too():
    body = b"<marche><id>1</id><acheteur><id>21750001630066</id></acheteur></marche>"
    assert [entry.external_id for entry in decp.read(body).entries] == ["21750001630066 1"]


def test_the_version_published_last_is_kept():
    versions = [CONTRACT | {"datePublicationDonnees": day, "montant": sum_} for day, sum_ in
                (("2026-02-01", 1), ("2026-03-01", 2), ("2026-01-01", 3))]  # fmt: skip
    page = decp.read(contracts(*versions))
    assert [entry.notice.value for entry in page.entries] == [2]
    assert page.remarks == (Remark(ASIDE, "2"),)


@pytest.mark.parametrize("written", ["NC", "", None, -1, "1e999", True, [], {}])
def test_what_is_no_sum_is_no_value(written):
    (entry,) = decp.read(contracts(CONTRACT | {"montant": written, "origineUE": written})).entries
    assert (entry.notice.value, entry.notice.currency, entry.text) == (None, "", "Calcul")


@pytest.mark.parametrize("buyer", ["NC", "", None, "non communiqué", 7])
def test_a_contract_without_a_buyer_is_set_aside(buyer):
    page = decp.read(contracts(CONTRACT | {"acheteur": {"id": buyer}}))
    assert (page.entries, page.remarks) == ((), (Remark(ASIDE, "1"),))


def test_a_flat_buyer_and_nested_winners_of_the_first_version_are_read():
    contract = {
        "id": "1",
        "acheteur.id": "21500222100012",
        "titulaires": [[{"typeIdentifiant": "UE", "id": "BE0123456789"}]],
    }
    (entry,) = decp.read(contracts(contract)).entries
    assert (entry.external_id, entry.notice.winners) == ("21500222100012 1", ("UE BE0123456789",))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b"[]", "not a file"),
        (b'{"marches": "none"}', "not a file"),
        (b'{"marches": [{"montant": Infinity}]}', "JSON"),
        (b"<marches/>", "not a file"),
        (b"<annonce/>", "not a file"),
        (b"<!DOCTYPE a><marches/>", "DOCTYPE"),
    ],
)
def test_what_is_no_file_of_contracts_is_refused_in_words(body, words):
    with pytest.raises(UnreadableError, match=words):
        decp.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "titulaire", "typeIdentifiant", "nom"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            ["titulaires", "objet", "codeCPV", "montant", "origineUE", "modifications", "nature"]
        ),
        JSON,
    )
)
def test_any_shape_of_any_member_is_read(members):
    (entry,) = decp.read(contracts(CONTRACT | members)).entries
    assert entry.external_id == "21750001630066 1"
