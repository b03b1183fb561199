"""Which installed gem serves a dependency.

Source: RubyGems activates the highest installed version that meets a requirement. It looks through all
of its gem paths; which these are the environment says, so the dependent's own is looked at first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cmp_to_key

from analyze.catalogers.ruby.versions import compare, satisfies, segments
from cargohold.model import Package, Relationship

_MOST = 1000  # versions of one name that are looked at


def relations(packages: Sequence[Package]) -> Iterator[Relationship]:
    """Yield `dependency-of` for each dependency that is installed."""
    named: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        if len(named[package.name]) < _MOST:
            named[package.name].append(package)
    for package in packages:
        found = {
            dependency.id
            for name, requirement in package.metadata.get("dependencies", {}).items()
            for dependency in _best(package, named.get(name, ()), requirement)
        }
        for dependency in sorted(found - {package.id}):
            yield Relationship(dependency, package.id, "dependency-of")


def _best(dependent: Package, candidates: Sequence[Package], requirement: str) -> list[Package]:
    """Return the highest version that fits; all of it, when it is there for several platforms."""
    fitting = [one for one in candidates if satisfies(one.version, requirement)]
    near = [one for one in fitting if home(one) == home(dependent)] or fitting
    highest = max((segments(one.version) for one in near), key=cmp_to_key(compare), default=None)
    return [one for one in near if segments(one.version) == highest]


def home(package: Package) -> str:
    """Return the gem path that a gem is installed in."""
    return package.locations[0].path.rpartition("/specifications/")[0]
