"""Opens what persist works with, once an environment."""

from datetime import timedelta

from cargohold.database.connection import Database
from cargohold.messaging.open import open_messenger
from cargohold.objects.open import open_primary
from cargohold.settings import PersistSettings
from persist.messages import Dependencies


def open_dependencies(settings: PersistSettings) -> Dependencies:
    """Return the dependencies that `settings` name. Nothing connects before its first use.

    Raises `InvalidConfiguration`.
    """
    database = Database(settings, application_name="cargohold-persist")
    return Dependencies(
        database,
        open_primary(settings),
        open_messenger(settings),
        history=timedelta(days=settings.history_days),
    )
