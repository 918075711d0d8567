"""Who the demo is about: organizations, their programs and contracts, and the people one can sign in as."""

from dataclasses import dataclass
from datetime import date, timedelta

from programs.models import Contract

PASSWORD = "lantern-harbour-42"  # noqa: S105 -- printed on purpose; the demo refuses to be made in production


@dataclass(frozen=True)
class Place:
    city: str
    country: str
    region: str


@dataclass(frozen=True)
class Unit:
    """A business unit, its parts, and what people in it are."""

    name: str
    parts: tuple[str, ...]
    titles: tuple[str, ...]


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
    how many of those leave again, and the contract they come under."""

    slug: str
    name: str
    tagline: str
    share: float
    joins: float
    leaves: float
    term: str


@dataclass(frozen=True)
class Login:
    """Someone to sign in as. With `program` a learner (`joined`) or an invitee, or that program's admin."""

    role: str
    name: str
    local: str
    program: str = ""
    joined: bool = False
    is_admin: bool = False


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
    # So many are invited first, to the first program under this contract, in its own time.
    pilot: tuple[str, int] | None = None
    # The program into which a file with bad rows was imported lately.
    newcomers: str = ""


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
NORDHAVEN_PLACES = tuple(
    Place(*line.split(", "))
    for line in """Aarhus, Denmark, Nordics
Copenhagen, Denmark, Nordics
Gothenburg, Sweden, Nordics
Oslo, Norway, Nordics
Turku, Finland, Nordics
Hamburg, Germany, Central Europe
Gdańsk, Poland, Central Europe
Rotterdam, Netherlands, Western Europe
Antwerp, Belgium, Western Europe
Le Havre, France, Western Europe
Felixstowe, United Kingdom, Western Europe
Algeciras, Spain, Southern Europe
Gioia Tauro, Italy, Southern Europe
İzmir, Türkiye, Southern Europe
Casablanca, Morocco, Middle East and Africa
Lagos, Nigeria, Middle East and Africa
Tema, Ghana, Middle East and Africa
Mombasa, Kenya, Middle East and Africa
Dubai, United Arab Emirates, Middle East and Africa
Chennai, India, Asia
Singapore, Singapore, Asia
Ho Chi Minh City, Vietnam, Asia
Ningbo, China, Asia
Busan, South Korea, Asia
Yokohama, Japan, Asia
Santos, Brazil, Americas
Cartagena, Colombia, Americas
Savannah, United States, Americas""".splitlines()
)
NORDHAVEN_UNITS = tuple(
    Unit(name, tuple(parts.split(", ")), tuple(titles.split(", ")))
    for name, parts, titles in (
        (
            "Terminals",
            "Crane Operations, Yard Planning, Gate and Customs, Maintenance",
            "Crane Operator, Yard Planner, Shift Supervisor, Customs Specialist, Maintenance Technician",
        ),
        (
            "Ocean Network",
            "Fleet Planning, Vessel Operations, Bunkering",
            "Vessel Planner, Fleet Analyst, Team Lead",
        ),
        (
            "Inland Logistics",
            "Rail and Barge, Trucking, Warehousing",
            "Logistics Coordinator, Dispatcher, Warehouse Supervisor, Apprentice",
        ),
        (
            "Customer Care",
            "Bookings, Claims, Key Accounts",
            "Booking Agent, Claims Handler, Key Account Manager",
        ),
        (
            "Technology",
            "Platforms, Data and Analytics, Information Security",
            "Cloud Engineer, Software Developer, Data Engineer, Data Analyst, Security Analyst",
        ),
        ("Finance and Procurement", "Controlling, Purchasing", "Business Controller, Buyer, Accountant"),
        ("People and Culture", "Learning, Payroll", "HR Business Partner, Payroll Specialist"),
        ("Safety and Engineering", "Port Safety, Electrification", "Safety Engineer, Electrical Engineer"),
    )
)
FERNWEH_PLACES = (
    Place("Berlin", "Germany", "Central Europe"),
    Place("Vienna", "Austria", "Central Europe"),
    Place("Zürich", "Switzerland", "Central Europe"),
    Place("Palma", "Spain", "Southern Europe"),
)
FERNWEH_UNITS = (
    Unit("Shops", ("Berlin", "Vienna", "Zürich"), ("Travel Advisor", "Shop Manager")),
    Unit("Destinations", ("Europe", "Overseas"), ("Destination Manager", "Tour Guide")),
    Unit("Office", ("Finance", "Call Centre"), ("Accountant", "Call Centre Agent")),
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
    cloud = _months_back(today, 6)
    workforce = Term(
        f"Workforce {year - 1}–{(year + 1) % 100:02d}",
        Contract.Kind.SEATS,
        max(18_000, people * 3 // 2),
        date(year - 1, 9, 1),
        date(year + 1, 8, 31),
    )
    security = Term(
        f"Cloud & Security {cloud.year}",
        Contract.Kind.ENROLLMENTS,
        max(2_000, people // 10),
        cloud,
        cloud.replace(year=cloud.year + 1) - timedelta(days=1),
    )
    pilot = Term(f"Pilot {year - 1}", Contract.Kind.SEATS, 50, date(year - 1, 2, 1), date(year - 1, 8, 31))
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
        terms=(workforce, security, pilot),
        courses=(
            Course(
                "data-literacy",
                "Data Literacy for Everyone",
                "Read a chart, ask a better question, decide with the numbers.",
                0.49,
                0.83,
                0.025,
                workforce.name,
            ),
            Course(
                "digital-operations",
                "Digital Operations Academy",
                "Run the terminal of tomorrow, one clear process at a time.",
                0.33,
                0.80,
                0.025,
                workforce.name,
            ),
            Course(
                "cloud-security",
                "Cloud and Security Track",
                "Build it in the cloud, and keep it safe there.",
                0.115,
                0.74,
                0.02,
                security.name,
            ),
            Course(
                "first-time-managers",
                "First-time Managers",
                "Your first year of leading people, in good company.",
                0.065,
                0.95,
                0.03,
                workforce.name,
            ),
        ),
        places=NORDHAVEN_PLACES,
        units=NORDHAVEN_UNITS,
        logins=(
            Login("Organization admin", "Signe Halvorsen", "signe.halvorsen", is_admin=True),
            Login("Program admin", "Desmond Adeyemi", "desmond.adeyemi", "digital-operations", is_admin=True),
            Login("Learner", "Joana Azevedo", "joana.azevedo", "data-literacy", joined=True),
            Login("Invitee", "Rafael Monteiro", "rafael.monteiro", "data-literacy"),
        ),
        pilot=(pilot.name, 62),
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
    course = Course(
        "travel-advisor",
        "Travel Advisor Essentials",
        "Know the place, read the guest, find the trip.",
        1.0,
        0.93,
        0.0,
        team.name,
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
        terms=(team,),
        courses=(course,),
        places=FERNWEH_PLACES,
        units=FERNWEH_UNITS,
        logins=(Login("Organization admin", "Mira Sommerfeld", "mira.sommerfeld", is_admin=True),),
    )


def _other(slug: str, name: str, brand_color: str, people: int, today: date) -> Company:
    term = Term("Everyone", Contract.Kind.UNLIMITED, None, _months_back(today, 12), _months_back(today, -12))
    course = Course(
        f"{slug}-basics", f"{name} Basics", "What everyone here should know.", 1.0, 0.8, 0.02, term.name
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


def _months_back(day: date, months: int) -> date:
    """The first day of the month so many months before (negative: after)."""
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)
