"""Hashes that packages state of the archives that they came in.

Sources: Subresource Integrity (npm's `integrity`), NuGet's `sha512`, Cargo.lock's `checksum`, Composer's
`shasum`, Syft's `digest` of Java archives.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from cargohold.model import Package

_HEX = re.compile(r"[0-9a-f]+")
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class Hash:
    """A hash: md5, sha1, sha256, sha384 or sha512, and its value in lower-case hexadecimal."""

    algorithm: str
    value: str


def hexadecimal(algorithm: Any, value: Any) -> tuple[Hash, ...]:
    """Return the hash of a value in hexadecimal, if it is one."""
    if not isinstance(algorithm, str) or not isinstance(value, str):
        return ()
    algorithm, value = algorithm.lower().replace("-", ""), value.strip().lower()
    right = _DIGITS.get(algorithm) == len(value) and _HEX.fullmatch(value)
    return (Hash(algorithm, value),) if right else ()


def integrity(value: Any) -> tuple[Hash, ...]:
    """Return the hashes of `sha512-BASE64 ...`."""
    found: list[Hash] = []
    for word in value[:2000].split() if isinstance(value, str) else ():
        algorithm, _, encoded = word.partition("-")
        try:
            found += hexadecimal(algorithm, base64.b64decode(encoded.partition("?")[0], validate=True).hex())
        except (binascii.Error, ValueError):
            continue
    return tuple(dict.fromkeys(found))


def distribution(package: Package) -> tuple[Hash, ...]:
    """Return the hashes of the archive that a package was installed from, as its metadata states them."""
    metadata = package.metadata
    found = [*integrity(metadata.get("integrity"))]
    nuget = metadata.get("sha512")
    if isinstance(nuget, str) and nuget:
        found += integrity(nuget if nuget.startswith("sha512-") else f"sha512-{nuget}")
    if package.type == "rust-crate":
        found += hexadecimal("sha256", metadata.get("checksum"))
    dist = metadata.get("dist")
    if isinstance(dist, dict):
        found += hexadecimal("sha1", dist.get("shasum"))
    return tuple(dict.fromkeys(found))


def stated(package: Package) -> tuple[Hash, ...]:
    """Return the hashes of a file that is the package, as its metadata states them: Java archives."""
    listed = package.metadata.get("digest")
    found: list[Hash] = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            found += hexadecimal(one.get("algorithm"), one.get("value"))
    return tuple(dict.fromkeys(found))


def of_digest(digest: str) -> tuple[Hash, ...]:
    """Return the hash of an OCI digest, `sha256:...`."""
    return hexadecimal(*digest.partition(":")[::2])
