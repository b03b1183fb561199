"""The format of Cargo."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader


class RustLockCataloger(LockfileCataloger):
    """Cargo.lock."""

    name: ClassVar[str] = "rust_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="Cargo.lock",
            read=reader("analyze.catalogers.rust_lock.cargo"),
            type="rust-crate",
            language="rust",
            purl_type="cargo",
            basenames=frozenset({b"Cargo.lock"}),
            metadata_type="rust-cargo-lock-entry",
        ),
    )
