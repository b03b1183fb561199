"""Reading package URLs, as others wrote them.

Source: PURL-SPECIFICATION of package-url/purl-spec, "How to parse a purl string in its components".
"""

from typing import NamedTuple
from urllib.parse import unquote

from analyze.catalogers.text import clean, is_name
from cargohold.purl import purl

_LONGEST = 4096  # characters
_JOINED = frozenset({"npm", "golang", "composer", "swift", "huggingface"})  # whose names have their namespace in them

# Of a purl's type, Syft's type and language.
TYPES = {
    "alpm": ("alpm", ""),
    "apk": ("apk", ""),
    "bitnami": ("bitnami", ""),
    "cargo": ("rust-crate", "rust"),
    "cocoapods": ("pod", "swift"),
    "composer": ("php-composer", "php"),
    "conan": ("conan", "c++"),
    "conda": ("conda", "python"),
    "cran": ("R-package", "R"),
    "deb": ("deb", ""),
    "gem": ("gem", "ruby"),
    "golang": ("go-module", "go"),
    "hackage": ("hackage", "haskell"),
    "hex": ("hex", "elixir"),
    "luarocks": ("lua-rocks", "lua"),
    "maven": ("java-archive", "java"),
    "nix": ("nix", ""),
    "npm": ("npm", "javascript"),
    "nuget": ("dotnet", "dotnet"),
    "opam": ("opam", "ocaml"),
    "pear": ("php-pear", "php"),
    "portage": ("portage", ""),
    "pub": ("dart-pub", "dart"),
    "pypi": ("python", "python"),
    "rpm": ("rpm", ""),
    "swift": ("swift", "swift"),
}


class Purl(NamedTuple):
    """The components of a package URL, none of them percent-encoded; `canonical` is its canonical form."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]
    canonical: str

    @property
    def package(self) -> str:
        """What the package is called in its ecosystem."""
        return f"{self.namespace}/{self.name}" if self.namespace and self.type in _JOINED else self.name


def parsed(text: str) -> Purl | None:
    """Return the components of a package URL, or None when it is none."""
    text = clean(text)
    if not text.startswith("pkg:") or len(text) > _LONGEST:
        return None
    rest, _, subpath = text[4:].strip("/").partition("#")
    rest, _, query = rest.partition("?")
    type_, _, path = rest.partition("/")
    path = path.strip("/")
    at = path.rfind("@")
    # An @ before the last slash is the scope of npm that was not encoded.
    path, version = (path[:at], path[at + 1 :]) if at > max(path.rfind("/"), 0) else (path, "")
    namespace, _, name = path.rpartition("/")
    decoded = [clean(unquote(part)) for part in (namespace, name, version, subpath)]
    namespace, name, version, subpath = (part.strip("/") for part in decoded)
    pairs = [pair.partition("=") for pair in query.split("&")[:50]]
    qualifiers = {key.lower(): value for key, _, raw in pairs if key and (value := clean(unquote(raw)))}
    if not is_name(name):
        return None
    try:
        canonical = purl(type_.lower(), namespace, name, version, qualifiers, subpath)
    except ValueError:
        return None
    return Purl(type_.lower(), namespace, name, version, qualifiers, canonical)
