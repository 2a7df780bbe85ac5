from itertools import groupby

from django.db import migrations, models
from django.db.models.functions import TruncDate


def take_from_fetches(apps, schema_editor):
    """What was counted from fetches until now: the last day, then a bit for each of the 96 days up to it."""
    sources, fetches = (apps.get_model("tracker", name) for name in ("Source", "Fetch"))
    read = fetches.objects.filter(outcome__in=["read", "unchanged"]).order_by("source")
    days = read.annotate(day=TruncDate("started_at")).values_list("source", "day").distinct()
    for source, told in groupby(days.iterator(), key=lambda row: row[0]):
        numbers = [day.toordinal() for _source, day in told]
        last = max(numbers)
        bits = sum(1 << last - number for number in numbers if last - number < 96)
        sources.objects.filter(pk=source).update(days_read=(last << 96 | bits).to_bytes(16))


class Migration(migrations.Migration):
    dependencies = [("tracker", "0016_decisions_are_kept")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="days_read",
            field=models.BinaryField(blank=True, default=bytes, verbose_name="days on which it was read"),
        ),
        migrations.RunPython(take_from_fetches, migrations.RunPython.noop),
    ]
