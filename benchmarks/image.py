"""Builds the image that the benchmarks read: Debian, PyPI and npm packages in three layers, about 1 GB.

Needs mmdebstrap, pip and npm, and takes some minutes; the layers are kept and used again. No container
engine is needed: an OCI layout is tars, their digests and two JSON documents.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path

DEBIAN = (
    "git,nginx,perl,python3,python3-pip,ruby,ruby-dev,nodejs,npm,openjdk-17-jre-headless,curl,"
    "openssl,sqlite3,libxml2-utils,ca-certificates"
)
PYPI = [
    *("django==5.1.4", "requests==2.32.3", "numpy==2.1.3", "pandas==2.2.3", "scipy==1.14.1", "sqlalchemy==2.0.36"),
    *("celery==5.4.0", "jinja2==3.1.4", "cryptography==44.0.0", "boto3==1.35.80", "fastapi==0.115.6"),
    *("scikit-learn==1.5.2", "pillow==11.0.0"),
]
NPM = {"express": "4.21.2", "webpack": "5.97.1", "typescript": "5.7.2", "eslint": "9.16.0", "react-dom": "18.3.1"}
NPM |= {"jest": "29.7.0", "lodash": "4.17.21", "@angular/core": "19.0.3", "rxjs": "7.8.1", "next": "15.1.0"}
SITE_PACKAGES = "usr/local/lib/python3.11/dist-packages"


def debian(work: Path) -> Path:
    """Return the tar of the base layer."""
    tar = work / "base.tar"
    if not tar.exists():
        # The package source's address must not end up in the image.
        hook = 'rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d "$1"/var/lib/apt/lists/*'
        part = tar.with_suffix(".part.tar")
        command = ["mmdebstrap", "-q", "--variant=minbase", f"--include={DEBIAN}", f"--customize-hook={hook}"]
        subprocess.run([*command, "bookworm", part], check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"})
        part.rename(tar)
    return tar


def pypi(work: Path) -> Path:
    """Return the tar of the Python layer."""
    tar = work / "pypi.tar"
    if not tar.exists():
        root = _fresh(work / "pypi")
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
        command += ["--only-binary", ":all:", "--python-version", "3.11", "--platform", "manylinux2014_x86_64"]
        subprocess.run([*command, "--target", root / SITE_PACKAGES, *PYPI], check=True)
        _pack(root, tar)
    return tar


def npm(work: Path) -> Path:
    """Return the tar of the Node layer."""
    tar = work / "npm.tar"
    if not tar.exists():
        root = _fresh(work / "npm")
        app = root / "srv/app"
        app.mkdir(parents=True)
        (app / "package.json").write_text(json.dumps({"name": "app", "version": "1.0.0", "dependencies": NPM}))
        options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--legacy-peer-deps"]
        subprocess.run(["npm", "install", *options], cwd=app, check=True)
        for lock in app.rglob("*package-lock.json"):  # it names where every package was fetched from
            lock.unlink()
        _pack(root, tar)
    return tar


def layout(directory: Path, tars: list[Path], tag: str = "latest") -> str:
    """Write an OCI layout of `tars` as gzip layers and return its reference."""
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    layers, diff_ids = [], []
    for tar in tars:
        zipped = tar.with_suffix(".tar.gz")
        if not zipped.exists():
            with tar.open("rb") as source, gzip.open(zipped, "wb", compresslevel=6) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        digest = _digest(zipped)
        if not (blobs / digest).exists():
            os.link(zipped, blobs / digest)
        size = zipped.stat().st_size
        media_type = "application/vnd.oci.image.layer.v1.tar+gzip"
        layers.append({"mediaType": media_type, "digest": f"sha256:{digest}", "size": size})
        diff_ids.append(f"sha256:{_digest(tar)}")
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    config["history"] = [{"created_by": f"ADD {tar.name}"} for tar in tars]
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    manifest |= {"config": _blob(blobs, config, "application/vnd.oci.image.config.v1+json"), "layers": layers}
    entry = _blob(blobs, manifest, "application/vnd.oci.image.manifest.v1+json")
    entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
    (directory / "index.json").write_text(json.dumps(index))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return f"oci:{directory}:{tag}"


def build(work: Path) -> str:
    """Build what is missing under `work` and return the image's reference."""
    work.mkdir(parents=True, exist_ok=True)
    return layout(work / "image", [debian(work), pypi(work), npm(work)])


def _fresh(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def _pack(root: Path, tar: Path) -> None:
    part = tar.with_suffix(".part.tar")
    with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, str(path.relative_to(root)), recursive=False, filter=_neutral)
    shutil.rmtree(root)
    part.rename(tar)


def _neutral(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = 1767225600
    return member


def _digest(path: Path) -> str:
    state = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            state.update(part)
    return state.hexdigest()


def _blob(blobs: Path, value: dict, media_type: str) -> dict:
    content = json.dumps(value).encode()
    digest = sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="directory for the layers and the image")
    print(build(parser.parse_args().work))
