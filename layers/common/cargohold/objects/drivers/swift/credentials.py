"""Who signs in to Swift, and where: the variables of OpenStack's and Swift's own commands.

They are read from the environment, or from a JSON document with the same names, so that two clouds can
be reached at once: `credentials=secretsmanager:NAME` in the store's URL.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from cargohold.errors import InvalidConfiguration
from cargohold.settings import Settings, load
from cargohold.text_by_url import read_text


class Credentials(Settings):
    """`ST_*` is auth version 1, `OS_*` Keystone version 3, by password or by application credential."""

    st_auth: Annotated[str, Field(alias="ST_AUTH")] = ""
    st_user: Annotated[str, Field(alias="ST_USER")] = ""
    st_key: Annotated[SecretStr, Field(alias="ST_KEY")] = SecretStr("")

    auth_url: Annotated[str, Field(alias="OS_AUTH_URL")] = ""
    username: Annotated[str, Field(alias="OS_USERNAME")] = ""
    user_id: Annotated[str, Field(alias="OS_USER_ID")] = ""
    user_domain_name: Annotated[str, Field(alias="OS_USER_DOMAIN_NAME")] = ""
    user_domain_id: Annotated[str, Field(alias="OS_USER_DOMAIN_ID")] = ""
    password: Annotated[SecretStr, Field(alias="OS_PASSWORD")] = SecretStr("")
    project_name: Annotated[str, Field(alias="OS_PROJECT_NAME")] = ""
    project_id: Annotated[str, Field(alias="OS_PROJECT_ID")] = ""
    project_domain_name: Annotated[str, Field(alias="OS_PROJECT_DOMAIN_NAME")] = ""
    project_domain_id: Annotated[str, Field(alias="OS_PROJECT_DOMAIN_ID")] = ""
    application_credential_id: Annotated[str, Field(alias="OS_APPLICATION_CREDENTIAL_ID")] = ""
    application_credential_name: Annotated[str, Field(alias="OS_APPLICATION_CREDENTIAL_NAME")] = ""
    application_credential_secret: Annotated[SecretStr, Field(alias="OS_APPLICATION_CREDENTIAL_SECRET")] = SecretStr("")
    region: Annotated[str, Field(alias="OS_REGION_NAME")] = ""
    interface: Annotated[Literal["public", "internal", "admin"], Field(alias="OS_INTERFACE")] = "public"

    storage_url: Annotated[str, Field(alias="OS_STORAGE_URL")] = ""
    cacert: Annotated[str, Field(alias="OS_CACERT")] = ""
    temp_url_key: Annotated[SecretStr, Field(alias="SWIFT_TEMP_URL_KEY")] = SecretStr("")

    @property
    def secret(self) -> SecretStr:
        """What proves who it is."""
        return self.application_credential_secret if self.by_application else self.password

    @property
    def by_application(self) -> bool:
        """Whether an application credential is used: it has its project with it."""
        return bool(self.application_credential_id or self.application_credential_name)


def find_credentials(url: str, environment: Mapping[str, str] | None = None) -> Credentials:
    """Return the credentials of the document at `url`, or of the environment when it is empty.

    Raises `InvalidConfiguration` naming what is missing, and `StoreUnavailable` when the service that
    holds the document does not answer.
    """
    credentials = load(Credentials, _document(url) if url else environment)
    if credentials.auth_url:
        user = credentials.by_application or credentials.username or credentials.user_id
        scope = credentials.by_application or credentials.project_id or credentials.project_name
        needed = {"OS_USERNAME": user, "OS_PASSWORD": credentials.secret.get_secret_value(), "OS_PROJECT_NAME": scope}
        if credentials.by_application:
            needed = {"OS_APPLICATION_CREDENTIAL_SECRET": credentials.secret.get_secret_value()}
    else:
        needed = {
            "OS_AUTH_URL or ST_AUTH": credentials.st_auth,
            "ST_USER": credentials.st_user,
            "ST_KEY": credentials.st_key.get_secret_value(),
        }
    for name, value in needed.items():
        if not value:
            raise InvalidConfiguration(setting=name, reason="Swift's credentials need it, and it is not set")
    return credentials


def _document(url: str) -> dict[str, str]:
    text = read_text(url, setting="credentials")
    try:
        document = json.loads(text)
    except ValueError:  # its message would show a part of the text
        document = None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise InvalidConfiguration(setting="credentials", reason=f"{url} is no JSON object of strings")
    return document
