"""The images that are compared: the benchmark's, and one made of the corpus for each of its places."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from benchmarks import image


@dataclass(frozen=True, slots=True)
class Case:
    """An image to compare: an OCI layout with the tag `latest`, or a docker-archive."""

    name: str
    path: Path

    @property
    def is_layout(self) -> bool:
        """Tell whether it is an OCI layout, which tools can unpack."""
        return self.path.is_dir()

    @property
    def syft(self) -> str:
        """Return how Syft names it."""
        return f"oci-dir:{self.path}" if self.is_layout else f"docker-archive:{self.path}"

    @property
    def reference(self) -> str:
        """Return how Cargohold names it."""
        return f"oci:{self.path}:latest" if self.is_layout else f"docker-archive:{self.path}"


# Where a file of the corpus belongs in an image, and which distribution the image says it is.
_PLACES = {
    "rpm-sqlite": ("mariner", "2.0", {"rpm/sqlite-cbl-mariner-2.0/rpmdb.sqlite": "var/lib/rpm/rpmdb.sqlite"}),
    "rpm-ndb": ("sles", "15.5", {"rpm/ndb-sle15-bci/Packages.db": "usr/lib/sysimage/rpm/Packages.db"}),
    "rpm-bdb": ("centos", "7", {"rpm/bdb-libuuid/Packages": "var/lib/rpm/Packages"}),
    "rpm-manifest": ("azurelinux", "3.0", {"rpm/container-manifest-2": "var/lib/rpmmanifest/container-manifest-2"}),
    "dpkg-ubuntu": ("ubuntu", "18.04", {"dpkg/ubuntu-18.04.status": "var/lib/dpkg/status"}),
    "dpkg-valid": ("debian", "11", {"dpkg/valid.status": "var/lib/dpkg/status"}),
    "dpkg-vcpkg": ("debian", "11", {"dpkg/vcpkg-masquerading.status": "vcpkg/lib/dpkg/status"}),
    "apk-16": ("alpine", "3.16.0", {"apk/alpine-16.installed": "lib/apk/db/installed"}),
    "languages": (
        "debian",
        "12",
        {
            "go/go1.15-linux-amd64.elf": "usr/local/bin/go1.15",
            "go/go1.22-goexperiment": "usr/local/bin/go1.22-experiment",
            "go/go1.24-main-pseudo-version.elf": "usr/local/bin/go1.24",
            "go/go1.22-module-replacement-linux-amd64": "usr/local/bin/go1.22-replacement",
            "rust/auditable.elf": "usr/local/bin/auditable",
            "rust/auditable-no-deps.elf": "usr/local/bin/auditable-no-deps",
            "java/maven.war": "opt/java/maven.war",
            "java/hadoop-shaded-guava.jar": "opt/java/hadoop-shaded-guava-1.1.1.jar",
            "java/gizmo-1.1-nested.jar": "opt/java/gizmo-1.1-nested.jar",
            "java/nested-10.jar": "opt/java/nested-10.jar",
            "dotnet/TestLibrary.deps.json": "app/TestLibrary.deps.json",
        },
    ),
}


def cases(work: Path, corpus: Path | None) -> Iterator[Case]:
    """Yield the images, built under `work` when they are not there; those of the corpus only with one."""
    image.build(work)
    yield Case("debian", work / "image")
    if corpus is None:
        return
    for name, (distro, version, files) in _PLACES.items():
        yield Case(
            name, _layout(work / name, distro, version, {corpus / source: path for source, path in files.items()})
        )
    for archive in [*sorted((corpus / "images").glob("alpine*.tar")), *sorted((corpus / "overlay").glob("*.tar"))]:
        yield Case(archive.name.partition(".tar")[0], archive)
    snippets = corpus / "binary-snippets"
    files = {path: f"snippets/{path.relative_to(snippets)}" for path in sorted(snippets.rglob("*")) if path.is_file()}
    yield Case("snippets", _layout(work / "snippets", "debian", "12", files))


def _layout(directory: Path, distro: str, version: str, files: dict[Path, str]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    tar = directory / "layer.tar"
    if not tar.exists():
        with tarfile.open(tar, "w") as archive:
            release = f"ID={distro}\nVERSION_ID={json.dumps(version)}\n".encode()
            _add(archive, "etc/os-release", release)
            for source, path in files.items():
                _add(archive, path, source.read_bytes())
    image.layout(directory / "image", [tar])
    return directory / "image"


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size, member.mode = len(content), 0o755
    archive.addfile(member, BytesIO(content))
