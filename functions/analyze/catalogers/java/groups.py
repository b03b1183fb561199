"""The group id of a package.

Source: Syft's `java/package_url.go` and `cpegenerate/java.go`, in their order: pom.properties, pom.xml or
its parent, artifacts whose group is known, attributes of the manifest.
"""

from typing import Any

from analyze.catalogers.java.known_groups import KNOWN
from analyze.catalogers.java.manifest import Manifest

_PRIMARY = (
    "Group-Id",
    "Bundle-SymbolicName",
    "Extension-Name",
    "Specification-Vendor",
    "Implementation-Vendor",
    "Implementation-Vendor-Id",
    "Implementation-Title",
    "Bundle-Activator",
)
_SECONDARY = ("Automatic-Module-Name", "Main-Class", "Package")
_DOMAINS = ("com", "org", "net", "io", "be")


def group(
    name: str, properties: dict[str, Any] | None, project: dict[str, Any] | None, manifest: Manifest | None
) -> str:
    """Return the group, or "" when nothing tells it. `properties` and `project` are as in the metadata."""
    for pom in (properties, project, (project or {}).get("parent")):
        if pom and (found := _of_pom(pom)):
            return found
    return KNOWN.get(name) or _of_manifest(manifest)


def _of_pom(pom: dict[str, Any]) -> str:
    """Return the group of a pom, or its artifact when that is written like a group."""
    found = pom.get("groupId", "") or (artifact if "." in (artifact := pom.get("artifactId", "")) else "")
    return str(found).partition(";")[0].strip()


def _of_manifest(manifest: Manifest | None) -> str:
    if manifest is None:
        return ""
    for fields in (_PRIMARY, _SECONDARY):
        found = [
            value.partition(";")[0].partition("#")[0].strip()
            for field in fields
            for value in manifest.values(field)
            if value.startswith(_DOMAINS)
        ]
        if found:
            return min(found)
    return ""
