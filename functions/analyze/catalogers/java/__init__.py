"""Java archives: jar, war, ear and their kin, with what is nested and shaded in them."""

from analyze.catalogers.java.cataloger import JavaCataloger

__all__ = ["JavaCataloger"]
