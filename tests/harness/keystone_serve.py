"""Serves Keystone's WSGI application. Run by Swift's own Python: CONFIGURATION PORT."""

import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""


os.environ["OS_KEYSTONE_CONFIG_FILES"], port = sys.argv[1:]
del sys.argv[1:]  # Keystone would read them

from keystone.wsgi.api import application  # noqa: E402

make_server("127.0.0.1", int(port), application, _Server, _Quiet).serve_forever()
