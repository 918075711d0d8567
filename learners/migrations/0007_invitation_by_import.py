from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the work going on: the table of invitations is large where people were invited before."""

    atomic = False

    dependencies = [("learners", "0006_undo_imports")]

    operations = [
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("made_by__isnull", False)),
                fields=["made_by", "id"],
                name="invitation_by_import",
            ),
        ),
    ]
