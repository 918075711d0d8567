"""Places in courses: taken and charged in one statement, ended and reopened set by set."""

# Room is looked for, the place is written, the contract is charged and the ledger follows, or none of it
# (rule 2). Who finds no credit left at the second look gives the place back with the transaction. Only a
# contract that sells enrollments is charged: under the others the member's licence was taken at joining.
ENROLL = """
with room as materialized (
  select id, kind from programs_contract
  where id = %(contract)s
    and (kind <> 'enrollments' or taken < quantity) and %(today)s between starts_on and ends_on
), e as (
  insert into learners_enrollment
    (organization_id, program_id, membership_id, contract_id, collection_id, source, record_id, course_id,
     session_id, enrolled_at, class_start_at)
  select %(organization)s, %(program)s, %(membership)s, id, %(collection)s, %(source)s, %(record)s,
    %(course)s, %(session)s, now(), coalesce(%(class_start)s, now())
  from room
  on conflict (membership_id, course_id) where left_at is null do nothing
  returning id
), k as (
  update programs_contract set taken = taken + 1
  where id = %(contract)s and kind = 'enrollments' and exists (select from e)
    and taken < quantity and %(today)s between starts_on and ends_on
  returning id
), l as (
  insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason)
  select %(organization)s, id, %(membership)s, 1, 'enrolled' from k
)
select (select id from e), exists (select from k) or (select kind <> 'enrollments' from room)"""

# What ended with the membership, at most one place in each course; a place taken since stays the one.
RESTORE = """
update {table} e set left_at = null, left_reason = ''
where e.id in (
    select distinct on (membership_id, {what}) id from {table}
    where membership_id = any(%(memberships)s) and left_reason = 'program'
    order by membership_id, {what}, enrolled_at, id)
  and not exists (
    select from {table} o
    where o.membership_id = e.membership_id and o.{what} = e.{what} and o.left_at is null)"""
RESTORE_COURSES = RESTORE.format(table="learners_enrollment", what="course_id") + " returning e.record_id"
RESTORE_SPECIALIZATIONS = RESTORE.format(table="learners_specializationenrollment", what="specialization_id")
