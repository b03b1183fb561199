"""The `release` file at the root of a Java installation.

Source: the files that OpenJDK's `make/ReleaseFile.gmk`, Temurin's build scripts, Zulu and Oracle write:
`KEY="value"` lines; and Syft's `java/parse_jvm_release.go` for what they mean.
"""

from typing import Any

from analyze.catalogers.text import clean, decoded, words

_KEYS = (
    "IMPLEMENTOR",
    "IMPLEMENTOR_VERSION",
    "JAVA_RUNTIME_VERSION",
    "JAVA_VERSION",
    "JAVA_VERSION_DATE",
    "LIBC",
    "MODULES",
    "OS_ARCH",
    "OS_NAME",
    "OS_VERSION",
    "SOURCE",
    "BUILD_SOURCE",
    "BUILD_SOURCE_REPO",
    "SOURCE_REPO",
    "FULL_VERSION",
    "SEMANTIC_VERSION",
    "BUILD_INFO",
    "JVM_VARIANT",
    "JVM_VERSION",
    "IMAGE_TYPE",
    "BUILD_TYPE",
)
_MODULES = 1000


def _camel(key: str) -> str:
    first, *rest = key.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


_FIELDS = {key: _camel(key) for key in _KEYS}


def release(data: bytes) -> dict[str, Any] | None:
    """Return the fields as Syft names them (`javaVersion`), `modules` as a list; None without a Java version."""
    found: dict[str, Any] = {}
    for line in decoded(data).split("\n"):
        key, equals, value = line.partition("=")
        field = _FIELDS.get(key.strip())
        if not equals or field is None:
            continue
        value = clean(clean(value).strip('"'))
        if value:
            found[field] = words(value)[:_MODULES] if field == "modules" else value
    return found if "javaVersion" in found or "javaRuntimeVersion" in found else None


def version(fields: dict[str, Any]) -> str:
    """Return the most exact version, of the scheme that the Java version has (JEP 223 changed it)."""
    java = str(fields.get("javaVersion", ""))
    full = str(fields.get("fullVersion", ""))
    if runtime := fields.get("javaRuntimeVersion"):
        return str(runtime)
    return full if full and full.partition(".")[0] == java.partition(".")[0] else java


def vendor_and_product(fields: dict[str, Any], path: str, *, has_compiler: bool) -> tuple[str, str]:
    """Return who is said to make it, in the words of vulnerability databases, and what it is there.

    Every build of OpenJDK that has no database entries of its own is Oracle's.
    """
    implementor = str(fields.get("implementor", "")).replace(" ", "").lower()
    is_runtime = not has_compiler and "jre" in str(fields.get("imageType", "")).lower()
    product = "jre" if is_runtime else "jdk"
    if "azul" in implementor or "zulu" in path:
        return "azul", "zulu"
    if "sun" in implementor:
        return "sun", product
    if "oracle" in implementor or "oracle" in path:
        return "oracle", product
    return "oracle", "openjdk"
