"""Opens the messenger that the settings name."""

from cargohold.messaging.bus import Messenger
from cargohold.settings import DatabaseSettings, MessagingSettings, load

_ROLE = "cargohold_messages"


def open_messenger(settings: MessagingSettings) -> Messenger:
    """Return the messenger of `settings`; with `database` it is in DATABASE_URL, as the role cargohold_messages."""
    if settings.messaging == "database":
        from cargohold.messaging.in_process import InProcessMessenger

        return InProcessMessenger(load(DatabaseSettings).model_copy(update={"database_role": _ROLE}))
    from cargohold.messaging.aws import AwsMessenger

    return AwsMessenger(settings)
