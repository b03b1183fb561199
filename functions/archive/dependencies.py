"""What every invocation of an environment shares. Nothing connects before its first use."""

from archive.steps.run import Services
from cargohold.database.connection import Database
from cargohold.messaging.open import open_messenger
from cargohold.objects.open import open_store
from cargohold.settings import ArchiveSettings


def open_services(settings: ArchiveSettings) -> Services:
    """Return the services that `settings` name; raises `InvalidConfiguration`."""
    return Services(
        database=Database(settings, application_name="cargohold-archive"),
        primary=open_store(settings.object_store),
        archive=open_store(settings.archive_store),
        messenger=open_messenger(settings),
    )
