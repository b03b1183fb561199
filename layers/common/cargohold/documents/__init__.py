"""The documents of an analysis, once: analyze writes them, persist and api read them, the bundle iterates them.

`analysis` is written last: it lists the others with their SHA-256, so its own SHA-256 stands for all. An
analysis has `secrets` when secrets were searched for, and `contents` when files were asked for; one that was
made before there were such documents has neither.
"""

from cargohold.documents.analysis import ANALYSIS
from cargohold.documents.base import ExactDocument, RowDocument
from cargohold.documents.exact import CONFIG, MANIFEST
from cargohold.documents.rows import CONTENTS, FILES, PACKAGES, RELATIONSHIPS, SECRETS, UNKNOWNS

DOCUMENTS = (MANIFEST, CONFIG, PACKAGES, RELATIONSHIPS, FILES, SECRETS, CONTENTS, UNKNOWNS, ANALYSIS)
NAMES = tuple(document.name for document in DOCUMENTS)

__all__ = [
    "ANALYSIS",
    "CONFIG",
    "CONTENTS",
    "DOCUMENTS",
    "FILES",
    "MANIFEST",
    "NAMES",
    "PACKAGES",
    "RELATIONSHIPS",
    "SECRETS",
    "UNKNOWNS",
    "ExactDocument",
    "RowDocument",
]
