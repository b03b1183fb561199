"""Brings the database to this release's schema and version keys; invoked at deploy time.

`{"check": true}` only asks how far the database is: what `cargohold doctor` asks from outside the network.
"""

from dataclasses import asdict
from typing import Any

from cargohold.database.connection import Database
from cargohold.database.migrate import migrate, state
from cargohold.database.version_keys import fill
from cargohold.settings import DatabaseSettings, load
from cargohold.telemetry import logger, traced

_HEADROOM = 30_000  # milliseconds kept of an invocation


@logger.inject_lambda_context(clear_state=True)
@traced
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply the missing migrations and return `{"applied": [versions], "version_keys": how many were made}`.

    With `check` in the event nothing is changed, and `{"pending": [names], "newer": [versions]}` returned.

    Keys are made until time runs short; persist's daily run makes the rest. An error fails the invocation.
    """
    database = Database(load(DatabaseSettings), application_name="cargohold-migrate")
    try:
        if event.get("check"):
            return asdict(state(database))
        applied = migrate(database)
        made = fill(database, enough=lambda: context.get_remaining_time_in_millis() < _HEADROOM)
    finally:
        database.close()
    logger.info("migrated", applied=applied, version_keys=made)
    return {"applied": applied, "version_keys": made}
