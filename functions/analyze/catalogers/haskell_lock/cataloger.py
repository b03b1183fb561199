"""The formats of Stack and Cabal."""

from functools import partial
from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader

_hackage = partial(Format, type="hackage", language="haskell", purl_type="hackage")


class HaskellLockCataloger(LockfileCataloger):
    """stack.yaml.lock and cabal.project.freeze."""

    name: ClassVar[str] = "haskell_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        _hackage(
            name="stack.yaml.lock",
            read=reader("analyze.catalogers.haskell_lock.stack"),
            basenames=frozenset({b"stack.yaml.lock"}),
            metadata_type="haskell-hackage-stack-lock-entry",
        ),
        _hackage(
            name="cabal.project.freeze",
            read=reader("analyze.catalogers.haskell_lock.cabal"),
            basenames=frozenset({b"cabal.project.freeze"}),
            metadata_type="haskell-hackage-cabal-freeze-entry",
        ),
    )
