"""The domain allow-list of a program: whose confirmed address is at one of these domains may join it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.lib import domains
from config.lib.csvin import Unreadable
from config.lib.domains import InvalidDomain
from orgs.audit import record
from orgs.errors import ActionError
from orgs.models import User
from orgs.tenancy import org_transaction
from programs import domain_file
from programs.domain_file import Line
from programs.models import Contract, DomainRule, Program
from programs.queries import DomainSelection

# Up to so many domains the audit log names each; beyond, one entry counts them.
NAMED_UP_TO = 50
BATCH = 2_000


@dataclass(frozen=True)
class Refused:
    """A line of a file that was not taken, and why."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True)
class Imported:
    """What an import did: domains added, domains moved to the contract, domains that stood there already,
    and the lines not taken.
    """

    contract: Contract
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass
class _Sorted:
    """The lines of a file, told apart by what is to be done with each."""

    new: list[str] = field(default_factory=list)
    moved: list[DomainRule] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


def add(*, program: Program, contract: Contract, domain: str, by: User | None) -> DomainRule:
    """Let everyone with a confirmed address at this domain join the program, under this contract.

    `domain` is what someone typed. Raises ActionError for what is no domain, a public mail service, a
    domain that is on the list already, a removed program and a contract that ended.
    """
    with org_transaction(program.organization):
        contract = _checked(program, contract)
        try:
            name = domains.normalize(domain)
        except InvalidDomain as error:
            raise ActionError(error.text, "domain") from error
        if domains.is_public(name):
            raise ActionError(domains.public_refusal(name), "domain", code="public")
        existing = DomainRule.objects.filter(program=program, domain=name).select_related("contract").first()
        if existing is not None:
            text = _("%(domain)s is on the list already and consumes from %(contract)s.")
            raise ActionError(
                text % {"domain": existing, "contract": existing.contract}, "domain", code="listed"
            )
        rule = _row(program, contract, name)
        rule.save()
        _tell("added", [rule], program, by, after={"contract": contract.name})
    return rule


def import_file(
    *, program: Program, contract: Contract, file: BinaryIO, update: bool, by: User | None
) -> Imported:
    """Add the domains of a file, one on each line; with `update`, those on the list already move to this
    contract. Lines that are no domain, or are there twice, are left out and named.

    The same file changes nothing the second time. Raises ActionError when the file cannot be read, for a
    removed program and for a contract that ended; then nothing is changed.
    """
    with org_transaction(program.organization):
        contract = _checked(program, contract)
        try:
            lines = domain_file.read(file)
        except Unreadable as error:
            raise ActionError(error.text, "file") from error
        found = _sort(program, contract, lines, update)
        new = DomainRule.objects.bulk_create(
            [_row(program, contract, name) for name in found.new], batch_size=BATCH
        )
        _tell("added", new, program, by, after={"contract": contract.name})
        _move(found.moved, program, contract, by)
    return Imported(contract, len(new), len(found.moved), found.unchanged, found.refused)


def change_contract(*, selection: DomainSelection, contract: Contract, by: User | None) -> int:
    """Let those who join by the selected domains from now on do so under this contract. Members stay under
    theirs. Returns how many domains consumed from another. Raises ActionError like `add`.
    """
    program = selection.program
    with org_transaction(program.organization):
        contract = _checked(program, contract)
        rules = [rule for rule in selection.rows() if rule.contract_id != contract.pk]
        _move(rules, program, contract, by)
    return len(rules)


def remove(*, selection: DomainSelection, by: User | None) -> int:
    """Take the selected domains off the list and return how many there were. Who joined by them stays."""
    program = selection.program
    with org_transaction(program.organization):
        _lock(program)
        rules = list(selection.rows())
        for contract, group in _by_contract(rules).items():
            _tell("removed", group, program, by, before={"contract": contract})
        DomainRule.objects.filter(pk__in=[rule.pk for rule in rules]).delete()
    return len(rules)


def _checked(program: Program, contract: Contract) -> Contract:
    """The contract as it is now, behind the wall; the program is held so that its list changes in turn."""
    if not _lock(program).is_active:
        raise ActionError(_("%(program)s was removed, so nobody can join it.") % {"program": program})
    found = Contract.objects.filter(pk=contract.pk).select_related("organization").first()
    if found is None:
        raise ActionError(_("This contract is not there any more. Choose another."), "contract")
    if found.ends_on < found.today:
        text = _("%(contract)s ended on %(day)s and takes no new members. Choose a contract that still runs.")
        day = date_format(found.ends_on, "DATE_FORMAT")
        raise ActionError(text % {"contract": found, "day": day}, "contract")
    return found


def _lock(program: Program) -> Program:
    held = Program.objects.select_for_update(no_key=True).filter(pk=program.pk).first()
    if held is None:
        raise ActionError(_("That belongs to another organization."), code="other_organization")
    return held


def _row(program: Program, contract: Contract, domain: str) -> DomainRule:
    return DomainRule(
        organization_id=program.organization_id,
        program=program,
        contract=contract,
        domain=domain,
        shown=domains.shown(domain),
    )


def _sort(program: Program, contract: Contract, lines: Sequence[Line], update: bool) -> _Sorted:
    listed = {rule.domain: rule for rule in program.domain_rules.select_related("contract")}
    found, seen = _Sorted(), dict[str, int]()
    for line in lines:
        try:
            domain = _judged(line.value)
        except InvalidDomain as error:
            found.refused.append(Refused(line.number, line.value, error.text))
            continue
        first = seen.setdefault(domain, line.number)
        rule = listed.get(domain)
        if first != line.number:
            reason = _("Twice in the file: line %(line)s has it first.") % {"line": first}
            found.refused.append(Refused(line.number, line.value, reason))
        elif rule is None:
            found.new.append(domain)
        elif rule.contract_id == contract.pk:
            found.unchanged += 1
        elif update:
            found.moved.append(rule)
        else:
            reason = _("On the list already; it still consumes from %(contract)s.")
            found.refused.append(Refused(line.number, line.value, reason % {"contract": rule.contract.name}))
    return found


def _judged(value: str) -> str:
    domain = domains.normalize(value)
    if domains.is_public(domain):
        raise InvalidDomain(domains.public_refusal(domain))
    return domain


def _move(rules: Sequence[DomainRule], program: Program, contract: Contract, by: User | None) -> None:
    for former, group in _by_contract(rules).items():
        _tell("changed", group, program, by, before={"contract": former}, after={"contract": contract.name})
    DomainRule.objects.filter(pk__in=[rule.pk for rule in rules]).update(contract=contract)


def _by_contract(rules: Sequence[DomainRule]) -> dict[str, list[DomainRule]]:
    groups: dict[str, list[DomainRule]] = {}
    for rule in rules:
        groups.setdefault(rule.contract.name, []).append(rule)
    return groups


def _tell(
    act: str,
    rules: Sequence[DomainRule],
    program: Program,
    by: User | None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Leave an entry for each domain, or where they are many one that counts them."""
    common: dict[str, Any] = {
        "by": by,
        "organization": program.organization,
        "program_id": program.pk,
        "before": before,
    }
    if len(rules) <= NAMED_UP_TO:
        for rule in rules:
            record(verb=f"domain.{act}", target=rule, after=after, **common)
        return
    counted = {"domains": len(rules), **(after or {})}
    record(verb=f"domains.{act}", target=program, after=counted, **common)
