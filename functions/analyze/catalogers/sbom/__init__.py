"""Software bills of materials that lie in an image."""

from analyze.catalogers.sbom.cataloger import SbomCataloger

__all__ = ["SbomCataloger"]
