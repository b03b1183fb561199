"""A process that carries out the request on its standard input and is killed at a moment: KIND URL DIRECTORY MOMENT."""

import sys
from pathlib import Path

from cargohold.contracts import TransitionRequest
from cargohold.database.connection import Database
from cargohold.settings import DatabaseSettings
from tests.harness.crashes import open_stores
from tests.harness.faults import Faults
from tests.harness.transitions import World


def main(kind: str, url: str, directory: str, moment: str) -> None:
    """Deliver the request and die on the way; what was sent is lost with the process."""
    database = Database(DatabaseSettings(database_url=url), application_name="victim")
    world = World(database, url, *open_stores(kind, url, Path(directory)))
    request = TransitionRequest.model_validate_json(sys.stdin.read())
    world.deliver(request, Faults(int(moment), hard=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
