"""What a warm function takes: analyses within one process. `python -m benchmarks.speed.warm REFERENCE ...`.

Prints, in its last line, the seconds of each image as JSON, from its manifest to its documents in a
store in memory. CACHE_ROOT holds the layer records; CHANGED=NAME raises that cataloger's version first.
"""

import json
import os
import sys
import time
from pathlib import Path
from uuid import uuid4

from analyze.catalogers import CATALOGERS
from analyze.handler import settings
from analyze.pipeline import analyze_image, open_resources
from analyze.publish import publish
from analyze.transports import open_transport
from analyze.transports.contract import SourceImage
from cargohold.objects.drivers.memory import MemoryStore
from cargohold.registry.configuration import load_registries
from cargohold.registry.reference import parse_reference


def main(references: list[str]) -> list[float]:
    """Analyze the images one after the other."""
    changed = os.environ.get("CHANGED")
    for cataloger in CATALOGERS:
        if cataloger.name == changed:
            type(cataloger).version += 1
    resources = open_resources(settings(), store=None)
    registries = load_registries(settings().registries)
    took = []
    for name in references:
        started = time.perf_counter()
        transport = open_transport(parse_reference(name), registries=registries, limits=resources.limits)
        for image in transport.images(()):
            if isinstance(image, SourceImage):
                analyzed = analyze_image(
                    image, transport, resources, request_id=uuid4().hex, deadline=time.monotonic() + 3600
                )
                publish(MemoryStore(), analyzed, uuid4())
        took.append(time.perf_counter() - started)
    return took


if __name__ == "__main__":
    os.environ.setdefault("OBJECT_STORE", "memory:")
    os.environ.setdefault("MESSAGING", "database")
    Path(os.environ["CACHE_ROOT"]).mkdir(parents=True, exist_ok=True)
    print(json.dumps(main(sys.argv[1:])))
