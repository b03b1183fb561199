"""PHP interpreters that no package manager installed, and the extensions that they load."""

from analyze.catalogers.php_interpreter.cataloger import PhpInterpreterCataloger

__all__ = ["PhpInterpreterCataloger"]
