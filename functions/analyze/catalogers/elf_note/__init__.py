"""Packages that linkers name in the ELF files they make for a distribution."""

from analyze.catalogers.elf_note.cataloger import ElfNoteCataloger

__all__ = ["ElfNoteCataloger"]
