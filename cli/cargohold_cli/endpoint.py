"""Which API commands ask instead of this machine: `--endpoint URL`, or CARGOHOLD_ENDPOINT."""

import os

ENDPOINT = "CARGOHOLD_ENDPOINT"
REMOTE = ("images", "image", "packages", "secrets", "sbom", "diff", "archives")  # commands that can


def endpoint() -> str:
    """Return the address of the API to ask, "" for this machine."""
    return os.environ.get(ENDPOINT, "")
