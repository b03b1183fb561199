"""The documents of an analysis, once: analyze writes them, persist and api read them, the bundle iterates them.

`analysis` is written last: it lists the others with their SHA-256, so its own SHA-256 stands for all.
"""

from cargohold.documents.analysis import ANALYSIS
from cargohold.documents.base import ExactDocument, RowDocument
from cargohold.documents.exact import CONFIG, MANIFEST
from cargohold.documents.rows import FILES, PACKAGES, RELATIONSHIPS, UNKNOWNS

DOCUMENTS = (MANIFEST, CONFIG, PACKAGES, RELATIONSHIPS, FILES, UNKNOWNS, ANALYSIS)
NAMES = tuple(document.name for document in DOCUMENTS)

__all__ = [
    "ANALYSIS",
    "CONFIG",
    "DOCUMENTS",
    "FILES",
    "MANIFEST",
    "NAMES",
    "PACKAGES",
    "RELATIONSHIPS",
    "UNKNOWNS",
    "ExactDocument",
    "RowDocument",
]
