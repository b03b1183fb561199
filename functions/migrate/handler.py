"""Brings the database to this release's schema. Invoked at deploy time with any payload."""

from typing import Any

from cargohold.database.connection import Database
from cargohold.database.migrate import migrate
from cargohold.settings import DatabaseSettings, load
from cargohold.telemetry import logger, tracer


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handle(event: dict[str, Any], context: Any) -> dict[str, list[int]]:  # noqa: ARG001 -- Lambda's signature
    """Apply the missing migrations and return `{"applied": [versions]}`; an error fails the invocation."""
    database = Database(load(DatabaseSettings), application_name="cargohold-migrate")
    try:
        applied = migrate(database)
    finally:
        database.close()
    logger.info("migrated", applied=applied)
    return {"applied": applied}
