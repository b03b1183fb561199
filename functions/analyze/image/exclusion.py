"""Findings that a better one makes superfluous.

Sources: Syft's `internal/relationship/exclude_binaries_by_file_ownership_overlap.go` for who gives way to
whom. Three kinds of packages are guesses from a file: those known by bytes in a program ("binary"),
by an ELF note, and by the release file of a Java installation. Such a package is left out when

1. a package of the operating system (or of Bitnami) owns all files that it was primarily found in. Unlike in
   Syft the owner has to be the product by its name: PostgreSQL in the package postgresql-15 is no second
   PostgreSQL, but Node.js in the package of an application, or OpenSSL in that of a vendor, is known to
   nobody else (anchore/syft issue 5214). An ELF note names the package of the operating system that its
   file is from, so any owner will do.
2. it is a Java launcher within an installation that has a release file.
3. it is known by its bytes and an ELF note names what the same file is.

Packages of languages always stay; the relations of `ownership` say who ships them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from analyze.catalogers.contract import ImageView
from analyze.image import ownership
from cargohold.model import Package, Relationship, Scope
from cargohold.paths import to_bytes, to_text

_BYTES = "binary-signature"
_NOTE = "elf-binary-package-note-json-payload"
_JVM = "java-jvm-installation"
_JAVA = ("java", "jdk", "jre", "temurin", "zulu", "corretto", "semeru", "graalvm")

# By product: words of which its packages have one in their name or in that of their source. Without an entry
# it is the product's own name.
_WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*_JAVA, "openjdk", "java_sdk"), _JAVA),
    "chrome": ("chrom",),
    "erlang": ("erlang", "otp"),
    "ffmpeg": ("ffmpeg", "libav"),
    "heimdal-krb5": ("heimdal",),
    "httpd": ("httpd", "apache"),
    "krb5": ("krb5", "kerberos"),
    "mysql-cluster": ("mysql",),
    "mysql-server": ("mysql",),
    "nginx-ingress-controller": ("ingress",),
    "openldap": ("ldap",),
    "pilot-agent": ("istio", "pilot"),
    "pilot-discovery": ("istio", "pilot"),
    "postgresql": ("postgres",),
    "qtbase": ("qt",),
    "swipl": ("swipl", "prolog"),
}


def remaining(view: ImageView, packages: Sequence[Package], owned: Iterable[Relationship]) -> list[Package]:
    """Return the packages of an image without superfluous ones; `owned` are the relations of `ownership`."""
    weak = [
        package for package in packages if package.type == "binary" or package.metadata_type in (_BYTES, _NOTE, _JVM)
    ]
    if not weak:
        return list(packages)
    visible = [package for package in weak if package.scope is not Scope.HIDDEN]
    hidden = [package for package in weak if package.scope is Scope.HIDDEN]
    left_out = {
        *_owned(view, visible, packages, owned),
        *_owned_hidden(hidden, packages),
        *_known_better(visible, visible),
        *_known_better(hidden, weak),
    }
    return [package for package in packages if package.id not in left_out]


def _owned(
    view: ImageView, weak: Iterable[Package], packages: Iterable[Package], owned: Iterable[Relationship]
) -> Iterator[str]:
    """Yield the ids of visible packages whose primary evidence is the product's own package's."""
    children = {package.id: package for package in weak}
    owners = {package.id: package for package in packages if package.type in ownership.OWNERS}
    paths: dict[str, set[str]] = defaultdict(set)
    for relation in owned:
        child = children.get(relation.child)
        if child is not None and _is_product(owners[relation.parent], child):
            paths[child.id].update(name for path in relation.detail for name in _names(view, path))
    for identifier, its in paths.items():
        if all(its & _names(view, path) for path in _primary(children[identifier])):
            yield identifier


def _owned_hidden(weak: Sequence[Package], packages: Iterable[Package]) -> Iterator[str]:
    """Yield the ids of hidden packages, by the paths that databases of any layer list.

    Links of lower layers are not followed but for those of a merged /usr.
    """
    if not weak:
        return
    owners: dict[str, list[Package]] = {_merged(path): [] for package in weak for path in _primary(package)}
    for owner in packages:
        if owner.type in ownership.OWNERS:
            for path in owner.files:
                if (known := owners.get(_merged(path))) is not None:
                    known.append(owner)
    for package in weak:
        if all(any(_is_product(owner, package) for owner in owners[_merged(path)]) for path in _primary(package)):
            yield package.id


def _known_better(weak: Iterable[Package], others: Sequence[Package]) -> Iterator[str]:
    """Yield the ids of packages known by bytes in files of a Java installation, or with an ELF note."""
    installations = tuple(
        package.locations[0].path.rpartition("/")[0] + "/" for package in others if package.metadata_type == _JVM
    )
    noted = {path for package in others if package.metadata_type == _NOTE for path in _primary(package)}
    for package in weak:
        if package.metadata_type != _BYTES:
            continue
        paths = _primary(package)
        in_installation = _words(package) is _JAVA and all(path.startswith(installations) for path in paths)
        if in_installation or noted.issuperset(paths):
            yield package.id


def _is_guess(package: Package) -> bool:
    return (package.type == "binary" or package.metadata_type in (_BYTES, _NOTE, _JVM)) and bool(_primary(package))


def _is_product(owner: Package, package: Package) -> bool:
    if package.metadata_type == _NOTE:
        return True
    names = (owner.name.lower(), owner.source_name.lower())
    return any(word in name for word in _words(package) for name in names)


def _words(package: Package) -> tuple[str, ...]:
    if package.metadata_type == _JVM:
        return _JAVA
    if package.metadata_type == _BYTES and package.cataloger == "php_interpreter":
        return ("php",)
    product = package.name.rpartition("/")[2].lower()
    return _WORDS.get(product, (product,))


def _primary(package: Package) -> list[str]:
    return [location.path for location in package.locations if location.evidence == "primary"]


def _merged(path: str) -> str:
    return path.removeprefix("/usr")


def _names(view: ImageView, path: str) -> set[str]:
    """Return a path and the real one that it leads to."""
    try:
        real = view.resolve(to_bytes(path.lstrip("/")))
    except UnicodeEncodeError:
        return {path}
    return {path} if real is None else {path, "/" + to_text(real)}
