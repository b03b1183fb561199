"""Images: the list, newest analysis first, one with all that is known of it, and its layers."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from api.answers import Listing, listing
from api.documents import open_analysis
from api.parameters import DIGEST, After, Digest, Limit, Moment, ScopeName, of_packages, scopes, text
from api.queries.images import ImageFilter, get_image, list_images
from api.queries.lookup import find_archive, find_image
from api.queries.packages import PackageFilter, packages_of_image
from api.queries.paging import DEFAULT_LIMIT
from api.queries.views import ImageDetail, ImagePackage, ImageView
from api.routing import new_router
from api.services import services
from cargohold.documents.analysis import Analysis, LayerEntry

router = new_router()
TAG = ["images"]


class Found(BaseModel):
    """The one image that a name means."""

    digest: str


@router.get(
    "/v1/images",
    tags=TAG,
    summary="List images",
    description="Images, those analyzed last first. Registry, repository and tag together find the image by its tag.",
    operation_id="listImages",
)
def list_all(
    registry: Annotated[str | None, text("host of the registry")] = None,
    repository: Annotated[str | None, text("name of the repository")] = None,
    tag: Annotated[str | None, text("tag; finds what it points to now", length=128)] = None,
    status: Annotated[
        Literal["active", "archiving", "deleting", "archived", "restoring"] | None,
        Query(description="the last two of archived images"),
    ] = None,
    os: Annotated[str | None, text("linux, windows, ...")] = None,
    architecture: Annotated[str | None, text("amd64, arm64, ...")] = None,
    distro: Annotated[str | None, text("id of the distribution: debian, alpine, ...")] = None,
    distro_version: Annotated[str | None, text("its version")] = None,
    layer: Annotated[str | None, Query(pattern=DIGEST, description="diff id of a layer that the image has")] = None,
    since: Annotated[Moment | None, Query(description="analyzed then or later")] = None,
    before: Annotated[Moment | None, Query(description="analyzed before then")] = None,
    package: Annotated[str | None, text("name of a package that the image has")] = None,
    purl: Annotated[str | None, text("purl of a package that it has; without qualifiers, whatever they are")] = None,
    scope: ScopeName = "visible",
    include: Annotated[Literal["archived"] | None, Query(description="archived images too")] = None,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[ImageView]:
    """List images."""
    wanted = ImageFilter(
        registry=registry,
        repository=repository,
        tag=tag,
        status=status,
        os=os,
        architecture=architecture,
        distro_id=distro,
        distro_version=distro_version,
        layer=layer,
        analyzed_after=since,
        analyzed_before=before,
        packages=PackageFilter(name=package, purl=purl) if package or purl else None,
        scopes=scopes(scope),
    )
    archived = include == "archived" or status in ("archived", "restoring")
    return listing(
        services().database.run(
            lambda cursor: list_images(cursor, wanted, include_archived=archived, limit=limit, after=after)
        )
    )


@router.get(
    "/v1/lookup",
    tags=TAG,
    summary="Find the digest of an image",
    description="By a digest, the beginning of one (at least four digits), or a reference. 409 when several are meant.",
    operation_id="lookup",
)
def lookup(
    name: Annotated[str, text("digest, its beginning, or REGISTRY/REPOSITORY:TAG", length=1024)],
    within: Annotated[Literal["images", "archives"], Query(alias="in", description="where to look")] = "images",
) -> Found:
    """Find one image."""
    find = find_archive if within == "archives" else find_image
    return Found(digest=services().database.run(lambda cursor: find(cursor, name)))


@router.get(
    "/v1/images/<digest>",
    tags=TAG,
    summary="Get an image",
    description="With its layers, package counts, references (removed ones too), last attempt and archive status.",
    operation_id="getImage",
)
def get(digest: Digest) -> ImageDetail:
    """Get one image."""
    return services().database.run(lambda cursor: get_image(cursor, digest))


@router.get(
    "/v1/images/<digest>/analysis",
    tags=TAG,
    summary="Get the head of the analysis of an image",
    description="The distribution in full, layers, numbers of packages, files and unknowns, and the other documents.",
    operation_id="getAnalysis",
)
def analysis(digest: Digest) -> Analysis:
    """Get the document `analysis`."""
    return open_analysis(services(), digest).analysis.analysis


@router.get(
    "/v1/images/<digest>/layers",
    tags=TAG,
    summary="List the layers of an image",
    description="Base first, with the command that made each; secrets in commands are replaced.",
    operation_id="listLayers",
)
def layers(digest: Digest) -> Listing[LayerEntry]:
    """List layers."""
    return Listing[LayerEntry](items=open_analysis(services(), digest).analysis.analysis.layers)


@router.get(
    "/v1/images/<digest>/packages",
    tags=TAG,
    summary="List the packages of an image",
    description="As the fleet knows them, by name; `content` has all that was found of each.",
    operation_id="listImagePackages",
)
@of_packages
def packages(
    digest: Digest,
    asked: PackageFilter,
    scope: ScopeName = "visible",
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[ImagePackage]:
    """List packages of one image."""
    return listing(
        services().database.run(
            lambda cursor: packages_of_image(cursor, digest, asked, scopes=scopes(scope), limit=limit, after=after)
        )
    )
