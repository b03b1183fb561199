"""The formats of Mix and Rebar."""

from functools import partial
from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader

_hex = partial(Format, type="hex", purl_type="hex")


class HexLockCataloger(LockfileCataloger):
    """mix.lock and rebar.lock."""

    name: ClassVar[str] = "hex_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        _hex(
            name="mix.lock",
            read=reader("analyze.catalogers.hex_lock.mix"),
            language="elixir",
            basenames=frozenset({b"mix.lock"}),
            metadata_type="elixir-mix-lock-entry",
        ),
        _hex(
            name="rebar.lock",
            read=reader("analyze.catalogers.hex_lock.rebar"),
            language="erlang",
            basenames=frozenset({b"rebar.lock"}),
            metadata_type="erlang-rebar-lock-entry",
        ),
    )
