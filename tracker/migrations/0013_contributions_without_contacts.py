from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0012_contributions_and_contacts'),
    ]

    operations = [
        migrations.RemoveField(model_name='contribution', name='contact_told'),
        migrations.RemoveField(model_name='contribution', name='credit'),
        migrations.RemoveField(model_name='contribution', name='receipt_hash'),
    ]
