"""The format of opam."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader


class OpamLockCataloger(LockfileCataloger):
    """NAME.opam.locked and opam.locked."""

    name: ClassVar[str] = "opam_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name="opam.locked",
            read=reader("analyze.catalogers.opam_lock.locked"),
            type="opam",
            language="ocaml",
            purl_type="opam",
            path=rb"(?>(?:.*/)?)(?:[^/]+\.)?opam\.locked",
            metadata_type="opam-package",
        ),
    )
