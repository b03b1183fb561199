"""Configuration from the environment: small groups that each function composes.

A missing or malformed variable fails the cold start with `InvalidConfiguration`, naming it.
`docs/configuration.md` lists every variable.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cargohold.errors import InvalidConfiguration


class Settings(BaseModel):
    """Base of the groups. A field is read from the variable of its alias."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


class StoreSettings(Settings):
    """Where documents live, and where they lived before, while they move."""

    object_store: Annotated[str, Field(alias="OBJECT_STORE")]
    object_store_former: Annotated[str, Field(alias="OBJECT_STORE_FORMER")] = ""


class ArchiveStoreSettings(Settings):
    """Where bundles live, and where they lived before; independent of the primary store."""

    archive_store: Annotated[str, Field(alias="ARCHIVE_STORE")]
    archive_store_former: Annotated[str, Field(alias="ARCHIVE_STORE_FORMER")] = ""


class DatabaseSettings(Settings):
    """How the database is reached.

    `database_url` is a libpq URL or key=value string. With `database_auth` `iam` the password is an
    RDS token made at each connect; TLS is then `verify-full`.
    """

    database_url: Annotated[str, Field(alias="DATABASE_URL")]
    database_auth: Annotated[Literal["password", "iam"], Field(alias="DATABASE_AUTH")] = "password"
    database_role: Annotated[str, Field(alias="DATABASE_ROLE")] = ""


class MessagingSettings(Settings):
    """Where messages go: queue URLs and a bus name in AWS, the database on one machine."""

    messaging: Annotated[Literal["aws", "database"], Field(alias="MESSAGING")] = "aws"
    analyze_queue_url: Annotated[str, Field(alias="ANALYZE_QUEUE_URL")] = ""
    persist_queue_url: Annotated[str, Field(alias="PERSIST_QUEUE_URL")] = ""
    archive_queue_url: Annotated[str, Field(alias="ARCHIVE_QUEUE_URL")] = ""
    reconcile_queue_url: Annotated[str, Field(alias="RECONCILE_QUEUE_URL")] = ""
    event_bus_name: Annotated[str, Field(alias="EVENT_BUS_NAME")] = ""


class AnalyzeSettings(StoreSettings, MessagingSettings):
    """What analyze needs beside its limits (`analyze.limits`)."""

    registries: Annotated[str, Field(alias="REGISTRIES")] = ""
    cache_root: Annotated[str, Field(alias="CACHE_ROOT")] = ""
    cache_bytes: Annotated[int, Field(alias="CACHE_BYTES", ge=0)] = 20 << 30
    cache_blob_bytes: Annotated[int, Field(alias="CACHE_BLOB_BYTES", ge=0)] = 0  # of them, for downloads of layers
    cache_memory_bytes: Annotated[int, Field(alias="CACHE_MEMORY_BYTES", ge=0)] = 256 << 20  # of records in memory
    scratch_root: Annotated[str, Field(alias="SCRATCH_ROOT")] = "/tmp/cargohold"  # noqa: S108
    scratch_bytes: Annotated[int, Field(alias="SCRATCH_BYTES", ge=0)] = 4 << 30
    platforms: Annotated[str, Field(alias="PLATFORMS")] = ""  # comma-separated; all when empty
    max_receives: Annotated[int, Field(alias="MAX_RECEIVES", ge=1)] = 5
    secrets: Annotated[Literal["on", "off"], Field(alias="SECRETS")] = "on"
    secrets_allow: Annotated[str, Field(alias="SECRETS_ALLOW")] = ""
    retrieve: Annotated[str, Field(alias="RETRIEVE")] = ""
    retrieve_bytes: Annotated[int, Field(alias="RETRIEVE_BYTES", ge=1, le=16 << 20)] = 1 << 20
    content_search: Annotated[str, Field(alias="CONTENT_SEARCH")] = ""


class IntakeSettings(MessagingSettings):
    """What intake needs; the registries document names the hooks."""

    registries: Annotated[str, Field(alias="REGISTRIES")]


class ReconcileSettings(DatabaseSettings, MessagingSettings):
    """What reconcile needs. ECR is compared without being in the registries document, as its pushes are analyzed."""

    database_role: Annotated[str, Field(alias="DATABASE_ROLE")] = "cargohold_reconcile"
    registries: Annotated[str, Field(alias="REGISTRIES")] = ""
    ecr_registry: Annotated[str, Field(alias="ECR_REGISTRY")] = ""  # the account's own host; "" for none
    ecr_repositories: Annotated[str, Field(alias="ECR_REPOSITORIES")] = "*"  # glob


class PersistSettings(StoreSettings, DatabaseSettings, MessagingSettings):
    """What persist needs. Attempts and the history of references are kept for `history_days`."""

    # More than the 28 days for which a queue and its DLQ can hold a message: what is late must find what came before.
    history_days: Annotated[int, Field(alias="HISTORY_DAYS", ge=30)] = 90


class ArchiveSettings(StoreSettings, ArchiveStoreSettings, DatabaseSettings, MessagingSettings):
    """What archive needs. What begins is looked after `watch_seconds` later, and after its first end; 0 for never."""

    watch_seconds: Annotated[int, Field(alias="TRANSITION_WATCH_SECONDS", ge=0, le=900)] = 0


class ArchiveScheduleSettings(DatabaseSettings, MessagingSettings):
    """What archive's scheduled runs need: they touch no store."""


class ApiSettings(StoreSettings, ArchiveStoreSettings, DatabaseSettings, MessagingSettings):
    """What api needs: it reads rows, documents and bundles, and sends messages."""

    # For so long a large object can be had from its store by whoever has its address; 0 gives none away.
    link_seconds: Annotated[int, Field(alias="LINK_SECONDS", ge=0, le=900)] = 300

    # On one machine the variable is not set, and the user may do anything; what is asked for from outside may not.
    database_role: Annotated[str, Field(alias="DATABASE_ROLE")] = "cargohold_api"


S = TypeVar("S", bound=Settings)


def load(group: type[S], environment: Mapping[str, str] | None = None) -> S:
    """Read `group` from the environment; raises `InvalidConfiguration` naming the first wrong variable."""
    try:
        return group.model_validate(dict(os.environ if environment is None else environment))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidConfiguration(setting=".".join(map(str, first["loc"])), reason=first["msg"]) from None
