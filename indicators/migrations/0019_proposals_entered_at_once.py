from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0018_wanted_views'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='proposal',
            name='a_proposal_is_adopted_by_someone_else',
        ),
        migrations.AddField(
            model_name='proposal',
            name='entered_at_once',
            field=models.BooleanField(default=False, help_text='What a moderator handed over was entered by one editor, since it moves no totals.', verbose_name='entered at once'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'adopted'), _negated=True), models.Q(('decided_by__isnull', False), ('entered_at_once', True), ('kind', 'registry')), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='a_proposal_is_adopted_by_someone_else', violation_error_message='A proposal is adopted by somebody else than who wrote it.'),
        ),
    ]
