"""Transports: how an image is read, by skopeo's names."""

from analyze.limits import Limits
from analyze.transports.contract import Transport
from cargohold.contracts import Reference
from cargohold.registry.configuration import Registries
from cargohold.registry.patience import Patience
from cargohold.registry.reference import split_location


def open_transport(
    reference: Reference, *, registries: Registries, limits: Limits, patience: Patience | None = None
) -> Transport:
    """Return the transport of `reference`; nothing is read from a registry yet.

    `reference.digest` picks an image by digest, for a child of an index or one of several images in a
    file. Raises `ImageNotFound` when a path is missing, `InvalidImage`, `HostileContent` and
    `TruncatedContent` for an archive that cannot be read.
    """
    # Each imported where it is opened: files need no HTTP, and functions, which read from registries alone, no tarfile.
    if reference.transport == "docker":
        from analyze.transports.docker import DockerTransport

        return DockerTransport(reference, registries=registries, limits=limits, patience=patience)
    return _of_files(reference, registries=registries, limits=limits, patience=patience)


def _of_files(
    reference: Reference, *, registries: Registries, limits: Limits, patience: Patience | None = None
) -> Transport:
    from analyze.transports.files import Folder
    from analyze.transports.oci_layout import LayoutTransport

    path, _ = split_location(reference.location)
    if reference.transport == "oci":
        return LayoutTransport(reference, Folder(path), registries=registries, limits=limits, patience=patience)

    from analyze.transports.archive import Archive

    archive = Archive(path, limits.image_uncompressed)
    if reference.transport == "oci-archive":
        return LayoutTransport(reference, archive, registries=registries, limits=limits, patience=patience)

    from analyze.transports.docker_archive import DockerArchiveTransport

    return DockerArchiveTransport(reference, archive, registries=registries, limits=limits, patience=patience)
