"""What an image says of its distribution."""

from analyze.catalogers.distro.cataloger import DistroCataloger

__all__ = ["DistroCataloger"]
