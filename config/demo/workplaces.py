"""Where the people of the demo work, and as what."""

from dataclasses import dataclass


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
