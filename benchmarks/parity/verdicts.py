"""The explanations of `docs/parity.md`: its tables are what the program reads."""

import fnmatch
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
_COLUMNS = ("image", "type", "only", "package")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row: shell patterns of the image, type and `name version`, on which side, and why."""

    image: str
    type: str
    only: str  # "syft" or "cargohold"
    package: str
    verdict: str

    def covers(self, image: str, side: str, kind: str, name: str, version: str) -> bool:
        """Tell whether this row explains a difference."""
        return (
            side == self.only
            and fnmatch.fnmatchcase(image, self.image)
            and fnmatch.fnmatchcase(kind, self.type)
            and fnmatch.fnmatchcase(f"{name} {version}", self.package)
        )


def read(page: Path = PAGE) -> list[Verdict]:
    """Return the rows of all tables whose first columns are image, type, only and package."""
    verdicts: list[Verdict] = []
    inside = False
    for line in page.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif tuple(cells[:4]) == _COLUMNS:
            inside = True
        elif inside and not set(line) <= set("|-: "):
            verdicts.append(Verdict(*cells[:4], verdict=" ".join(cells[4:])))
    return verdicts
