"""The formats of Python's package managers."""

from functools import partial
from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader

_python = partial(Format, type="python", language="python", purl_type="pypi")


class PythonLockCataloger(LockfileCataloger):
    """poetry.lock, Pipfile.lock, uv.lock, pdm.lock, pylock.toml, and what requirements.txt files pin."""

    name: ClassVar[str] = "python_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        _python(
            name="poetry.lock",
            read=reader("analyze.catalogers.python_lock.poetry"),
            basenames=frozenset({b"poetry.lock"}),
            metadata_type="python-poetry-lock-entry",
        ),
        _python(
            name="Pipfile.lock",
            read=reader("analyze.catalogers.python_lock.pipenv"),
            basenames=frozenset({b"Pipfile.lock"}),
            metadata_type="python-pipfile-lock-entry",
        ),
        _python(
            name="uv.lock",
            read=reader("analyze.catalogers.python_lock.uv"),
            basenames=frozenset({b"uv.lock"}),
            metadata_type="python-uv-lock-entry",
        ),
        _python(
            name="pdm.lock",
            read=reader("analyze.catalogers.python_lock.pdm"),
            basenames=frozenset({b"pdm.lock"}),
            metadata_type="python-pdm-lock-entry",
        ),
        _python(
            name="pylock.toml",
            read=reader("analyze.catalogers.python_lock.pylock"),
            path=rb"(?>(?:.*/)?)pylock\.(?:[^/.]+\.)?toml",
            metadata_type="python-pylock-entry",
        ),
        _python(
            name="requirements.txt",
            read=reader("analyze.catalogers.python_lock.requirements"),
            path=rb".*requirements(?:[^/]*|/[^/]+)\.txt",
            metadata_type="python-pip-requirements-entry",
        ),
    )
