"""The formats of Python's package managers."""

from functools import partial
from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger
from analyze.catalogers.python_lock import pdm, pipenv, poetry, pylock, requirements, uv

_python = partial(Format, type="python", language="python", purl_type="pypi")


class PythonLockCataloger(LockfileCataloger):
    """poetry.lock, Pipfile.lock, uv.lock, pdm.lock, pylock.toml, and what requirements.txt files pin."""

    name: ClassVar[str] = "python_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        _python(
            name="poetry.lock",
            read=poetry.read,
            basenames=frozenset({b"poetry.lock"}),
            metadata_type="python-poetry-lock-entry",
        ),
        _python(
            name="Pipfile.lock",
            read=pipenv.read,
            basenames=frozenset({b"Pipfile.lock"}),
            metadata_type="python-pipfile-lock-entry",
        ),
        _python(
            name="uv.lock",
            read=uv.read,
            basenames=frozenset({b"uv.lock"}),
            metadata_type="python-uv-lock-entry",
        ),
        _python(
            name="pdm.lock",
            read=pdm.read,
            basenames=frozenset({b"pdm.lock"}),
            metadata_type="python-pdm-lock-entry",
        ),
        _python(
            name="pylock.toml",
            read=pylock.read,
            path=rb"(?>(?:.*/)?)pylock\.(?:[^/.]+\.)?toml",
            metadata_type="python-pylock-entry",
        ),
        _python(
            name="requirements.txt",
            read=requirements.read,
            path=rb".*requirements(?:[^/]*|/[^/]+)\.txt",
            metadata_type="python-pip-requirements-entry",
        ),
    )
