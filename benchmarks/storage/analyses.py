"""The documents and the message of an image of the fleet, as analyze would leave them for persist."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from benchmarks.storage.fleet import REGISTRY, Fleet, Image

from cargohold import documents
from cargohold.contracts import AnalysisReady, DocumentKey, Reference
from cargohold.digests import to_text
from cargohold.documents.analysis import Analysis, DistroEntry, DocumentEntry, LayerEntry
from cargohold.model import Package, Scope, Secret
from cargohold.objects.store import ObjectStore, analysis_key

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
LAYER_SIZE = 12_345_678
SECRET = Secret(
    "private-key", "AsymmetricPrivateKey", "Asymmetric Private Key", "HIGH", "/app/config/key.pem", "-----BEGIN",
    layer=5, line=1, column=1, digest="0123456789abcdef",
)  # fmt: skip


def analysis_id(image: Image) -> UUID:
    """Return a UUIDv7 of the image's time."""
    milliseconds = round(image.at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62 | image.number)


def created(image: Image) -> datetime:
    """Return when the image's config says that it was made."""
    return image.at - timedelta(minutes=3)


class Writer:
    """Puts the documents of images into a store. Images with the same packages share the bytes of that document."""

    def __init__(self, store: ObjectStore, fleet: Fleet) -> None:
        self._store, self._fleet = store, fleet
        self._written: dict[tuple[int, ...], bytes] = {}

    def message(self, image: Image) -> AnalysisReady:
        """Write the documents of an image of the fleet; return what persist is told of them."""
        key = tuple(found.number for found in image.sets)
        if key not in self._written:
            pool = self._fleet.pool
            found = [pool.model(member, one.scope) for one in image.sets for member in one.members]
            self._written[key] = b"".join(documents.PACKAGES.write(found))
        visible = {member for one in image.sets if one.scope is Scope.VISIBLE for member in one.members}
        return self.put(image, [self._written[key]], len(visible))

    def with_packages(self, image: Image, packages: Iterable[Package]) -> AnalysisReady:
        """The same with packages that are no set of the fleet."""
        found = list(packages)
        return self.put(image, list(documents.PACKAGES.write(found)), len(found))

    def put(self, image: Image, packages: list[bytes], visible: int) -> AnalysisReady:
        """Write the documents that persist reads."""
        digest, identifier = to_text(image.digest), analysis_id(image)
        keys = []

        def put(name: str, parts: Iterable[bytes]) -> None:
            info = self._store.put(analysis_key(digest, identifier, name), parts)
            keys.append(DocumentKey(document=name, key=info.key, sha256=info.sha256, size=info.size))

        put("packages", packages)
        put("secrets", documents.SECRETS.write([SECRET] * image.secrets))
        head = Analysis(
            image=digest,
            media_type=MEDIA_TYPE,
            catalog_version=1,
            os="linux",
            architecture="amd64",
            created=created(image).isoformat(),
            distro=DistroEntry(id=image.distro[0], version_id=image.distro[1]),
            layers=tuple(
                LayerEntry(
                    digest=to_text(blob),
                    diff_id=to_text(diff_id),
                    media_type="application/vnd.oci.image.layer.v1.tar+gzip",
                    size=LAYER_SIZE,
                    uncompressed_size=3 * LAYER_SIZE,
                    entries=500,
                )
                for diff_id, blob in image.layers
            ),
            packages={"all": visible},
            files=3_000,
            documents=tuple(DocumentEntry(document=key.document, sha256=key.sha256, size=key.size) for key in keys),
        )
        put("analysis", documents.ANALYSIS.write(head))
        return AnalysisReady(
            analysis_id=identifier,
            image=digest,
            parents=(to_text(image.parent),) if image.parent else (),
            documents=tuple(keys),
            catalog_version=1,
            references=tuple(
                Reference(registry=REGISTRY, repository=image.repository, tag=tag, pushed_at=image.at)
                for tag in image.tags
            ),
        )
