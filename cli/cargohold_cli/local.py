"""Everything on one machine: the handlers as deployed, over an embedded Postgres and the local disk.

The environment variables of `cargohold.settings` are filled in where the user has not set them, so
`DATABASE_URL`, `OBJECT_STORE`, `ARCHIVE_STORE`, `CACHE_ROOT` or `REGISTRIES` can each point elsewhere.
"""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cargohold_cli.output import say

if TYPE_CHECKING:  # commands without a database load no driver
    from cargohold.database.connection import Database


def home() -> Path:
    """Return where state is kept: CARGOHOLD_HOME, or the user's data directory."""
    if chosen := os.environ.get("CARGOHOLD_HOME"):
        return Path(chosen).expanduser().resolve()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "cargohold"


def configure(*, object_store: str = "postgres:") -> Path:
    """Fill in the settings that need no database; return the home directory."""
    root = home()
    defaults = {
        "CACHE_ROOT": str(root / "cache"),
        "SCRATCH_ROOT": str(root / "scratch"),
        "REGISTRIES": f"file:{root / 'registries.yaml'}" if (root / "registries.yaml").exists() else "",
        "OBJECT_STORE": object_store,
        "ARCHIVE_STORE": (root / "archive").as_uri(),
        "MESSAGING": "database",
        "TRANSITION_WATCH_SECONDS": "240",  # seen by the next command that handles messages, and by `serve`
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    return root


@cache
def start() -> Path:
    """Start what the handlers need and bring the database up to date; return the home directory.

    Raises `DatabaseUnavailable` when Postgres cannot be started.
    """
    from cargohold.database.connection import Database
    from cargohold.database.migrate import migrate
    from cargohold.database.version_keys import fill
    from cargohold.settings import DatabaseSettings, load

    root = configure()
    root.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DATABASE_URL"):
        from cargohold_cli.postgres import LocalPostgres

        os.environ["DATABASE_URL"] = LocalPostgres(root, progress=say).start()
    owner = Database(load(DatabaseSettings), application_name="cargohold migrate")
    migrate(owner)
    fill(owner)
    owner.close()
    return root


@cache
def database(role: str = "cargohold_api") -> "Database":
    """Return the database as a role sees it, the API's unless said otherwise."""
    from cargohold.database.connection import Database
    from cargohold.settings import DatabaseSettings, load

    start()
    settings = load(DatabaseSettings)
    return Database(settings.model_copy(update={"database_role": role}), application_name="cargohold")
