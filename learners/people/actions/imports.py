"""A file of people to invite: staged and judged, started, worked off chunk by chunk, forgotten."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from config.lib.csvin import Table, Unreadable
from config.lib.xlsxin import Sheet
from learners.people import columns, imports, mistyped, problems
from learners.people.actions.invitations import GUARD
from learners.people.choices import DEFAULT, Choices, Kind
from learners.people.columns import Columns
from learners.people.models import ColumnMapping, ImportFile, ImportRow, InviteImport
from learners.people.queries import import_classes as queries
from learners.people.queries.import_classes import Classes
from learners.people.sql import inviting
from orgs import access, audit, jobs, outbox
from orgs.errors import ActionError
from orgs.models import User
from orgs.permissions import Permission
from orgs.tenancy import org_transaction
from programs.models import Contract, DomainRule, Program

# Lines of the file per transaction. Larger chunks are no faster.
CHUNK = 5_000
KEEP_ROWS = timedelta(days=30)
KEEP_DRAFTS = timedelta(days=7)
State = InviteImport.State


def stage(
    *,
    program: Program,
    contract: Contract,
    file: BinaryIO,
    name: str,
    size: int,
    by: User | None,
    instead_of: InviteImport | None = None,
) -> InviteImport:
    """Read a file into a draft that can be looked at: every row, with the reason if it cannot be used.

    Nobody is invited yet. A file whose header says nothing known, here or in this organization before, is
    kept until `choose_columns`. Refuses what is no table of people, a removed program and an ended
    contract; then nothing is left behind. The draft that it is `instead_of` is discarded.
    """
    with org_transaction(program.organization):
        if refusal := problems.refusal(program, contract):
            raise ActionError(refusal, "contract")
        try:
            table = imports.open_table(file)
            job = InviteImport.objects.create(
                organization=program.organization,
                program=program,
                contract=contract,
                requested_by=by,
                state=State.DRAFT,
                file_name=name[-255:],
                file_size=size,
                encoding=table.encoding,
            )
            if where := columns.recognise(table.header) or _remembered(job, table.header):
                _fill(job, table, where)
            else:
                _keep(job, table, file)
        except Unreadable as error:
            raise ActionError(error.text, "file") from error
        if instead_of is not None:
            discard(job=instead_of, by=by)
    return job


def choose_columns(*, job: InviteImport, where: Columns, by: User | None) -> InviteImport:
    """Read the kept file of a draft with these columns, and remember them for files with the same header.

    Refuses what `stage` refuses of the rows, and a draft whose columns were chosen already.
    """
    with org_transaction(job.organization):
        job = _locked(job)
        upload = ImportFile.objects.filter(job=job).first()
        if upload is None:
            raise ActionError(_("The columns of this file were chosen already."), code="chosen")
        try:
            table = imports.open_table(io.BytesIO(upload.content))
            _fill(job, table, where)
        except Unreadable as error:
            raise ActionError(error.text) from error
        ColumnMapping.objects.update_or_create(
            organization=job.organization,
            fingerprint=columns.fingerprint(table.header),
            defaults={"columns": [list(where.name), where.email, where.external_id]},
        )
        upload.delete()
    return job


def start(
    *,
    job: InviteImport,
    mail: bool,
    by: User | None,
    chosen: Choices = DEFAULT,
    seats: int | None = None,
) -> InviteImport:
    """Hand a draft to the workers, who invite and mail again as was chosen; `mail` is for the newly invited.

    `seats`: those that were left when somebody looked, where it matters who comes after them; by default
    those that are left now. Refuses a draft of which nothing would be used or that was started already, a
    removed program and an ended contract.
    """
    with org_transaction(job.organization):
        job = _locked(job)
        if job.state != State.DRAFT:
            raise ActionError(_("This import was started already."), code="started")
        if refusal := problems.refusal(job.program, job.contract):
            raise ActionError(refusal)
        left = queries.seats(job.contract)
        found = queries.classes(
            job, chosen, seats=left if left is None or seats is None else seats, guard=GUARD
        )
        if not found.used:
            raise ActionError(_no_row(found))
        job.state, job.total, job.left_out = State.QUEUED, found.used, found.left_out
        job.last_line = None if chosen.beyond_seats else found.cut
        job.sends_mail, job.requested_by = mail, by
        for name, value in chosen.stored().items():
            setattr(job, name, value)
        job.save()
        after = {"rows": found.invited, "contract": job.contract.name, "mail": mail}
        audit.record(
            by=by,
            organization=job.organization,
            verb="invitations.imported",
            target=job,
            program_id=job.program_id,
            after=after | ({"resent": found.resent} if chosen.resend else {}),
        )
        jobs.enqueue(job)
    return job


def discard(*, job: InviteImport, by: User | None) -> None:
    """Forget a draft and its rows. An import that was started stays as it is."""
    with org_transaction(job.organization):
        job = _locked(job)
        if job.state == State.DRAFT:
            ImportRow.objects.filter(job=job).delete()
            job.delete()


def verify(*, job: InviteImport, by: User | None) -> None:
    """Refuse to work on an import whose requester lost the right, or whose program or contract is over."""
    with org_transaction(job.organization):
        standing = access.resolve_for(by, job.organization)
        if standing is None or not standing.may(Permission.LEARNERS_INVITE, job.program_id):
            raise ActionError(
                _("The person who started this import may no longer invite learners to this program.")
            )
        if refusal := problems.refusal(job.program, job.contract):
            raise ActionError(refusal)


def work(*, job: InviteImport, by: User | None) -> bool:
    """Invite the people of the next chunk of lines, mail again those chosen, and move the cursor, in one
    transaction.

    Says whether lines are left. Raises `jobs.LostJob` when another worker has the job. Who was invited or
    joined since the preview is left alone: `invited` counts the others.
    """
    with org_transaction(job.organization):
        last = ImportRow.objects.filter(job=job).aggregate(last=Max("line"))["last"] or 0
        low, high = job.cursor, min(job.cursor + CHUNK, last)
        if low >= high:
            return False
        parameters = _parameters(job) | {"low": low, "high": high}
        invited = inviting.invite(inviting.STAGED, parameters)
        resent = inviting.resend(parameters) if job.chose_resend else inviting.Resent(0, 0, 0)
        jobs.advance(
            job,
            to=high,
            done=invited.asked + resent.asked,
            invited=invited.invited,
            reinvited=invited.again,
            resent=resent.queued,
            spared=resent.spared,
        )
        if resent.queued or (job.sends_mail and invited.invited):
            outbox.wake()
    return high < last


def tidy(*, by: User | None) -> None:
    """After many people were added: flush the search index and let the planner learn of them."""
    with connection.cursor() as cursor:
        cursor.execute("select gin_clean_pending_list('person_search')")
        cursor.execute("analyze learners_person, learners_membership, learners_invitation")


def expire(*, by: User | None) -> int:
    """Forget drafts after 7 days, and the rows of imports that ended 30 days ago; their counts stay.

    Returns how many rows were forgotten.
    """
    now = timezone.now()
    drafts = InviteImport.objects.filter(state=State.DRAFT, created_at__lt=now - KEEP_DRAFTS)
    ended = Q(job__finished_at__lt=now - KEEP_ROWS) & ~Q(job__state__in=[State.QUEUED, State.RUNNING])
    forgotten, _models = ImportRow.objects.filter(Q(job__in=drafts) | ended).delete()
    drafts.delete()
    return forgotten


def _parameters(job: InviteImport) -> dict[str, object]:
    return {
        "organization": job.organization_id,
        "program": job.program_id,
        "contract": job.contract_id,
        "mail": job.sends_mail,
        "job": job.pk,
        "last": job.last_line,
        "again": job.chose_again,
        "mistyped": job.chose_mistyped,
        "recent": job.chose_recent,
        "today": timezone.localdate(timezone=job.organization.zone),
        "guard": GUARD,
    }


def _no_row(found: Classes) -> str:
    choice = found.removed or found.mistyped or found.counts[Kind.OVER] or found.counts[Kind.INVITED]
    if choice:
        return _("With these choices nobody is invited. Choose otherwise to start the import.")
    return _("No row of this file can be used.")


def _remembered(job: InviteImport, header: list[str]) -> Columns | None:
    chosen = ColumnMapping.objects.filter(
        organization=job.organization, fingerprint=columns.fingerprint(header)
    ).first()
    if chosen is None:
        return None
    name, email, external_id = chosen.columns
    return Columns(tuple(name), email, external_id, columns.profile(header))


def _keep(job: InviteImport, table: Table | Sheet, file: BinaryIO) -> None:
    """Keep the bytes until the columns are chosen, if there is anything to choose from."""
    if len(table.header) == 1 or columns.is_data(table.header):
        raise columns.unnamed(table.header)
    if next(table.records(), None) is None:
        raise imports.no_rows()
    file.seek(0)
    ImportFile.objects.create(organization=job.organization, job=job, content=file.read())


def _fill(job: InviteImport, table: Table | Sheet, where: Columns) -> None:
    job.rows = _copy(job, imports.read(table, where, settings.IMPORT_ROWS_LIMIT))
    _judge(job)
    job.save(update_fields=["rows", "problems", "new_external_ids", "left_out"])


def _copy(job: InviteImport, rows: Iterator[imports.Row]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(inviting.STAGE) as copy:
        for row in rows:
            count += 1
            copy.write_row(
                (
                    job.pk,
                    row.line,
                    row.raw_name,
                    row.raw_email,
                    row.name,
                    row.email,
                    row.sort_name,
                    row.search,
                    row.external_id,
                    json.dumps(row.profile),
                    row.problem,
                    row.detail,
                )
            )
    return count


def _judge(job: InviteImport) -> None:
    """Mark who is there twice, invited or a member already, and count what is left."""
    parameters = {"job": job.pk, "organization": job.organization_id, "program": job.program_id}
    with connection.cursor() as cursor:
        cursor.execute("analyze learners_importrow")
        cursor.execute(inviting.DUPLICATES, parameters)
        cursor.execute(inviting.VERDICTS.format(known=inviting.KNOWN), parameters)
        _suspect(cursor, job, parameters)
        cursor.execute(inviting.OUTLOOK, parameters)
        usable, job.new_external_ids = cursor.fetchone()
    job.problems = job.rows - usable
    job.left_out = queries.settled(job).left_out


def _suspect(cursor: CursorWrapper, job: InviteImport, parameters: Mapping[str, Any]) -> None:
    """Set the rows aside whose domain looks mistyped; a file of very many domains has no measure."""
    cursor.execute(inviting.DOMAINS, parameters)
    of_file = dict(cursor.fetchall())
    if len(of_file) > mistyped.MOST_DOMAINS:
        return
    cursor.execute(inviting.FREQUENT, {**parameters, "least": mistyped.AT_LEAST})
    frequent = [domain for (domain,) in cursor.fetchall()]
    known = DomainRule.objects.filter(program__organization=job.organization)
    right = set(known.values_list("domain", flat=True))
    found = mistyped.suggestions(of_file, known=right, frequent=frequent)
    if found:
        lists = {"domains": list(found), "meant": list(found.values())}
        cursor.execute(inviting.MISTYPED, {**parameters, **lists})


def _locked(job: InviteImport) -> InviteImport:
    """The job as it is now, held until the transaction ends. Refuses one that was discarded meanwhile."""
    held = (
        InviteImport.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organization", "program", "contract__organization")
        .filter(pk=job.pk)
        .first()
    )
    if held is None:
        raise ActionError(_("This import was discarded."), code="discarded")
    return held
