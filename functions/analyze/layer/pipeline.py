"""A layer from the parts of its blob to what is made of its tar, with both of its digests verified."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from analyze.layer import apart
from analyze.layer.stages import Stages, Verified
from analyze.layer.threads import ThreadStages
from analyze.limits import Limits
from cargohold.errors import DigestMismatch, InvalidImage

APART = 32 << 20  # bytes of a blob from which on a process is worth its start, some 30 ms
T = TypeVar("T")


def process(
    parts: Iterable[bytes],
    consume: Callable[[Iterator[bytes]], T],
    *,
    blob_digest: str,
    diff_id: str,
    what: str,
    limits: Limits,
    deadline: float | None = None,
    size: int = 0,
) -> tuple[T, Verified]:
    """Give the tar inside `parts` to `consume`, and return its result with the verified digests.

    `consume` runs on the calling thread and must read to the end. "" for a digest means unknown:
    it is computed. `size` is what the blob is said to have, in bytes, and decides how it is read, nothing
    else. Raises `DigestMismatch`, what `decompress` and `consume` raise, and `ChildProcessError` when the
    process that inflates was killed; no thread or process outlives the call.
    """
    stages = _open(parts, what, limits, deadline, size=size, compares=bool(blob_digest))
    try:
        try:
            result = consume(iter(stages))
        except InvalidImage as damage:
            # Damaged is the image, unless what arrived is not it.
            if blob_digest and (actual := stages.blob_digest()) != blob_digest:
                raise DigestMismatch(what=f"the blob of {what}", expected=blob_digest, actual=actual) from damage
            raise
        verified = stages.verified()
    finally:
        stages.close()
    for kind, expected, actual in (
        ("blob", blob_digest, verified.blob_digest),
        ("uncompressed content", diff_id, verified.diff_id),
    ):
        if expected and expected != actual:
            raise DigestMismatch(what=f"the {kind} of {what}", expected=expected, actual=actual)
    return result, verified


def verify_layer(
    parts: Iterable[bytes], *, what: str, limits: Limits, deadline: float | None = None, size: int = 0
) -> Verified:
    """Return digests and sizes of a layer without walking it.

    For transports that know no blob digest (docker-archive): the pair that comes back is verified,
    so a record found by it may be used. Raises what `decompress` raises.
    """

    def drain(chunks: Iterator[bytes]) -> None:
        for _ in chunks:
            pass

    return process(parts, drain, blob_digest="", diff_id="", what=what, limits=limits, deadline=deadline, size=size)[1]


def _open(
    parts: Iterable[bytes], what: str, limits: Limits, deadline: float | None, *, size: int, compares: bool
) -> Stages:
    if size >= APART and apart.AVAILABLE:
        try:
            return apart.ProcessStages(parts, what, limits, deadline, compares=compares)
        except OSError:
            pass  # no process can be had: there are too many, or no memory for one
    return ThreadStages(parts, what, limits, deadline)
