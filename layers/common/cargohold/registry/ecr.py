"""Tokens of Amazon ECR, which are passwords of Basic authentication for twelve hours."""

from datetime import UTC, datetime

from cargohold.errors import RegistryUnavailable, Unauthorized
from cargohold.registry.document import ECR_HOST, ECR_PUBLIC_HOST

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
