"""Names of images as people and tools write them, and `contracts.Reference`.

Transports are skopeo's (containers-transports(5)). The grammar of a name is that of
distribution/reference (`reference.go`, `normalize.go`): a first component with "." or ":" or an upper
case letter, or `localhost`, is a registry; else the registry is docker.io, and a single component
lies under `library/`.
"""

import re
from pathlib import PurePosixPath

from cargohold.contracts import Reference
from cargohold.digests import is_digest
from cargohold.errors import InvalidReference

DOCKER_HUB = "docker.io"
_LENGTH = 4096
_REPOSITORY_LENGTH = 255

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_TAG = re.compile(r"[\w][\w.-]{0,127}", re.ASCII)
_IDENTIFIER = re.compile(r"[0-9a-f]{64}")

_LOCAL = ("oci", "oci-archive", "docker-archive")


def parse_reference(text: str) -> Reference:
    """Return the reference that `text` names: `docker://…`, `oci:…`, `oci-archive:…`, `docker-archive:…`, or plain.

    Raises `InvalidReference`, saying what is wrong.
    """
    if len(text) > _LENGTH:
        raise InvalidReference(reference=text[:80] + "…", reason=f"it is longer than {_LENGTH} characters.")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise InvalidReference(reference=ascii(text)[1:-1], reason="it holds control characters.")
    if text.startswith("docker://"):
        return parse_name(text.removeprefix("docker://"), text)
    for transport in _LOCAL:
        if text.startswith(transport + ":"):
            return _parse_location(transport, text.partition(":")[2], text)
    scheme, separator, _ = text.partition("://")
    if separator:
        known = ", ".join(["docker://", *(f"{transport}:" for transport in _LOCAL)])
        raise InvalidReference(reference=text, reason=f"'{scheme}' is not a transport; there are {known}.")
    return parse_name(text, text)


def parse_name(name: str, whole: str = "") -> Reference:
    """Return the reference of `host[:port]/repository[:tag][@digest]`, with the defaults of docker.io.

    The tag is `latest` when there is neither tag nor digest. Raises `InvalidReference`.
    """
    whole = whole or name
    rest, at, digest = name.partition("@")
    if at and not is_digest(digest):
        raise InvalidReference(reference=whole, reason="what follows '@' is not sha256: and 64 hexadecimal digits.")
    path, tag = _split_tag(rest)
    if tag is not None and not _TAG.fullmatch(tag):
        raise InvalidReference(
            reference=whole, reason="the tag may hold letters, digits, '_', '.' and '-', at most 128."
        )
    registry, repository = _split_registry(path)
    if not _HOST.fullmatch(registry):
        raise InvalidReference(reference=whole, reason=f"'{registry}' is not a host with an optional port.")
    _check_repository(repository, whole)
    return Reference(
        registry=registry.lower(),
        repository=repository,
        tag=tag if tag is not None else ("" if digest else "latest"),
        digest=digest or None,
    )


def check_name(reference: Reference) -> None:
    """Raise `InvalidReference` unless the parts of a registry's reference are what `parse_name` gives.

    A reference that came in a message was parsed by nobody, and its parts become parts of a URL.
    """
    whole = to_text(reference)
    if not _HOST.fullmatch(reference.registry):
        raise InvalidReference(reference=whole, reason="its registry is not a host with an optional port.")
    if not is_repository(reference.repository):
        raise InvalidReference(reference=whole, reason="its repository is not one.")
    if reference.tag and not is_tag(reference.tag):
        raise InvalidReference(reference=whole, reason="its tag is not one.")


def is_repository(text: str) -> bool:
    """Tell whether `text` is the name of a repository."""
    return len(text) <= _REPOSITORY_LENGTH and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Tell whether `text` is a tag."""
    return _TAG.fullmatch(text) is not None


def split_location(location: str) -> tuple[str, str]:
    """Split `PATH[:REF]` at its first colon, as skopeo does; the second part is "" when there is none."""
    path, _, name = location.partition(":")
    return path, name


def named_in_archive(name: str, path: str) -> tuple[str, str]:
    """Return repository and tag for `name` found inside the layout or archive at `path`.

    `name` is `repository:tag` (RepoTags, or what tools put into the annotation), a bare tag
    (`org.opencontainers.image.ref.name`, image-spec annotations.md), or "". What it leaves out comes
    from the file's name without its extensions.
    """
    rest, tag = _split_tag(name)
    if tag is None and "/" not in name:
        return stem_of(path), name if _TAG.fullmatch(name) else ""
    if len(rest) <= _LENGTH and _TAG.fullmatch(tag or "latest") and rest:
        return rest, tag or ""
    return stem_of(path), ""


def stem_of(path: str) -> str:
    """Return the name of a file or folder without the extensions of archives."""
    name = PurePosixPath(path).name
    for extension in (".gz", ".tgz", ".tar"):
        name = name.removesuffix(extension)
    return name or "image"


def to_text(reference: Reference) -> str:
    """Return what `parse_reference` reads back: the canonical text of a reference."""
    if reference.transport != "docker":
        return f"{reference.transport}:{reference.location}"
    text = f"{reference.registry}/{reference.repository}" if reference.registry else reference.repository
    if reference.tag:
        text += f":{reference.tag}"
    if reference.digest:
        text += f"@{reference.digest}"
    return text


def _split_tag(text: str) -> tuple[str, str | None]:
    head, slash, last = text.rpartition("/")
    name, colon, tag = last.partition(":")
    return head + slash + name, tag if colon else None


def _split_registry(path: str) -> tuple[str, str]:
    first, slash, rest = path.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        registry, repository = DOCKER_HUB, path
    else:
        registry, repository = first, rest
    if registry in ("index.docker.io", "registry-1.docker.io"):
        registry = DOCKER_HUB
    if registry == DOCKER_HUB and repository and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository


def _check_repository(repository: str, whole: str) -> None:
    name = repository.removeprefix("library/")
    if not name:
        raise InvalidReference(reference=whole, reason="the repository is missing.")
    if _IDENTIFIER.fullmatch(name):
        raise InvalidReference(reference=whole, reason="64 hexadecimal digits are an identifier, not a repository.")
    if name != name.lower():
        raise InvalidReference(reference=whole, reason="a repository is written in lower case.")
    if not _REPOSITORY.fullmatch(repository):
        raise InvalidReference(
            reference=whole, reason="a repository has components of letters, digits, '.', '_' and '-', between '/'."
        )
    if len(repository) > _REPOSITORY_LENGTH:
        raise InvalidReference(reference=whole, reason=f"the repository is longer than {_REPOSITORY_LENGTH}.")


def _parse_location(transport: str, location: str, whole: str) -> Reference:
    path, name = split_location(location)
    if not path:
        raise InvalidReference(reference=whole, reason="the path is missing.")
    repository, tag = (stem_of(path), "") if name.startswith("@") else named_in_archive(name, path)
    return Reference.model_validate(
        {"repository": repository, "tag": tag, "transport": transport, "location": location}
    )
