"""Looking things up for commands."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, TypeVar

from api.analyses import StoredAnalysis
from api.image_config import ConfigFacts, config_facts
from api.queries import archives as archive_queries
from api.queries import fleet, images, lookup, packages
from api.queries.paging import MAX_LIMIT, Page
from api.queries.views import ArchiveView, ImageDetail, ReferenceView
from cargohold.objects.open import open_primary
from cargohold.settings import StoreSettings, load
from cargohold_cli import local

Item = TypeVar("Item")


def every(fetch: Callable[[str | None], Page[Item]]) -> Iterator[Item]:
    """Yield the items of all pages, one page in memory."""
    after: str | None = None
    while True:
        page = fetch(after)
        yield from page.items
        after = page.next
        if after is None:
            return


def find_image(text: str) -> str:
    """Return the digest of the image that `text` means. Raises `ImageUnknown`, `AmbiguousName`."""
    return local.database().run(lambda cursor: lookup.find_image(cursor, text))


def image(digest: str) -> ImageDetail:
    """Return one image. Raises `ImageUnknown`."""
    return local.database().run(lambda cursor: images.get_image(cursor, digest))


def open_named(digest: str) -> tuple[StoredAnalysis, str, str]:
    """Open the documents of an image's analysis, the head verified. Raises `ImageUnknown`, `ObjectCorrupt`.

    Returns the image's registry and repository too: of several names the first in their order.
    """
    view = image(digest).image
    store = open_primary(load(StoreSettings))
    analysis = StoredAnalysis(store, digest, view.analysis_id, view.analysis_sha256)
    named = min(((one.registry, one.repository) for one in view.references), default=("", ""))
    return analysis, *named


def document_names(digest: str) -> set[str]:
    """Return the names of the documents that an image's analysis has, the head apart. Raises `ImageUnknown`."""
    return {entry.document for entry in open_named(digest)[0].analysis.documents}


def facts_of(config: bytes) -> ConfigFacts:
    """Return what an image's config says of how it runs, without the secrets that may be in it."""
    from analyze.catalogers.secrets import SecretScanner

    return config_facts(config, SecretScanner().redact)


def document_hashes(digest: str) -> dict[str, str]:
    """Return the SHA-256 of every document of an image, read and hashed anew."""
    from hashlib import sha256

    from cargohold import documents
    from cargohold.objects.store import analysis_key

    view = image(digest).image
    store = open_primary(load(StoreSettings))
    listed = StoredAnalysis(store, digest, view.analysis_id, view.analysis_sha256).analysis.documents
    hashes = {}
    for name in (*(entry.document for entry in listed), documents.ANALYSIS.name):
        with store.get(analysis_key(digest, view.analysis_id, name)) as reader:
            state = sha256()
            for part in reader:
                state.update(part)
        hashes[name] = state.hexdigest()
    return hashes


def package_names(digest: str) -> set[str]:
    """Return the names of an image's visible packages."""
    found = every(
        lambda after: local.database().run(
            lambda cursor: packages.packages_of_image(cursor, digest, limit=MAX_LIMIT, after=after)
        )
    )
    return {item.package.name for item in found}


def who_has(name: str) -> list[str]:
    """Return a line for each image that has a package of this name."""
    wanted = packages.PackageFilter(name=name)
    matches = every(
        lambda after: local.database().run(
            lambda cursor: fleet.images_with_packages(cursor, wanted, limit=MAX_LIMIT, after=after)
        )
    )
    return [
        f"{names(match.image.references)}  {match.image.digest[:19]}…  "
        + ", ".join(f"{package.name} {package.version}" for package in match.packages)
        for match in matches
    ]


def archives() -> list[str]:
    """Return a line for each archived image."""
    found = every(
        lambda after: local.database().run(
            lambda cursor: archive_queries.list_archives(cursor, limit=MAX_LIMIT, after=after)
        )
    )
    return [f"{view.digest[:19]}…  {view.image_status}  {view.bundle_size} bytes  {former(view)}" for view in found]


def names(references: tuple[ReferenceView, ...]) -> str:
    """Return references for people."""
    return ", ".join(name_of(one.registry, one.repository, one.tag) for one in references) or "(no reference)"


def former(view: ArchiveView) -> str:
    """Return the references that an archived image had."""
    return ", ".join(
        name_of(str(one.get("registry", "")), str(one["repository"]), str(one.get("tag", "")))
        for one in view.references
    )


def name_of(registry: str, repository: str, tag: str) -> str:
    """Return a reference as it is typed."""
    name = "/".join(part for part in (registry, repository) if part)
    return f"{name}:{tag}" if tag else name


def plain(view: Any) -> dict[str, Any]:
    """Return a view as JSON takes it."""
    return asdict(view)
