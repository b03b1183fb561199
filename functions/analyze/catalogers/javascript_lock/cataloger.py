"""The formats of JavaScript's package managers."""

from functools import partial
from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader

_npm = partial(Format, type="npm", language="javascript", purl_type="npm")


class JavascriptLockCataloger(LockfileCataloger):
    """package-lock.json, npm-shrinkwrap.json, yarn.lock, pnpm-lock.yaml, bun.lock and deno.lock."""

    name: ClassVar[str] = "javascript_lock"
    version: ClassVar[int] = 1
    limit: ClassVar[int] = 16 << 20
    formats: ClassVar[tuple[Format, ...]] = (
        _npm(
            name="package-lock.json",
            read=reader("analyze.catalogers.javascript_lock.npm"),
            basenames=frozenset({b"package-lock.json", b"npm-shrinkwrap.json"}),
            metadata_type="javascript-npm-package-lock-entry",
        ),
        _npm(
            name="yarn.lock",
            read=reader("analyze.catalogers.javascript_lock.yarn"),
            basenames=frozenset({b"yarn.lock"}),
            metadata_type="javascript-yarn-lock-entry",
        ),
        _npm(
            name="pnpm-lock.yaml",
            read=reader("analyze.catalogers.javascript_lock.pnpm"),
            basenames=frozenset({b"pnpm-lock.yaml"}),
            metadata_type="javascript-pnpm-lock-entry",
        ),
        _npm(
            name="bun.lock",
            read=reader("analyze.catalogers.javascript_lock.bun"),
            basenames=frozenset({b"bun.lock"}),
            metadata_type="javascript-bun-lock-entry",
        ),
        _npm(
            name="deno.lock",
            read=reader("analyze.catalogers.javascript_lock.deno"),
            basenames=frozenset({b"deno.lock"}),
            metadata_type="javascript-deno-lock-entry",
        ),
    )
