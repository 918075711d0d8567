"""What came of loading a catalog."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Remark:
    """A word about one row: its line in the file, the slug and title it has, a sentence."""

    line: int
    slug: str
    title: str
    text: str


@dataclass
class Count:
    """Distinct rows by what became of them; the same slug on two lines counts once, by the larger change."""

    slugs: dict[str, str] = field(default_factory=dict)

    def count(self, *, taken_slugs: set[str], new: set[str], changed: set[str]) -> None:
        for slug in taken_slugs:
            if slug in new:
                self.slugs[slug] = "new"
            elif slug in changed:
                self.slugs[slug] = self.slugs.get(slug, "changed").replace("unchanged", "changed")
            else:
                self.slugs.setdefault(slug, "unchanged")

    def of(self, what: str) -> int:
        return sum(became == what for became in self.slugs.values())

    @property
    def new(self) -> int:
        return self.of("new")

    @property
    def changed(self) -> int:
        return self.of("changed")

    @property
    def unchanged(self) -> int:
        return self.of("unchanged")


@dataclass
class Report:
    """`versions` counts new versions of courses that had one; `refused` are rows that were not taken, `notes`
    rows that were taken without something; `unused` are columns that mean nothing here.
    """

    rows: int = 0
    courses: Count = field(default_factory=Count)
    specializations: Count = field(default_factory=Count)
    versions: int = 0
    partners: int = 0
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    unused: tuple[str, ...] = ()

    def settle(self) -> None:
        """Put the remarks into the order of the file."""
        self.refused.sort()
        self.notes.sort()
