"""Conan packages in the caches of Conan 1 and 2, and where its deployers put them."""

from analyze.catalogers.conan.cataloger import ConanCataloger

__all__ = ["ConanCataloger"]
