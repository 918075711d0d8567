from django.db import migrations

from orgs.tenancy import protect


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_grants_and_triggers")]

    operations = [
        protect("orgs_rolegrant"),
        protect("orgs_auditevent"),
        protect("orgs_outboundemail"),
        migrations.RunSQL(
            "alter table orgs_outboundemail set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)",
            "alter table orgs_outboundemail reset (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
