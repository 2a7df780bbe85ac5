import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from indicators.append_only import guarded

_DAY = django.core.validators.RegexValidator('^\\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?$', 'Write a year, a month or a day: 2025, 2025-09 or 2025-09-22.')


def keep_the_one_period(apps, editor):
    """What each actor said of the one group that controlled it becomes its first period."""
    actors = apps.get_model("indicators", "Actor").objects.filter(group__isnull=False)
    control = apps.get_model("indicators", "Control")
    for actor in actors.order_by("pk"):
        period = {"since": actor.group_since, "until": actor.group_until}
        control.objects.create(actor=actor, group_id=actor.group_id, **period)


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0019_proposals_entered_at_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='Control',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.CharField(blank=True, max_length=10, validators=[_DAY], verbose_name='controlled since')),
                ('until', models.CharField(blank=True, max_length=10, validators=[_DAY], verbose_name='controlled until')),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='controls', to='indicators.actor', verbose_name='actor')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='indicators.actor', verbose_name='controlled by')),
                ('statement', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='indicators.statement', verbose_name='statement')),
                ('supersedes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='indicators.control')),
            ],
            options={
                'verbose_name': 'period of control',
                'verbose_name_plural': 'periods of control',
                'ordering': ['actor__name', 'since', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('actor', models.F('group')), _negated=True), name='nobody_controls_themselves', violation_error_message='An actor does not control itself.')],
            },
        ),
        migrations.RunPython(keep_the_one_period, migrations.RunPython.noop),
        guarded("indicators_control"),
        migrations.RemoveField(
            model_name='actor',
            name='group',
        ),
        migrations.RemoveField(
            model_name='actor',
            name='group_since',
        ),
        migrations.RemoveField(
            model_name='actor',
            name='group_until',
        ),
    ]
