"""Who the demo is about: organizations, their programs and contracts, and the people one can sign in as."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from config.demo.workplaces import (
    FERNWEH_PLACES,
    FERNWEH_UNITS,
    NORDHAVEN_PLACES,
    NORDHAVEN_UNITS,
    Place,
    Unit,
)
from programs.models import Contract

PASSWORD = "lantern-harbour-42"  # noqa: S105 -- printed on purpose; the demo refuses to be made in production


@dataclass(frozen=True)
class Term:
    """A contract of the story; `quantity` None is unlimited."""

    name: str
    kind: Contract.Kind
    quantity: int | None
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Course:
    """A program of the story: the share of the organization's people in it, how many of those invited join,
    how many of those leave again, the contract they come under, and how many of those who join enroll.
    `limit` is how many courses each may enroll in.
    """

    slug: str
    name: str
    tagline: str
    share: float
    joins: float
    leaves: float
    term: str
    enrolls: float
    limit: int | None = None


@dataclass(frozen=True)
class Pilot:
    """People who were invited first, to one program under a contract that is over, in its own time."""

    program: str
    term: str
    people: int
    joins: float = 1


@dataclass(frozen=True)
class Login:
    """Someone to sign in as. With `program` a learner (`joined`) or an invitee, or that program's admin.

    `reaches` says how far a learner came in one course after the other, 1 being completed. `domain` is that
    of their address when it is not the company's.
    """

    role: str
    name: str
    local: str
    program: str = ""
    joined: bool = False
    is_admin: bool = False
    reaches: tuple[float, ...] = ()
    domain: str = ""


@dataclass(frozen=True)
class Company:
    """An organization of the story with `people` invented persons."""

    slug: str
    name: str
    domain: str
    brand_color: str
    timezone: str
    country: str
    industry: str
    size_band: str
    people: int
    prefix: str
    terms: tuple[Term, ...]
    courses: tuple[Course, ...]
    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    logins: tuple[Login, ...] = ()
    pilots: tuple[Pilot, ...] = ()
    # The program into which a file with bad rows was imported lately.
    newcomers: str = ""

    def email(self, login: Login) -> str:
        """The address this person signs in with."""
        return f"{login.local}@{login.domain or self.domain}"


SHARED = "lotte.brandsma"
SIZES = {"small": (1_080, 96, 0), "medium": (28_600, 1_400, 0), "large": (300_000, 20_000, 85_000)}
OTHERS = (
    ("aldermoor", "Aldermoor Foods", "#7a4b12"),
    ("brightsea", "Brightsea Insurance", "#0b5394"),
    ("cedarline", "Cedarline Health", "#1e6b3a"),
    ("dovetail", "Dovetail Furniture", "#8c3b2a"),
    ("eastgate", "Eastgate Rail", "#37474f"),
    ("foxglove", "Foxglove Pharma", "#9c1f5c"),
    ("graniteworks", "Graniteworks", "#4a4a4a"),
    ("hollybank", "Hollybank Retail", "#a02020"),
)


def companies(size: str, today: date) -> tuple[Company, ...]:
    """The organizations of this size; every date follows from today, so that the demo is always current."""
    nordhaven, fernweh, other = SIZES[size]
    companies = [_nordhaven(nordhaven, today), _fernweh(fernweh, today)]
    if other:
        companies += [_other(slug, name, color, other, today) for slug, name, color in OTHERS]
    return tuple(companies)


def _nordhaven(people: int, today: date) -> Company:
    year = today.year
    begun = _months_back(today, 6)
    workforce = Term(
        f"Workforce {year - 3}–{(year + 1) % 100:02d}",
        Contract.Kind.SEATS,
        max(18_000, people * 3 // 2),
        date(year - 3, 9, 1),
        date(year + 1, 8, 31),
    )
    security, before, after = (
        _year(f"Cloud & Security {day.year}", Contract.Kind.ENROLLMENTS, _round(people / share), day)
        for day, share in (
            (begun, 6),
            (begun.replace(year=begun.year - 1), 24),
            (begun.replace(year=begun.year + 1), 5),
        )
    )
    pilot = Term(f"Pilot {year - 3}", Contract.Kind.SEATS, 50, date(year - 3, 2, 1), date(year - 3, 8, 31))
    leadership = Term(
        "Leadership",
        Contract.Kind.UNLIMITED,
        None,
        _months_back(today, 20),
        _months_back(today, -16) - timedelta(days=1),
    )
    renewal = Term(
        f"Workforce {year + 1}–{(year + 5) % 100:02d}",
        Contract.Kind.SEATS,
        max(20_000, _round(people * 5 / 3)),
        date(year + 1, 9, 1),
        date(year + 5, 8, 31),
    )
    return Company(
        slug="nordhaven",
        name="Nordhaven Group",
        domain="nordhaven.example",
        brand_color="#006466",
        timezone="Europe/Copenhagen",
        country="DK",
        industry="Ports and logistics",
        size_band="10000+",
        people=people,
        prefix="NH",
        terms=(workforce, security, pilot, before, leadership, renewal, after),
        courses=(
            Course(
                "data-literacy",
                "Data Literacy for Everyone",
                "Read a chart, ask a better question, decide with the numbers.",
                0.49,
                0.81,
                0.035,
                workforce.name,
                0.62,
            ),
            Course(
                "digital-operations",
                "Digital Operations Academy",
                "Run the terminal of tomorrow, one clear process at a time.",
                0.33,
                0.78,
                0.035,
                workforce.name,
                0.57,
            ),
            Course(
                "cloud-security",
                "Cloud and Security Track",
                "Build it in the cloud, and keep it safe there.",
                0.115,
                0.74,
                0.02,
                security.name,
                0.66,
            ),
            Course(
                "first-time-managers",
                "First-time Managers",
                "Your first year of leading people, in good company.",
                0.065,
                0.93,
                0.03,
                leadership.name,
                0.74,
                limit=4,
            ),
        ),
        places=NORDHAVEN_PLACES,
        units=NORDHAVEN_UNITS,
        logins=(
            Login("Organization admin", "Signe Halvorsen", "signe.halvorsen", is_admin=True),
            Login("Program admin", "Desmond Adeyemi", "desmond.adeyemi", "digital-operations", is_admin=True),
            Login(
                "Learner", "Joana Azevedo", "joana.azevedo", "data-literacy", joined=True, reaches=(1, 0.55)
            ),
            Login(
                "Learner", "Lotte Brandsma", SHARED, "digital-operations", joined=True, reaches=(1, 1, 0.3)
            ),
            Login("Invitee", "Rafael Monteiro", "rafael.monteiro", "data-literacy"),
        ),
        pilots=(
            Pilot("data-literacy", pilot.name, 62),
            Pilot("cloud-security", before.name, people * 3 // 100, joins=0.78),
        ),
        newcomers="digital-operations",
    )


def _fernweh(people: int, today: date) -> Company:
    team = Term(
        f"Team {today.year}",
        Contract.Kind.SEATS,
        people * 2 // 3,
        _months_back(today, 8),
        _months_back(today, -4) - timedelta(days=1),
    )
    trial = Term(
        "Trial", Contract.Kind.UNLIMITED, None, _months_back(today, 12), team.starts_on - timedelta(days=1)
    )
    everyone = _year("Everyone", Contract.Kind.UNLIMITED, None, _months_back(today, -4))
    course = Course(
        "travel-advisor",
        "Travel Advisor Essentials",
        "Know the place, read the guest, find the trip.",
        1.0,
        0.93,
        0.0,
        team.name,
        0.6,
        limit=6,
    )
    return Company(
        slug="fernweh",
        name="Fernweh Travel",
        domain="fernweh.example",
        brand_color="#6d3fa0",
        timezone="Europe/Berlin",
        country="DE",
        industry="Travel and tourism",
        size_band="100-999",
        people=people,
        prefix="FW",
        terms=(team, trial, everyone),
        courses=(course,),
        places=FERNWEH_PLACES,
        units=FERNWEH_UNITS,
        logins=(
            Login("Organization admin", "Mira Sommerfeld", "mira.sommerfeld", is_admin=True),
            # Trains the travel advisors of one company and works for the other: one account for both.
            Login(
                "Learner of both",
                "Lotte Brandsma",
                SHARED,
                "travel-advisor",
                joined=True,
                reaches=(1, 0.8),
                domain="nordhaven.example",
            ),
        ),
        pilots=(Pilot(course.slug, trial.name, people // 7, joins=0.8),),
    )


def _other(slug: str, name: str, brand_color: str, people: int, today: date) -> Company:
    term = Term("Everyone", Contract.Kind.UNLIMITED, None, _months_back(today, 24), _months_back(today, -12))
    course = Course(
        f"{slug}-basics",
        f"{name} Basics",
        "What everyone here should know.",
        1.0,
        0.75,
        0.03,
        term.name,
        0.58,
    )
    return Company(
        slug=slug,
        name=name,
        domain=f"{slug}.example",
        brand_color=brand_color,
        timezone="Europe/London",
        country="GB",
        industry="",
        size_band="10000+",
        people=people,
        prefix=slug[:2].upper(),
        terms=(term,),
        courses=(course,),
        places=NORDHAVEN_PLACES,
        units=FERNWEH_UNITS,
    )


def _year(name: str, kind: Contract.Kind, quantity: int | None, day: date) -> Term:
    """A contract of one year, from the first day of a month."""
    return Term(name, kind, quantity, day, day.replace(year=day.year + 1) - timedelta(days=1))


def _round(quantity: float) -> int:
    """The next number that somebody would buy."""
    return 10 * math.ceil(quantity / 10)


def _months_back(day: date, months: int) -> date:
    """The first day of the month so many months before (negative: after)."""
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)
