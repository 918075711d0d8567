"""Inviting one learner, in three steps: who, under which contract, and a look at what will happen."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from learners.people import emails, problems
from learners.people.actions import invitations
from learners.people.forms.inviting import ContractForm, LearnerForm, MailForm
from learners.people.queries import imports as queries
from orgs import mailing
from orgs.access import Access, org_view
from orgs.errors import ActionError
from orgs.permissions import Permission
from programs import queries as offers
from programs.models import Program

STEPS = {
    "learner": gettext_lazy("Learner"),
    "contract": gettext_lazy("Contract"),
    "review": gettext_lazy("Review"),
}


@dataclass(frozen=True)
class Step:
    """One entry of the stepper."""

    label: str | Promise
    done: bool
    current: bool
    url: str = ""


@dataclass
class Wizard:
    """The forms of the wizard, bound to what was sent, and the step that `go` leads to."""

    program: Program
    data: QueryDict | None
    go: str

    @cached_property
    def learner(self) -> LearnerForm:
        return LearnerForm(self.data)

    @cached_property
    def contract(self) -> ContractForm:
        contracts = list(offers.open_contracts(self.program.organization))
        asked = len(contracts) != 1 and self.go in ("review", "send")
        answered = self.data and (asked or "contract" in self.data)
        return ContractForm(self.data if answered else None, contracts=contracts)

    @cached_property
    def mail(self) -> MailForm:
        return MailForm(self.data if self.data and "seen" in self.data else None)

    @property
    def wants_mail(self) -> bool:
        return bool(self.mail["mail"].value())

    @property
    def is_single(self) -> bool:
        """Whether there is but one contract, so that nobody is asked."""
        return len(self.contract.contracts) == 1

    @cached_property
    def step(self) -> str:
        """The step one gets to: what was asked for, or the first before it that is not answered."""
        if self.data is None or self.go == "learner" or not self._is_new_here():
            return "learner"
        if self.contract.chosen is None or (self.go == "contract" and not self.is_single):
            return "contract"
        return "review"

    @property
    def back(self) -> str:
        """Where one gets from the present step by going back."""
        return "contract" if self.step == "review" and not self.is_single else "learner"

    @property
    def following(self) -> str:
        """Where one gets from the present step by going on."""
        return {"learner": "contract", "contract": "review", "review": "send"}[self.step]

    @property
    def steps(self) -> list[Step]:
        order = list(STEPS)
        at = order.index(self.step)
        return [Step(label, order.index(key) < at, key == self.step) for key, label in STEPS.items()]

    def refuse(self, refusal: ActionError) -> None:
        """Show what the action said beside the field it is about, on the first step."""
        field = refusal.field if refusal.field in self.learner.fields else None
        self.learner.add_error(field, refusal.text)
        self.step = "learner"

    def _is_new_here(self) -> bool:
        """Whether the person can be invited; says beside the address why not."""
        if not self.learner.is_valid():
            return False
        membership = queries.membership_at(self.program, self.learner.row.email)
        if membership is not None and (text := problems.standing(membership)):
            self.learner.add_error("email", text)
        return not self.learner.errors


@org_view(Permission.LEARNERS_INVITE, program=True)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, access: Access, program: Program) -> HttpResponse:
    """One page for all steps: what was typed travels in the form, so that nothing is lost on the way back."""
    wizard = Wizard(program, request.POST if request.method == "POST" else None, request.POST.get("go", ""))
    contract = wizard.contract.chosen
    if wizard.go == "send" and wizard.step == "review" and contract is not None:
        row, mail = wizard.learner.row, wizard.wants_mail
        try:
            invitations.send(program=program, contract=contract, rows=[row], mail=mail, by=access.user)
        except ActionError as refusal:
            wizard.refuse(refusal)
        else:
            messages.success(request, _said(row.name, mail=mail))
            invited = reverse("manage_learners", args=[access.organization.slug, program.slug])
            return redirect(f"{invited}?status=invited")
    return render(request, "learners/invite.html", _context(access, wizard))


def _context(access: Access, wizard: Wizard) -> dict[str, object]:
    context: dict[str, object] = {
        "section": "home",
        "program": wizard.program,
        "wizard": wizard,
        "steps": wizard.steps,
        "may_see_contracts": access.may(Permission.CONTRACTS_VIEW),
    }
    if wizard.step != "review":
        return context
    row = wizard.learner.row
    return context | {
        "row": row,
        "contract": wizard.contract.chosen,
        "draft": emails.invitation_draft(wizard.program, name=row.name, address=row.email),
        "sender": mailing.sender(access.organization),
    }


def _said(name: str, *, mail: bool) -> str:
    if mail:
        return _("%(name)s is invited. The mail is on its way.") % {"name": name}
    return _("%(name)s is invited, without a mail.") % {"name": name}
