"""CPE names, where vendor and product are known for certain.

Source: the names that the National Vulnerability Database uses for these products, and what an SBOM in the
image states. A candidate made of a package's own name, as Syft makes them, matches advisories of other
products: there are none here.
"""

import re

from cargohold.documents.analysis import DistroEntry
from cargohold.model import Package

_SAFE = re.compile(r"[A-Za-z0-9._-]+")
_NAME = re.compile(r"cpe:2\.3:[aho](?::(?:\*|(?:[A-Za-z0-9._-]|\\[!-/:-@\[-`{-~])+)){10}")

_SYSTEMS = {
    "almalinux": ("almalinux", "almalinux"),
    "alpine": ("alpinelinux", "alpine_linux"),
    "debian": ("debian", "debian_linux"),
    "fedora": ("fedoraproject", "fedora"),
    "ol": ("oracle", "linux"),
    "opensuse-leap": ("opensuse", "leap"),
    "photon": ("vmware", "photon_os"),
    "rhel": ("redhat", "enterprise_linux"),
    "ubuntu": ("canonical", "ubuntu_linux"),
}
# By package type and name. Binaries are those that Syft's classifiers name.
_PRODUCTS = {
    ("go-module", "stdlib"): ("golang", "go"),
    ("binary", "bash"): ("gnu", "bash"),
    ("binary", "busybox"): ("busybox", "busybox"),
    ("binary", "consul"): ("hashicorp", "consul"),
    ("binary", "go"): ("golang", "go"),
    ("binary", "haproxy"): ("haproxy", "haproxy"),
    ("binary", "helm"): ("helm", "helm"),
    ("binary", "httpd"): ("apache", "http_server"),
    ("binary", "mariadb"): ("mariadb", "mariadb"),
    ("binary", "memcached"): ("memcached", "memcached"),
    ("binary", "mysql"): ("oracle", "mysql"),
    ("binary", "node"): ("nodejs", "node.js"),
    ("binary", "openssl"): ("openssl", "openssl"),
    ("binary", "perl"): ("perl", "perl"),
    ("binary", "php-cli"): ("php", "php"),
    ("binary", "postgresql"): ("postgresql", "postgresql"),
    ("binary", "python"): ("python", "python"),
    ("binary", "redis"): ("redis", "redis"),
    ("binary", "ruby"): ("ruby-lang", "ruby"),
    ("binary", "rust"): ("rust-lang", "rust"),
    ("binary", "traefik"): ("traefik", "traefik"),
    ("binary", "vault"): ("hashicorp", "vault"),
}


def package_cpe(package: Package) -> str:
    """Return the CPE 2.3 name of a package, or ""."""
    listed = package.metadata.get("cpes")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, str) and _NAME.fullmatch(one):
            return one
    known = _PRODUCTS.get((package.type, package.name))
    version = package.version.removeprefix("go") if known == ("golang", "go") else package.version
    return _name("a", *known, version) if known else ""


def system_cpe(distro: DistroEntry) -> str:
    """Return the CPE 2.3 name of an operating system, or ""."""
    known = _SYSTEMS.get(distro.id)
    return _name("o", *known, distro.version_id) if known else ""


def _name(part: str, vendor: str, product: str, version: str) -> str:
    # A version that would need CPE's escapes is left out with its name: readers differ over them.
    return f"cpe:2.3:{part}:{vendor}:{product}:{version}:*:*:*:*:*:*:*" if _SAFE.fullmatch(version) else ""
