"""The stages as a process of its own: the walk of a large layer then has an interpreter to itself.

Threads of one interpreter wait for each other whenever one of them runs Python, and the walk of a layer
is half Python. What is inflated comes through shared memory; see `inflating` for what is said over pipes.
"""

import contextlib
import fcntl
import json
import mmap
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from threading import Thread

from analyze.layer.decompress import PART
from analyze.layer.inflating import LENGTH, SLOTS, Report, Task
from analyze.layer.stages import Stages, Verified
from analyze.limits import Limits
from cargohold.errors import DeadlineExceeded

AVAILABLE = hasattr(os, "memfd_create")  # Linux
_PIPE = 1 << 20  # bytes between the source of the blob and the process; the most that Linux gives everybody
_PROGRAM = "import sys; sys.path[:] = {path!r}; from analyze.layer.inflating import main; main()"
_LOADER = "LD_LIBRARY_PATH"  # Lambda's Python finds its own library by it; nothing else is the process's business


class ProcessStages(Stages):
    """`what` is what errors name, `deadline` in `time.monotonic` seconds; `compares` when the blob's digest is known.

    Raises `OSError` when there can be no process; nothing is read from `parts` then.
    """

    def __init__(
        self, parts: Iterable[bytes], what: str, limits: Limits, deadline: float | None, *, compares: bool
    ) -> None:
        self._parts = parts
        self._deadline = deadline
        self._failure: BaseException | None = None  # of the source of the parts
        self._report: Report | None = None
        self._ours = contextlib.ExitStack()  # open until the end; the feeder closes its pipe, `blob_digest` `_free`
        self._freeing = contextlib.ExitStack()
        with contextlib.ExitStack() as failed, contextlib.ExitStack() as theirs:
            failed.enter_context(self._ours)
            failed.enter_context(self._freeing)
            memory = os.memfd_create("layer")
            theirs.callback(os.close, memory)
            os.ftruncate(memory, SLOTS * PART)
            self._slots = self._ours.enter_context(mmap.mmap(memory, SLOTS * PART, prot=mmap.PROT_READ))
            self._filled, filled = _pipe(self._ours, theirs)
            free, self._free = _pipe(theirs, self._freeing)
            self._reports, reports = _pipe(self._ours, theirs)
            blob, self._blob = _pipe(theirs, failed)
            task = Task(memory, filled, free, what, asdict(limits), compares)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM.format(path=sys.path), json.dumps(asdict(task))],
                stdin=blob,
                stdout=reports,
                pass_fds=(memory, filled, free),
                env={name: value for name, value in os.environ.items() if name == _LOADER},
            )
            failed.callback(self._process.wait)
            failed.callback(self._process.kill)
            self._feeder = Thread(target=self._feed, name="feed", daemon=True)
            self._feeder.start()
            failed.pop_all()

    def __iter__(self) -> Iterator[bytes]:
        """Yield what the process is done with."""
        number = 0
        while lengths := self._lengths():
            for (length,) in LENGTH.iter_unpack(lengths):
                start = number % SLOTS * PART
                part = self._slots[start : start + length]
                number += 1
                _write(self._free, b"\0")
                yield part
        error = self._reported().error()
        if error is not None:
            raise error

    def verified(self) -> Verified:
        """Return what the whole layer is."""
        report = self._reported()
        return Verified(f"sha256:{report.blob}", f"sha256:{report.diff_id}", report.size, report.uncompressed_size)

    def blob_digest(self) -> str:
        """Let the process read on without inflating, and return the digest of all."""
        self._freeing.close()
        return f"sha256:{self._reported().blob}"

    def close(self) -> None:
        """Kill the process unless it has ended."""
        self._process.kill()
        self._feeder.join()
        self._process.wait()
        self._freeing.close()
        self._ours.close()

    def _feed(self) -> None:
        try:
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._blob, fcntl.F_SETPIPE_SZ, _PIPE)
            for part in self._parts:
                self._check()
                if not _write(self._blob, part):
                    break
        except BaseException as error:  # noqa: BLE001 -- handed to the calling thread, which raises it
            self._failure = error
        finally:
            os.close(self._blob)

    def _check(self) -> None:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise DeadlineExceeded(what="reading a layer")

    def _lengths(self) -> bytes:
        """Return the lengths of the slots that were filled, b"" at the end. Raises `DeadlineExceeded`."""
        if self._deadline is not None:
            waiting = select.poll()
            waiting.register(self._filled, select.POLLIN)
            if not waiting.poll(max(self._deadline - time.monotonic(), 0) * 1000):
                raise DeadlineExceeded(what="reading a layer")
        return os.read(self._filled, SLOTS * LENGTH.size)

    def _reported(self) -> Report:
        """Wait for the report. Raises what the parts raised, and `ChildProcessError` when there is none."""
        if self._report is None:
            content = b"".join(iter(lambda: os.read(self._reports, 1 << 16), b""))
            self._feeder.join()
            if self._failure is not None:
                raise self._failure
            code = self._process.wait()
            if code or not content:
                raise ChildProcessError(f"the process that inflates a layer ended with status {code}")
            self._report = Report(**json.loads(content))
        return self._report


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Open a pipe whose ends are closed with who has them."""
    ends = os.pipe()
    reader.callback(os.close, ends[0])
    writer.callback(os.close, ends[1])
    return ends


def _write(pipe: int, part: bytes) -> bool:
    """Write all of a part; False when nobody reads any more."""
    view = memoryview(part)
    try:
        while view:
            view = view[os.write(pipe, view) :]
    except BrokenPipeError:
        return False
    return True
