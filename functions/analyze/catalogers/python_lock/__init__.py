"""Python packages that lock files and requirements declare."""

from analyze.catalogers.python_lock.cataloger import PythonLockCataloger

__all__ = ["PythonLockCataloger"]
