"""A small real image to try Cargohold on, built from what is at hand: no network, no Docker.

Four layers: a Debian base (package database, licences, files), Python packages copied from the running
environment, Node packages, and a last layer that upgrades one OS package and deletes others.
The same environment gives the same image.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import md5, sha256
from importlib.metadata import Distribution, distribution
from pathlib import Path

TAG = "1.0"
PYTHON_PACKAGES = ("rich", "urllib3", "pydantic", "PyYAML")
DELETED_PYTHON_PACKAGE = "urllib3"
SITE_PACKAGES = "usr/local/lib/python3.13/site-packages"

# name, version, source, architecture, depends
DEBIAN_PACKAGES = (
    ("base-files", "12.4+deb12u11", "", "amd64", ""),
    ("libc6", "2.36-9+deb12u10", "glibc", "amd64", "libgcc-s1"),
    ("libgcc-s1", "12.2.0-14+deb12u1", "gcc-12", "amd64", "libc6 (>= 2.35)"),
    ("zlib1g", "1:1.2.13.dfsg-1", "zlib", "amd64", "libc6 (>= 2.14)"),
    ("libssl3", "3.0.15-1~deb12u1", "openssl", "amd64", "libc6 (>= 2.34)"),
    ("openssl", "3.0.15-1~deb12u1", "", "amd64", "libc6 (>= 2.34), libssl3 (>= 3.0.9)"),
    ("ca-certificates", "20230311", "", "all", "openssl (>= 1.1.1)"),
    ("perl-base", "5.36.0-7+deb12u2", "perl", "amd64", "libc6 (>= 2.35)"),
    ("tzdata", "2025a-0+deb12u1", "", "all", ""),
    ("wget", "1.21.3-1+deb12u1", "", "amd64", "libc6 (>= 2.34), libssl3 (>= 3.0.0), zlib1g (>= 1:1.1.4)"),
)
UPGRADED = {"libssl3": "3.0.17-1~deb12u2", "openssl": "3.0.17-1~deb12u2"}
REMOVED_DEBIAN_PACKAGE = "wget"
NODE_PACKAGES = (("express", "4.19.2", "MIT"), ("@types/node", "20.14.9", "MIT"), ("lodash", "4.17.21", "MIT"))

Files = dict[str, bytes]


def build(directory: Path) -> str:
    """Write the image as an OCI layout into `directory` and return its reference (`oci:...`)."""
    layers = [_debian(DEBIAN_PACKAGES), _python(), _node(), _last()]
    commands = [
        "ADD rootfs.tar.xz / # debian 12",
        "RUN pip install rich urllib3 pydantic PyYAML",
        "COPY node_modules /srv/app/node_modules",
        "RUN apt-get upgrade && apt-get purge wget && pip uninstall -y urllib3",
    ]
    run = {"Cmd": ["node", "/srv/app"], "Labels": {"org.opencontainers.image.title": "cargohold sample"}}
    return write_image(directory, layers, commands, run)


def write_image(directory: Path, layers: Sequence[Files], commands: Sequence[str], run: Mapping[str, object]) -> str:
    """Write an OCI layout of `layers`, one command each, into `directory`; return its reference.

    `run` is the config's `config`. The same arguments give the same image.
    """
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    tars = [_tar(files) for files in layers]
    descriptors = [_blob(blobs, gzip.compress(tar, 6, mtime=0), "image.layer.v1.tar+gzip") for tar in tars]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2025-01-01T00:00:00Z",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(tar).hexdigest() for tar in tars]},
        "history": [{"created": "2025-01-01T00:00:00Z", "created_by": command} for command in commands],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob(blobs, json.dumps(config).encode(), "image.config.v1+json"),
        "layers": descriptors,
    }
    entry = _blob(blobs, json.dumps(manifest).encode(), "image.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": TAG}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
    (directory / "index.json").write_text(json.dumps(index))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return f"oci:{directory}:{TAG}"


def _blob(blobs: Path, content: bytes, kind: str) -> dict[str, object]:
    digest = sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": f"application/vnd.oci.{kind}", "digest": f"sha256:{digest}", "size": len(content)}


def _tar(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size = len(files[path])
            member.mode = 0o755 if path.startswith("usr/bin/") else 0o644
            tar.addfile(member, io.BytesIO(files[path]))
    return buffer.getvalue()


def _debian(packages: tuple[tuple[str, str, str, str, str], ...]) -> Files:
    files: Files = {
        "etc/os-release": (
            b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
            b'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
        ),
        "etc/debian_version": b"12.9\n",
        "var/lib/dpkg/status": _status(packages),
    }
    for name, version, _, architecture, _ in packages:
        owned = {
            f"usr/share/doc/{name}/copyright": _copyright(name),
            f"usr/share/doc/{name}/changelog.Debian": f"{name} ({version}) bookworm; urgency=medium\n".encode(),
            f"usr/bin/{name}" if architecture == "amd64" else f"usr/share/{name}/data": _content(name),
        }
        files |= owned
        sums = "".join(f"{md5(content).hexdigest()}  {path}\n" for path, content in owned.items())  # noqa: S324
        files[f"var/lib/dpkg/info/{name}.md5sums"] = sums.encode()
    return files


def _status(packages: tuple[tuple[str, str, str, str, str], ...]) -> bytes:
    stanzas = []
    for name, version, source, architecture, depends in packages:
        lines = [f"Package: {name}", "Status: install ok installed", "Priority: optional", "Installed-Size: 220"]
        lines += ["Maintainer: Debian Maintainers <maintainers@example.org>", f"Architecture: {architecture}"]
        lines += [f"Source: {source}"] if source else []
        lines += [f"Version: {version}"]
        lines += [f"Depends: {depends}"] if depends else []
        lines += [f"Description: {name}, as the sample image has it"]
        stanzas.append("\n".join(lines) + "\n")
    return "\n".join(stanzas).encode()


def _copyright(name: str) -> bytes:
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        f"Upstream-Name: {name}\n\nFiles: *\nCopyright: the authors of {name}\nLicense: GPL-2+\n"
    ).encode()


def _content(name: str) -> bytes:
    """Return 64 KiB that do not compress well and are the same every time."""
    block = sha256(name.encode()).digest()
    parts = []
    for _ in range(2048):
        parts.append(block)
        block = sha256(block).digest()
    return b"".join(parts)


def files_of(package: Distribution) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of a package's files, as they are installed in an image."""
    for file in package.files or ():
        path = str(file)
        if path.startswith("..") or "__pycache__" in path or path.endswith(("/direct_url.json", "/INSTALLER")):
            continue
        yield f"{SITE_PACKAGES}/{path}", Path(str(file.locate())).read_bytes()


def _python() -> Files:
    return {path: content for name in PYTHON_PACKAGES for path, content in files_of(distribution(name))}


def _node() -> Files:
    files: Files = {}
    for name, version, license_ in NODE_PACKAGES:
        package = {"name": name, "version": version, "license": license_, "main": "index.js"}
        files[f"srv/app/node_modules/{name}/package.json"] = json.dumps(package, indent=2).encode()
        files[f"srv/app/node_modules/{name}/index.js"] = b"module.exports = {};\n"
    return files


def _last() -> Files:
    kept = tuple(
        (name, UPGRADED.get(name, version), source, architecture, depends)
        for name, version, source, architecture, depends in DEBIAN_PACKAGES
        if name != REMOVED_DEBIAN_PACKAGE
    )
    deleted = sorted({path.split("/")[5] for path, _ in files_of(distribution(DELETED_PYTHON_PACKAGE))})
    files: Files = {f"{SITE_PACKAGES}/.wh.{name}": b"" for name in deleted}
    files["usr/bin/.wh.wget"] = b""
    files["var/lib/dpkg/info/.wh.wget.md5sums"] = b""
    files["var/lib/dpkg/status"] = _status(kept)
    files["srv/app/index.js"] = b"require('express');\n"
    return files
