"""The API as its clients see it, on a database and documents that persist and analyze would leave."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from waitress import create_server, wasyncore

from cargohold.database.connection import Database
from cargohold.messaging.in_process import InProcessMessenger
from cargohold.objects.open import open_store
from cargohold.settings import DatabaseSettings
from cargohold_cli.web import Application
from cargohold_cli.worker import drain
from persist.messages import Dependencies
from tests.harness.analyses import RecordingMessenger
from tests.harness.one_machine import forget


@dataclass(frozen=True)
class Answer:
    """What a client gets."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        content = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return json.loads(content)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a problem, which must be one of RFC 9457."""
        assert self.headers["content-type"] == "application/problem+json", self
        found = self.json
        assert found["status"] == self.status
        assert found["request_id"]
        return self.status, found["code"]


@dataclass
class Client:
    """Asks the API through WSGI. `to` is where persist writes what the API then reads."""

    database: Database
    to: Dependencies
    url: str
    application: Any = field(default_factory=Application)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        kind: str = "application/json",
        **headers: str,
    ) -> Answer:
        import io

        content = raw if raw is not None else (json.dumps(body).encode() if body is not None else b"")
        path, _, query = path.partition("?")
        environment: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(path).encode().decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": kind if content else "",
            "HTTP_HOST": "localhost:8087",
            "wsgi.input": io.BytesIO(content),
        }
        environment |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        started: list[Any] = []
        parts = self.application(environment, lambda status, sent: started.append((status, sent)))
        status, sent = started[0]
        return Answer(int(status[:3]), {name.lower(): value for name, value in sent}, b"".join(parts))

    def get(self, path: str, /, headers: dict[str, str] | None = None, **parameters: Any) -> Answer:
        url = f"{path}?{urlencode(parameters)}" if parameters else path
        return self.ask("GET", url, **(headers or {}))

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Return the messages that wait in a queue, oldest first, and remove them."""
        with self.database.transaction() as cursor:
            cursor.execute("DELETE FROM message WHERE queue = %s RETURNING id, body", (queue,))
            return [body for _, body in sorted(cursor.fetchall())]

    def drain(self) -> int:
        """Have all functions handle what waits for them."""
        messenger = InProcessMessenger(DatabaseSettings(database_url=self.url))
        try:
            return drain(messenger)
        finally:
            messenger.close()


@contextmanager
def serving(application: Any) -> Iterator[str]:
    """Serve an application over HTTP; yield its address."""
    channels: dict[int, Any] = {}
    server = create_server(application, channels, host="127.0.0.1", port=0, threads=2, asyncore_loop_timeout=0.1)

    def run() -> None:
        with suppress(OSError, ValueError, RuntimeError):  # what its loop looks at is closed under it
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    wasyncore.close_all(channels, ignore_all=True)  # connections that clients keep
    thread.join(5)


ENVIRONMENT = {
    "OBJECT_STORE": "postgres:",
    "MESSAGING": "database",
    "TRANSITION_WATCH_SECONDS": "0",  # or the command sets it for all that follow, and looks wait in queues
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


@contextmanager
def client(url: str) -> Iterator[Client]:
    """A client of the API on the database at `url`; the environment must be set."""
    database = Database(DatabaseSettings(database_url=url), application_name="test")
    forget()
    try:
        yield Client(database, Dependencies(database, open_store("postgres:"), RecordingMessenger()), url)
    finally:
        database.close()
        forget()
