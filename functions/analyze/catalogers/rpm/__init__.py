"""RPM packages: the databases of rpm in each of their formats, and the manifest of images without one."""

from analyze.catalogers.rpm.cataloger import RpmCataloger

__all__ = ["RpmCataloger"]
