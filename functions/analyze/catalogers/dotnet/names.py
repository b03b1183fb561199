"""What a PE file is called, and its version, out of its version resource.

Source: Syft's `syft/pkg/cataloger/dotnet/package.go` and `syft/pkg/cataloger/binary/pe_package.go`: Microsoft
describes files and the others products.
"""

import re
from collections.abc import Mapping
from itertools import zip_longest

from analyze.catalogers.text import clean

_BLANKS = re.compile(r"[\s\xa0\x00-\x1f]+")
_RUNTIME = re.compile(r" ?\(net[^)]{0,100}\d(?:\.\d{1,9})?\)\Z")
_PUNCTUATION = re.compile(r"[.,]+")
_DIGIT = re.compile(r"\d")
_EXTENSION = re.compile(r"\.(?:dll|exe|bpl)\Z", re.IGNORECASE)
_SEMANTIC = re.compile(r"v?(\d{1,18}(?:\.\d{1,18}){0,20})(?:-?([0-9A-Za-z~-][0-9A-Za-z~.-]*))?(?:\+[0-9A-Za-z~.-]+)?")
_MICROSOFT = ("FileDescription", "InternalName", "OriginalFilename", "ProductName")
_OTHERS = ("ProductName", "FileDescription", "InternalName", "OriginalFilename")


def name(resources: Mapping[str, str]) -> str:
    """Return what a file's resources call it, without a target framework in parentheses; "" when they do not."""
    maker = (resources.get("CompanyName", "") + resources.get("ProductName", "")).lower()
    for field in _MICROSOFT if "microsoft" in maker else _OTHERS:
        value = _BLANKS.sub(" ", resources.get(field, "")).strip()
        if value:
            return _RUNTIME.sub("", value) or value
    return ""


def file_name(base: str) -> str:
    """Return the base name of a file without its extension."""
    return clean(_EXTENSION.sub("", base))


def managed_version(resources: Mapping[str, str]) -> str:
    """Return the greater of the versions of product and file, of two that are equal the one with more parts."""
    product, file = _version(resources.get("ProductVersion", "")), _version(resources.get("FileVersion", ""))
    first, second = _SEMANTIC.fullmatch(product), _SEMANTIC.fullmatch(file)
    if first is not None and second is None:
        return product
    if first is not None and second is not None and (order := _compare(first, second)):
        return product if order > 0 else file
    more, less = len(_PUNCTUATION.findall(product)), len(_PUNCTUATION.findall(file))
    if _DIGIT.search(product) and more >= less:
        return product
    if _DIGIT.search(file) and (less or not _DIGIT.search(product)):
        return file
    return product


def native_version(resources: Mapping[str, str]) -> str:
    """Return the version of the product, else of the file."""
    return _version(resources.get("ProductVersion", "")) or _version(resources.get("FileVersion", ""))


def _version(value: str) -> str:
    """Return the words of a version up to the first one after a number that has none."""
    kept: list[str] = []
    numbered = False
    for word in value.split():
        has_number = _DIGIT.search(word) is not None
        if numbered and not has_number:
            break
        numbered = numbered or has_number
        kept.append(word)
    return " ".join(kept)


def _compare(first: re.Match[str], second: re.Match[str]) -> int:
    """Order as go-version does: by numbers, and what has a suffix before what has none."""
    pairs = zip_longest(map(int, first[1].split(".")), map(int, second[1].split(".")), fillvalue=0)
    for one, other in pairs:
        if one != other:
            return 1 if one > other else -1
    one_suffix, other_suffix = first[2] or "", second[2] or ""
    if one_suffix == other_suffix:
        return 0
    if not one_suffix or not other_suffix:
        return 1 if not one_suffix else -1
    return 1 if one_suffix > other_suffix else -1
