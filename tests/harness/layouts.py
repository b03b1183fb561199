"""Tiny OCI image layouts, so that transports are tested on images of a few kilobytes."""

import gzip
import io
import json
import tarfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

OCI = "application/vnd.oci.image"
MANIFEST, INDEX, CONFIG = f"{OCI}.manifest.v1+json", f"{OCI}.index.v1+json", f"{OCI}.config.v1+json"
LAYER = f"{OCI}.layer.v1.tar+gzip"


def digest_of(content: bytes) -> str:
    """Return the digest of `content`."""
    return "sha256:" + sha256(content).hexdigest()


def tar_of(files: dict[str, bytes]) -> bytes:
    """Return a tar file of `files`."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


@dataclass
class Layout:
    """A layout being written; every method returns the descriptor of what it wrote."""

    root: Path
    entries: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "blobs/sha256").mkdir(parents=True)
        (self.root / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self._write_index()

    def blob(self, content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        digest = digest_of(content)
        (self.root / "blobs/sha256" / digest[7:]).write_bytes(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)} | more

    def document(self, content: dict[str, Any], media_type: str, **more: Any) -> dict[str, Any]:
        return self.blob(json.dumps(content).encode(), media_type, **more)

    def image(
        self,
        layers: list[bytes],
        *,
        architecture: str = "amd64",
        variant: str = "",
        config_type: str = CONFIG,
        layer_type: str = LAYER,
        diff_ids: list[str] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        platform = {"os": "linux", "architecture": architecture} | ({"variant": variant} if variant else {})
        diff_ids = [digest_of(layer) for layer in layers] if diff_ids is None else diff_ids
        config = platform | {"rootfs": {"type": "layers", "diff_ids": diff_ids}, "config": {}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.document(config, config_type),
            "layers": [self.blob(gzip.compress(layer, mtime=0), layer_type) for layer in layers],
        }
        return self.document(manifest | more, MANIFEST, platform=platform)

    def index(self, children: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return self.document({"schemaVersion": 2, "mediaType": INDEX, "manifests": children} | more, INDEX)

    def name(self, descriptor: dict[str, Any], name: str) -> dict[str, Any]:
        """Give a descriptor a name in the layout's index."""
        self.entries.append(descriptor | {"annotations": {"org.opencontainers.image.ref.name": name}})
        self._write_index()
        return descriptor

    def _write_index(self) -> None:
        (self.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self.entries}))
