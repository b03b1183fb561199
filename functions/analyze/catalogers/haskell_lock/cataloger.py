"""The formats of Stack and Cabal."""

from functools import partial
from typing import ClassVar

from analyze.catalogers.haskell_lock import cabal, stack
from analyze.catalogers.lockfile import Format, LockfileCataloger

_hackage = partial(Format, type="hackage", language="haskell", purl_type="hackage")


class HaskellLockCataloger(LockfileCataloger):
    """stack.yaml.lock and cabal.project.freeze."""

    name: ClassVar[str] = "haskell_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        _hackage(
            name="stack.yaml.lock",
            read=stack.read,
            basenames=frozenset({b"stack.yaml.lock"}),
            metadata_type="haskell-hackage-stack-lock-entry",
        ),
        _hackage(
            name="cabal.project.freeze",
            read=cabal.read,
            basenames=frozenset({b"cabal.project.freeze"}),
            metadata_type="haskell-hackage-cabal-freeze-entry",
        ),
    )
