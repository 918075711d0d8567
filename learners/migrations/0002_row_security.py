from django.db import migrations

from orgs.tenancy import protect


class Migration(migrations.Migration):
    dependencies = [("learners", "0001_initial")]

    operations = [
        protect("learners_person"),
        protect("learners_membership"),
        protect("learners_invitation"),
        protect("learners_licenceledger"),
        protect("learners_inviteimport"),
        protect("learners_turnedaway"),
        # A new organization is unknown to the statistics; its first import must not wait for a tenth of the table.
        migrations.RunSQL(
            "alter table learners_person set (autovacuum_analyze_scale_factor = 0.01);"
            "alter table learners_membership set (autovacuum_analyze_scale_factor = 0.01)",
            "alter table learners_person reset (autovacuum_analyze_scale_factor);"
            "alter table learners_membership reset (autovacuum_analyze_scale_factor)",
        ),
    ]
