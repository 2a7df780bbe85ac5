"""What must be read from prozorro.json: one tender of two."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tracker.watchers.entry import Entry, NoticeFields

ENTRY = Entry(
    external_id="aa00000000000000000000000000000b",
    url="https://prozorro.gov.ua/tender/UA-2026-11-18-000001-a",
    title="Обчислювальні вузли",
    text="Обчислювальні вузли\nПитання: […]\nПрискорювачі\nВузли",
    language="uk",
    published_at=datetime(2026, 11, 18, 8, tzinfo=UTC),
    published_raw="2026-11-18T10:00:00+02:00",
    kind="notice",
    notice=NoticeFields(
        notice_id="aa00000000000000000000000000000b",
        procedure_id="UA-2026-11-18-000001-a",
        form_type="result",
        notice_type="active.awarded",
        schema="Prozorro 2.5",
        published_on=date(2026, 11, 18),
        deadline_on=date(2026, 12, 4),
        buyers=("Інститут припливів",),
        buyer_country="UA",
        cpv=("30211100",),
        lots=({"id": "1", "title": "Вузли"},),
        value=Decimal("900.50"),
        currency="UAH",
        winners=("ТОВ Водорості",),
    ),
)
