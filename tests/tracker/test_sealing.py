from datetime import date

import pytest

from tracker.sealing import SealError, network_hash, new_receipt, receipt_hashes, seal, unseal

DAY = date(2026, 11, 22)


def test_what_is_sealed_opens_with_the_key_and_never_looks_the_same() -> None:
    assert unseal(seal("ada@example.org")) == "ada@example.org"
    assert seal("ada@example.org") != seal("ada@example.org")
    assert (seal(""), unseal("")) == ("", "")


def test_what_was_sealed_before_a_change_of_key_opens_while_the_old_one_is_known(settings) -> None:
    sealed = seal("ada@example.org")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 10, [settings.SECRET_KEY]
    assert unseal(sealed) == "ada@example.org"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SealError):
        unseal(sealed)


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),  # one /64
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
    ],
)
def test_a_network_is_told_by_its_hash(address: str, other: str, same: bool) -> None:
    assert (network_hash(address, on=DAY) == network_hash(other, on=DAY)) == same


def test_a_network_has_another_hash_on_another_day() -> None:
    assert network_hash("192.0.2.7", on=DAY) != network_hash("192.0.2.7", on=date(2026, 11, 23))
    assert network_hash("unix:", on=DAY) == ""


def test_no_two_receipts_are_the_same() -> None:
    assert len({receipt_hashes(new_receipt())[0] for _number in range(1_000)}) == 1_000


def test_a_receipt_is_copied_whole_and_is_no_option_of_a_command() -> None:
    assert all(new_receipt().isalnum() for _number in range(1_000))
