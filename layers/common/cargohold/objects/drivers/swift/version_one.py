"""A token by Swift's own authentication, version 1: tempauth, and others that speak as it does."""

import requests
import swiftclient.client
from swiftclient.exceptions import ClientException

from cargohold.errors import InvalidConfiguration, StoreForbidden, StoreUnavailable
from cargohold.objects.drivers.swift.credentials import Credentials

TIMEOUT = (10, 60)  # seconds to connect, and to wait for bytes


def sign_in(credentials: Credentials, store: str) -> tuple[str, str]:
    """Return the URL of the account, and a token. Raises as `keystone.sign_in` does."""
    address = credentials.st_auth
    try:
        url, token = swiftclient.client.get_auth_1_0(
            address,
            credentials.st_user,
            credentials.st_key.get_secret_value(),
            cacert=credentials.cacert or None,
            timeout=TIMEOUT,
        )
    except ClientException as error:
        status = error.http_status
        if status in (401, 403):
            raise StoreForbidden(store=store, reason=f"{address} answers {status} to {credentials.st_user}") from None
        if status == 429 or (status or 0) >= 500:
            raise StoreUnavailable(store=store, reason=f"{address} answers {status}") from None
        raise InvalidConfiguration(setting="ST_AUTH", reason=f"{address} answers {status or error.msg}") from None
    except (requests.RequestException, OSError) as error:
        raise StoreUnavailable(store=store, reason=f"{address}: {type(error).__name__}") from None
    if not url or not token:
        raise InvalidConfiguration(setting="ST_AUTH", reason=f"{address} gives no token")
    return credentials.storage_url or url, token
