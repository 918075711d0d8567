"""Inviting, set by set: the same statements serve one person and a chunk of five thousand lines.

The order of the inserts keeps concurrent imports from deadlocking. People are looked up by their
address alone, behind `offset 0`, and the organization is compared outside: an organization that the
statistics do not know yet would otherwise make the planner walk its whole index for each line.

An address that a person has besides the one the organization knows tells who they are as well: it is a
confirmed address of their account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from learners.people import names
from learners.people.columns import PROFILE

# The lines of one chunk of a file that are used as was chosen, and a few people who were typed in.
USED = """
  job_id = %(job)s and line > %(low)s and line <= %(high)s and line <= coalesce(%(last)s::bigint, line)
  and (problem = '' and (%(again)s or removed = '') or problem = 'mistyped' and %(mistyped)s)"""
STAGED = f"select email, name, sort_name, search, external_id from learners_importrow where {USED}"  # noqa: S608
GIVEN = """
  select * from unnest(%(emails)s::text[], %(names)s::text[], %(sort_names)s::text[], %(searches)s::text[],
    %(external_ids)s::text[]) as r(email, name, sort_name, search, external_id)"""

# Whom an address means: the person of the account that has confirmed it, else the one known by it.
KNOWN = """
    select p.*, 0 as place from (
      select a.user_id from account_emailaddress a where a.email = r.email and a.verified offset 0) a
    cross join lateral (
      select p.id, p.email, p.sort_name, p.organization_id from learners_person p
      where p.user_id = a.user_id offset 0) p
    union all
    select p.id, p.email, p.sort_name, p.organization_id, 1 from learners_person p
    where p.email = r.email offset 0"""

# Who was invited or joined in the meantime is left alone. A removed person is invited again, unless that was
# not chosen: the link of the former invitation is void from then on. Two addresses of one person make one
# invitation, which goes to the address that the organization knows.
PERSONS = """
insert into learners_person (organization_id, email, name, sort_name, search, external_id)
select %(organization)s, r.email, r.name, r.sort_name, r.search, r.external_id from ({rows}) r
where not exists (select from ({known}) p where p.organization_id = %(organization)s)
order by r.email
on conflict (email, organization_id) do nothing"""

# A statement of its own: its snapshot sees the persons that a concurrent import committed meanwhile.
INVITATIONS = """
with c as materialized (
  select distinct on (person_id) person_id, email, sort_name from (
    select distinct on (r.email) p.id as person_id, p.email, p.sort_name from ({rows}) r
    cross join lateral ({known}) p
    left join lateral (
      select m.program_id, m.state from learners_membership m where m.person_id = p.id offset 0) m
      on m.program_id = %(program)s
    where p.organization_id = %(organization)s
    order by r.email, coalesce(m.state <> 'removed', false) desc, p.place) meant
  order by person_id),
m as (
  insert into learners_membership (organization_id, program_id, person_id, contract_id, state, sort_name)
  select %(organization)s, %(program)s, person_id, %(contract)s, 'invited', sort_name
  from c order by person_id
  on conflict (person_id, program_id) do update set state = 'invited', contract_id = excluded.contract_id,
    invited_at = excluded.invited_at, removed_at = null, allow_return = false
  where learners_membership.state = 'removed' and %(again)s
  returning id, person_id, old.id is not null as again),
i as (
  insert into learners_invitation (organization_id, membership_id, made_by_id)
  select %(organization)s, id, %(job)s from m order by id
  on conflict (membership_id) do update set generation = learners_invitation.generation + 1,
    created_at = excluded.created_at, sent_at = null, sent_count = 0, made_by_id = excluded.made_by_id
  returning id, membership_id, generation),
o as (
  insert into orgs_outboundemail (organization_id, dedupe, kind, recipient, data)
  select %(organization)s, 'invite:' || i.id || ':' || i.generation, 'invitation', c.email,
    jsonb_build_object('invitation', i.id)
  from i join m on m.id = i.membership_id join c on c.person_id = m.person_id
  where %(mail)s order by i.id)
select (select count(*) from ({rows}) r), count(*), count(*) filter (where again) from m"""

# An External ID is filled in where the person had none. Its text is found in Python, which folds case.
WITHOUT_EXTERNAL_ID = """
select p.id, p.name, p.email, r.external_id from ({rows}) r
cross join lateral (
  select p.id, p.name, p.email, p.external_id, p.organization_id from learners_person p
  where p.email = r.email offset 0) p
where r.external_id <> '' and p.external_id = '' and p.organization_id = %(organization)s"""
FILL_EXTERNAL_IDS = """
with held as materialized (
  select id from learners_person where id = any(%(ids)s) and external_id = '' order by id for no key update)
update learners_person p set external_id = v.external_id, search = v.search
from held join unnest(%(ids)s::bigint[], %(external_ids)s::text[], %(searches)s::text[])
  as v(id, external_id, search) on v.id = held.id
where p.id = held.id"""

# What the file says of a person's profile goes where nothing stood; nothing is overwritten. `fills` and
# `missing` name the fields, which are ours.
FILL_PROFILES = """
with r as (
  select email, profile from learners_importrow where {used} and profile <> '{{}}'),
found as materialized (
  select p.id, r.profile from r cross join lateral (
    select p.id, p.organization_id from learners_person p where p.email = r.email offset 0) p
  where p.organization_id = %(organization)s),
held as materialized (
  select p.id from learners_person p where p.id in (select id from found) order by p.id for no key update)
update learners_person p set {fills}
from held join found on found.id = held.id
where p.id = held.id and ({missing})"""
FILL = "{0} = case when p.{0} = '' then coalesce(found.profile ->> '{0}', '') else p.{0} end"
MISSING = "p.{0} = '' and found.profile ? '{0}'"

# A mail that is still on its way is not queued twice, one that failed is tried again. `n` counts the mails
# of one link, so that each has its own cause; from the second on they are reminders.
CAUSE = """
  'invite:' || held.id || ':' || held.generation
    || case when held.sent_count > 0 then ':' || held.sent_count + 1 else '' end"""
QUEUE_AGAIN = f"""
insert into orgs_outboundemail (organization_id, dedupe, kind, recipient, data)
select %(organization)s, {CAUSE},
  case when held.sent_count > 0 then 'invitation_reminder' else 'invitation' end,
  p.email, jsonb_build_object('invitation', held.id)
from held join learners_membership m on m.id = held.membership_id join learners_person p on p.id = m.person_id
where m.state = 'invited' order by held.id
on conflict (dedupe) do update set state = 'queued', attempts = 0, error = '', not_before = now()
where orgs_outboundemail.state in ('failed', 'cancelled')"""  # noqa: S608
RESEND = f"""
with held as materialized (
  select i.id, i.generation, i.sent_count, i.membership_id from learners_invitation i
  where i.id = any(%(invitations)s) order by i.id for no key update)
{QUEUE_AGAIN}"""  # noqa: S608

# The invitations of the lines of a file whose people were invited already, that can still be accepted.
OPEN = f"""
  select i.id, i.generation, i.sent_count, i.membership_id, i.sent_at > now() - %(guard)s as is_recent
  from learners_invitation i
  join learners_membership m on m.id = i.membership_id
  join programs_contract c on c.id = m.contract_id
  where m.state = 'invited' and c.ends_on >= %(today)s and m.id in (
    select m.id from learners_importrow r
    cross join lateral ({KNOWN}) p
    cross join lateral (
      select m.id, m.program_id from learners_membership m where m.person_id = p.id offset 0) m
    where r.job_id = %(job)s and r.line > %(low)s and r.line <= %(high)s and r.problem = 'already_invited'
      and p.organization_id = %(organization)s and m.program_id = %(program)s)"""  # noqa: S608
# How many of them were mailed within the guard; of the others and of these, how many mails would be queued.
RESENDABLE = f"""
with held as ({OPEN})
select count(*) filter (where is_recent),
  count(*) filter (where not is_waiting and is_recent is not true),
  count(*) filter (where not is_waiting and is_recent)
from held cross join lateral (
  select exists (select from orgs_outboundemail o where o.dedupe = {CAUSE}
    and o.state not in ('failed', 'cancelled')) as is_waiting) w"""  # noqa: S608
RESEND_STAGED = f"""
with found as materialized ({OPEN} order by i.id for no key update of i),
held as materialized (select * from found where %(recent)s or is_recent is not true),
queued as ({QUEUE_AGAIN} returning 1)
select (select count(*) from learners_importrow where job_id = %(job)s and line > %(low)s
    and line <= %(high)s and problem = 'already_invited'),
  (select count(*) from queued), (select count(*) from found) - (select count(*) from held)"""  # noqa: S608

# What would be sent for invitations that are void now. The sender would leave it out as well; so it is said.
CANCEL_MAILS = """
update orgs_outboundemail o set state = 'cancelled', error = %(text)s
from (
  select 'invite:' || id || ':' || generation || suffix as dedupe from learners_invitation
  cross join lateral (values (''), (':' || sent_count), (':' || sent_count + 1)) as s(suffix)
  where membership_id = any(%(memberships)s)) i
where o.dedupe = i.dedupe and o.state = 'queued' and o.organization_id = %(organization)s"""

# The first row of an address counts. Counting here, the reader of a file of any size keeps no row in mind.
DUPLICATES = """
with repeated as (
  select email, min(line) as first from learners_importrow where job_id = %(job)s and problem = ''
  group by email having count(*) > 1)
update learners_importrow r set problem = 'duplicate', detail = repeated.first
from repeated where r.job_id = %(job)s and r.problem = '' and r.email = repeated.email
  and r.line > repeated.first"""

# What only the database can tell of a staged file: who is in the program or was. The dates go into the
# sentences that explain it.
VERDICTS = """
update learners_importrow r set problem = v.problem, detail = v.detail, removed = v.removed
from (
  select distinct on (r.line) r.line,
    case m.state when 'member' then 'already_member' when 'invited' then 'already_invited' else '' end
      as problem,
    case when m.state <> 'removed' then '' when m.allow_return then 'may_return' else 'for_good' end
      as removed,
    to_char(
      case m.state when 'member' then m.joined_at when 'invited' then m.invited_at else m.removed_at end
      at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as detail
  from learners_importrow r
  cross join lateral ({known}) p
  cross join lateral (
    select m.program_id, m.state, m.joined_at, m.invited_at, m.removed_at, m.allow_return
    from learners_membership m where m.person_id = p.id offset 0) m
  where r.job_id = %(job)s and r.problem = '' and p.organization_id = %(organization)s
    and m.program_id = %(program)s
  order by r.line, m.state = 'removed', m.state desc) v
where r.job_id = %(job)s and r.line = v.line"""
# The domains of the usable rows of people who were never here; those that people of the organization have, by
# a sample of its list; and the rows at domains that look mistyped, which wait for someone to say that they
# are right.
DOMAINS = """
select split_part(email, '@', 2), count(*) from learners_importrow
where job_id = %(job)s and problem = '' and removed = '' group by 1"""
FREQUENT = """
select split_part(email, '@', 2) from (
  select email from learners_person where organization_id = %(organization)s limit 5000) p
group by 1 having count(*) >= %(least)s order by count(*) desc limit 10"""
MISTYPED = """
update learners_importrow r set problem = 'mistyped', detail = v.meant
from unnest(%(domains)s::text[], %(meant)s::text[]) as v(domain, meant)
where r.job_id = %(job)s and r.problem = '' and r.removed = '' and split_part(r.email, '@', 2) = v.domain"""
# Usable rows, and those that bring an External ID to someone without one.
OUTLOOK = """
select count(*), count(*) filter (where r.external_id <> '' and coalesce(p.external_id, '') = '')
from learners_importrow r
left join lateral (
  select p.id, p.external_id from (
    select p.id, p.external_id, p.organization_id from learners_person p where p.email = r.email offset 0) p
  where p.organization_id = %(organization)s) p on true
where r.job_id = %(job)s and r.problem = ''"""
STAGE = """
copy learners_importrow
  (job_id, line, raw_name, raw_email, name, email, sort_name, search, external_id, profile, problem, detail)
from stdin"""


@dataclass(frozen=True)
class Invited:
    """How many people were asked for, how many of them are invited now, and how many of these again."""

    asked: int
    invited: int
    again: int


@dataclass(frozen=True)
class Resent:
    """How many rows were asked for, how many mails were queued, how many people were spared as mailed within
    the guard.
    """

    asked: int
    queued: int
    spared: int


@dataclass(frozen=True)
class Resendable:
    """Of the open invitations of a file: how many were mailed within the guard; how many mails would be
    queued for the others, and for these.
    """

    recent: int
    others_queued: int
    recent_queued: int


def invite(rows: str, parameters: Mapping[str, Any]) -> Invited:
    """Invite the people of `rows` (STAGED or GIVEN, without bad lines and without duplicates) in the current
    transaction. Who is not counted as invited is in the program already.

    `parameters`: organization, program and contract ids, `mail` (whether they get one), `job` (the import
    that they come from, or None), `again` (whether the removed are invited), and those of `rows`.
    """
    with connection.cursor() as cursor:
        cursor.execute(PERSONS.format(rows=rows, known=KNOWN), parameters)
        _fill_external_ids(cursor, rows, parameters)
        if parameters["job"] is not None:
            fills, missing = (map(part.format, PROFILE.values()) for part in (FILL, MISSING))
            statement = FILL_PROFILES.format(used=USED, fills=", ".join(fills), missing=" or ".join(missing))
            cursor.execute(statement, parameters)
        cursor.execute(INVITATIONS.format(rows=rows, known=KNOWN), parameters)
        return Invited(*cursor.fetchone())


def resend(parameters: Mapping[str, Any]) -> Resent:
    """Queue the mail again of those on these lines of a file who were invited when it was staged and still
    are, under a contract that has not ended. A mail still on its way is not queued twice.

    `parameters`: organization, program and job ids, `low` and `high` lines, `today` (the organization's),
    `guard` (an interval) and `recent` (whether those mailed within it get the mail too).
    """
    with connection.cursor() as cursor:
        cursor.execute(RESEND_STAGED, parameters)
        return Resent(*cursor.fetchone())


def resendable(parameters: Mapping[str, Any]) -> Resendable:
    """What `resend` would do with and without those mailed within the guard."""
    with connection.cursor() as cursor:
        cursor.execute(RESENDABLE, parameters)
        return Resendable(*cursor.fetchone())


def _fill_external_ids(cursor: CursorWrapper, rows: str, parameters: Mapping[str, Any]) -> None:
    cursor.execute(WITHOUT_EXTERNAL_ID.format(rows=rows), parameters)
    found = cursor.fetchall()
    if found:
        people = {
            "ids": [pk for pk, *_ in found],
            "external_ids": [external_id for *_, external_id in found],
            "searches": [names.search(name, email, external_id) for _, name, email, external_id in found],
        }
        cursor.execute(FILL_EXTERNAL_IDS, people)
