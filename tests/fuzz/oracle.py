"""What must hold whatever a cataloger reads."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from analyze.catalogers.contract import Cataloger, Facts, Finding, ImageView, LayerFile, Patterns
from cargohold.model import Distro, Package, Relationship, Scope
from tests.fuzz.inputs import Input
from tests.harness.views import View, findings, wants

_PEAK = re.compile(rb"VmHWM:\s+(\d+)")
_GROWTH = 256 << 20  # bytes of memory that one input may take
_FACTS = 32 << 20  # bytes of JSON that one input may give, and
_FACTS_PER_BYTE = 40
SLOW = 1.0  # seconds that one input may take, and
SLOW_PER_MEGABYTE = 2.0
_OURS = re.compile(r"/(?:functions|layers/common)/([^:]+)\Z")
_PURL = re.compile(r"pkg:[a-z][a-z0-9.+-]*/[!-~]+")
_DISTROS = (None, Distro(id="debian", version_id="12"))


class Broken(AssertionError):
    """Something that must hold does not."""


class Remembered:
    """A cataloger that reads the same bytes under the same path once."""

    def __init__(self, cataloger: Cataloger) -> None:
        self.name = cataloger.name
        self.version = cataloger.version
        self.assemble: Callable[[ImageView], Any] = cataloger.assemble
        self.relate: Callable[..., Any] = cataloger.relate
        self._cataloger = cataloger
        self._patterns = cataloger.patterns()
        self._known: dict[tuple[bytes, bytes], Facts | None] = {}

    def patterns(self) -> Patterns:
        return self._patterns

    def extract(self, file: LayerFile) -> Facts | None:
        content = file.read(1 << 40)
        key = (file.path, content)
        if key not in self._known:
            if len(self._known) > 500:
                self._known.clear()
            self._known[key] = self._cataloger.extract(file)
        return self._known[key]


def check(cataloger: Cataloger, one: Input) -> None:
    """Read an input, make packages of it and relate them. Raises what comes out, or `Broken`."""
    if not wants(cataloger, one.path, one.content):
        return
    started, before = time.process_time(), _reset_peak()
    remembered = Remembered(cataloger)
    layer = {**one.beside, one.path: one.content}
    for layers, scope, said in (
        ([layer], Scope.VISIBLE, _DISTROS[len(one.content) % 2]),
        ([layer, {one.path: b""}], Scope.HIDDEN, None),
        ([{one.path: one.content}, one.beside], Scope.HIDDEN, None),
    ):
        view = View(layers, remembered, said, scope)
        found = list(view.facts(cataloger.name))
        for facts in found:
            if facts.path == one.path:
                _check_facts(facts.facts, len(one.content))
        if found:
            made = findings(view, remembered)
            _check_packages(cataloger, made)
            packages = [finding.package for finding in made]
            _check_relations(packages, list(remembered.relate(view, packages)))
    _check_cost(time.process_time() - started, before, len(one.content))


def _check_facts(facts: Facts, size: int) -> None:
    stored = [facts.identity, facts.detail, facts.unknowns]
    dumped = orjson.dumps(stored)
    if b"\\u0000" in dumped.replace(b"\\\\", b""):
        raise Broken("facts with a NUL")
    if len(dumped) > _FACTS + _FACTS_PER_BYTE * size:
        raise Broken(f"{len(dumped) >> 20} MiB of facts")
    if orjson.loads(dumped) != _plain(stored):
        raise Broken("facts that are not what their JSON says")
    for key in facts.identity:
        if not isinstance(key.get("name"), str) or not isinstance(key.get("version"), str):
            raise Broken("an identity without name or version")
    if any(not isinstance(reason, str) or len(reason) > 4000 for reason in facts.unknowns):
        raise Broken("a reason that is no text, or a long one")


def _plain(value: Any) -> Any:
    """Return a value with tuples as lists, which the record's codec takes for the same."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _check_packages(cataloger: Cataloger, made: list[Finding]) -> None:
    for finding in made:
        package = finding.package
        if not any(key is finding.key for key in finding.evidence.facts.identity):
            raise Broken("a package without an identity")
        if not _PURL.fullmatch(package.purl):
            raise Broken("a purl that is none")
        if not package.name or (package.cataloger, package.version) != (cataloger.name, finding.key["version"]):
            raise Broken("a package without a name, or of another version than its identity's")
        if not package.metadata_type or not package.type:
            raise Broken("a package without a type")
        if not all(location.path.startswith("/") for location in package.locations) or not package.locations:
            raise Broken("a package that is nowhere")
        if not all(path.startswith("/") for path in package.files):
            raise Broken("a file that is nowhere")
        _check_text(asdict(package))


def _check_text(value: Any) -> None:
    if b"\\u0000" in orjson.dumps(value).replace(b"\\\\", b""):
        raise Broken("a package with a NUL")


def _check_relations(packages: list[Package], relations: list[Relationship]) -> None:
    ids = {package.id for package in packages}
    for relation in relations:
        if relation.parent not in ids or relation.child not in ids or relation.kind != "dependency-of":
            raise Broken("a relation of something that is no package")


def _check_cost(seconds: float, before: int, size: int) -> None:
    if seconds > SLOW + SLOW_PER_MEGABYTE * size / (1 << 20):
        raise Broken("slow")
    if _peak() - before > _GROWTH:
        raise Broken("memory")


def _reset_peak() -> int:
    """Forget the most memory this process had (proc(5), clear_refs), and return what it has."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    return int(_PEAK.findall(Path("/proc/self/status").read_bytes())[0]) << 10


def where(error: BaseException) -> str:
    """Return what was raised and the innermost line of ours that it came through."""
    said = str(error) if isinstance(error, Broken) else ""
    place = ""
    for frame, line in _frames(error):
        if match := _OURS.search(frame):
            place = f"{match[1]}:{line}"
    return f"{type(error).__name__} {said or place}".strip()


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
