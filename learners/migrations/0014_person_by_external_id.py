from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('learners', '0013_xapi'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(condition=models.Q(('external_id', ''), _negated=True), fields=['external_id', 'organization'], name='person_by_external_id'),
        ),
    ]
