"""NuGet packages that lock files declare."""

from analyze.catalogers.dotnet_lock.cataloger import DotnetLockCataloger

__all__ = ["DotnetLockCataloger"]
