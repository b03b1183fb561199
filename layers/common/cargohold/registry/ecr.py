"""Amazon ECR's own API: tokens, which are passwords of Basic authentication for twelve hours, and what there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cargohold.errors import ImageNotFound, RateLimited, RegistryUnavailable, Unauthorized
from cargohold.registry.document import ECR_HOST, ECR_PUBLIC_HOST

_THROTTLED = frozenset(("ThrottlingException", "TooManyRequestsException", "LimitExceededException"))
_PAUSE = 60  # seconds to leave ECR alone when it limits requests; it does not say how long
_DENIED = frozenset(("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"))


def authorization(host: str) -> tuple[str, float]:
    """Return the `Authorization` header for an ECR host, and the seconds that it lasts.

    The caller's own AWS credentials must allow `ecr:GetAuthorizationToken`; the token reaches every
    registry that they do. Raises `Unauthorized` and `RegistryUnavailable`.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    match = ECR_HOST.fullmatch(host)
    try:
        if host == ECR_PUBLIC_HOST:
            # The public registry gives tokens in one region only.
            answer = boto3.client("ecr-public", region_name="us-east-1").get_authorization_token()
            data = answer["authorizationData"]
        else:
            region = (match["region"] or match["region_dual"]) if match else None
            data = boto3.client("ecr", region_name=region).get_authorization_token()["authorizationData"][0]
    except NoCredentialsError:
        raise Unauthorized(registry=host, repository="its token") from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _DENIED:
            raise Unauthorized(registry=host, repository="its token") from None
        raise RegistryUnavailable(registry=host, reason=f"ECR gives no token: {code}") from None
    except BotoCoreError as error:
        raise RegistryUnavailable(registry=host, reason=f"ECR gives no token: {type(error).__name__}") from None
    expires: datetime = data["expiresAt"]
    return f"Basic {data['authorizationToken']}", max(60.0, (expires - datetime.now(UTC)).total_seconds())


@dataclass(frozen=True, slots=True)
class EcrImage:
    """One image of a repository, or one index."""

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime


def repositories(host: str) -> list[str]:
    """Return the repositories of a registry.

    Needs `ecr:DescribeRepositories`. Raises `Unauthorized`, `RateLimited` and `RegistryUnavailable`.
    """
    with _translated(host, "its repositories"):
        pages = _client(host).get_paginator("describe_repositories").paginate(registryId=host.partition(".")[0])
        return [one["repositoryName"] for page in pages for one in page["repositories"]]


def images(host: str, repository: str) -> list[EcrImage]:
    """Return everything in a repository, with and without tags.

    Needs `ecr:DescribeImages`. Raises `ImageNotFound` when there is no such repository, and as `repositories` does.
    """
    with _translated(host, repository):
        pages = _client(host).get_paginator("describe_images")
        answers = pages.paginate(registryId=host.partition(".")[0], repositoryName=repository)
        return [
            EcrImage(one["imageDigest"], tuple(one.get("imageTags", ())), one["imagePushedAt"])
            for page in answers
            for one in page["imageDetails"]
        ]


def manifest(host: str, repository: str, digest: str) -> str:
    """Return the text of a manifest or an index, "" when there is none.

    Needs `ecr:BatchGetImage`. Raises as `images` does.
    """
    with _translated(host, repository):
        answer = _client(host).batch_get_image(
            registryId=host.partition(".")[0], repositoryName=repository, imageIds=[{"imageDigest": digest}]
        )
    return next((str(one.get("imageManifest", "")) for one in answer["images"]), "")


def _client(host: str) -> Any:
    import boto3

    match = ECR_HOST.fullmatch(host)
    return boto3.client("ecr", region_name=(match["region"] or match["region_dual"]) if match else None)


@contextmanager
def _translated(host: str, what: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError:
        raise Unauthorized(registry=host, repository=what) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _DENIED:
            raise Unauthorized(registry=host, repository=what) from None
        if code in _THROTTLED:
            raise RateLimited(registry=host, seconds=_PAUSE) from None
        if code == "RepositoryNotFoundException":
            raise ImageNotFound(reference=f"{host}/{what}") from None
        raise RegistryUnavailable(registry=host, reason=f"ECR answers {code}") from None
    except BotoCoreError as error:
        raise RegistryUnavailable(registry=host, reason=f"ECR answers {type(error).__name__}") from None
