from pathlib import Path

import pytest

from tests.samples import ted_export as expected
from tracker.watchers import ted_export
from tracker.watchers.entry import UnreadableError

SAMPLE = (Path(__file__).parent.parent / "samples" / "ted_export.xml").read_bytes()


def read(body: bytes):
    (entry,) = ted_export.read(body).entries
    return entry


def test_the_sample_notice_is_read_whole():
    assert read(SAMPLE) == expected.ENTRY


def test_translations_courts_and_contacts_are_left_out():
    left = str(read(SAMPLE))
    for word in ("Übersetzung", "Saint-Cloud", "Imaginary Court", "Nobody", "@", "990012345"):
        assert word not in left


@pytest.mark.parametrize(
    "namespace",
    ["http://formex.publications.europa.eu/ted/schema/export/R2.0.9.S01.E01", "ted/R2.0.9.S02/publication"],
)
def test_the_namespace_does_not_matter(namespace):
    body = SAMPLE.replace(
        b"http://publications.europa.eu/resource/schema/ted/R2.0.9/publication", namespace.encode()
    )
    assert read(body) == expected.ENTRY


def test_a_corrigendum_points_to_the_notice_it_corrects():
    body = SAMPLE.replace(b"F02_2014", b"F14_2014").replace(
        b"<DATE_DISPATCH_NOTICE>",
        b"<NOTICE_NUMBER_OJ>2020/S 224-549591</NOTICE_NUMBER_OJ><DATE_DISPATCH_NOTICE>",
    )
    assert read(body).notice.changes == "549591-2020"


def test_an_award_is_no_correction_of_its_call():
    body = SAMPLE.replace(
        b"<FRAMEWORK>", b"<NOTICE_NUMBER_OJ>2020/S 224-549591</NOTICE_NUMBER_OJ><FRAMEWORK>"
    )
    assert read(body).notice.changes == ""


def test_winners_are_named():
    body = SAMPLE.replace(
        b"<COMPLEMENTARY_INFO>",
        b"<AWARD_CONTRACT><AWARDED_CONTRACT><CONTRACTORS><CONTRACTOR><ADDRESS_CONTRACTOR><OFFICIALNAME>Tidal AG"
        b"</OFFICIALNAME></ADDRESS_CONTRACTOR></CONTRACTOR></CONTRACTORS></AWARDED_CONTRACT></AWARD_CONTRACT>"
        b"<COMPLEMENTARY_INFO>",
    )
    assert read(body).notice.winners == ("Tidal AG",)
    (lot,) = read(body.replace(b"<LOT_NO>1</LOT_NO>", b"", 1)).notice.lots
    assert lot["winners"] == ["Tidal AG"]
    (numbered,) = read(body).notice.lots
    assert numbered["winners"] == ["Tidal AG"]


@pytest.mark.parametrize(
    "body",
    [
        b"<TED_EXPORT/>",
        b"<other/>",
        SAMPLE.replace(b'DOC_ID="012345-2021"', b""),
        SAMPLE.replace(b'ORIGINAL"', b'COPY"'),
        SAMPLE.replace(b"?>\n", b'?><!DOCTYPE TED_EXPORT SYSTEM "x.dtd">\n', 1),
    ],
)
def test_what_is_no_notice_is_refused(body):
    with pytest.raises(UnreadableError):
        ted_export.read(body)
