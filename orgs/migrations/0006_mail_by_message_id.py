from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the running mail workers: the outbox may hold a million rows."""

    atomic = False
    dependencies = [("orgs", "0005_mail_delivery")]

    operations = [
        AddIndexConcurrently(
            model_name="outboundemail",
            index=models.Index(
                fields=["message_id"],
                condition=models.Q(("message_id", ""), _negated=True),
                name="outbound_email_by_message",
            ),
        ),
    ]
