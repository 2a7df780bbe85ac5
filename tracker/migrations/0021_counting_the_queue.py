"""What the filters of the queue count, in two indices: rows with long texts are not read for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0020_mail_that_closes_the_loop")]

    operations = [
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                fields=[
                    "state",
                    "priority",
                    "document",
                    "indicator",
                    "consequence",
                    "created_at",
                    "snoozed_until",
                ],
                name="candidates_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["id", "source", "language"], name="documents_counted"),
        ),
    ]
