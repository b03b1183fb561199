"""A bound for the headers of an answer. A time-out of each read is none: a byte every few seconds keeps it waiting."""

import socket
import threading
from contextlib import suppress
from http.client import HTTPException

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection

SECONDS = 60.0  # for all of the status line and the headers; each read has a time-out of its own


class BoundedHeaders(HTTPConnection):
    """Ends a connection whose answer has not told all its headers in `header_seconds`, with `TimeoutError`."""

    header_seconds = SECONDS

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        """Return the answer, its body unread."""
        connection, late = self.sock, threading.Event()

        def end() -> None:
            late.set()
            with suppress(OSError):
                # Of the socket below TLS, which is another thread's at this moment.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        timer = threading.Timer(self.header_seconds, end)
        timer.daemon = True
        timer.start()
        try:
            response = super().getresponse()
        except (OSError, HTTPException):
            if late.is_set():
                raise TimeoutError("the headers took too long") from None
            raise
        finally:
            timer.cancel()
        if late.is_set():  # what was cut off can look like the end of the headers
            response.close()
            raise TimeoutError("the headers took too long")
        return response
