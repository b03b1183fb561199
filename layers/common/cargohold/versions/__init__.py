"""Versions as bytes that sort as their ecosystem sorts versions, so that a B-tree answers any range of them.

`key` promises that of two versions of one type the older has the lesser bytes, and that versions which the
ecosystem takes for equal have equal bytes. Keys of different types are not comparable. A key is at most
`MAX_KEY` bytes, so that it fits into an index beside a name.

Change `KEYS_VERSION` with anything that changes a key: the keys in the database are then made anew.
"""

from collections.abc import Callable

from cargohold.versions import (
    alpm,
    apk,
    composer,
    dpkg,
    gem,
    generic,
    go,
    maven,
    pep440,
    portage,
    rpm,
    semver,
)

KEYS_VERSION = 1
MAX_VERSION = 255  # characters; what is longer is no version but something hostile
MAX_KEY = 1024

_ORDERS: dict[str, Callable[[str], bytes | None]] = {
    "alpm": alpm.key,
    "apk": apk.key,
    "deb": dpkg.key,
    "dotnet": semver.nuget_key,
    "gem": gem.key,
    "go-module": go.key,
    "java-archive": maven.key,
    "jenkins-plugin": maven.key,
    "npm": semver.key,
    "opam": dpkg.key,  # its manual: "the same as the ordering of Debian packages"
    "php-composer": composer.key,
    "pod": gem.key,
    "portage": portage.key,
    "python": pep440.key,
    "rpm": rpm.key,
    # Those whose ecosystem writes semantic versions.
    "dart-pub": semver.key,
    "hex": semver.key,
    "rust-crate": semver.key,
    "swift": semver.key,
    "terraform": semver.key,
    # Those that follow what their upstreams call their releases.
    "binary": generic.key,
    "bitnami": generic.key,
    "conan": generic.key,
    "erlang-otp": generic.key,
    "github-action": generic.key,
    "hackage": generic.key,
    "linux-kernel": generic.key,
    "linux-kernel-module": generic.key,
    "lua-rocks": generic.key,
    "nix": generic.key,
    "php-pear": generic.key,
    "php-pecl": generic.key,
    "R-package": generic.key,
    "wordpress-plugin": generic.key,
}


def key(type: str, version: str) -> bytes | None:  # noqa: A002 -- the column's and the model's name
    """Return the bytes of a version of a package of `type` (Syft's type names), or None without an order.

    None means that the type's order is not known here, that the ecosystem would not take the text for a
    version, or that it is longer than `MAX_VERSION` characters or not printable ASCII.
    """
    order = _ORDERS.get(type)
    if order is None or not 0 < len(version) <= MAX_VERSION or not version.isascii() or not version.isprintable():
        return None
    return order(version)


def ordered(type: str) -> bool:  # noqa: A002
    """Tell whether versions of packages of `type` have an order here."""
    return type in _ORDERS
