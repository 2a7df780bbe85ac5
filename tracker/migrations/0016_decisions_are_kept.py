from django.db import migrations

from indicators.append_only import guarded


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0004_ledger'),
        ('tracker', '0015_consequences_and_second_moderators'),
    ]

    operations = [
        guarded("tracker_decision"),
    ]
