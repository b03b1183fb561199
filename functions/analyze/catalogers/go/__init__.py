"""Modules that Go writes into the executables it links."""

from analyze.catalogers.go.cataloger import GoCataloger

__all__ = ["GoCataloger"]
