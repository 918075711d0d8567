"""Tenancy: every model is behind the wall or on the list, with the reason."""

import pytest
from django.apps import apps
from django.db import connection, models

from learners.models import Person
from orgs.models import TenantModel, User

OWN_APPS = ("orgs", "catalog", "programs", "learners", "messaging", "reporting", "analytics")
GLOBAL = {
    "orgs.Organization": "the tenant itself",
    "orgs.User": "an account belongs to the person, who may learn in several organizations",
    "orgs.Suppression": "a dead address is dead for everyone",
    **{
        f"catalog.{name}": "the site catalog is the operators', shared by all organizations"
        for name in (
            "Assessment",
            "AssessmentSkill",
            "Competency",
            "Course",
            "CourseSession",
            "CourseSkill",
            "CourseVersion",
            "Domain",
            "Item",
            "Lesson",
            "Module",
            "Partner",
            "SearchWord",
            "Skill",
            "Specialization",
            "SpecializationCourse",
            "SubSkill",
        )
    },
    **{
        f"learners.{name}": "coursework belongs to the account; administrators reach it through Enrollment"
        for name in ("Activity", "Attempt", "CourseRecord", "ItemProgress", "LearningSpan", "LessonTaken")
    },
    "learners.ImportRow": "COPY cannot pass row security; reached only through its import",
}
# What merging two accounts and erasing a person do with each reference to one.
PEOPLE = {
    "orgs.AuditEvent.actor": "merge: keep, the entry says who it was then; erase: keep, pseudonym in every label",
    "orgs.RoleGrant.user": "merge: move to the account that stays; erase: delete",
    "learners.InviteImport.requested_by": "merge: move; erase: keep, the account has no name then",
    "learners.ImportUndo.requested_by": "merge: move; erase: null",
    "learners.InvitationResend.requested_by": "merge: move; erase: keep, the account has no name then",
    "learners.MembershipRemoval.requested_by": "merge: move; erase: keep, the account has no name then",
    "learners.ProgramRemoval.requested_by": "merge: move; erase: keep, the account has no name then",
    "learners.Person.user": "merge: move, two persons of one organization become one; erase: null, profile emptied",
    "learners.CourseRecord.user": "merge: stays, an account with coursework is never the one that goes; erase: keep, the account has no name then",
    "learners.Activity.user": "merge: stays, as its course record; erase: keep, the account has no name then",
    "learners.LearningSpan.user": "merge: stays, as its course record; erase: keep, the account has no name then",
    "learners.XapiStatement.user": "merge: move, it may be about someone not enrolled; erase: null, the body covered",
    "learners.Membership.person": "merge: move, the wider state of two in one program stays; erase: removed, kept without a name",
}
MODELS = [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]
POLICY = (
    "CASE WHEN (( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS \"nullif\") IS NULL) "
    "THEN true ELSE (organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint "
    'AS "nullif")) END'
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_model_is_a_tenant_model_or_on_the_list(model):
    assert issubclass(model, TenantModel) != (model._meta.label in GLOBAL)


@pytest.mark.parametrize(
    "model", [m for m in MODELS if issubclass(m, TenantModel)], ids=lambda m: m._meta.label
)
def test_every_tenant_table_forces_the_one_policy(model, db):
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relrowsecurity, c.relforcerowsecurity, p.polcmd, pg_get_expr(p.polqual, c.oid), p.polwithcheck "
            "from pg_class c join pg_policy p on p.polrelid = c.oid where c.relname = %s",
            [model._meta.db_table],
        )
        rows = [(a, b, cmd, " ".join(text.split()), check) for a, b, cmd, text, check in cursor.fetchall()]
    assert rows == [(True, True, "*", POLICY, None)]


def test_the_applications_role_cannot_pass_row_security(db):
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_reference_to_a_person_says_what_merging_and_erasing_do_with_it(model):
    references = {
        f"{model._meta.label}.{field.name}"
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model in (User, Person)
    }
    assert references - PEOPLE.keys() == set()


def test_the_lists_name_only_what_exists():
    labels = {model._meta.label for model in MODELS}
    assert GLOBAL.keys() - labels == set()
    assert {label.rpartition(".")[0] for label in PEOPLE} - labels == set()
