"""What functions that `sam local` runs find outside: a database by its socket, directories as EFS and object stores."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from psycopg2 import sql

from tests.harness.postgres import query
from tests.harness.sam import Local


@dataclass(frozen=True, slots=True)
class World:
    """`url` is the database's; what functions store is under `directory`, and the registries document in `settings`.

    Messages are in the database. `absent` are hosts that events name and that no machine has: they answer at once
    that nobody is there.
    """

    functions: Local
    url: str
    directory: Path
    absent: Iterable[str] = ()

    @property
    def environment(self) -> dict[str, str]:
        """The settings that differ from the template's."""
        return {
            "DATABASE_URL": self.url,
            "DATABASE_AUTH": "password",
            "MESSAGING": "database",
            "OBJECT_STORE": "file:///mnt/objects",
            "ARCHIVE_STORE": "file:///mnt/archive",
            "REGISTRIES": "file:/mnt/settings/registries.json",
            "ECR_REGISTRY": "",
            "AWS_USE_DUALSTACK_ENDPOINT": "false",
        }

    @property
    def mounts(self) -> dict[Path, str]:
        """Directories of this machine by their path inside."""
        sockets = Path(parse_qs(urlsplit(self.url).query)["host"][0])
        mounts = {sockets: str(sockets)}
        for name in ("objects", "archive", "cache", "settings"):
            (self.directory / name).mkdir(exist_ok=True)
            mounts[self.directory / name] = f"/mnt/{name}"
        return mounts

    def tell_registries(self, entries: list[dict[str, Any]]) -> None:
        """Write the registries document."""
        document = self.directory / "settings" / "registries.json"
        document.parent.mkdir(exist_ok=True)
        document.write_text(json.dumps({"registries": entries}))

    def invoke(self, function: str, event: Any) -> Any:
        """Return what `function` answers in a fresh container."""
        return self.functions.invoke(
            function, event, environment=self.environment, mounts=self.mounts, absent=self.absent
        )

    def query(self, statement: str | sql.Composable, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives."""
        return query(self.url, statement, *parameters)

    def take(self, queue: str) -> list[dict[str, Any]]:
        """Return the messages that wait in a queue, oldest first, and remove them."""
        taken = self.query("DELETE FROM message WHERE queue = %s RETURNING id, body", queue)
        return [body for _id, body in sorted(taken)]

    def stored(self, store: str) -> dict[str, bytes]:
        """Return the files of a store by their path."""
        root = self.directory / store
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
