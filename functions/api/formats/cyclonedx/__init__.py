"""`cyclonedx-json`: CycloneDX 1.5, 1.6 and 1.7 (ECMA-424; `bom-1.6.schema.json` of CycloneDX/specification).

What is unknown is an annotation of the image, and makes its composition incomplete.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from api.analyses import AnalysisReader
from api.formats import Request
from api.formats.cyclonedx.components import component, image_component, system_component
from api.formats.cyclonedx.dependencies import Dependencies
from api.formats.facts import image
from api.formats.facts.artifacts import runnable
from api.formats.facts.entities import creator
from api.formats.facts.graph import Graph
from api.formats.facts.links import web
from api.formats.rows import array, members
from cargohold import __version__
from cargohold.model import Unknown

_TOOL = {"type": "application", "name": "cargohold", "version": __version__}


def render(reader: AnalysisReader, request: Request) -> Iterator[bytes]:
    """Yield the document, streamed: one component, dependency and annotation at a time."""
    analysis = reader.analysis
    root = image_component(analysis, request)
    system = system_component(analysis)
    graph = Graph(reader.relationships())
    dependencies = Dependencies(root["bom-ref"], graph, {unknown.cataloger for unknown in reader.unknowns()})
    executables = runnable(reader.files())
    layers = [layer.diff_id for layer in analysis.layers]
    head = {
        "$schema": f"http://cyclonedx.org/schema/bom-{request.version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": request.version,
        "serialNumber": f"urn:uuid:{image.document_id(analysis, request, 'cyclonedx')}",
        "version": 1,
        "metadata": _metadata(reader, request, root),
    }

    def components() -> Iterator[dict[str, Any]]:
        if system:
            dependencies.add_system(system["bom-ref"])
            yield system
        for package in reader.packages():
            dependencies.add(package)
            yield component(package, layers, executables, graph.owners.get(package.id, ()), request.version)

    yield b"{" + members(head) + b',"components":['
    yield from array(components())
    yield b'],"dependencies":['
    yield from array(dependencies.rows())
    yield b"]," + members({"compositions": dependencies.compositions()}) + b',"annotations":['
    yield from array(_annotations(reader.unknowns(), root["bom-ref"], image.created(analysis) or image.EPOCH))
    yield b"]}\n"


def _metadata(reader: AnalysisReader, request: Request, root: dict[str, Any]) -> dict[str, Any]:
    analysis = reader.analysis
    metadata: dict[str, Any] = {
        "timestamp": image.created(analysis),
        "lifecycles": [{"phase": "post-build"}],
        "tools": {"components": [_TOOL]},
        "component": root,
        "properties": [
            {"name": "cargohold:catalog-version", "value": str(analysis.catalog_version)},
            {"name": "cargohold:scope", "value": request.scope},
        ],
    }
    if not metadata["timestamp"]:
        del metadata["timestamp"]
    if request.creator:
        person = creator(request.creator)
        contact = {"contact": [{"email": person.email}]} if person else {"url": [web(request.creator)]}
        # Version 1.5 knows no maker of the document apart from people.
        metadata |= {"authors": contact.get("contact", [])} if request.version == "1.5" else {"manufacturer": contact}
    return metadata


def _annotations(unknowns: Iterable[Unknown], subject: str, at: str) -> Iterator[dict[str, Any]]:
    for unknown in unknowns:
        place = f"{unknown.path or 'the image'} (layer {unknown.layer}, {unknown.cataloger})"
        yield {
            "subjects": [subject],
            "annotator": {"component": _TOOL},
            "timestamp": at,
            "text": f"unknown: {place}: {unknown.reason}",
        }
