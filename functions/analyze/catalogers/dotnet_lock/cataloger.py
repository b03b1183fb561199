"""The format of NuGet."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader


class DotnetLockCataloger(LockfileCataloger):
    """packages.lock.json."""

    name: ClassVar[str] = "dotnet_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="packages.lock.json",
            read=reader("analyze.catalogers.dotnet_lock.nuget"),
            type="dotnet",
            language="dotnet",
            purl_type="nuget",
            basenames=frozenset({b"packages.lock.json"}),
            metadata_type="dotnet-packages-lock-entry",
        ),
    )
