"""Packages and layers to ask for, by how much of the fleet has them and whether it still does."""

from collections import Counter
from dataclasses import dataclass
from random import Random

from benchmarks.storage.fleet import BASES, Fleet, layer
from benchmarks.storage.load import Loader
from benchmarks.storage.packages import model

from cargohold.model import Package, Scope

MOST = 60  # of each class


@dataclass(frozen=True, slots=True)
class Subjects:
    """Packages by class, and diff ids of layers from the most to the least shared."""

    rare: list[Package]
    middling: list[Package]
    popular: list[Package]
    vanished: list[Package]
    layers: dict[str, list[bytes]]

    def classes(self) -> dict[str, list[Package]]:
        """Return the packages by the name of their class."""
        return {name: getattr(self, name) for name in ("rare", "middling", "popular", "vanished")}


def choose(fleet: Fleet, loader: Loader, seed: int = 1) -> Subjects:
    """Count in how many sets each package is, and when it was last shipped.

    Rare: 1 to 5 sets. Middling: 50 to 500. Popular: the 200 in the most sets, and still shipped. Vanished: in 50
    sets and more, the newest of them in no image of the last third.
    """
    counts: Counter[int] = Counter()
    newest: dict[int, int] = {}
    for found in fleet.sets:
        if found.scope is not Scope.VISIBLE:
            continue
        counts.update(found.members)
        image = loader.newest_image.get(found.number, 0)
        newest.update((member, image) for member in found.members if newest.get(member, 0) < image)
    recent = fleet.images * 2 // 3
    random = Random(seed)

    def pick(wanted: list[int]) -> list[Package]:
        return [model(*fleet.pool.rows[one - 1]) for one in random.sample(wanted, min(MOST, len(wanted)))]

    return Subjects(
        rare=pick([one for one, count in counts.items() if count <= 5]),
        middling=pick([one for one, count in counts.items() if 50 <= count <= 500 and newest[one] > recent]),
        popular=pick([one for one, _ in counts.most_common(400) if newest[one] > recent][:200]),
        vanished=pick([one for one, count in counts.items() if count >= 50 and newest[one] <= recent]),
        layers={
            "of a build": [layer(f"build {number} 3")[0] for number in range(min(MOST, fleet.applications))],
            "of dependencies": [layer(f"state {number} 3")[0] for number in range(min(MOST, fleet.applications))],
            "of a base": [layer(f"base {number} 20 0")[0] for number in range(BASES - 1)],
        },
    )
