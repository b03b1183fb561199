"""Trying things instead of believing settings: a store, a directory."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from cargohold.objects.store import ObjectStore
from cargohold_cli.doctor.finding import Finding, failed, ok, warning
from cargohold_cli.output import sizes

PROBE = b"written by cargohold doctor, which removes it again"


def probe_store(check: str, store: ObjectStore, name: str) -> Iterator[Finding]:
    """Write, read and delete one small object; raises what the store does, and leaves nothing behind."""
    key = f"doctor/{uuid4()}"
    store.put(key, [PROBE])
    try:
        with store.get(key) as reader:
            content = b"".join(reader)
    finally:
        store.delete(key)
    if content == PROBE:
        yield ok(check, f"{name}: written, read and deleted")
    else:
        yield failed(check, f"{name}: what is read is not what was written", "run `cargohold objects check` on it")


def probe_directory(check: str, root: str, wanted: int) -> Iterator[Finding]:
    """Write and delete one file below `root`, and compare the room with what may be taken."""
    file = Path(root) / f".doctor-{uuid4()}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as handle:
            handle.write(PROBE)
            os.fsync(handle.fileno())
        file.unlink()
        free = shutil.disk_usage(root).free
    except OSError as error:
        yield failed(check, f"{root}: {error.strerror}", _WRITABLE)
        return
    held = sum(each.stat().st_size for each in Path(root).rglob("*") if each.is_file()) if free < wanted else 0
    if free + held < wanted:
        yield warning(
            check,
            f"{root}: {sizes(free)} are free of the {sizes(wanted)} that it may take",
            "make room, or lower its size",
        )
    else:
        yield ok(check, f"{root}: writable, {sizes(free)} free")


_WRITABLE = "make it a directory that this user may write to, with room in it"
