"""Package URLs, built fast.

Source: the purl specification (package-url/purl-spec, PURL-SPECIFICATION and the rules of each type).
A purl is `pkg:type/namespace/name@version?qualifiers#subpath`, every component percent-encoded but for
unreserved characters and the colon. Only building is needed here; nothing parses purls.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

from cargohold.model import Distro

_UNSAFE = re.compile(r"[^A-Za-z0-9._~:-]")
_TYPE = re.compile(r"[a-z][a-z0-9.+-]*\Z")
_QUALIFIER = re.compile(r"[a-z][a-z0-9._-]*\Z")
_PYPI_SEPARATORS = re.compile(r"[-_.]+")
_SHORT = 200  # characters of what is remembered: names are as long as who wrote them likes

# npm is not among them, though the specification lower-cases it: names published before that was a
# rule differ by case alone (JSONStream and jsonstream are two packages).
_LOWER_NAMESPACE = frozenset(
    [
        "alpm",
        "apk",
        "bitbucket",
        "composer",
        "deb",
        "github",
        "gitlab",
        "hex",
        "luarocks",
        "nix",
        "psgallery",
        "pypi",
        "qpkg",
        "rpm",
    ]
)
_LOWER_NAME = frozenset(
    [
        "alpm",
        "apk",
        "bitbucket",
        "bitnami",
        "composer",
        "deb",
        "github",
        "gitlab",
        "hex",
        "luarocks",
        "oci",
        "psgallery",
        "pub",
        "pypi",
    ]
)


def purl(
    type: str,  # noqa: A002 (the specification's word)
    namespace: str,
    name: str,
    version: str = "",
    qualifiers: Mapping[str, str] | None = None,
    subpath: str = "",
) -> str:
    """Return the canonical purl of these components, none of them percent-encoded.

    `namespace` may have segments between slashes (`github.com/urllib3`, `@babel`); empty segments and
    empty qualifiers are dropped, qualifiers are sorted. Names are lower-cased where the type says so.
    Raises `ValueError` for a type, name or qualifier key that cannot be in a purl.
    """
    short = len(namespace) + len(name) + len(version) <= _SHORT
    text = (_remembered if short else _plain)(type, namespace, name, version)
    if qualifiers:
        pairs = tuple(qualifiers.items())
        short = sum(map(len, qualifiers.values())) <= _SHORT
        text += (_remembered_qualifiers if short else _qualified)(pairs)
    if subpath:
        segments = [_encoded(segment) for segment in subpath.split("/") if segment.strip() not in ("", ".", "..")]
        if segments:
            text += "#" + "/".join(segments)
    return text


def _plain(type_: str, namespace: str, name: str, version: str) -> str:
    name = name.strip().strip("/")
    if not name or not _TYPE.match(type_):
        raise ValueError(f"no purl has the type {type_!r} and the name {name!r}")
    if type_ in _LOWER_NAME:
        name = _named(type_, name.lower())
    if type_ in _LOWER_NAMESPACE:
        namespace = namespace.lower()
    parts = ["pkg:", type_, "/"]
    if namespace:
        parts += [f"{_encoded(segment)}/" for segment in namespace.split("/") if segment.strip()]
    parts.append(_encoded(name))
    version = version.strip()
    if version:
        parts += ["@", _encoded(version.lower() if type_ in {"huggingface", "oci"} else version)]
    return "".join(parts)


def distro_qualifier(distro: Distro | None) -> str:
    """Return what Syft writes as the `distro` qualifier: ID-VERSION_ID, else ID-BUILD_ID, else ID; or ""."""
    if distro is None:
        return ""
    return "-".join(part for part in (distro.id, distro.version_id or distro.build_id) if part)


def upstream_qualifier(name: str, source_name: str, source_version: str = "") -> str:
    """Return Syft's `upstream` qualifier: the source package when it is another, with its version if it differs.

    `source_version` is "" when it is the binary package's own version.
    """
    if not source_name or (source_name == name and not source_version):
        return ""
    return f"{source_name}@{source_version}" if source_version else source_name


def normalized_python_name(name: str) -> str:
    """Return a project name as PEP 503 normalises it."""
    return _PYPI_SEPARATORS.sub("-", name).lower()


def _named(type_: str, name: str) -> str:
    if type_ == "pypi":
        return normalized_python_name(name)
    return re.sub(r"[^a-z0-9]", "_", name) if type_ == "pub" else name


def _encoded(text: str) -> str:
    # Most components are safe as they are, and the search is several times faster than quote.
    return quote(text, safe=":", errors="replace") if _UNSAFE.search(text) else text


def _qualified(qualifiers: tuple[tuple[str, str], ...]) -> str:
    pairs = []
    for key, value in sorted((key.strip().lower(), value) for key, value in qualifiers):
        if not value.strip():
            continue
        if not _QUALIFIER.match(key):
            raise ValueError(f"no purl has a qualifier named {key!r}")
        pairs.append(f"{key}={_encoded(value)}")
    return "?" + "&".join(pairs) if pairs else ""


# Images on the same base have the same packages, and lock files name one many times.
_remembered = lru_cache(maxsize=16384)(_plain)
_remembered_qualifiers = lru_cache(maxsize=4096)(_qualified)
