"""Nix store paths: what Nix's database registers, and what lies in the store besides."""

from analyze.catalogers.nix.cataloger import NixCataloger

__all__ = ["NixCataloger"]
