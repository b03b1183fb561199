"""The format of pub."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader


class DartLockCataloger(LockfileCataloger):
    """pubspec.lock."""

    name: ClassVar[str] = "dart_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="pubspec.lock",
            read=reader("analyze.catalogers.dart_lock.pub"),
            type="dart-pub",
            language="dart",
            purl_type="pub",
            basenames=frozenset({b"pubspec.lock"}),
            metadata_type="dart-pubspec-lock-entry",
        ),
    )
