"""What Bitnami's images install under /opt/bitnami."""

from analyze.catalogers.bitnami.cataloger import BitnamiCataloger

__all__ = ["BitnamiCataloger"]
