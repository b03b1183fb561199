"""What is in an image, by type: rows of the documents of its analysis."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel

from api.answers import Listing
from api.documents import DEFAULT_ROWS, MOST_ROWS, Opened, open_analysis, page_of
from api.file_rights import Finding, findings
from api.image_history import HistoryEntry, history_of
from api.parameters import After, Digest, ScopeName, scopes, text
from api.requests import headers_of
from api.routing import new_router
from api.services import services
from cargohold.errors import NotCollected
from cargohold.model import ContentMatch, FileRecord, Package, Relationship, Scope, Secret, Unknown

router = new_router()
TAG = ["content"]

OS_TYPES = frozenset({"deb", "rpm", "apk", "alpm", "portage", "linux-kernel", "linux-kernel-module"})
UNCOUNTED = ("hidden", "licenses", "history", "config", "manifest", "relationships")

Rows = Annotated[int, Query(ge=1, le=MOST_ROWS, description=f"rows of a page; {DEFAULT_ROWS} unless said")]


class ContentType(BaseModel):
    """A type of content that an image has, and how much of it; null where that is not counted."""

    type: str
    count: int | None = None


@dataclass(slots=True)
class FileRow(FileRecord):
    """A path of the image, and what about its rights is worth a look."""

    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """A licence as its evidence states it, and the visible packages that have it (NAME VERSION)."""

    license: str
    spdx_expression: str
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RetrievedRow:
    """A file that was asked for. `retrieved` tells whether it was kept; it may have been searched only."""

    path: str
    layer: int
    digest: str
    retrieved: bool
    matches: tuple[ContentMatch, ...]


def _page(model: Any) -> dict[int, Any]:
    return {200: {"description": "A page", "content": {"application/json": {"model": Listing[model]}}}}


def _headers() -> dict[str, str]:
    return headers_of(router.current_event.raw_event)


@router.get(
    "/v1/images/<digest>/content",
    tags=TAG,
    summary="List the types of content that an image has",
    operation_id="listContent",
)
def types(digest: Digest) -> Listing[ContentType]:
    """List types."""
    analysis = open_analysis(services(), digest).analysis.analysis
    there = {entry.document for entry in analysis.documents}
    counts: dict[str, int | None] = dict(analysis.packages)
    counts["os"] = sum(count for name, count in analysis.packages.items() if name in OS_TYPES)
    counts["packages"] = sum(analysis.packages.values())
    counts |= {"files": analysis.files, "unknowns": analysis.unknowns} | dict.fromkeys(UNCOUNTED)
    counts |= {"secrets": None} if "secrets" in there else {}
    counts |= {"retrieved": None} if "contents" in there else {}
    return Listing[ContentType](items=tuple(ContentType(type=name, count=n) for name, n in sorted(counts.items())))


@router.get(
    "/v1/images/<digest>/content/files",
    tags=TAG,
    summary="List the files of an image",
    description="The paths of the merged image in order, with owner, mode, SHA-256 and the layer that they are from.",
    operation_id="listFiles",
    responses=_page(FileRow),
)
def files(
    digest: Digest,
    under: Annotated[str, text("only what is at or under this path", length=4096)] = "/",
    finding: Annotated[Finding | None, Query(description="only files with this")] = None,
    limit: Rows = DEFAULT_ROWS,
    after: After = None,
) -> Response[Any]:
    """List files."""
    top = "/" + under.strip("/")
    inside = top if top == "/" else top + "/"
    names = FileRecord.__slots__

    def keep(row: FileRecord) -> bool:
        return (row.path == top or row.path.startswith(inside)) and (finding is None or finding in findings(row))

    def shown(row: FileRecord) -> FileRow:
        return FileRow(**{name: getattr(row, name) for name in names}, findings=findings(row))

    opened = open_analysis(services(), digest)
    rows = opened.analysis.files()
    return page_of(_headers(), opened, "files", rows, limit=limit, after=after, keep=keep, shown=shown)


@router.get(
    "/v1/images/<digest>/content/secrets",
    tags=TAG,
    summary="List the secrets of an image",
    description="Where they stand and of which kind they are, never what they are.",
    operation_id="listImageSecrets",
    responses=_page(Secret),
)
def secrets(digest: Digest, limit: Rows = DEFAULT_ROWS, after: After = None) -> Response[Any]:
    """List secrets."""
    opened = open_analysis(services(), digest)
    rows = opened.analysis.secrets()
    if rows is None:
        raise NotCollected(digest=digest, what="secrets", setting="SECRETS")
    return page_of(_headers(), opened, "secrets", rows, limit=limit, after=after)


@router.get(
    "/v1/images/<digest>/content/retrieved",
    tags=TAG,
    summary="List the files that were kept with an analysis",
    description="And what was searched for in files. RETRIEVE and CONTENT_SEARCH say what is kept and searched for.",
    operation_id="listRetrieved",
    responses=_page(RetrievedRow),
)
def retrieved(digest: Digest, limit: Rows = DEFAULT_ROWS, after: After = None) -> Response[Any]:
    """List kept files."""
    opened = open_analysis(services(), digest)
    rows = opened.analysis.contents()
    if rows is None:
        raise NotCollected(digest=digest, what="files", setting="RETRIEVE or CONTENT_SEARCH")
    found = (RetrievedRow(row.path, row.layer, row.digest, row.retrieved, row.matches) for row in rows)
    return page_of(_headers(), opened, "contents", found, limit=limit, after=after)


@router.get(
    "/v1/images/<digest>/content/unknowns",
    tags=TAG,
    summary="List what in an image could not be read",
    operation_id="listUnknowns",
    responses=_page(Unknown),
)
def unknowns(digest: Digest, limit: Rows = DEFAULT_ROWS, after: After = None) -> Response[Any]:
    """List unknowns."""
    opened = open_analysis(services(), digest)
    return page_of(_headers(), opened, "unknowns", opened.analysis.unknowns(), limit=limit, after=after)


@router.get(
    "/v1/images/<digest>/content/relationships",
    tags=TAG,
    summary="List how the packages of an image are related",
    operation_id="listRelationships",
    responses=_page(Relationship),
)
def relationships(digest: Digest, limit: Rows = DEFAULT_ROWS, after: After = None) -> Response[Any]:
    """List relationships."""
    opened = open_analysis(services(), digest)
    return page_of(_headers(), opened, "relationships", opened.analysis.relationships(), limit=limit, after=after)


@router.get(
    "/v1/images/<digest>/content/licenses",
    tags=TAG,
    summary="List the licences in an image",
    description="Each with the visible packages that have it.",
    operation_id="listLicenses",
    responses=_page(LicenseRow),
)
def licenses(digest: Digest, limit: Rows = DEFAULT_ROWS, after: After = None) -> Response[Any]:
    """List licences."""
    opened = open_analysis(services(), digest)
    return page_of(_headers(), opened, "packages", _licenses(opened), limit=limit, after=after)


def _licenses(opened: Opened) -> Iterator[LicenseRow]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for package in opened.analysis.packages():
        if package.scope is Scope.VISIBLE:
            for one in package.licenses:
                found[one.value, one.spdx_expression].add(f"{package.name} {package.version}")
    for (value, expression), names in sorted(found.items()):
        yield LicenseRow(value, expression, tuple(sorted(names)))


@router.get(
    "/v1/images/<digest>/content/history",
    tags=TAG,
    summary="List how an image was made",
    description="The history in its config, oldest first. A text in which a secret was found is left out.",
    operation_id="listHistory",
)
def history(digest: Digest) -> Listing[HistoryEntry]:
    """List history."""
    opened = open_analysis(services(), digest)
    secret = {found.path for found in opened.analysis.secrets() or () if found.source == "config"}
    return Listing[HistoryEntry](items=history_of(opened.analysis.config(), secret))


@router.get(
    "/v1/images/<digest>/content/<content_type>",
    tags=TAG,
    summary="List the packages of one type in an image",
    description="With everything that was found of them. `os` has those of the distribution's package manager, "
    "`packages` all; other types are Syft's: python, npm, java-archive, go-module, gem, ...; `hidden` has packages "
    "of any type that a higher layer deleted or replaced, and that are shipped all the same.",
    operation_id="listContentPackages",
    responses=_page(Package),
)
def of_type(
    digest: Digest,
    content_type: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,63}$", description="os, npm, hidden, ...")],
    scope: ScopeName = "visible",
    limit: Rows = DEFAULT_ROWS,
    after: After = None,
) -> Response[Any]:
    """List packages of a type."""
    wanted = (Scope.HIDDEN,) if content_type == "hidden" else scopes(scope)

    def keep(row: Package) -> bool:
        if row.scope not in wanted:
            return False
        if content_type in ("packages", "hidden"):
            return True
        return row.type in OS_TYPES if content_type == "os" else row.type == content_type

    opened = open_analysis(services(), digest)
    return page_of(_headers(), opened, "packages", opened.analysis.packages(), limit=limit, after=after, keep=keep)
