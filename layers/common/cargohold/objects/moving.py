"""Moves one object: copied, read back, and only then deleted where it was."""

from contextlib import suppress
from enum import Enum

from cargohold.errors import ObjectCold, ObjectCorrupt, ObjectExists, ObjectNotFound, StoreUnavailable
from cargohold.objects.store import ObjectInfo, ObjectStore

_ATTEMPTS = 3  # of an object whose stream breaks off, which the retrying store cannot begin again


class Outcome(Enum):
    """What became of an object."""

    MOVED = "moved"
    SKIPPED = "skipped"  # it was there already, and is the same
    VANISHED = "vanished"  # somebody else deleted it meanwhile; a copy may be left


class Mover:
    """Moves objects from `source` to `target`, in any number of threads. Never deletes in `target`."""

    def __init__(self, source: ObjectStore, target: ObjectStore, *, delete_source: bool) -> None:
        self._source = source
        self._target = target
        self._delete_source = delete_source

    def move(self, key: str) -> tuple[Outcome, int]:
        """Bring an object to the target, and return its size there.

        Raises `ObjectCorrupt` when it is damaged where it is, or another one has its key in the target;
        `ObjectCold` when it must be restored from a cold class first, which is then asked for; and what
        the stores raise.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._move(key)
            except ObjectNotFound:
                return Outcome.VANISHED, 0
            except ObjectCold:
                self._warm(key)
                raise
            except StoreUnavailable:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def look(self, key: str) -> tuple[Outcome | None, int]:
        """Return what `move` would find, None for an object to move; nothing is written. Raises as `move` does."""
        try:
            wanted = self._source.head(key)
            return (Outcome.SKIPPED if self._state(key, wanted) is _State.PRESENT else None), wanted.size
        except ObjectNotFound:
            return Outcome.VANISHED, 0

    def _move(self, key: str) -> tuple[Outcome, int]:
        wanted = self._source.head(key)
        state = self._state(key, wanted)
        outcome = Outcome.SKIPPED
        if state is not _State.PRESENT:
            try:
                self._copy(key, over=state is _State.DAMAGED)
                outcome = Outcome.MOVED
            except ObjectExists:  # somebody was faster
                outcome = Outcome.SKIPPED
            self._compare(wanted, _read(self._target, key))
        self._source.head(key)  # what was deleted while it was copied has vanished
        if self._delete_source:
            self._source.delete(key)
        return outcome, wanted.size

    def _state(self, key: str, wanted: ObjectInfo) -> "_State":
        try:
            # What its store says is enough to leave an object alone, but not to delete the other one.
            found = _read(self._target, key) if self._delete_source else self._target.head(key)
        except ObjectNotFound:
            return _State.ABSENT
        except ObjectCorrupt:
            return _State.DAMAGED
        self._compare(wanted, found)
        return _State.PRESENT

    def _compare(self, wanted: ObjectInfo, found: ObjectInfo) -> None:
        if (found.size, found.sha256) == (wanted.size, wanted.sha256):
            return
        self._source.head(wanted.key)  # a key that was deleted meanwhile may have been given anew
        raise ObjectCorrupt(
            key=self._target.at(wanted.key),
            expected=f"SHA-256 {wanted.sha256} as in {self._source.name}",
            actual=f"SHA-256 {found.sha256}",
        )

    def _copy(self, key: str, *, over: bool) -> None:
        with self._source.get(key) as reader:
            self._target.put(key, reader, if_absent=not over and not self._target.if_absent_waits)

    def _warm(self, key: str) -> None:
        for store in (self._source, self._target):
            with suppress(ObjectNotFound):
                store.warm([key])


class _State(Enum):
    ABSENT = 0
    DAMAGED = 1
    PRESENT = 2


def _read(store: ObjectStore, key: str) -> ObjectInfo:
    """Read an object to its end, which verifies it; return what it is."""
    with store.get(key) as reader:
        for _ in reader:
            continue
        return reader.info
