"""`manifest` and `config`: the image's own JSON, byte for byte, so that their digests still hold."""

from cargohold.documents.base import ExactDocument

MANIFEST = ExactDocument("manifest")
CONFIG = ExactDocument("config")
