"""Tars and image layouts made of a few words, for tests that hand them to other tools.

A member is `(name, kind)` or `(name, kind, value)`: kinds are `file` (value: content), `dir`, `link`
(value: target), `hard` (value: target) and `fifo`.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

Member = tuple[str, ...]
_TYPES = {"dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE}


def tar(members: Iterable[Member]) -> bytes:
    """Return an uncompressed tar of the members in their order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, *value in members:
            info = tarfile.TarInfo(name)
            info.mode = 0o755
            if kind == "file":
                content = value[0].encode()
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
                continue
            info.type = _TYPES[kind]
            info.linkname = value[0] if value else ""
            archive.addfile(info)
    return buffer.getvalue()


def layout(root: Path, layers: Sequence[bytes], tag: str = "t") -> None:
    """Write an OCI image layout with one image of uncompressed layers."""
    blobs = root / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(content: bytes, media_type: str) -> dict[str, object]:
        digest = sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {
            "mediaType": f"application/vnd.oci.image.{media_type}",
            "digest": f"sha256:{digest}",
            "size": len(content),
        }

    descriptors = [put(layer, "layer.v1.tar") for layer in layers]
    diff_ids = [item["digest"] for item in descriptors]
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    manifest = {
        "schemaVersion": 2,
        "config": put(json.dumps(config).encode(), "config.v1+json"),
        "layers": descriptors,
    }
    head = put(json.dumps(manifest).encode(), "manifest.v1+json")
    head["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [head]}))
