"""SPDX 3.0.1 as JSON-LD (spdx.github.io/spdx-spec/v3.0.1; context `spdx-context.jsonld`).

Elements are written once each: packages with what they refer to as they come, the collections that list
them at the end.
"""

from collections.abc import Iterator
from typing import Any

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.facts import image
from api.formats.facts.artifacts import runnable
from api.formats.facts.graph import Graph, is_complete
from api.formats.rows import array
from api.formats.spdx.v3_elements import Elements
from api.formats.spdx.v3_packages import Packages
from cargohold.model import Scope

_CONTEXT = b'{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":['
_NONE = "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement"


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the document, streamed."""
    yield _CONTEXT
    yield from array(_elements(reader, request))
    yield b"]}\n"


def _elements(reader: AnalysisReader, request: Request) -> Iterator[dict[str, Any]]:
    analysis = reader.analysis
    base = f"https://spdx.org/spdxdocs/cargohold-{image.document_id(analysis, request, 'spdx')}"
    elements = Elements(base, image.created(analysis) or image.EPOCH, request.creator)
    yield from elements.creation()
    graph = Graph(reader.relationships())
    unreadable = {unknown.cataloger for unknown in reader.unknowns()}
    packages = Packages(elements, [layer.diff_id for layer in analysis.layers], runnable(reader.files()))
    root = elements.identifier("Image")
    yield packages.image(root, analysis, request)
    contained: list[str] = []
    declared: list[str] = []
    if analysis.distro.id:
        contained.append(elements.identifier("OperatingSystem"))
        yield packages.system(contained[0], analysis.distro)
    for package in reader.packages():
        name = f"Package-{package.id}"
        reference = elements.identifier(name)
        (declared if package.scope is Scope.DECLARED else contained).append(reference)
        yield from packages.elements(reference, name, package)
        complete = is_complete(package, unreadable)
        needs = [elements.identifier(f"Package-{one}") for one in graph.needs.get(package.id, ())]
        if needs or complete:
            known = "complete" if complete else "noAssertion"
            yield elements.relationship(f"{name}-needs", reference, "dependsOn", needs or [_NONE], completeness=known)
        for owner in graph.owners.get(package.id, ()):
            yield elements.relationship(
                f"Package-{owner}-owns-{package.id}",
                elements.identifier(f"Package-{owner}"),
                "other",
                [reference],
                comment="ownership-by-file-overlap: the first package claims the files that the second was found in",
            )
    if contained:
        known = "incomplete" if unreadable else "noAssertion"
        yield elements.relationship("Image-contains", root, "contains", contained, completeness=known)
    if declared:
        words = "declared: named by a file in the image, not installed"
        yield elements.relationship("Image-declares", root, "other", declared, comment=words)
    for number, unknown in enumerate(reader.unknowns()):
        place = f"{unknown.path or 'the image'} (layer {unknown.layer}, {unknown.cataloger})"
        yield elements.element(
            "Annotation",
            f"Unknown-{number}",
            annotationType="other",
            subject=root,
            statement=f"unknown: {place}: {unknown.reason}",
        )
    yield from elements.collections(image.name(analysis, request), root, request.scope, analysis.catalog_version)
