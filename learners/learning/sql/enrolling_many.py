"""Places in courses of many members, written as sets. Who runs these holds the accounts, the memberships and
the contracts, and has judged every row.
"""

HOLD_ACCOUNTS = (
    "select id from orgs_user where id = any(%(users)s) and is_active order by id for no key update"
)
# All of these people in the organization: their figures are told together.
HOLD_MEMBERSHIPS = """
select id from learners_membership
where organization_id = %(organization)s
  and person_id in (select id from learners_person where user_id = any(%(users)s))
order by id for no key update"""
HOLD_CONTRACTS = """
select id from programs_contract where id = any(%(contracts)s) and kind = 'enrollments'
order by id for no key update"""

END = """
update learners_enrollment e set left_at = given.left_at, left_reason = 'course'
from unnest(%(places)s::bigint[], %(ends)s::timestamptz[]) as given(id, left_at)
where e.id = given.id
returning e.record_id"""
RECORDS = """
insert into learners_courserecord (user_id, course_id, version_id)
select distinct p.user_id, c.id, c.version_id
from unnest(%(memberships)s::bigint[], %(courses)s::bigint[]) as given(membership_id, course_id)
join learners_membership m on m.id = given.membership_id
join learners_person p on p.id = m.person_id
join catalog_course c on c.id = given.course_id
order by p.user_id, c.id
on conflict (user_id, course_id) do nothing"""
ENROLL = """
insert into learners_enrollment
  (organization_id, program_id, membership_id, contract_id, source, record_id, course_id, enrolled_at,
   class_start_at, left_at, left_reason)
select m.organization_id, m.program_id, m.id, m.contract_id, given.source, r.id, r.course_id,
  given.enrolled_at, given.class_start_at, given.left_at,
  case when given.left_at is null then '' else 'course' end
from unnest(%(memberships)s::bigint[], %(courses)s::bigint[], %(sources)s::text[],
  %(starts)s::timestamptz[], %(class_starts)s::timestamptz[], %(ends)s::timestamptz[])
  as given(membership_id, course_id, source, enrolled_at, class_start_at, left_at)
join learners_membership m on m.id = given.membership_id
join learners_person p on p.id = m.person_id
join learners_courserecord r on r.user_id = p.user_id and r.course_id = given.course_id
order by given.enrolled_at, m.id, r.course_id
returning record_id"""
# Only contracts that sell enrollments are charged; the line in the ledger is of the day of the enrollment.
CHARGE = """
with charged as materialized (
  select m.organization_id, m.contract_id, m.id, given.enrolled_at
  from unnest(%(memberships)s::bigint[], %(starts)s::timestamptz[]) as given(membership_id, enrolled_at)
  join learners_membership m on m.id = given.membership_id
  join programs_contract c on c.id = m.contract_id and c.kind = 'enrollments'
), line as (
  insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason, at)
  select organization_id, contract_id, id, 1, 'enrolled', enrolled_at from charged order by enrolled_at, id
)
update programs_contract c set taken = taken + n.charged
from (select contract_id, count(*) as charged from charged group by contract_id) n
where c.id = n.contract_id"""
