"""The image that a document is about: its name, its purl, when it was made, and the document's identity."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from api.formats import Request
from cargohold import __version__
from cargohold.documents.analysis import Analysis
from cargohold.purl import purl

EPOCH = "1970-01-01T00:00:00Z"  # for formats that need a time when the image states none


def created(analysis: Analysis) -> str:
    """Return when the image was made, as RFC 3339 in UTC to the second, or "" when it does not say.

    An SBOM bears this time, not that of its making, so that the same image gives the same bytes.
    """
    try:
        at = _to_second(analysis.created.strip())
    except (ValueError, OverflowError):
        return ""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0") if at.year > 1 else ""  # year 1 is Go's "not set"


def _to_second(text: str) -> datetime:
    whole, dot, rest = text.partition(".")
    if dot:  # nanoseconds are more than `datetime` takes
        text = whole + rest.lstrip("0123456789")
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def name(analysis: Analysis, request: Request) -> str:
    """Return the image's repository with its registry, or its digest when it has no name."""
    return "/".join(part for part in (request.registry, request.repository) if part.strip()) or analysis.image


def digest(analysis: Analysis) -> str:
    """Return the digest of the image's manifest, or "" where there is none: a docker-archive is known by its config."""
    return "" if analysis.image == analysis.config_digest else analysis.image


def image_purl(analysis: Analysis, request: Request) -> str:
    """Return `pkg:oci/NAME@DIGEST`, or "" for an image without a name or without a manifest of its own.

    Source: the purl specification's type `oci`.
    """
    last = request.repository.strip("/").rpartition("/")[2]
    if not last.strip() or not digest(analysis):
        return ""
    url = name(analysis, request) if request.registry else ""
    return purl("oci", "", last, analysis.image, {"arch": analysis.architecture, "repository_url": url})


def document_id(analysis: Analysis, request: Request, format_name: str) -> UUID:
    """Return the UUID of a rendering: of the image, what analyzed and wrote it, and what was asked for."""
    seed = (
        f"cargohold {__version__} {format_name} {request.version}",
        f"{analysis.image} {analysis.catalog_version} {analysis.options} {request.scope}",
        f"{request.registry} {request.repository} {request.creator}",
    )
    return uuid5(NAMESPACE_URL, "\n".join(seed))
