"""One licence or exception by the name that somebody gives it."""

import re
from collections.abc import Iterable, Iterator

from analyze.catalogers.spdx import deprecated, gnu
from analyze.catalogers.spdx.dialects import DIALECTS
from analyze.catalogers.spdx.identifiers import EXCEPTIONS, LICENSES
from analyze.catalogers.spdx.titles import TITLES
from analyze.catalogers.spdx.urls import URLS

_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_NOISE = str.maketrans("", "", "\"'\u201c\u201d\u2018\u2019,")
_VERSION = re.compile(r"(?: - |[ -])?(?<![a-z])v(?:ersion|er)?\.? ?(?=[0-9])|(?<=[a-z])v(?=[0-9])")
_BLANKS = re.compile(r"[ _-]+")
_IN_PARENTHESES = re.compile(r"(.*[^ (]) ?\(([^()]{1,60})\)")
_GENERIC = re.compile(r"licen[cs]e|\A[al]?gpl\Z|\Agnu ")
_PAGE = re.compile(r"(?:\.(?:txt|html?|php|md|en|xml))+\Z")
_VARIANT = re.compile(r"(?<=\Absd [234] clause)~[a-z.]+\Z")  # the same clauses with somebody's name in them
_SPDX = "spdx.org/licenses/"
_SPLIT_EXCEPTION = re.compile(r"(.+?)[ -]with[ -](?:the )?(.+)-exceptions?")
_OF_VERSION = {
    # Of "autoconf exception" there are two with one name; "autoconf-data" is what Debian calls config.guess's.
    "autoconf data": {"2": "Autoconf-exception-generic", "3": "Autoconf-exception-generic-3.0"},
    "gcc": {"2": "GCC-exception-2.0", "3": "GCC-exception-3.1"},
    "gcc runtime library": {"3": "GCC-exception-3.1"},
}
_EXCEPTION_TITLES = {
    "bison": "Bison-exception-2.2",
    "bison 2.2": "Bison-exception-2.2",
    "classpath": "Classpath-exception-2.0",
    "gnu classpath": "Classpath-exception-2.0",
    "cpe": "Classpath-exception-2.0",
    "font": "Font-exception-2.0",
    "libtool": "Libtool-exception",
    "linux syscall": "Linux-syscall-note",
    "llvm": "LLVM-exception",
    "ocaml": "OCaml-LGPL-linking-exception",
    "swift": "Swift-exception",
    "texinfo": "Texinfo-exception",
    "wxwindows": "WxWindows-exception-3.1",
}


def key(text: str) -> str:
    """Return what names of one licence have in common: see `titles`."""
    text = text.lower().replace("licence", "license").translate(_NOISE)
    text = _BLANKS.sub(" ", _VERSION.sub(" ", text).replace("/ ", "/").replace(" /", "/")).strip(" .;:*")
    return text.removeprefix("the ").removesuffix(" license")


def _table(text: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, map(str.strip, text.split("\n"))):
        identifier, _, names = line.partition(": ")
        for name in names.split(" | "):
            yield name.strip(), identifier


def _keyed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {key(name): identifier for name, identifier in pairs}


_IDENTIFIERS = {name.lower(): name for name in LICENSES.split()}
_IDENTIFIERS |= {name.lower(): successor for name, successor in deprecated.LICENSES.items()}
_TITLES = _keyed([*((name, found) for name, found in _IDENTIFIERS.items()), *_table(TITLES)])
_DIALECTS = {dialect: _keyed(_table(text)) for dialect, text in DIALECTS.items()}
_URLS = dict(_table(URLS))
_EXCEPTIONS = {name.lower(): deprecated.EXCEPTIONS.get(name, name) for name in EXCEPTIONS.split()}


def license_name(text: str, dialect: str = "") -> str:
    """Return the SPDX expression that a name surely is, or "".

    Most are one identifier; a few stand for a choice ("same as Perl") or have an exception with them.
    """
    text = " ".join(text.split())
    if "://" in text:
        return _address(text)
    lower = text.lower()
    titled = key(text)
    if dialect == "debian":
        titled = _VARIANT.sub("", titled)
    said = _DIALECTS.get(dialect, {}).get(titled, "")
    if said:
        return said
    gnu_name = gnu.license_name(gnu.later_as_plus(lower.translate(_NOISE).replace("licence", "license")))
    if gnu_name:
        return gnu_name
    found = _IDENTIFIERS.get(lower) or _TITLES.get(titled) or _TITLES.get(titled + ".0")
    if found:
        return found
    if lower.endswith("+") and (found := _IDENTIFIERS.get(lower[:-1], "")):
        return _or_later(found)
    if _REFERENCE.fullmatch(text):
        return text
    return _with_exception(lower, dialect) or _explained(text, dialect)


def exception_name(text: str, license_: str) -> str:
    """Return the identifier of an exception to a licence, or ""."""
    lower = " ".join(text.lower().split())
    if found := _EXCEPTIONS.get(lower):
        return found
    titled = key(lower).removesuffix("s").removesuffix(" exception").removesuffix(" note")
    version = re.search(r"-([0-9])", license_)
    return _EXCEPTION_TITLES.get(titled) or _OF_VERSION.get(titled, {}).get(version[1] if version else "", "")


def _address(text: str) -> str:
    address = text.partition("://")[2].strip("/<>() ").lower().removeprefix("www.")
    address = _PAGE.sub("", address).rstrip("/")
    if address.startswith(_SPDX):
        return license_name(address.removeprefix(_SPDX)) if "/" not in address.removeprefix(_SPDX) else ""
    return _URLS.get(address, "")


def _or_later(identifier: str) -> str:
    if " " in identifier:
        return ""
    if identifier.endswith(("-only", "-or-later")):
        return identifier.removesuffix("-only").removesuffix("-or-later") + "-or-later"
    return identifier + "+"


def _with_exception(lower: str, dialect: str) -> str:
    """Read `GPL-2+-with-autoconf-exception`, as Debian's files write it."""
    match = _SPLIT_EXCEPTION.fullmatch(lower)
    if match is None:
        return ""
    license_ = license_name(match[1], dialect)
    exception = "" if not license_ or " " in license_ else exception_name(match[2], license_)
    return f"{license_} WITH {exception}" if exception else ""


def _explained(text: str, dialect: str) -> str:
    """Read a title with a short name behind it: `MIT License (Expat)`, `Mozilla Public License 2.0 (MPL 2.0)`."""
    match = _IN_PARENTHESES.fullmatch(text)
    if match is None:
        return ""
    outer, inner = license_name(match[1], dialect), license_name(match[2], dialect)
    if outer and inner:
        return outer if outer == inner else ""
    return outer if outer and _only_names(match[2]) else inner if _GENERIC.search(match[1].lower()) else ""


def _only_names(text: str) -> bool:
    """Tell whether a short name in parentheses adds nothing: no version, no condition."""
    return text.isalpha() and text.isupper()
