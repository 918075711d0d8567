"""Learning time: the spans that a learner's activities add up to, in one pass over the index.

An event opens a session when the one before it is more than 60 minutes past, and a span when it opens a
session or is in another course. Events of the same moment follow in the order of their courses.
"""

from learners.learning.sql.told import Told

# `lag` finds where spans begin; the user's last event is kept too, since it ends the last span. A span ends
# where the next one of its session begins, else with the last event before the next session.
SPANS = """
select user_id, course_id, at as started_at, ended_at, opens_session
from (
  select user_id, course_id, at, opens_session, opens_span,
    coalesce(lead(case when opens_session then before else at end) over learner, at) as ended_at
  from (
    select user_id, course_id, at, before, is_last,
      coalesce(at - before > interval '60 minutes', true) as opens_session,
      coalesce(at - before > interval '60 minutes' or course_id <> course_before, true) as opens_span
    from (
      select user_id, course_id, at, lag(at) over learner as before,
        lag(course_id) over learner as course_before, lead(at) over learner is null as is_last
      from ({events}) event
      window learner as (partition by user_id order by at, course_id)) event) event
  where opens_span or is_last
  window learner as (partition by user_id order by at, course_id)) span
where opens_span"""

# The whole sessions around each stretch of new events, as far as they reach now that these are there. A
# stored session is touched when it ends no more than 60 minutes before the first or begins no more than 60
# minutes after the last; from the next session on nothing can change.
TOUCHED = """
  select user_id, lower(stretch) as low, upper(stretch) as high
  from (
    select w.user_id, unnest(range_agg(
      tstzrange(coalesce(opened.at, w.first), coalesce(next.at, 'infinity')))) as stretch
    from unnest(%(users)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
      as w(user_id, first, last)
    left join lateral (
      select s.started_at, s.ended_at from learners_learningspan s
      where s.user_id = w.user_id and s.started_at <= w.first
      order by s.started_at desc, s.course_id desc limit 1) running
      on running.ended_at >= w.first - interval '60 minutes'
    left join lateral (
      select s.started_at as at from learners_learningspan s
      where s.user_id = w.user_id and s.started_at <= running.started_at and s.opens_session
      order by s.started_at desc limit 1) opened on true
    left join lateral (
      select s.started_at as at from learners_learningspan s
      where s.user_id = w.user_id and s.started_at > w.last + interval '60 minutes' and s.opens_session
      order by s.started_at limit 1) next on true
    group by w.user_id) touched"""


def _spans(*, events: str, stored: str, using: str = "", given: str = "") -> Told:
    return Told(
        table="learners_learningspan",
        keys=("user_id", "started_at", "course_id"),
        columns=("ended_at", "opens_session"),
        query=SPANS.format(events=events),
        stored=stored,
        using=using,
        given=given,
    )


# `{scope}` is a condition on `user_id`. Read straight from the index, so that nothing is sorted.
WHOLE = _spans(
    events="""
        select user_id, course_id, at from learners_activity where {scope}""",
    stored="{scope}",
)
ACCOUNTS_OF_RUN = "user_id between %(low)s and %(high)s"
AROUND = _spans(
    events="""
        select w.user_id, a.course_id, a.at
        from touched w
        join learners_activity a on a.user_id = w.user_id and a.at >= w.low and a.at < w.high""",
    stored="t.user_id = w.user_id and t.started_at >= w.low and t.started_at < w.high",
    using="touched w",
    given=f"touched as materialized ({TOUCHED}),\n",
)

# A new event takes time from the course that was learned before it and gives it to its own: the records of
# every course with a span around.
RECORDS_AROUND = """
select distinct r.id
from unnest(%(users)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
  as w(user_id, first, last)
join learners_learningspan s on s.user_id = w.user_id
  and s.started_at <= w.last + interval '60 minutes' and s.ended_at >= w.first - interval '60 minutes'
join learners_courserecord r on r.user_id = s.user_id and r.course_id = s.course_id"""
