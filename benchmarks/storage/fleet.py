"""A synthetic fleet: applications on bases, built again and again over two years.

Every build is an image with a layer of its own. What the images share is as in life: the base and its packages until
the base is updated, and the application's dependencies until one of them is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

from benchmarks.storage.packages import APK, BINARY, DEB, MAVEN, NPM, PYTHON, RPM, Ecosystem, Pool, draw, release_at

from cargohold.model import Scope
from persist.packages import set_digest

START = datetime(2024, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=730)
BUILDS = 200  # of an application
BASES = 50
UPDATES = 24  # of a base, one a month
REGISTRY = "registry.example"
_DISTROS = (("debian", "12", DEB), ("ubuntu", "22.04", DEB), ("alpine", "3.20", APK), ("rhel", "9.4", RPM))
_ECOSYSTEMS = (NPM, NPM, NPM, PYTHON, PYTHON, MAVEN)


@dataclass(frozen=True, slots=True)
class Members:
    """A package set: sorted ids of the pool."""

    number: int
    sha256: bytes
    cataloger: str
    scope: Scope
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """One build. `layers` are pairs of diff id and blob digest, base first; `sets` belong to one image and more."""

    number: int
    digest: bytes
    at: datetime
    repository: str
    tags: tuple[str, ...]
    distro: tuple[str, str]
    layers: tuple[tuple[bytes, bytes], ...]
    sets: tuple[Members, ...]
    parent: bytes
    secrets: int

    @property
    def chain(self) -> bytes:
        """What names the chain of its layers."""
        return sha256(b"".join(part for pair in self.layers for part in pair)).digest()

    @property
    def visible(self) -> int:
        """How many packages are visible in it."""
        return sum(len(found.members) for found in self.sets if found.scope is Scope.VISIBLE)


def layer(name: str) -> tuple[bytes, bytes]:
    """Return the diff id and the blob digest of a layer."""
    return sha256(f"diff {name}".encode()).digest(), sha256(f"blob {name}".encode()).digest()


class Fleet:
    """`images` builds whose dependencies change every `stable` builds."""

    def __init__(self, images: int, *, stable: float, seed: int = 1) -> None:
        self.images, self.stable = images, stable
        self.applications = max(1, images // BUILDS)
        self.pool = Pool()
        self.sets: list[Members] = []
        self._by_digest: dict[bytes, Members] = {}
        self._seed = seed
        self._bases: dict[int, tuple[int, tuple[Members, ...]]] = {}
        self._names: dict[tuple[str, int], tuple[Ecosystem, list[int], list[int]]] = {}
        self._states: dict[int, tuple[int, tuple[Members, ...]]] = {}

    def walk(self) -> Iterator[Image]:
        """Yield the images in the order of their time."""
        for number in range(self.images):
            yield self._image(number)

    def _image(self, number: int) -> Image:
        # The builds of an application are spread over the whole time.
        application, build = number % self.applications, number // self.applications
        when = number / self.images
        base = self._base_of(application, when)
        update = int(when * UPDATES)
        state = int((build + application % 17 * self.stable / 17) / self.stable)
        sets = (*self._base(base, update), *self._state(application, state, when))
        digest = sha256(f"image {self._seed} {number}".encode()).digest()
        shared = [layer(f"base {base} {update} {place}") for place in range(4)]
        own = [layer(f"state {application} {state}"), layer(f"build {application} {build}")]
        return Image(
            number=number,
            digest=digest,
            at=START + timedelta(seconds=int(number * LIFE.total_seconds() / self.images)),
            repository=f"team-{application % 40}/app-{application}",
            tags=(f"1.{build}", "latest") if application % 2 else (f"1.{build}",),
            distro=("centos", "7") if base == BASES - 1 else _DISTROS[base % 4][:2],
            layers=(*shared, *own),
            sets=sets,
            parent=sha256(b"index" + digest).digest() if application % 5 == 0 else b"",
            secrets=2 if number % 20 == 0 else 0,
        )

    def _base_of(self, application: int, when: float) -> int:
        # One in five moves to another base half-way; the last base is given up after a quarter of the time.
        base = application % BASES
        if application % 5 == 0 and when > 0.5:
            base = (base + 7) % BASES
        return 0 if base == BASES - 1 and when > 0.25 else base

    def _base(self, base: int, update: int) -> tuple[Members, ...]:
        known = self._bases.get(base)
        if known is None or known[0] != update:
            ecosystem = RPM if base == BASES - 1 else _DISTROS[base % 4][2]
            random = Random(f"{self._seed} base {base}")
            size = {DEB: 180, APK: 40, RPM: 220}[ecosystem]
            names = draw(random, ecosystem, random.randint(size // 2, size * 2), skew=1.6)
            programs = draw(random, BINARY, random.randint(1, 3), skew=1.5)
            when = update / UPDATES
            known = (
                update,
                (
                    self._set(ecosystem.cataloger, Scope.VISIBLE, self._current(ecosystem, names, when)),
                    self._set(BINARY.cataloger, Scope.VISIBLE, self._current(BINARY, programs, when)),
                ),
            )
            self._bases[base] = known
        return known[1]

    def _current(self, ecosystem: Ecosystem, names: list[int], when: float) -> list[int]:
        return [self.pool.id_of(ecosystem, name, release_at(name, when)) for name in names]

    def _state(self, application: int, state: int, when: float) -> tuple[Members, ...]:
        known = self._states.get(application)
        if known is not None and known[0] == state:
            return known[1]
        random = Random(f"{self._seed} application {application} {state}")
        found = self._names.get(("dependencies", application))
        if found is None:
            ecosystem = _ECOSYSTEMS[application % len(_ECOSYSTEMS)]
            size = min(1_500, max(30, int(random.lognormvariate(5.5, 0.8))))
            names = draw(random, ecosystem, size)
            found = (ecosystem, names, self._current(ecosystem, names, when))
            self._names["dependencies", application] = found
        ecosystem, names, members = found
        for _ in range(max(1, len(names) // 20)):
            place = random.randrange(len(names))
            if random.random() < 0.1:  # another dependency in its place
                (names[place],) = draw(random, ecosystem, 1)
            members[place] = self.pool.id_of(ecosystem, names[place], release_at(names[place], when))
        sets = [self._set(ecosystem.cataloger, Scope.VISIBLE, members)]
        if application % 4 == 0:
            sets.append(self._set(ecosystem.cataloger, Scope.HIDDEN, members[:: len(members) // 8 + 1]))
        self._states[application] = (state, tuple(sets))
        return self._states[application][1]

    def _set(self, cataloger: str, scope: Scope, members: list[int]) -> Members:
        chosen = tuple(sorted(set(members)))
        identities = self.pool.identities
        digest = set_digest(scope, sorted(identities[member - 1] for member in chosen))
        made = self._by_digest.setdefault(digest, Members(len(self.sets), digest, cataloger, scope, chosen))
        if made.number == len(self.sets):
            self.sets.append(made)
        return made
