"""Which figures about people are stored, and what they must agree with. `manage.py reconcile` runs these.

In the order in which they are made good: what stands on its own first, contracts last, as joining locks them.
"""

from django.db.backends.utils import CursorWrapper

from config.lib import emails
from config.lib.reconciling import Check
from learners.people import names

PAGE = 20_000

# A row in the wrong organization whose parents agree with each other belongs where they are.
MOVES = {
    "learners.Membership": """
update learners_membership m set organization_id = p.organization_id
from programs_program p, learners_person s, programs_contract c
where p.id = m.program_id and s.id = m.person_id and c.id = m.contract_id
  and s.organization_id = p.organization_id and c.organization_id = p.organization_id
  and m.organization_id = %(organization)s and m.organization_id <> p.organization_id""",
    "learners.Invitation": """
update learners_invitation i set organization_id = m.organization_id
from learners_membership m join programs_program p on p.id = m.program_id
where m.id = i.membership_id and m.organization_id = p.organization_id
  and i.organization_id = %(organization)s and i.organization_id <> m.organization_id""",
}


def tell_texts(cursor: CursorWrapper) -> None:
    """Lay down in `told` whose address, sort name or search text is not what Python makes of it."""
    cursor.execute("drop table if exists pg_temp.told")
    cursor.execute(
        "create temporary table told (id bigint, was_email text, name text, external_id text, email text, "
        "sort_name text, search text) on commit drop"
    )
    last = 0
    while True:
        cursor.execute(
            "select id, email, name, external_id, sort_name, search from learners_person "
            "where id > %s order by id limit %s",
            [last, PAGE],
        )
        page = cursor.fetchall()
        if not page:
            break
        last = page[-1][0]
        with cursor.copy("copy told from stdin") as copy:
            for pk, was, name, external_id, sort_name, search in page:
                email = emails.normalize(was)
                told = (email, names.sort_name(name), names.search(name, email, external_id))
                if told != (was, sort_name, search):
                    copy.write_row((pk, was, name, external_id, *told))


TEXTS = Check(
    name="Addresses, sort names and search texts",
    table="learners_person",
    prepare=tell_texts,
    find="""
select p.organization_id, 'person ' || p.id as what,
  concat_ws(' · ', p.email, p.sort_name, p.search) as stored,
  concat_ws(' · ', t.email, t.sort_name, t.search) as recounted
from told t join learners_person p using (id)""",
    # Someone renamed since is left alone, and so is an address that another person has already.
    fix=(
        """
update learners_person p set email = t.email, sort_name = t.sort_name, search = t.search from told t
where t.id = p.id and p.organization_id = %(organization)s
  and (p.email, p.name, p.external_id) = (t.was_email, t.name, t.external_id)
  and not exists (
    select from learners_person o
    where o.email = t.email and o.organization_id = p.organization_id and o.id <> p.id)""",
    ),
    remedy="Another person has the address in this form already: decide which one stays.",
)
SORT_NAMES = Check(
    name="Names that lists sort by",
    table="learners_membership",
    find="""
select m.organization_id, 'membership ' || m.id as what, m.sort_name as stored, p.sort_name as recounted
from learners_membership m join learners_person p on p.id = m.person_id where m.sort_name <> p.sort_name""",
    fix=(
        """
update learners_membership m set sort_name = p.sort_name from learners_person p
where p.id = m.person_id and m.organization_id = %(organization)s and m.sort_name <> p.sort_name""",
    ),
)
# Joining names the account, and deleting an account ends its memberships.
ACCOUNTS_OF_MEMBERS = Check(
    name="Accounts of members",
    table="learners_person",
    find="""
select p.organization_id, 'person ' || p.id || ' ' || p.email as what, 'no account' as stored,
  coalesce('account ' || a.user_id, 'an account') as recounted
from learners_person p left join account_emailaddress a on a.email = p.email and a.verified
where p.user_id is null
  and exists (select from learners_membership m where m.person_id = p.id and m.state = 'member')""",
    fix=(
        """
update learners_person p set user_id = a.user_id from account_emailaddress a
where a.email = p.email and a.verified and p.user_id is null and p.organization_id = %(organization)s
  and exists (select from learners_membership m where m.person_id = p.id and m.state = 'member')
  and not exists (
    select from learners_person o where o.organization_id = p.organization_id and o.user_id = a.user_id)""",
    ),
    remedy="No account has the member's address, or another person has that account: remove or invite again.",
)
ACCOUNTS_OF_OTHERS = Check(
    name="No account before joining",
    table="learners_person",
    find="""
select p.organization_id, 'person ' || p.id || ' ' || p.email as what, 'account ' || p.user_id as stored,
  'no account' as recounted
from learners_person p where p.user_id is not null
  and not exists (select from learners_membership m where m.person_id = p.id and m.joined_at is not null)""",
    remedy="A person has an account and never joined: find out how it came there.",
)
INVITATIONS = Check(
    name="Invitations of the invited",
    table="learners_membership",
    find="""
select m.organization_id, 'membership ' || m.id as what, 'no invitation' as stored,
  'one invitation' as recounted
from learners_membership m
where m.state = 'invited' and not exists (select from learners_invitation i where i.membership_id = m.id)""",
    fix=(
        """
insert into learners_invitation (organization_id, membership_id)
select m.organization_id, m.id from learners_membership m
where m.organization_id = %(organization)s and m.state = 'invited'
  and not exists (select from learners_invitation i where i.membership_id = m.id)""",
    ),
)
IMPORTS = Check(
    name="Rows of imports",
    table="learners_inviteimport",
    find="""
select j.organization_id, 'import ' || j.id || ' ' || j.file_name as what,
  j.rows || ' rows, ' || j.problems || ' bad' as stored,
  n.rows || ' rows, ' || n.problems || ' bad' as recounted
from learners_inviteimport j
join (select job_id, count(*) as rows, count(*) filter (where problem <> '') as problems
      from learners_importrow group by job_id) n on n.job_id = j.id
where j.rows <> n.rows or j.problems <> n.problems""",
    fix=(
        """
update learners_inviteimport j set rows = n.rows, problems = n.problems
from (select job_id, count(*) as rows, count(*) filter (where problem <> '') as problems
      from learners_importrow group by job_id) n
where n.job_id = j.id and j.organization_id = %(organization)s
  and (j.rows <> n.rows or j.problems <> n.problems)""",
    ),
)
TURNED_AWAY = Check(
    name="Turned away, not joined since",
    table="learners_turnedaway",
    find="""
select t.organization_id, t.email as what, 'turned away' as stored, 'member' as recounted
from learners_turnedaway t
join learners_person p on p.email = t.email and p.organization_id = t.organization_id
join learners_membership m on m.person_id = p.id and m.program_id = t.program_id and m.state = 'member'""",
    fix=(
        """
delete from learners_turnedaway t using learners_person p, learners_membership m
where p.email = t.email and p.organization_id = t.organization_id and m.person_id = p.id
  and m.program_id = t.program_id and m.state = 'member' and t.organization_id = %(organization)s""",
    ),
)
# Where enrollments are sold, joining takes no licence and leaves no line; each enrollment does, for good.
LEDGER = Check(
    name="Licence ledger of each membership",
    table="learners_licenceledger",
    find="""
select m.organization_id, 'membership ' || m.id || ', contract ' || l.contract_id as what,
  l.held::text as stored, l.wanted::text as recounted
from (
  select membership_id, contract_id, sum(held) as held, sum(wanted) as wanted from (
    select membership_id, contract_id, delta as held, 0 as wanted from learners_licenceledger
    union all
    select m.id, m.contract_id, 0, 1
    from learners_membership m join programs_contract c on c.id = m.contract_id
    where m.state = 'member' and c.kind <> 'enrollments'
    union all
    select e.membership_id, e.contract_id, 0, 1
    from learners_enrollment e join programs_contract c on c.id = e.contract_id
    where c.kind = 'enrollments') lines
  group by membership_id, contract_id having sum(held) <> sum(wanted)) l
join learners_membership m on m.id = l.membership_id""",
    remedy="The ledger is never rewritten: find out what happened, then add the missing line.",
)
TAKEN = """
select c.id, coalesce(case c.kind when 'enrollments' then e.enrollments else m.members end, 0) as taken
from programs_contract c
left join (
  select contract_id, count(*) as members
  from learners_membership where state = 'member' group by contract_id) m on m.contract_id = c.id
left join (
  select contract_id, count(*) as enrollments
  from learners_enrollment group by contract_id) e on e.contract_id = c.id"""
LICENCES = Check(
    name="Licences taken of each contract",
    table="programs_contract",
    find=f"""
select c.organization_id, 'contract ' || c.id || ' ' || c.name as what, c.taken::text as stored,
  t.taken::text as recounted
from programs_contract c join ({TAKEN}) t on t.id = c.id where t.taken <> c.taken""",  # noqa: S608
    # Held first, so that whoever joins meanwhile is either counted or waits.
    fix=(
        """
select id from programs_contract where organization_id = %(organization)s order by id for no key update""",
        f"""
update programs_contract c set taken = t.taken from ({TAKEN}) t
where t.id = c.id and c.organization_id = %(organization)s and t.taken <> c.taken
  and (c.quantity is null or t.taken <= c.quantity)""",  # noqa: S608
    ),
    remedy="More members than the contract has seats: remove some or raise its quantity.",
)
CHECKS = (
    TEXTS,
    SORT_NAMES,
    ACCOUNTS_OF_MEMBERS,
    ACCOUNTS_OF_OTHERS,
    INVITATIONS,
    IMPORTS,
    TURNED_AWAY,
    LEDGER,
    LICENCES,
)
