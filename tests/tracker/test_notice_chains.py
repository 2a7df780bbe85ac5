"""From call to award in the words of each publisher, read by its watcher and stored as the watch does."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.tracker.test_awards import published
from tracker import awards, storing
from tracker.models import Candidate, Document, Source
from tracker.watchers import boamp, ocds, ted_export
from tracker.watchers.entry import Page

pytestmark = pytest.mark.django_db

CLAUSE = "Au moins deux fabricants d'accélérateurs sont exigés."
SINGLE = "In spite of the clause, the whole procedure was awarded to a single vendor."
CANCELLED = "The procedure or its award was cancelled."
MODIFIED = "The contract was modified."


def old_form(number: int, kind: str, *, form: str, earlier: int = 0, winner: str = "") -> Page:
    """A notice of TED before eForms: it names the notice that it follows, and no procedure."""
    reference = f"<NOTICE_NUMBER_OJ>2021/S 001-{earlier:06}</NOTICE_NUMBER_OJ>" if earlier else ""
    won = f"<ADDRESS_CONTRACTOR><OFFICIALNAME>{winner}</OFFICIALNAME></ADDRESS_CONTRACTOR>"
    award = f"<AWARD_CONTRACT><CONTRACTOR>{won}</CONTRACTOR></AWARD_CONTRACT>" if winner else ""
    text = f"<SHORT_DESCR><P>{CLAUSE}</P></SHORT_DESCR>"
    return ted_export.read(
        f"""<TED_EXPORT DOC_ID="{number:06}-2021"><CODED_DATA_SECTION>
        <REF_OJS><DATE_PUB>202101{number:02}</DATE_PUB></REF_OJS>
        <CODIF_DATA><TD_DOCUMENT_TYPE CODE="{kind}"/></CODIF_DATA></CODED_DATA_SECTION><FORM_SECTION>
        <{form} LG="FR" CATEGORY="ORIGINAL"><OBJECT_CONTRACT><TITLE><P>Calcul</P></TITLE>
        <OBJECT_DESCR ITEM="1">{text}</OBJECT_DESCR></OBJECT_CONTRACT><PROCEDURE>{reference}</PROCEDURE>{award}
        </{form}></FORM_SECTION></TED_EXPORT>""".encode()
    )


def record(number: int, nature: str, **columns: object) -> Page:
    told = {
        "idweb": f"26-{number}",
        "nature": nature,
        "objet": CLAUSE,
        "dateparution": f"2026-01-{number:02}",
    }
    return boamp.read(json.dumps({"total_count": 1, "results": [told | columns]}).encode())


def release(number: int, tag: str, **members: object) -> Page:
    told = {
        "ocid": "ocds-h6vhtk-1",
        "id": f"{number}",
        "tag": [tag],
        "date": f"2026-01-{number:02}T00:00:00Z",
    }
    tender = {"title": "Calcul", "description": CLAUSE}
    return ocds.read(json.dumps({"releases": [told | {"tender": tender} | members]}).encode())


def stored(key: str, *pages: Page, now: datetime) -> list[Document]:
    source = Source.objects.create(slug=key, url=f"https://{key}.example/", publisher="P", format=key, tier=1)
    for page in pages:
        storing.store(source, page, now=now)
    return list(Document.objects.order_by("pk"))


def told() -> Iterator[tuple[str, str]]:
    for candidate in Candidate.objects.exclude(follows=None).order_by("document_id"):
        yield candidate.reasons[0]["why"], candidate.reasons[0]["words"]


def test_a_call_of_ted_before_eforms_is_followed_to_its_award_and_its_modification(now) -> None:
    pages = [
        old_form(1, "3", form="F02_2014"),
        old_form(2, "7", form="F03_2014", earlier=1, winner="Tidal AG"),
        old_form(3, "K", form="F20_2014", earlier=2, winner="Tidal AG"),
        old_form(4, "7", form="F03_2014", earlier=9, winner="Other AG"),
    ]
    call, award, *_ = stored("ted_export", *pages, now=now)
    published(call, now=now)
    assert awards.follow(now=now) == 2
    assert list(told()) == [(SINGLE, "Tidal AG"), (MODIFIED, "Tidal AG")]
    for document in (call, award):
        chain = [notice.publication_number for notice in awards.chain(document)]
        assert chain == ["1-2021", "2-2021", "3-2021"]


def test_a_call_of_the_boamp_is_followed_to_the_notices_that_name_it(now) -> None:
    pages = [
        record(1, "APPEL_OFFRE"),
        record(2, "ATTRIBUTION", annonce_lie=["26-1"], titulaire=["Nacelle SA"]),
        record(3, "ATTRIBUTION", annonce_lie=["26-9"], titulaire=["Autre SA"]),
    ]
    call, award, _other = stored("boamp", *pages, now=now)
    published(call, now=now)
    awards.follow(now=now)
    assert list(told()) == [(SINGLE, "Nacelle SA")]
    assert [notice.document for notice in awards.chain(award)] == [call, award]


def test_a_call_that_the_boamp_cancels_is_told_as_cancelled(now) -> None:
    pages = [record(1, "APPEL_OFFRE"), record(2, "ANNULATION", etat="INITIAL", annonce_lie=["26-1"])]
    call, cancellation = stored("boamp", *pages, now=now)
    call.refresh_from_db()
    assert (call.superseded_by, call.withdrawn) == (cancellation, True)
    published(call, now=now)
    awards.follow(now=now)
    assert list(told()) == [(CANCELLED, "cancel")]


def test_an_update_of_a_tender_stands_for_it_and_an_award_stands_for_itself(now) -> None:
    supplier = {"suppliers": [{"name": "Tidal AG"}]}
    pages = [
        release(1, "tender"),
        release(2, "tenderUpdate"),
        release(3, "award", awards=[supplier]),
        release(4, "awardUpdate", awards=[supplier | {"status": "cancelled"}, supplier]),
    ]
    call, update, *_ = stored("ocds", *pages, now=now)
    superseded = Document.objects.exclude(superseded_by=None).values_list("pk", "superseded_by")
    assert list(superseded) == [(call.pk, update.pk)]
    published(update, now=now)
    awards.follow(now=now)
    assert list(told()) == [(SINGLE, "Tidal AG"), (SINGLE, "Tidal AG")]
