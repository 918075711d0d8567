"""What an enrollment must say: copies of the record, and sums over the time its organization sees.

`{scope}` is a condition on `r`, the course records; of memberships, on `m`.
"""

from learners.learning.sql.told import Told

MEMBERSHIPS_OF = "m.id = any(%(memberships)s)"
MEMBERSHIPS_OF_RUN = "m.id between %(low)s and %(high)s"

# One window for each organization and record, however many programs led to the course. The latest span that
# began before its end holds the latest activity, so only that stretch is read.
ENROLLMENTS = Told(
    table="learners_enrollment",
    keys=("id",),
    columns=(
        *("progress", "grade", "started_at", "completed_at", "verified_at"),
        *("seconds", "lessons", "assessments", "last_activity_at"),
    ),
    query="""
select e.id, w.progress, w.grade, w.started_at, w.completed_at, w.verified_at,
  coalesce(time.seconds, 0) as seconds, lessons.taken as lessons, tried.assessments,
  latest.at as last_activity_at
from (
  select r.id, e.organization_id, r.user_id, r.course_id, r.progress, r.grade, r.started_at, r.completed_at,
    r.verified_at, min(e.enrolled_at) as since, max(coalesce(e.left_at, 'infinity')) as until
  from learners_courserecord r join learners_enrollment e on e.record_id = r.id
  where {scope} group by r.id, e.organization_id) w
join learners_enrollment e on e.record_id = w.id and e.organization_id = w.organization_id
cross join lateral (
  select round(extract(epoch from
    sum(least(s.ended_at, w.until) - greatest(s.started_at, w.since)))) as seconds
  from learners_learningspan s
  where s.user_id = w.user_id and s.course_id = w.course_id
    and s.started_at < w.until and s.ended_at > w.since) time
cross join lateral (
  select count(*) as taken from learners_lessontaken l
  where l.record_id = w.id and l.at between w.since and w.until) lessons
cross join lateral (
  select count(distinct a.item_id) as assessments from learners_attempt a
  where a.record_id = w.id and a.submitted_at between w.since and w.until) tried
left join lateral (
  select max(a.at) as at
  from (
    select s.started_at, s.ended_at from learners_learningspan s
    where s.user_id = w.user_id and s.course_id = w.course_id and s.started_at <= w.until
    order by s.started_at desc limit 1) s
  join learners_activity a on a.user_id = w.user_id and a.course_id = w.course_id
    and a.at between greatest(s.started_at, w.since) and least(s.ended_at, w.until)) latest on true""",
)

# A course that another account of the person completed does not count; one that they completed through
# another program or organization does.
SPECIALIZATIONS = Told(
    table="learners_specializationenrollment",
    keys=("id",),
    columns=("courses_completed", "completed_at"),
    query="""
select s.id, count(c.completed_at) as courses_completed,
  case when count(*) = count(c.completed_at) then max(c.completed_at) end as completed_at
from learners_specializationenrollment s
join learners_membership m on m.id = s.membership_id
join learners_person p on p.id = m.person_id
join catalog_specializationcourse part on part.specialization_id = s.specialization_id and part.is_required
left join learners_courserecord c on c.user_id = p.user_id and c.course_id = part.course_id
where p.user_id is not null and (p.user_id, s.specialization_id) in (
  select r.user_id, named.specialization_id
  from learners_courserecord r join catalog_specializationcourse named on named.course_id = r.course_id
  where {scope})
group by s.id""",
)

# Who left courses keeps them in the counts; a record completed through two enrollments is one completion.
MEMBERSHIPS = Told(
    table="learners_membership",
    keys=("id",),
    columns=(
        *("enrollments", "current_enrollments", "completions"),
        *("last_completion_at", "last_activity_at"),
    ),
    query="""
select m.id, count(e.id) as enrollments,
  count(e.id) filter (where e.completed_at is null and e.left_at is null) as current_enrollments,
  count(distinct e.record_id) filter (where e.completed_at is not null) as completions,
  max(e.completed_at) as last_completion_at,
  greatest(m.joined_at, max(e.enrolled_at), max(e.last_activity_at)) as last_activity_at
from learners_membership m left join learners_enrollment e on e.membership_id = m.id
where {scope} group by m.id""",
)

# Those whose counters follow from the records, to be held before anything of theirs is written.
HELD = """
select m.id from learners_membership m
where m.id in (
    select e.membership_id from learners_courserecord r join learners_enrollment e on e.record_id = r.id
    where {scope}
    union
    select s.membership_id
    from learners_courserecord r
    join learners_person p on p.user_id = r.user_id
    join learners_membership o on o.person_id = p.id
    join learners_specializationenrollment s on s.membership_id = o.id
    join catalog_specializationcourse part
      on part.specialization_id = s.specialization_id and part.course_id = r.course_id
    where {scope})
order by m.id for no key update"""
