"""The packages that a synthetic fleet draws from: names by popularity, versions by time."""

from dataclasses import dataclass
from random import Random

from cargohold.model import License, Package, Scope
from persist.packages import package_row

LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "GPL-2.0-or-later", "ISC", "LGPL-2.1-only", "MPL-2.0", "EPL-2.0")
RELEASES = 24  # versions that the busiest names have over the life of the fleet


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """A kind of packages. `names` is how many there are."""

    type: str
    cataloger: str
    names: int
    prefix: str = ""


DEB = Ecosystem("deb", "dpkg", 1_500)
APK = Ecosystem("apk", "apk", 800)
RPM = Ecosystem("rpm", "rpm", 1_200)
NPM = Ecosystem("npm", "npm", 12_000)
PYTHON = Ecosystem("python", "python", 6_000)
MAVEN = Ecosystem("java-archive", "java", 5_000)
BINARY = Ecosystem("binary", "binary", 40)

_WORDS = (
    "core",
    "net",
    "json",
    "http",
    "crypto",
    "async",
    "log",
    "test",
    "data",
    "ui",
    "xml",
    "cache",
    "auth",
    "event",
)
_PURL = {"java-archive": "maven", "python": "pypi", "binary": "generic"}


def name_of(ecosystem: Ecosystem, number: int) -> str:
    """Return a name; the lower the number, the more images have the package."""
    words = (_WORDS[number % 14], _WORDS[number // 14 % 14], ecosystem.type[:2])
    return f"{'-'.join(words)}-{number}"


def release_at(number: int, when: float) -> int:
    """Return which release of a name is the newest at `when`, from 0 to 1 in the life of the fleet."""
    rate = 1 + (number * 2_654_435_761 % 2**32) / 2**32 * (RELEASES - 1)
    return int(when * rate)


def model(ecosystem: Ecosystem, number: int, release: int, *, scope: Scope = Scope.VISIBLE) -> Package:
    """Return the package as a cataloger would find it."""
    name, major = name_of(ecosystem, number), 1 + number % 5
    version, source, qualifiers = f"{major}.{release // 4}.{release % 4}", "", ""
    if ecosystem in (DEB, APK, RPM):
        version = f"{version}-{1 + release % 3}"
        source = name_of(ecosystem, number - number % 3)
        qualifiers = f"?arch=amd64&distro={ecosystem.type}-12"
    return Package(
        cataloger=ecosystem.cataloger,
        type=ecosystem.type,
        name=name,
        version=version,
        purl=f"pkg:{_PURL.get(ecosystem.type, ecosystem.type)}/{name}@{version}{qualifiers}",
        source_name=source,
        source_version=version if source else "",
        scope=scope,
        licenses=(License(LICENSES[number * 7 % 23 % 8], LICENSES[number * 7 % 23 % 8]),),
    )


def draw(random: Random, ecosystem: Ecosystem, count: int, *, skew: float = 3.0) -> list[int]:
    """Return different numbers of names, those of popular ones more often."""
    found: set[int] = set()
    while len(found) < count:
        found.add(int(ecosystem.names * random.random() ** skew))
    return sorted(found)


class Pool:
    """Every package that was asked for, once: ids in the order of their first use, from 1."""

    def __init__(self) -> None:
        self.rows: list[tuple[Ecosystem, int, int]] = []
        self.identities: list[bytes] = []
        self._ids: dict[tuple[str, int, int], int] = {}

    def id_of(self, ecosystem: Ecosystem, number: int, release: int) -> int:
        """Return the id of a package."""
        key = (ecosystem.type, number, release)
        found = self._ids.get(key)
        if found is None:
            self.rows.append((ecosystem, number, release))
            self.identities.append(package_row(model(ecosystem, number, release)).identity)
            found = self._ids[key] = len(self.rows)
        return found

    def model(self, identifier: int, scope: Scope) -> Package:
        """Return a package by its id."""
        return model(*self.rows[identifier - 1], scope=scope)
