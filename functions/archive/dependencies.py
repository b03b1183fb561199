"""What every invocation of an environment shares. Nothing connects before its first use."""

from archive.steps.run import Services
from cargohold.database.connection import Database
from cargohold.messaging.open import open_messenger
from cargohold.objects.open import open_archive, open_primary
from cargohold.settings import ArchiveSettings


def open_services(settings: ArchiveSettings) -> Services:
    """Return the services that `settings` name; raises `InvalidConfiguration`."""
    return Services(
        database=Database(settings, application_name="cargohold-archive"),
        primary=open_primary(settings),
        archive=open_archive(settings),
        messenger=open_messenger(settings),
        watch_seconds=settings.watch_seconds,
    )
