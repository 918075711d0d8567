"""Taking in facts and reports, as many at once as come."""

from learners.learning.sql.coursework import ITEM_FACTS

HOLD_ACCOUNTS = "select id from orgs_user where id = any(%(users)s) order by id for no key update"
RECORDS = """
select r.user_id, r.course_id, r.id
from unnest(%(users)s::bigint[], %(courses)s::bigint[]) as given(user_id, course_id)
join learners_courserecord r using (user_id, course_id)"""

# In the order of their ids, so that two batches that bring the same events wait for each other.
ACTIVITIES = """
insert into learners_activity (user_id, course_id, item_id, kind, at, event_id, completes)
select user_id, course_id, item_id, kind, at, event_id, completes
from unnest(%(users)s::bigint[], %(courses)s::bigint[], %(items)s::bigint[], %(kinds)s::text[],
  %(moments)s::timestamptz[], %(events)s::uuid[], %(completes)s::boolean[])
  as given(user_id, course_id, item_id, kind, at, event_id, completes)
order by event_id, user_id, at
on conflict (event_id) where event_id is not null do nothing
returning event_id"""
ATTEMPTS = """
insert into learners_attempt (record_id, item_id, submitted_at, score, passed, event_id)
select given.record_id, given.item_id, given.at, given.points,
  coalesce(given.passed, given.points >= coalesce(a.pass_mark, 60)), given.event_id
from unnest(%(records)s::bigint[], %(items)s::bigint[], %(moments)s::timestamptz[], %(points)s::numeric[],
  %(passed)s::boolean[], %(events)s::uuid[]) as given(record_id, item_id, at, points, passed, event_id)
left join catalog_assessment a on a.item_id = given.item_id
where given.points is not null
order by given.event_id, given.record_id, given.at"""

BATCH_ACTIVITIES = """
  select given.record_id, given.item_id, given.at, given.completes, null::numeric as score,
    null::boolean as passed
  from unnest(%(records)s::bigint[], %(items)s::bigint[], %(moments)s::timestamptz[],
    %(completes)s::boolean[]) as given(record_id, item_id, at, completes)
  where given.item_id is not null"""
BATCH_ATTEMPTS = """
  select a.record_id, a.item_id, a.submitted_at, false, a.score, a.passed from learners_attempt a
  where (a.record_id, a.item_id) in (
    select * from unnest(%(records)s::bigint[], %(items)s::bigint[]) as given(record_id, item_id))"""
# What the batch brought is added to what is known: the earliest stays. Attempts are summed up anew.
ITEMS = f"""
insert into learners_itemprogress as t
  (record_id, item_id, started_at, completed_at, attempts, best_score, passed_at)
{ITEM_FACTS.format(activities=BATCH_ACTIVITIES, attempts=BATCH_ATTEMPTS)}
on conflict (record_id, item_id) do update set
  started_at = least(t.started_at, excluded.started_at),
  completed_at = least(t.completed_at, excluded.completed_at),
  attempts = excluded.attempts, best_score = excluded.best_score, passed_at = excluded.passed_at
where (t.started_at, t.completed_at, t.attempts, t.best_score, t.passed_at) is distinct from
  (least(t.started_at, excluded.started_at), least(t.completed_at, excluded.completed_at),
   excluded.attempts, excluded.best_score, excluded.passed_at)"""  # noqa: S608

# The newest word on each of progress, grade and result, of two at one moment the greater one; the earliest
# completion and confirmation.
REPORTS = """
update learners_courserecord r set
  reported_at = greatest(r.reported_at, n.at),
  reported_progress = n.progress, reported_progress_at = n.progress_at,
  reported_grade = n.grade, reported_grade_at = n.grade_at,
  reported_result = coalesce(n.result, ''), reported_result_at = n.result_at,
  reported_completed_at = least(r.reported_completed_at, n.completed_at),
  reported_verified_at = least(r.reported_verified_at, n.verified_at)
from (
  select said.record_id, max(said.at) as at,
    (array_agg(said.progress order by said.at desc, said.progress desc)
      filter (where said.progress is not null))[1] as progress,
    max(said.at) filter (where said.progress is not null) as progress_at,
    (array_agg(said.grade order by said.at desc, said.grade desc)
      filter (where said.grade is not null))[1] as grade,
    max(said.at) filter (where said.grade is not null) as grade_at,
    (array_agg(said.result order by said.at desc, said.result desc) filter (where said.result <> ''))[1]
      as result,
    max(said.at) filter (where said.result <> '') as result_at,
    min(said.completed_at) as completed_at, min(said.at) filter (where said.verified) as verified_at
  from (
    select * from unnest(%(records)s::bigint[], %(moments)s::timestamptz[], %(progress)s::numeric[],
      %(grades)s::numeric[], %(results)s::text[], %(completions)s::timestamptz[], %(verified)s::boolean[])
      as given(record_id, at, progress, grade, result, completed_at, verified)
    union all
    select id, reported_progress_at, reported_progress, null, '', null, false
    from learners_courserecord where id = any(%(records)s)
    union all
    select id, reported_grade_at, null, reported_grade, '', null, false
    from learners_courserecord where id = any(%(records)s)
    union all
    select id, reported_result_at, null, null, reported_result, null, false
    from learners_courserecord where id = any(%(records)s)) said
  group by said.record_id) n
where r.id = n.record_id"""
