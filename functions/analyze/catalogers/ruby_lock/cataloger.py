"""The format of Bundler."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader


class RubyLockCataloger(LockfileCataloger):
    """Gemfile.lock and gems.locked."""

    name: ClassVar[str] = "ruby_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="Gemfile.lock",
            read=reader("analyze.catalogers.ruby_lock.gemfile"),
            type="gem",
            language="ruby",
            purl_type="gem",
            basenames=frozenset({b"Gemfile.lock", b"gems.locked"}),
            metadata_type="ruby-gemfile-lock-entry",
        ),
    )
