"""Slices of Ubuntu's packages, as Chisel cuts them into images without a package database."""

from analyze.catalogers.chisel.cataloger import ChiselCataloger

__all__ = ["ChiselCataloger"]
