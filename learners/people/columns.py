"""Which column of a file holds what: known by its header, in the words and languages lists come with.

Pure: knows no database.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from config.lib.csvin import Unreadable

HEADER = ("Full Name", "Email", "External ID")
# The columns of a person's profile, by their exact names (product L8), and the field each fills.
PROFILE = {
    "Manager Name": "manager_name",
    "Manager Email": "manager_email",
    "Job Title": "job_title",
    "Job Type": "job_type",
    "Business Unit": "business_unit",
    "Business Unit 2": "business_unit_2",
    "Location City": "location_city",
    "Location Country": "location_country",
    "Location Region": "location_region",
}
TITLES = {field: title for title, field in PROFILE.items()}
FULL_NAME = """Full Name; Fullname; Display Name; Employee Name; Employee Full Name; Learner Name; Learner;
  Participant; Participant Name; Student Name; Name and Surname; First and Last Name; Vollständiger Name;
  Vor- und Nachname; Nom complet; Nom et prénom; Nom prénom; Prénom et nom; Prénom nom; Nombre completo;
  Nombre y apellidos; Nombre y apellido; Nome completo; Nome e cognome; Volledige naam; Fullständigt namn;
  För- och efternamn; Fulde navn; Fullt navn; Koko nimi; Imię i nazwisko; 氏名; 姓名; 名前"""
FIRST_NAME = """First Name; Given Name; Forename; Vorname; Prénom; Nombre; Nombres; Nome; Voornaam; Förnamn;
  Fornavn; Etunimi; Imię; Jméno"""
LAST_NAME = """Last Name; Surname; Family Name; Nachname; Familienname; Nom de famille; Apellido; Apellidos;
  Cognome; Sobrenome; Apelido; Achternaam; Efternamn; Efternavn; Etternavn; Sukunimi; Nazwisko; Příjmení"""
# The whole name, unless a first name stands beside it.
NAME = "Name; Nom; Nombre; Nome; Naam; Namn; Navn; Nimi; Имя; ФИО"
EMAIL = """Email; Mail; Email Address; Mail Address; Email ID; Work Email; Work Email Address; Business Email;
  Company Email; Corporate Email; Primary Email; Employee Email; Learner Email; E-Mail-Adresse; Mailadresse;
  Adresse e-mail; Adresse mail; Adresse électronique; Courriel; Adresse de courriel; Correo;
  Correo electrónico; Dirección de correo electrónico; Dirección de correo; Indirizzo e-mail;
  Indirizzo di posta elettronica; Posta elettronica; Endereço de e-mail; Correio eletrónico; E-mailadres;
  E-post; E-postadress; E-postadresse; Sähköposti; Sähköpostiosoite; Adres e-mail; Электронная почта;
  メールアドレス; メール; 电子邮件; 邮箱"""
EXTERNAL_ID = """External ID; Employee ID; Employee Number; Employee No; Staff ID; Staff Number;
  Personnel Number; Person ID; Worker ID; Student ID; Learner ID; User ID; HR ID; Payroll Number; ID;
  ID Number; Externe ID; Personalnummer; Mitarbeiternummer; Mitarbeiter-ID; Matricule; Identifiant externe;
  Identifiant; ID externo; Número de empleado; ID de empleado; Matrícula; Matricola; ID esterno;
  Personeelsnummer; Externt ID;
  Anställningsnummer; Anställnings-ID; Medarbejdernummer; Ansattnummer; Henkilönumero; Numer pracownika;
  社員番号; 工号"""


@dataclass(frozen=True)
class Columns:
    """Where things stand in a record, counted from 0. Names are joined in this order; `external_id` may be
    nowhere; `profile` maps fields of a person to columns.
    """

    name: tuple[int, ...]
    email: int
    external_id: int | None
    profile: Mapping[str, int]


def recognise(header: Sequence[str]) -> Columns | None:
    """The columns by their names in any case, order and known language; None when one has to be chosen.

    Raises Unreadable when one of our own names is there twice.
    """
    keys = [key(cell) for cell in header]
    for title in (*HEADER, *PROFILE):
        if keys.count(key(title)) > 1:
            raise Unreadable(_("The column %(title)s is there twice. Keep one of them.") % {"title": title})
    name = _name(keys)
    email, external_id = (_one(keys, words) for words in (EMAIL, EXTERNAL_ID))
    if not name or email is None or external_id is None:
        return None
    return Columns(name, email, external_id, profile(header))


def profile(header: Sequence[str]) -> dict[str, int]:
    """The columns of the profile that the file has, by the field they fill."""
    keys = [key(cell) for cell in header]
    return {field: keys.index(key(title)) for title, field in PROFILE.items() if key(title) in keys}


def is_data(header: Sequence[str]) -> bool:
    """Whether the first row names nothing but holds a person already."""
    return any("@" in cell for cell in header)


def unnamed(header: Sequence[str]) -> Unreadable:
    """The refusal of a file whose first row does not name the columns."""
    keys = [key(cell) for cell in header]
    missing = ", ".join(title for title in HEADER if key(title) not in keys)
    text = _("The first row must name the columns Full Name, Email and External ID. Missing: %(missing)s.")
    return Unreadable(text % {"missing": missing})


def fingerprint(header: Sequence[str]) -> str:
    """The same for files whose headers say the same in the same order."""
    return hashlib.sha256("\x1f".join(map(key, header)).encode()).hexdigest()


def key(cell: str) -> str:
    """A header without case, accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", cell.casefold())
    return "".join(character for character in plain if character.isalnum())


def _keys(words: str) -> list[str]:
    return [key(word) for word in words.split(";")]


def _name(keys: Sequence[str]) -> tuple[int, ...]:
    full = _one(keys, FULL_NAME)
    if full is not None:
        return (full,)
    first = _one(keys, FIRST_NAME)
    last = _one(keys, LAST_NAME)
    if last is None:
        last = _one(keys, NAME)
    if first is not None and last is not None and first != last:
        return (first, last)
    whole = _one(keys, NAME)
    return (whole,) if whole is not None else ()


def _one(keys: Sequence[str], words: str) -> int | None:
    """Where the one column with such a name stands; our own name, the first of the words, comes first."""
    known = _keys(words)
    if known[0] in keys:
        return keys.index(known[0])
    found = [index for index, cell in enumerate(keys) if cell in known]
    return found[0] if len(found) == 1 else None


def joined(cells: Sequence[str], places: Iterable[int]) -> str:
    """What stands in these columns, with a space between; a record may be shorter than its header."""
    return " ".join(cells[place] for place in places if place < len(cells) and cells[place].strip())
