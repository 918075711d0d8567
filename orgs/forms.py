"""What the settings pages are asked."""

from collections.abc import Mapping, Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from config.lib import keyset
from orgs import sentences
from orgs.queries import AuditFilter


class Chooser(forms.Select):
    """A select in a toolbar, which applies at once."""

    def __init__(self) -> None:
        super().__init__(attrs={"class": "select-s", "data-autosubmit": True})


class Day(forms.DateInput):
    """A day in a toolbar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": "input-s", "data-autosubmit": True}, format="%Y-%m-%d")


class AuditForm(forms.Form):
    """The query string of the audit log. What it says wrongly is ignored, field by field."""

    actor = forms.CharField(label=_("Person acting, name or e-mail"), required=False, max_length=100)
    verb = forms.ChoiceField(label=_("What was done"), required=False, widget=Chooser)
    program = forms.TypedChoiceField(
        label=_("Program"), required=False, coerce=int, empty_value=None, widget=Chooser
    )
    since = forms.DateField(label=_("From"), required=False, widget=Day)
    until = forms.DateField(label=_("To"), required=False, widget=Day)
    page = forms.CharField(required=False)
    size = forms.TypedChoiceField(required=False, coerce=int, choices=[(size, size) for size in keyset.SIZES])

    def __init__(self, data: QueryDict, *, programs: Mapping[int, str]) -> None:
        super().__init__(data)
        verbs = sorted((sentences.title(verb), verb) for verb in sentences.VERBS)
        self._offer("verb", [("", _("Everything")), *((verb, title) for title, verb in verbs)])
        self._offer("program", [("", _("All programs")), *programs.items()])
        self.full_clean()

    @property
    def which(self) -> AuditFilter:
        found = {name: self.cleaned_data.get(name) for name in ("program", "since", "until")}
        return AuditFilter(actor=self.said("actor"), verb=self.said("verb"), **found)

    @property
    def rows(self) -> int:
        """How many rows a page has."""
        return self.cleaned_data.get("size") or keyset.DEFAULT_SIZE

    def said(self, name: str) -> str:
        return self.cleaned_data.get(name) or ""

    def _offer(self, name: str, choices: Sequence[tuple[object, object]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
