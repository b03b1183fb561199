"""What one file says of itself.

Source: main/main.c of PHP, whose header X-Powered-By has the version, and Zend/zend_modules.h: an
extension's module entry has its name, its version and the build that it loads into ("API20220829,NTS").
"""

import re
from typing import Any

from analyze.catalogers.binary.clues import NULS, TWO_OR_THREE, Clue, ended, following, near, version
from analyze.catalogers.binary.scan import Race, scan
from analyze.catalogers.contract import Facts, LayerFile
from analyze.catalogers.text import clean
from cargohold.paths import to_text

_VERSION = TWO_OR_THREE + rb"(?:-?(?:alpha|beta|RC|dev)[0-9]{0,3})?"
_API = rb"API20[0-9]{6},N?TS"
_POWERED = (following(b"X-Powered-By: PHP/", _VERSION),)
_BUILD = (Clue(rb"API20", version(_API) + rb"\x00"),)
_EXTENSION = (
    near(b"\0API20", ended(_VERSION) + rb"\x00{0,31}" + _API + rb"\x00", before=64),
    near(b"Zend ", ended(_VERSION) + rb"\x00{0,31}Zend (?:Technologies|OPcache)", before=64),
    near(b"Zip", ended(_VERSION) + rb"\x00{1,31}Zip\x00", before=64),
    following(b"mysqlnd ", _VERSION, NULS),
)
_PROGRAMS = (
    (re.compile(r"php[0-9.]*"), "php-cli-binary", "php-cli"),
    (re.compile(r"php-fpm[^/]*"), "php-fpm-binary", "php-fpm"),
    (re.compile(r"(?:libphp|mod_php)[0-9.]*\.so"), "php-apache-binary", "libphp"),
)


def read(file: LayerFile) -> Facts | None:
    """Read one file; None when it is neither an interpreter nor an extension. `detail["api"]` is the build."""
    path = to_text(file.path)
    name = path.rpartition("/")[2]
    for expression, classifier, package in _PROGRAMS:
        if expression.fullmatch(name):
            return _facts(file, _POWERED, {"name": package, "classifier": classifier})
    name = clean(name.removesuffix(".so"))
    if not name.strip("/"):
        return None
    return _facts(file, _EXTENSION, {"name": name, "classifier": f"php-ext-{name}-binary"})


def _facts(file: LayerFile, clues: tuple[Clue, ...], identity: dict[str, Any]) -> Facts | None:
    race, build = Race(clues), Race(_BUILD)
    with file.open() as stream:
        scan(stream, [race, build])
    if race.best is None or (clues is _EXTENSION and build.best is None):
        return None
    return Facts([{**identity, "version": race.best}], {"api": build.best or ""})
