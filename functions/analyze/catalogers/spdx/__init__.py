"""SPDX licence expressions out of what package metadata says."""

from analyze.catalogers.spdx.expressions import alternatives, expression

__all__ = ["alternatives", "expression"]
