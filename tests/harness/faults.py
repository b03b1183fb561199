"""Death at a chosen moment: every effect on the outside is a place where the process may end."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from cargohold.contracts import BusEvent, TransitionRequest
from cargohold.database.connection import Cursor, Database
from cargohold.errors import DatabaseUnavailable, StoreUnavailable
from cargohold.messaging.bus import Messenger, Queue
from cargohold.objects.store import ObjectInfo, ObjectReader, ObjectStore, Warmth
from cargohold.settings import DatabaseSettings
from tests.harness.analyses import RecordingMessenger

_EVENT: TypeAdapter[BaseModel] = TypeAdapter(Annotated[BusEvent | TransitionRequest, Field(discriminator="kind")])


class Crashed(BaseException):
    """The process is gone. Nothing in Cargohold may catch it."""


@dataclass
class Faults:
    """Counts the moments and dies at the one numbered `at` (from 1); with `hard`, without any clean-up.

    With `fail` nothing dies: a store or queue is down at that moment.
    """

    at: int = 0
    hard: bool = False
    fail: bool = False
    reached: int = 0

    def reach(self, *, database: bool = False) -> None:
        self.reached += 1
        if self.reached == self.at:
            if self.hard:
                os.kill(os.getpid(), signal.SIGKILL)
            if not self.fail:
                raise Crashed
            if database:
                raise DatabaseUnavailable(reason="it is down for a test")
            raise StoreUnavailable(store="test", reason="it is down for a test")


class FaultyStore(ObjectStore):
    """A store that may die before, within and after every change, and before every read."""

    def __init__(self, inner: ObjectStore, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def put(self, key: str, content: Iterable[bytes], *, if_absent: bool = False) -> ObjectInfo:
        self._faults.reach()
        info = self._inner.put(key, self._interrupted(content), if_absent=if_absent)
        self._faults.reach()
        return info

    def _interrupted(self, content: Iterable[bytes]) -> Iterator[bytes]:
        for number, part in enumerate(content):
            yield part
            if number == 0:
                self._faults.reach()

    @contextmanager
    def get(self, key: str) -> Iterator[ObjectReader]:
        self._faults.reach()
        with self._inner.get(key) as reader:
            yield reader

    def head(self, key: str) -> ObjectInfo:
        return self._inner.head(key)

    def delete(self, key: str) -> None:
        self._faults.reach()
        self._inner.delete(key)
        self._faults.reach()

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        self._faults.reach()
        yield from self._inner.list(prefix)

    def warm(self, keys: Iterable[str]) -> Warmth:
        self._faults.reach()
        return self._inner.warm(keys)


class FaultyMessenger:
    """A messenger that may die before and after every message."""

    def __init__(self, inner: Messenger, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def send(self, queue: Queue, message: BaseModel, *, delay_seconds: int = 0) -> None:
        self._faults.reach()
        self._inner.send(queue, message, delay_seconds=delay_seconds)
        self._faults.reach()

    def publish(self, event: BaseModel) -> None:
        self._faults.reach()
        self._inner.publish(event)
        self._faults.reach()


class FaultyDatabase(Database):
    """A database client that may die before and after every commit."""

    def __init__(self, settings: DatabaseSettings, faults: Faults, **options: Any) -> None:
        super().__init__(settings, **options)
        self._faults = faults

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        with super().transaction() as cursor:
            yield cursor
            self._faults.reach(database=True)
        self._faults.reach(database=True)


class LastingMessenger(RecordingMessenger):
    """Publishes into a file, so that an event outlives the process as it does on a bus, and keeps looks there too.

    Every other message that it sends is lost.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def publish(self, event: BaseModel) -> None:
        os.write(self._file, event.model_dump_json().encode() + b"\n")

    def send(self, queue: Queue, message: BaseModel, *, delay_seconds: int = 0) -> None:
        if isinstance(message, TransitionRequest) and message.hops > 0:
            self.publish(message)


def published(path: Path) -> tuple[list[BaseModel], list[TransitionRequest]]:
    """Return the events and the looks in a file, and remove it."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    kept = [_EVENT.validate_json(line) for line in lines]
    looks = [one for one in kept if isinstance(one, TransitionRequest)]
    return [one for one in kept if not isinstance(one, TransitionRequest)], looks
