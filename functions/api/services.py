"""What every invocation of the function's environment shares."""

from dataclasses import dataclass
from functools import cache

from cargohold.database.connection import Database, Timeouts
from cargohold.messaging.bus import Messenger
from cargohold.messaging.open import open_messenger
from cargohold.objects.open import open_archive, open_primary
from cargohold.objects.store import ObjectStore
from cargohold.settings import ApiSettings, load

# API Gateway waits for 30 seconds. A paused Aurora takes as long to resume: who asks is told to ask again.
_TIMEOUTS = Timeouts(connect=10, statement=15, lock=5, idle_in_transaction=30)


@dataclass(frozen=True, slots=True)
class Services:
    """The database as api's role sees it, the documents, and the queues."""

    database: Database
    store: ObjectStore
    messenger: Messenger


@cache
def services() -> Services:
    """Return what the settings name; nothing is connected to before it is used."""
    settings = load(ApiSettings)
    return Services(
        Database(settings, application_name="cargohold-api", timeouts=_TIMEOUTS),
        open_primary(settings),
        open_messenger(settings),
    )


@cache
def bundles() -> ObjectStore:
    """Return the store of bundles. Few requests are about them, so the others do not wait for it to be opened."""
    return open_archive(load(ApiSettings))
