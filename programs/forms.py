"""What an administrator types, uploads or selects on the allow-list of a program."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lists import IdsField, PageForm
from programs import domain_file
from programs.models import Contract, Program
from programs.pages import ContractOffer
from programs.queries import DomainSelection

MEGABYTE = 1024 * 1024


class DomainListForm(PageForm):
    """The query string of the allow-list."""

    q = forms.CharField(required=False)


class DomainSelectionForm(forms.Form):
    """Domains that are ticked, or all that the search of the query string means."""

    ids = IdsField(required=False)
    all_matching = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def selection(self, program: Program, search: str) -> DomainSelection:
        """What is selected; nothing when the form cannot be read."""
        if not self.is_valid():
            return DomainSelection(program, search, ())
        everything = self.cleaned_data["all_matching"]
        return DomainSelection(program, search, None if everything else self.cleaned_data["ids"])


class ContractChoice(ContractOffer):
    """The contract that people of a domain consume from. Chosen by itself when there is only one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contract"].help_text = gettext_lazy(
            "Those who join by the domain take their licence from it."
        )

    @property
    def chosen(self) -> Contract:
        """The contract of a valid answer."""
        return self.contracts[self.cleaned_data["contract"]]


class DomainForm(ContractChoice):
    """One domain. Whether it is one is for the action to judge."""

    domain = forms.CharField(
        label=gettext_lazy("E-mail domain"),
        help_text=gettext_lazy("What follows the “@” in the addresses, such as acme.example."),
        error_messages={"required": gettext_lazy("Write a domain.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    field_order = ("domain", "contract")


class DomainFileForm(ContractChoice):
    """A file of domains. What is in it is for the import to judge."""

    file = forms.FileField(
        label=gettext_lazy("File with domains"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )
    update = forms.BooleanField(
        label=gettext_lazy("Update existing domains: those on the list already change to this contract"),
        required=False,
    )
    field_order = ("file", "contract", "update")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > domain_file.SIZE_LIMIT_BYTES:
            sizes = {"size": f"{file.size / MEGABYTE:,.1f}", "limit": _most_megabytes()}
            text = _("The file has %(size)s MB; up to %(limit)s MB are taken. Split it and import the parts.")
            raise forms.ValidationError(text % sizes)
        return file

    @property
    def limits(self) -> str:
        """What is taken, said before someone tries."""
        return _("One CSV file with up to %(rows)s rows, %(size)s MB at most.") % {
            "rows": f"{domain_file.ROWS_LIMIT:,}",
            "size": _most_megabytes(),
        }


class DomainContractForm(DomainSelectionForm, ContractChoice):
    """The contract that the selected domains change to; asked again with the selection in hidden fields."""


def _most_megabytes() -> str:
    return f"{domain_file.SIZE_LIMIT_BYTES / MEGABYTE:g}"
