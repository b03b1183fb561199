""".NET: packages of deps.json files and of single-file programs, and Windows executables that no package claims."""

from analyze.catalogers.dotnet.cataloger import DotnetCataloger

__all__ = ["DotnetCataloger"]
