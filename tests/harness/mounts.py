"""Commands in a mount namespace of their own, where file systems may be mounted that nobody else sees."""

import subprocess
from functools import cache
from pathlib import Path


@cache
def namespace() -> tuple[str, ...]:
    """Return the command that makes such a namespace, for anybody or for root; () where the kernel allows neither."""
    for command in (("unshare", "--map-root-user", "--mount"), ("unshare", "--mount")):
        try:
            tried = subprocess.run([*command, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
        except FileNotFoundError:
            return ()
        if tried.returncode == 0:
            return command
    return ()


def run(mount: str, command: list[str | Path], directory: Path, **environment: str) -> str:
    """Run shell commands that mount something at `$AT`, then a command; return its standard output."""
    script = f'AT="$1" && shift && {mount} && exec "$@"'
    done = subprocess.run(
        [*namespace(), "sh", "-c", script, "sh", directory, *command],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
