"""Which figures of learning are stored, and the facts they must agree with. `manage.py reconcile` runs these.

In the order in which they follow from each other. Coursework belongs to accounts, so its differences name no
organization.
"""

from config.lib.reconciling import Check
from learners.learning.sql import coursework, enrollments, spans
from learners.learning.sql.told import Told

# A row in the wrong organization or program belongs where its membership is.
MOVE = """
update {table} t set organization_id = m.organization_id
from learners_membership m join programs_program p on p.id = m.program_id
where m.id = t.membership_id and m.organization_id = p.organization_id
  and t.organization_id = %(organization)s and t.organization_id <> m.organization_id"""
MOVES = {
    "learners.Enrollment": MOVE.format(table="learners_enrollment"),
    "learners.SpecializationEnrollment": MOVE.format(table="learners_specializationenrollment"),
}

# What differs is named and locked first, then told again in a new statement.
NAME_DIFFERING = """
create temporary table differing on commit drop as
select distinct {subject} as id from {differences} and {organization}"""
HOLD_ACCOUNTS = "select id from orgs_user where id in ({users}) order by id for no key update"
HOLD_MEMBERSHIPS = "select id from learners_membership where id in ({ids}) order by id for no key update"
OWNERS = "select r.user_id from learners_courserecord r join differing d on d.id = r.id"
THESE_RECORDS = "r.id in (select id from differing)"
ALL_SITE = "%(organization)s::bigint is null"
ONE_ORGANIZATION = "t.organization_id = %(organization)s"


def _check(
    told: Told, *, name: str, what: str, subject: str, scope: str, hold: tuple[str, ...], site: bool = True
) -> Check:
    """`subject` is what a difference belongs to: the record, account or membership that is locked and told
    anew, in which `scope` finds it again among `differing`.
    """
    differences = told.differences("true")
    find = f"""
select {"null::bigint" if site else "t.organization_id"} as organization_id, {what} as what,
  {_texts(told, "t")} as stored, {_texts(told, "told")} as recounted
from {differences}"""  # noqa: S608
    return Check(
        name=name,
        table=told.table,
        find=find,
        fix=(
            "drop table if exists pg_temp.differing",
            NAME_DIFFERING.format(
                subject=subject, differences=differences, organization=ALL_SITE if site else ONE_ORGANIZATION
            ),
            *hold,
            told.store(scope),
        ),
    )


def _texts(told: Told, row: str) -> str:
    """Only the columns that differ, each with its name."""
    parts = (
        f"case when t.{column} is distinct from told.{column} "
        f"then '{column} ' || coalesce({row}.{column}::text, '–') end"
        for column in told.columns
    )
    return f"concat_ws(', ', {', '.join(parts)})"


def _programs(table: str, label: str) -> Check:
    return Check(
        name=f"Program of {label}",
        table=table,
        find=f"""
select t.organization_id, '{label} ' || t.id as what, t.program_id::text as stored,
  m.program_id::text as recounted
from {table} t join learners_membership m on m.id = t.membership_id where m.program_id <> t.program_id""",  # noqa: S608
        fix=(
            f"""
update {table} t set program_id = m.program_id from learners_membership m
where m.id = t.membership_id and t.organization_id = %(organization)s and m.program_id <> t.program_id""",  # noqa: S608
        ),
    )


CHECKS = (
    _programs("learners_enrollment", "enrollment"),
    _programs("learners_specializationenrollment", "specialization enrollment"),
    _check(
        coursework.ITEMS,
        name="Progress in items",
        what="""'record ' || coalesce(t.record_id, told.record_id)
    || ', item ' || coalesce(t.item_id, told.item_id)""",
        subject="coalesce(t.record_id, told.record_id)",
        scope=THESE_RECORDS,
        hold=(HOLD_ACCOUNTS.format(users=OWNERS),),
    ),
    _check(
        spans.WHOLE,
        name="Learning time",
        what="""'account ' || coalesce(t.user_id, told.user_id)
    || ', ' || coalesce(t.started_at, told.started_at)""",
        subject="coalesce(t.user_id, told.user_id)",
        scope="user_id in (select id from differing)",
        hold=(HOLD_ACCOUNTS.format(users="select id from differing"),),
    ),
    _check(
        coursework.LESSONS,
        name="Lessons taken",
        what="""'record ' || coalesce(t.record_id, told.record_id)
    || ', lesson ' || coalesce(t.lesson_id, told.lesson_id)""",
        subject="coalesce(t.record_id, told.record_id)",
        scope=THESE_RECORDS,
        hold=(HOLD_ACCOUNTS.format(users=OWNERS),),
    ),
    _check(
        coursework.RECORDS,
        name="Progress and grades",
        what="'record ' || t.id",
        subject="t.id",
        scope=THESE_RECORDS,
        hold=(HOLD_ACCOUNTS.format(users=OWNERS),),
    ),
    _check(
        enrollments.ENROLLMENTS,
        name="Figures of enrollments",
        what="'enrollment ' || t.id",
        subject="t.record_id",
        scope=THESE_RECORDS,
        hold=(HOLD_ACCOUNTS.format(users=OWNERS), enrollments.HELD.format(scope=THESE_RECORDS)),
        site=False,
    ),
    _check(
        enrollments.SPECIALIZATIONS,
        name="Figures of specialization enrollments",
        what="'specialization enrollment ' || t.id",
        subject="""(
    select p.user_id from learners_membership m join learners_person p on p.id = m.person_id
    where m.id = t.membership_id)""",
        scope="r.user_id in (select id from differing)",
        hold=(HOLD_ACCOUNTS.format(users="select id from differing"),),
        site=False,
    ),
    _check(
        enrollments.MEMBERSHIPS,
        name="Counters of memberships",
        what="'membership ' || t.id",
        subject="t.id",
        scope="m.id in (select id from differing)",
        hold=(HOLD_MEMBERSHIPS.format(ids="select id from differing"),),
        site=False,
    ),
)
