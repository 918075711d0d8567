"""What the list of a program's people is asked, and what is asked of the people selected in it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from config.forms import Card, RadioCards
from config.lists import IdsField, PageForm
from learners.people.queries.members import Filter
from learners.people.queries.selections import Selection
from programs.models import Program


class ListForm(PageForm):
    """The query string of the list of people."""

    status = forms.CharField(required=False)
    q = forms.CharField(required=False)
    sort = forms.CharField(required=False)
    exact = forms.BooleanField(required=False)

    @property
    def which(self) -> Filter:
        return Filter.of(self.said("status"), self.said("q"))

    @property
    def counts_all(self) -> bool:
        """Whether to count beyond what one pages through."""
        return bool(self.cleaned_data.get("exact"))


class SelectionForm(forms.Form):
    """Rows that are ticked, or everyone the filter of the query string means."""

    ids = IdsField(required=False)
    all_matching = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def selection(self, program: Program, which: Filter) -> Selection:
        """What is selected; nobody when the form cannot be read."""
        if not self.is_valid():
            return Selection(program, which, ())
        everyone = self.cleaned_data["all_matching"]
        return Selection(program, which, None if everyone else self.cleaned_data["ids"])


class RemovalForm(SelectionForm):
    """Members leave for good or may come back; asked again with the selection in hidden fields."""

    allow_return = forms.TypedChoiceField(
        label=_("May they come back?"),
        coerce=lambda value: value == "yes",
        choices=[
            (
                "no",
                Card(
                    _("Require a new invitation"),
                    _("They come back only when an administrator invites them again."),
                ),
            ),
            (
                "yes",
                Card(
                    _("Allow to rejoin without one"),
                    _("The mail has a button to rejoin, while the contract has room."),
                ),
            ),
        ],
        initial="no",
        widget=RadioCards,
    )


class InvitationRemovalForm(SelectionForm):
    """Invitations are removed without a question: whoever never joined has nothing to come back to."""


class LinkForm(SelectionForm):
    """Whether the new link goes out at once."""

    mail = forms.BooleanField(
        label=_("Send the new link by mail"),
        required=False,
        initial=True,
        help_text=_("Without the mail nobody has the new link until you resend the invitation."),
    )


class ResendForm(SelectionForm):
    """Whether those who got the mail within 24 hours get it once more."""

    recent = forms.TypedChoiceField(
        label=_("Who gets the mail?"),
        coerce=lambda value: value == "send",
        initial="spare",
        widget=RadioCards,
    )

    def __init__(self, *args: Any, people: int, recent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not recent:
            del self.fields["recent"]
            return
        others = ngettext_lazy("%(n)s person", "%(n)s people", people - recent) % {
            "n": f"{people - recent:,}"
        }
        everyone = ngettext_lazy("%(n)s person", "%(n)s people", people) % {"n": f"{people:,}"}
        field = self.fields["recent"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (
                "spare",
                Card(
                    _("Leave out those who got it within 24 hours"), _("The mail goes to the others."), others
                ),
            ),
            ("send", Card(_("Send it to everyone selected"), _("Some get it twice in a day."), everyone)),
        ]

    @property
    def spares_recent(self) -> bool:
        return not self.cleaned_data.get("recent", False)
