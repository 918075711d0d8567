"""What an administrator types or uploads to invite people."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lib import xlsxout
from learners.people import columns, imports, problems
from learners.people.choices import DEFAULT, Choices
from learners.people.columns import Columns
from learners.people.imports import Row
from learners.people.queries.imports import Column
from programs.models import Contract
from programs.pages import ContractOffer

MEGABYTE = 1024 * 1024
# In an address: somebody has chosen, so that a box which is not there was emptied.
CHOSEN = "chosen"


class LearnerForm(forms.Form):
    """One person, checked like a row of a file."""

    name = forms.CharField(
        label=gettext_lazy("Full name"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Name is missing.")},
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Address is missing.")},
    )
    external_id = forms.CharField(
        label=gettext_lazy("External ID"),
        required=False,
        help_text=gettext_lazy("Your own number for this person, if you have one."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    row: Row

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        self.row = imports.check(0, *(answers.get(name) or "" for name in ("name", "email", "external_id")))
        if self.row.problem and not self.has_error(problems.field(self.row.problem)):
            text = problems.sentence(self.row.problem, self.row.detail, self.row.raw_email)
            self.add_error(problems.field(self.row.problem), text)
        return answers


class ContractForm(ContractOffer):
    """Which contract the people will join under. Chosen by itself when there is only one."""

    @property
    def chosen(self) -> Contract | None:
        """The contract of a valid answer; without an answer the only one there is."""
        if self.is_bound:
            return self.contracts.get(self.cleaned_data["contract"]) if self.is_valid() else None
        return next(iter(self.contracts.values())) if len(self.contracts) == 1 else None


class MailForm(forms.Form):
    """Whether a mail goes out. Ticked until the administrator has seen the box, then as they left it."""

    mail = forms.BooleanField(label=gettext_lazy("Send invitation"), required=False, initial=True)
    seen = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)


class ChoicesForm(forms.Form):
    """What happens to the classes of the rows of a file, and whether who is new gets a mail.

    `seats` are those that were left when somebody looked, `shown` the choices of the page they looked at.
    """

    mail = forms.BooleanField(required=False)
    again = forms.BooleanField(required=False)
    beyond_seats = forms.BooleanField(required=False)
    mistyped = forms.BooleanField(required=False)
    resend = forms.BooleanField(required=False)
    recent = forms.BooleanField(required=False)
    seats = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    shown = forms.CharField(required=False)

    @classmethod
    def of(cls, query: QueryDict) -> "ChoicesForm":
        """The choices of an address; those one begins with until somebody has chosen."""
        return cls(query if CHOSEN in query else {"mail": True, **asdict(DEFAULT)})

    @property
    def chosen(self) -> Choices:
        answers = self._answers
        return Choices(**{name: answers[name] for name in asdict(DEFAULT)})

    @property
    def sends_mail(self) -> bool:
        return bool(self._answers["mail"])

    @property
    def seats_seen(self) -> int | None:
        return self._answers.get("seats")

    @property
    def query(self) -> str:
        """The choices as a page says them in its address."""
        return urlencode(self.query_pairs)

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """The same as names and values."""
        ticked = [name for name in ("mail", *asdict(DEFAULT)) if self._answers[name]]
        return [(CHOSEN, "1"), *((name, "on") for name in ticked)]

    @property
    def is_as_shown(self) -> bool:
        """Whether the page that was answered spoke of these choices; the mail it told of by itself."""
        shown = self._answers.get("shown", "")
        return not shown or ChoicesForm(QueryDict(shown)).chosen == self.chosen

    @cached_property
    def _answers(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data


class ColumnsForm(forms.Form):
    """Which column of a file holds what. Columns are counted from 0."""

    name = forms.ChoiceField(label=gettext_lazy("Full name"))
    last_name = forms.ChoiceField(
        label=gettext_lazy("Last name"),
        required=False,
        help_text=gettext_lazy("Only where first and last name stand in two columns."),
    )
    email = forms.ChoiceField(label=gettext_lazy("E-mail"))
    external_id = forms.ChoiceField(label=gettext_lazy("External ID"), required=False)

    def __init__(self, *args: Any, file_columns: Sequence[Column], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.header = [column.title for column in file_columns]
        choices = [
            (str(place), column.title or _("Column %(number)s") % {"number": place + 1})
            for place, column in enumerate(file_columns)
        ]
        for field in self.fields.values():
            assert isinstance(field, forms.ChoiceField)
            empty = _("Choose a column") if field.required else _("Not in this file")
            field.choices = [("", empty), *choices]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        chosen: dict[str, str] = {}
        for name, place in list(answers.items()):
            if place and place in chosen.values():
                self.add_error(name, _("This column is chosen twice."))
            chosen[name] = place
        return answers

    @property
    def where(self) -> Columns:
        """The choice of a valid form."""
        answers = self.cleaned_data
        name = tuple(int(answers[part]) for part in ("name", "last_name") if answers[part])
        external_id = int(answers["external_id"]) if answers["external_id"] else None
        return Columns(name, int(answers["email"]), external_id, columns.profile(self.header))


class FileForm(forms.Form):
    """The file with the people. What is in it is for the import to judge."""

    file = forms.FileField(
        label=gettext_lazy("File with learners"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": f".csv,.xlsx,text/csv,{xlsxout.CONTENT_TYPE}"}),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            sizes = {"size": f"{file.size / MEGABYTE:,.1f}", "limit": self.most_megabytes}
            text = _("The file has %(size)s MB; up to %(limit)s MB are taken. Split it and import the parts.")
            raise forms.ValidationError(text % sizes)
        return file

    @property
    def most_megabytes(self) -> str:
        return f"{settings.UPLOAD_LIMIT_BYTES / MEGABYTE:g}"

    @property
    def limits(self) -> str:
        """What is taken, said before someone tries."""
        return _("One CSV or Excel file with up to %(rows)s rows, %(size)s MB at most.") % {
            "rows": f"{settings.IMPORT_ROWS_LIMIT:,}",
            "size": self.most_megabytes,
        }
