"""What is asked of a deployed API instead of this machine: `--endpoint URL`, or CARGOHOLD_ENDPOINT.

A command, or an action of one, that is not in `LOCAL` asks the API. Those in it say why they do not.
"""

import argparse
import os

from cargohold.errors import LocalOnly

ENDPOINT = "CARGOHOLD_ENDPOINT"

_STORES = "it reads or writes the stores themselves, and needs their credentials"
_DOCUMENT = "the document is a file here, a stack's is a secret that AWS's tools change"
LOCAL = {
    "objects": _STORES,
    "reindex": _STORES,
    "doctor": "it looks at this machine, and with --stack at a stack, by AWS's own API",
    "cache": "the layer cache of a stack is on its file system",
    "registries add": _DOCUMENT,
    "registries list": _DOCUMENT,
    "registries check": _DOCUMENT,
    "registries remove": _DOCUMENT,
    "registries path": _DOCUMENT,
    "work": "a stack's queues are worked on by its functions",
    "serve": "it is what others ask",
    "demo": "it starts from nothing, here",
}


def endpoint() -> str:
    """Return the address of the API to ask, "" for this machine."""
    return os.environ.get(ENDPOINT, "")


def check(command: str, options: argparse.Namespace) -> None:
    """Raise `LocalOnly` when an endpoint is to be asked for what it does not do."""
    if not endpoint():
        return
    for name in (command, f"{command} {getattr(options, 'action', '')}"):
        if name in LOCAL:
            raise LocalOnly(what=f"`cargohold {name}` ({LOCAL[name]})")


def only_here(option: str) -> None:
    """Raise `LocalOnly` for an option that no API has, when an endpoint is to be asked."""
    if endpoint():
        raise LocalOnly(what=option)
