"""What a check found, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cargohold.errors import CargoholdError


class Verdict(StrEnum):
    """How a check ended. Only `failed` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `advice` says what to do, and is empty when nothing is."""

    check: str
    verdict: Verdict
    detail: str
    advice: str = ""


def ok(check: str, detail: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, Verdict.OK, detail)


def failed(check: str, detail: str, advice: str) -> Finding:
    """Return a finding of something that does not work."""
    return Finding(check, Verdict.FAILED, detail, advice)


def warning(check: str, detail: str, advice: str) -> Finding:
    """Return a finding of something that will be missed one day."""
    return Finding(check, Verdict.WARNING, detail, advice)


def skipped(check: str, detail: str) -> Finding:
    """Return a finding that there was nothing to look at."""
    return Finding(check, Verdict.SKIPPED, detail)


def attempt(check: str, advice: str, work: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what `work` finds; an error of ours ends it with a failed finding that carries `advice`."""
    try:
        yield from work()
    except CargoholdError as error:
        yield failed(check, f"{error.code}: {error.message}", advice)
