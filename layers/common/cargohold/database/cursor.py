"""The cursor of a transaction that costs no round trips of its own."""

from typing import Any

from psycopg2 import extensions


class TransactionCursor(extensions.cursor):  # type: ignore[misc]  # psycopg2 declares no types
    """Begins a transaction with its first statement and ends it with its last, without round trips of their own.

    Its connection is in autocommit mode.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._last: list[bytes] = []

    def execute(self, statement: Any, parameters: Any = None) -> None:
        before = [*([] if self._is_open() else [b"BEGIN"]), *self._last]
        self._last = []
        if before:
            super().execute(b"; ".join([*before, self.mogrify(statement, parameters)]))
        else:
            super().execute(statement, parameters)

    def executemany(self, statement: Any, parameters: Any) -> None:
        self._begin()
        super().executemany(statement, parameters)

    def copy_expert(self, statement: Any, file: Any, size: int = 8192) -> None:
        self._begin()
        super().copy_expert(statement, file, size)

    def at_commit(self, statement: str, parameters: Any = None) -> None:
        """Send a statement, whose rows are not asked for, with the next one: COMMIT, if there is no other."""
        self._last.append(self.mogrify(statement, parameters))

    def commit(self) -> None:
        """Send what is left and end the transaction, if there is one."""
        if self._last:
            self.execute("COMMIT")
        elif self._is_open():
            super().execute("COMMIT")

    def rollback(self) -> None:
        """End the transaction, if there is one, and forget what is left to send."""
        self._last.clear()
        if self._is_open():
            super().execute("ROLLBACK")

    def _begin(self) -> None:
        if self._last or not self._is_open():
            self.execute("SELECT")  # nothing, and before it what has to be sent

    def _is_open(self) -> bool:
        return bool(self.connection.info.transaction_status != extensions.TRANSACTION_STATUS_IDLE)
