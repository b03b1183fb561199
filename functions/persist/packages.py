"""Packages and their sets, content-addressed: an image whose packages are known adds a handful of rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs

from cargohold.model import License, Package, Scope
from cargohold.versions import key
from persist.text import LONG_BYTES, NAME_BYTES, VERSION_BYTES, fit

_LICENSES = 50  # of one package; more are a hostile list


class PackageRow(NamedTuple):
    """What `package` stores of a package, in its column order, before what `stored` adds."""

    identity: bytes
    type: str
    namespace: str
    name: str
    version: str
    source_name: str
    source_version: str
    distro: str
    purl: str
    licenses: list[str]

    def stored(self, first_seen: datetime) -> tuple[object, ...]:
        """Return the values of `COLUMNS`. The version's key is made only here: most packages are known already."""
        return *self, key(self.type, self.version), first_seen


COLUMNS = (*PackageRow._fields, "version_key", "first_seen")


@dataclass(frozen=True, slots=True)
class PackageSet:
    """The packages that one cataloger found in one scope. `members` are sorted identities."""

    cataloger: str
    scope: Scope
    members: tuple[bytes, ...]
    sha256: bytes


@dataclass(slots=True)
class Packages:
    """The packages of an image: rows by identity, sets in the order of their key, and how many are visible."""

    rows: dict[bytes, PackageRow] = field(default_factory=dict)
    sets: tuple[PackageSet, ...] = ()
    visible: int = 0


def collect(packages: Iterable[Package]) -> Packages:
    """Return rows and sets of an image's packages; the same package at two places counts once."""
    result = Packages()
    members: dict[tuple[str, Scope], set[bytes]] = defaultdict(set)
    for package in packages:
        row = package_row(package)
        result.rows.setdefault(row.identity, row)
        members[fit(package.cataloger, NAME_BYTES), package.scope].add(row.identity)
    visible = [found for (_, scope), found in members.items() if scope is Scope.VISIBLE]
    result.visible = len(set().union(*visible))
    result.sets = tuple(
        PackageSet(cataloger, scope, identities, set_digest(scope, identities))
        for (cataloger, scope), identities in sorted(
            ((key, tuple(sorted(found))) for key, found in members.items()),
        )
    )
    return result


def package_row(package: Package) -> PackageRow:
    """Return the row of a package; its identity is the SHA-256 of all the rest."""
    values = (
        fit(package.type, 100),
        fit(package.namespace, NAME_BYTES),
        fit(package.name, NAME_BYTES),
        fit(package.version, VERSION_BYTES),
        fit(package.source_name, NAME_BYTES),
        fit(package.source_version, VERSION_BYTES),
        fit(_distro(package.purl), VERSION_BYTES),
        fit(package.purl, LONG_BYTES),
    )
    licenses = sorted({fit(_license(found), VERSION_BYTES) for found in package.licenses} - {""})[:_LICENSES]
    # NUL is in no value, so that no two lists of values give the same bytes.
    identity = sha256("\0".join((*values, *licenses)).encode("utf-8", "replace")).digest()
    return PackageRow(identity, *values, licenses)


def set_digest(scope: Scope, members: Iterable[bytes]) -> bytes:
    """Return what names a set: the SHA-256 of its scope and its members' identities, sorted."""
    digest = sha256(scope.encode() + b"\0")
    for member in members:
        digest.update(member)
    return digest.digest()


def analysis_hour(at: datetime) -> datetime:
    """Return the hour of `at`: what `last_seen` keeps, so that a busy set is not written at every push."""
    return at.replace(minute=0, second=0, microsecond=0)


def _distro(purl: str) -> str:
    # The cataloger knows whether a package belongs to a distribution, and says so in its purl.
    qualifiers = purl.partition("#")[0].partition("?")[2]
    return parse_qs(qualifiers).get("distro", [""])[0] if "distro=" in qualifiers else ""


def _license(found: License) -> str:
    return found.spdx_expression or found.value
