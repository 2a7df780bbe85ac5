"""The registry page: what the sources say of a deal, amounts of the whole included."""

import pytest
from django.test import Client

from indicators.models import Deal

AMOUNT = {"basis": "exact", "lo": "500000000000", "hi": "500000000000", "nominal": None, "currency": "USD"}


@pytest.mark.django_db
def test_a_deal_shows_the_amount_of_its_whole_as_the_source_says_it(client: Client) -> None:
    whole = AMOUNT | {"as_stated": "500 milliards sur quatre ans"}
    names = {"slug": "stargate", "title_fr": "Stargate", "title_en": "Stargate"}
    Deal.objects.create(**names, kind="umbrella", status="announced", whole_amount=whole)

    page = client.get("/registre/").content.decode()

    assert "500\u00a0Md$" in page
    assert "500 milliards sur quatre ans" in page
