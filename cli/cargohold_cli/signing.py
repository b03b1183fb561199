"""AWS Signature Version 4 for the service `execute-api`, by botocore, imported when a request is to be signed."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from cargohold.errors import InvalidConfiguration


@cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


def signed(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> dict[str, str]:
    """Return `headers` and those of the signature. Raises `InvalidConfiguration` without credentials or region."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials = _session().get_credentials()
    if credentials is None:
        raise InvalidConfiguration(setting="AWS credentials", reason="none are found; requests cannot be signed")
    request = AWSRequest(method=method, url=url, data=body)
    # Not the others: a proxy may change them, and they change nothing that a signature protects.
    SigV4Auth(credentials.get_frozen_credentials(), "execute-api", _region(url)).add_auth(request)
    return headers | dict(request.headers.items())


def _region(url: str) -> str:
    """Return the region that an address of API Gateway names, else the one that is configured."""
    labels = (urlsplit(url).hostname or "").split(".")
    if "execute-api" in labels[:-1]:
        return labels[labels.index("execute-api") + 1]
    region = _session().get_config_variable("region")
    if not region:
        raise InvalidConfiguration(setting="AWS_REGION", reason="it is needed to sign requests")
    return str(region)
