from django.db import migrations

from orgs.tenancy import protect


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial")]

    operations = [
        protect("programs_program"),
        protect("programs_contract"),
        migrations.RunSQL(
            "alter table programs_contract set (fillfactor = 50)", "alter table programs_contract reset (fillfactor)"
        ),
    ]
