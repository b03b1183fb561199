"""rebar.lock.

Source: `rebar_config.erl` of erlang/rebar3: `{<<"name">>,{pkg,<<"package">>,<<"version">>},Level}`, and lists
of checksums by name. Packages of repositories have a revision and no version, and are left out.
"""

import re

from analyze.catalogers.lockfile.entries import Entries
from analyze.catalogers.text import decoded

_PACKAGE = re.compile(
    r'\{\s*<<"(?P<key>[^"<>]+)">>\s*,\s*\{\s*pkg\s*,\s*<<"(?P<name>[^"<>]+)">>\s*,\s*<<"(?P<version>[^"<>]+)">>'
)
_CHECKSUM = re.compile(r'\{\s*<<"(?P<key>[^"<>]+)">>\s*,\s*<<"(?P<value>[0-9A-Fa-f]{64})">>')


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    text, _, outer = decoded(data).partition("{pkg_hash_ext")
    packages, _, inner = text.partition("{pkg_hash")
    inner_checksums = {match["key"]: match["value"] for match in _CHECKSUM.finditer(inner)}
    outer_checksums = {match["key"]: match["value"] for match in _CHECKSUM.finditer(outer)}
    for match in _PACKAGE.finditer(packages):
        metadata = {
            "name": match["name"],
            "version": match["version"],
            "pkgHash": inner_checksums.get(match["key"], ""),
            "pkgHashExt": outer_checksums.get(match["key"], ""),
        }
        entries.add(match["name"], match["version"], metadata)
