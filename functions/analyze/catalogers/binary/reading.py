"""What one file says of itself: the *map* half of the classifiers.

`detail["branches"]` has one list a branch: of its classifiers, by position in the table, those that can
hold, best first. `[position, version]` holds as it is; a third member makes it depend on another file:
the imported libraries that may say the version (when it is ""), or prove the classifier right. A classifier
whose siblings may say the version has none. `detail["provides"]` is what the file says for others, by family.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from analyze.catalogers.binary.clues import Classifier, Clue, proof
from analyze.catalogers.binary.scan import Race, scan
from analyze.catalogers.binary.table import TABLE, candidates
from analyze.catalogers.contract import Facts, LayerFile
from analyze.catalogers.executables import Elf, Malformed, opened

_IMPORTS = 16  # libraries of one family that a program imports


def read(file: LayerFile) -> Facts | None:
    """Classify one file; None when nothing is known of it."""
    branches = [_Branch(list(rows), file.path) for _, rows in groupby(_sorted(candidates(file.path)), key=_branch)]
    branches = [branch for branch in branches if branch.rows]
    if not branches:
        return None
    races = [race for branch in branches for race in branch.races]
    if races:
        with file.open() as stream:
            scan(stream, races)
    facts = Facts(unknowns=[f"gave up looking for {name}" for branch in branches for name in branch.exhausted()])
    imports = _Imports(file)
    decided = [found for branch in branches if (found := branch.options(imports))]
    provides = {TABLE[one[0]].provides: one[1] for options in decided for one in options if TABLE[one[0]].provides}
    facts.detail = {"branches": [options for options in decided if TABLE[options[0][0]].package]}
    if provides:
        facts.detail["provides"] = provides
    facts.identity = [key(one) for options in facts.detail["branches"] if (one := _own(options)) is not None]
    facts.unknowns += imports.unknowns
    return facts if provides or facts.detail["branches"] or facts.unknowns else None


def key(option: Sequence[Any]) -> dict[str, Any]:
    """Return the identity of an option that holds."""
    row = TABLE[option[0]]
    return {"name": row.package, "version": option[1], "classifier": row.name}


def _own(options: list[list[Any]]) -> list[Any] | None:
    return next((one for one in options if len(one) == 2 and one[1]), None)


def _branch(position: int) -> tuple[str, int]:
    name = TABLE[position].branch
    return (name, -1) if name else ("", position)


def _sorted(positions: list[int]) -> list[int]:
    """Return positions with those of one branch together, branches in the order of their first."""
    first: dict[tuple[str, int], int] = {}
    for position in positions:
        first.setdefault(_branch(position), position)
    return sorted(positions, key=lambda position: (first[_branch(position)], position))


class _Branch:
    """Classifiers of which the first holds, and the race of their clues."""

    def __init__(self, rows: list[int], path: bytes) -> None:
        name = path.rpartition(b"/")[2]
        clues = [(row, clue) for row in rows for clue in _clues(TABLE[row], name)]
        self._owners = [row for row, _ in clues]
        found = set(self._owners)
        self.rows = [row for row in rows if row in found or TABLE[row].elsewhere]
        self._proofs = {literal: Race([proof(literal)]) for row in self.rows for literal in TABLE[row].requires}
        patient = len(found) > 1  # a better classifier may turn out not to hold
        self._race = Race([clue for _, clue in clues], patient=patient) if clues else None

    @property
    def races(self) -> list[Race]:
        return [*([self._race] if self._race else []), *self._proofs.values()]

    def exhausted(self) -> list[str]:
        race = self._race
        return [TABLE[self.rows[0]].name] if race and race.exhausted and race.best is None else []

    def options(self, imports: "_Imports") -> list[list[Any]]:
        versions: dict[int, str] = {}
        for number, text in sorted(self._race.found.items()) if self._race else ():
            versions.setdefault(self._owners[number], text)
        found: list[list[Any]] = []
        for row in self.rows:
            option = self._option(row, versions.get(row), imports)
            if option is not None:
                found.append(option)
                if len(option) == 2 and option[1]:
                    break
        return found

    def _option(self, row: int, version: str | None, imports: "_Imports") -> list[Any] | None:
        classifier = TABLE[row]
        if any(self._proofs[literal].best is None for literal in classifier.requires):
            return None
        if version is None and (classifier.clues or classifier.template):
            return None
        elsewhere = classifier.elsewhere
        if elsewhere is None:
            return [row, version or ""] if version or not classifier.package else None
        libraries = imports.matching(elsewhere.imports) if elsewhere.imports else []
        return [row, version or "", libraries] if libraries or elsewhere.siblings else None


def _clues(row: Classifier, name: bytes) -> tuple[Clue, ...]:
    if row.template is None:
        return row.clues
    expression, contents = row.template
    match = re.fullmatch(expression.encode(), name, re.DOTALL)
    if match is None or len(match["version"]) > 16:
        return ()
    wanted = re.escape(match["version"])
    return tuple(Clue(wanted + rb"\.", content.replace(b"%b", wanted), before=1) for content in contents)


class _Imports:
    """The libraries that a program imports, read when a classifier asks for them."""

    def __init__(self, file: LayerFile) -> None:
        self.unknowns: list[str] = []
        self._file = file
        self._names: tuple[str, ...] | None = None

    def matching(self, expression: str) -> list[str]:
        if self._names is None:
            self._names = self._read()
        return [name for name in self._names if re.fullmatch(expression, name)][:_IMPORTS]

    def _read(self) -> tuple[str, ...]:
        try:
            with opened(self._file) as programs:
                return tuple(name.rpartition("/")[2] for one in programs if isinstance(one, Elf) for name in one.needed)
        except Malformed as error:
            self.unknowns = [f"imported libraries: {str(error)[:200]}"]
            return ()
