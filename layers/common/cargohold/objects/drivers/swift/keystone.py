"""A token of Keystone, by the Identity API version 3.

One request of our own instead of python-keystoneclient and oslo, which are ten times as large as
python-swiftclient. Source: OpenStack Identity API v3, "Password authentication" and "Authenticating with
an Application Credential".
"""

import json
from typing import Any

import urllib3

from cargohold.errors import InvalidConfiguration, StoreForbidden, StoreUnavailable
from cargohold.objects.drivers.swift.credentials import Credentials

_TIMEOUT = urllib3.Timeout(connect=10, read=60)
_LARGEST = 4 << 20  # bytes of an answer; catalogs have some tens of KiB


def sign_in(credentials: Credentials, store: str) -> tuple[str, str]:
    """Return the URL of the project's account in Swift, and a token.

    Raises `StoreForbidden` when the credentials are refused, `InvalidConfiguration` when the address is
    not Keystone's or the catalog has no Swift, and `StoreUnavailable`.
    """
    root = credentials.auth_url.rstrip("/")
    url = f"{root if root.endswith('/v3') else f'{root}/v3'}/auth/tokens"
    body = json.dumps({"auth": _request(credentials)}).encode()
    options: dict[str, Any] = {"ca_certs": credentials.cacert} if credentials.cacert else {}
    try:
        with urllib3.PoolManager(retries=False, timeout=_TIMEOUT, **options) as pool:
            answer = pool.request(
                "POST", url, body=body, headers={"Content-Type": "application/json"}, preload_content=False
            )
            try:
                content = answer.read(_LARGEST)
            finally:
                answer.close()
    except urllib3.exceptions.LocationValueError:
        raise InvalidConfiguration(setting="OS_AUTH_URL", reason="it is no URL") from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreUnavailable(store=store, reason=f"{root}: {type(error).__name__}") from error
    if answer.status in (401, 403):
        raise StoreForbidden(store=store, reason=f"{root} answers {answer.status} to {_who(credentials)}")
    if answer.status >= 500 or answer.status == 429:
        raise StoreUnavailable(store=store, reason=f"{root} answers {answer.status}")
    token = answer.headers.get("X-Subject-Token", "")
    if answer.status != 201 or not token:
        raise InvalidConfiguration(
            setting="OS_AUTH_URL", reason=f"{root} answers {answer.status}, not as Keystone version 3 does"
        )
    return credentials.storage_url or _endpoint(content, credentials), token


def _request(credentials: Credentials) -> dict[str, Any]:
    user = _named(credentials.username, credentials.user_id)
    if "name" in user:
        user["domain"] = _domain(credentials.user_domain_name, credentials.user_domain_id)
    secret = credentials.secret.get_secret_value()
    if credentials.by_application:
        application = _named(credentials.application_credential_name, credentials.application_credential_id)
        if "name" in application:
            application["user"] = user
        application["secret"] = secret
        return {"identity": {"methods": ["application_credential"], "application_credential": application}}
    project = _named(credentials.project_name, credentials.project_id)
    if "name" in project:
        project["domain"] = _domain(credentials.project_domain_name, credentials.project_domain_id)
    return {
        "identity": {"methods": ["password"], "password": {"user": user | {"password": secret}}},
        "scope": {"project": project},
    }


def _named(name: str, identifier: str) -> dict[str, Any]:
    return {"id": identifier} if identifier else {"name": name}


def _domain(name: str, identifier: str) -> dict[str, Any]:
    return {"name": name} if name and not identifier else {"id": identifier or "default"}


def _who(credentials: Credentials) -> str:
    names = (
        credentials.application_credential_id,
        credentials.application_credential_name,
        credentials.user_id,
        credentials.username,
    )
    return next(name for name in names if name)


def _endpoint(content: bytes, credentials: Credentials) -> str:
    wanted = f"object-store, {credentials.interface}, region {credentials.region or 'any'}"
    try:
        for service in json.loads(content)["token"]["catalog"]:
            for endpoint in service["endpoints"] if service["type"] == "object-store" else ():
                region = endpoint.get("region_id") or endpoint.get("region")
                if endpoint["interface"] == credentials.interface and credentials.region in ("", region):
                    return str(endpoint["url"])
    except (ValueError, KeyError, TypeError):
        raise InvalidConfiguration(setting="OS_AUTH_URL", reason="the answer has no catalog of services") from None
    raise InvalidConfiguration(setting="OS_REGION_NAME", reason=f"the catalog of services has no {wanted}")
