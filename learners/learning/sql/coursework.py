"""What an account's coursework must be: items from facts, lessons from items, the record from all of them.

`{scope}` is a condition on `r`, the course records. Scores are weighed in numeric, whose sums do not depend
on the order of their parts.
"""

from learners.learning.sql.told import Told

RECORDS_OF = "r.id = any(%(records)s)"
RECORDS_OF_RUN = "r.user_id between %(low)s and %(high)s"

# `{activities}` and `{attempts}`: all there are, or those that a batch brought.
ITEM_FACTS = """
select f.record_id, f.item_id, min(f.at) as started_at,
  case
    when i.kind in ('graded_quiz', 'assignment') then min(f.at) filter (where f.passed)
    when i.kind = 'practice_quiz' then min(f.at) filter (where f.completes or f.score is not null)
    else min(f.at) filter (where f.completes) end as completed_at,
  count(f.score) as attempts, max(f.score) as best_score, min(f.at) filter (where f.passed) as passed_at
from ({activities} union all {attempts}) f join catalog_item i on i.id = f.item_id
group by f.record_id, f.item_id, i.kind"""
ITEMS = Told(
    table="learners_itemprogress",
    keys=("record_id", "item_id"),
    columns=("started_at", "completed_at", "attempts", "best_score", "passed_at"),
    query=ITEM_FACTS.format(
        activities="""
  select r.id as record_id, a.item_id, a.at, a.completes, null::numeric as score, null::boolean as passed
  from learners_courserecord r
  join learners_activity a on a.user_id = r.user_id and a.course_id = r.course_id
  where a.item_id is not null and {scope}""",
        attempts="""
  select a.record_id, a.item_id, a.submitted_at, false, a.score, a.passed
  from learners_courserecord r join learners_attempt a on a.record_id = r.id where {scope}""",
    ),
    using="learners_courserecord r",
    stored="t.record_id = r.id and {scope}",
)

LESSONS = Told(
    table="learners_lessontaken",
    keys=("record_id", "lesson_id"),
    columns=("at",),
    query="""
select done.record_id, done.lesson_id, done.at
from (
  select r.id as record_id, i.lesson_id, count(*) as items, max(p.completed_at) as at
  from learners_courserecord r
  join learners_itemprogress p on p.record_id = r.id
  join catalog_item i on i.id = p.item_id and i.version_id = r.version_id
  where i.is_required and p.completed_at is not null and {scope}
  group by r.id, i.lesson_id) done
join (
  select lesson_id, count(*) as items from catalog_item
  where is_required and version_id in (select r.version_id from learners_courserecord r where {scope})
  group by lesson_id) whole
  on whole.lesson_id = done.lesson_id and whole.items = done.items""",
    using="learners_courserecord r",
    stored="t.record_id = r.id and {scope}",
)

# What is graded counts by weight, an item without a score as 0; so only the whole is divided by.
RECORDS = Told(
    table="learners_courserecord",
    keys=("id",),
    columns=("started_at", "items_completed", "progress", "grade", "completed_at", "verified_at"),
    query="""
select told.*,
  case when told.completed_at is not null
    then least(told.confirmed_at, told.reported_verified_at) end as verified_at
from (
  select r.id, s.started_at, coalesce(done.items, 0) as items_completed,
    coalesce(r.reported_progress, round(100.0 * done.items / whole.items, 2), 0) as progress,
    coalesce(r.reported_grade, round(coalesce(done.points, 0) / nullif(whole.weight, 0), 2)) as grade,
    coalesce(r.reported_completed_at, case
      when whole.graded > 0 then case when done.passed = whole.graded then done.passed_at end
      when whole.required = done.required then done.completed_at end) as completed_at,
    r.verified_at as confirmed_at, r.reported_verified_at
  from learners_courserecord r
  left join lateral (
    select min(started_at) as started_at from learners_learningspan s
    where s.user_id = r.user_id and s.course_id = r.course_id) s on true
  left join (
    select i.version_id, count(*) as items, count(*) filter (where i.is_required) as required,
      count(*) filter (where i.is_required and i.kind in ('graded_quiz', 'assignment')) as graded,
      sum(coalesce(a.weight, 1)::numeric)
        filter (where i.is_required and i.kind in ('graded_quiz', 'assignment')) as weight
    from catalog_item i left join catalog_assessment a on a.item_id = i.id
    where i.version_id in (select r.version_id from learners_courserecord r where {scope})
    group by i.version_id) whole on whole.version_id = r.version_id
  left join (
    select r.id, count(p.completed_at) as items,
      count(p.completed_at) filter (where i.is_required) as required,
      max(p.completed_at) filter (where i.is_required) as completed_at,
      count(p.passed_at) filter (where i.is_required and i.kind in ('graded_quiz', 'assignment')) as passed,
      max(p.passed_at) filter (where i.is_required and i.kind in ('graded_quiz', 'assignment')) as passed_at,
      sum(coalesce(a.weight, 1)::numeric * p.best_score)
        filter (where i.is_required and i.kind in ('graded_quiz', 'assignment')) as points
    from learners_courserecord r
    join learners_itemprogress p on p.record_id = r.id
    join catalog_item i on i.id = p.item_id and i.version_id = r.version_id
    left join catalog_assessment a on a.item_id = i.id
    where {scope}
    group by r.id) done on done.id = r.id
  where {scope}) told""",
)
