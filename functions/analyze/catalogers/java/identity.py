"""Which packages an archive holds: itself, and those whose poms were shaded into it.

Source: Syft's `java/archive_parser.go`, in its order of evidence. It differs in what chance decides there
(the order of a Go map): poms are taken by path, and once the archive has its pom, another artifact of the
same name is a package of its own. An archive without a manifest is named by its pom.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analyze.catalogers.java import manifest as manifests
from analyze.catalogers.java.filename import Filename
from analyze.catalogers.java.groups import group
from analyze.catalogers.java.manifest import Manifest
from analyze.catalogers.java.pom import Project, Projects

_PLUGIN_GROUPS = (
    "io.jenkins.plugins",
    "org.jenkins.plugins",
    "org.jenkins-ci.plugins",
    "io.jenkins-ci.plugins",
    "com.cloudbees.jenkins.plugins",
)
_PLUGIN, _ARCHIVE = "jenkins-plugin", "java-archive"

Record = dict[str, Any]


@dataclass(slots=True)
class Contents:
    """What was read in one archive. `properties` are by the directory of their pom.properties."""

    file: Filename
    manifest: Manifest | None = None
    properties: dict[str, Record] = field(default_factory=dict)
    projects: Mapping[str, tuple[str, Project]] = field(default_factory=dict)  # path and content, by directory
    licenses: list[str] = field(default_factory=list)  # SPDX, from files

    @property
    def woven(self) -> bool:
        """Tell whether the archive only instruments another one, whose name it bears."""
        return self.manifest is not None and any(key == "Weave-Classes" for key, _ in self.manifest.main)


def packages(contents: Contents) -> tuple[Record | None, list[Record]]:
    """Return the package that the archive is, or None, and those that are shaded into it.

    Records have `name`, `version` ("" when unknown), `group`, `type`, `licenses` (see `licenses.license_of`)
    and the metadata `manifest`, `pomProperties` and `pomProject`; shaded ones `inside`, the end of their
    virtual path. Empty fields are absent.
    """
    if contents.woven:
        return None, []
    projects = Projects({directory: project for directory, (_, project) in contents.projects.items()})
    main = _main(contents, projects)
    shaded = []
    for directory, found in sorted(contents.properties.items()):
        record = _of_pom(contents, projects, directory, found)
        if main is not None and _same(main, record):
            _merge(main, record)
        else:
            shaded.append(record)
    for record in [*shaded, *([main] if main else [])]:
        _finish(record, contents.manifest if record is main else None)
    return main, shaded


def _main(contents: Contents, projects: Projects) -> Record | None:
    directory, found = _matching(contents, projects)
    if contents.manifest is None and not found:
        return None
    own = projects.get(directory)
    record: Record = {
        "name": found.get("artifactId") or manifests.name(contents.manifest, contents.file),
        "version": found.get("version") or manifests.version(contents.manifest, contents.file),
        "type": _PLUGIN if contents.file.extension in ("jpi", "hpi") else _ARCHIVE,
    }
    if directory in contents.properties:
        record |= {"type": _indicated(found.get("groupId", "")), "pomProperties": found}
    elif own is not None:
        record["pomProject"] = {"path": contents.projects[directory][0], **projects.record(own)}
    if contents.manifest is not None:
        record["manifest"] = contents.manifest.record()
    licenses = [{"value": value} for value in manifests.licenses(contents.manifest)]
    licenses = licenses or [{"value": value, "type": "concluded"} for value in contents.licenses]
    record["licenses"] = licenses or (_pom_licenses(projects, own) if own else [])
    return record


def _matching(contents: Contents, projects: Projects) -> tuple[str, Record]:
    """Return the pom that the archive's file name names, and its directory."""
    names = {found["artifactId"] for found in contents.properties.values()}
    chosen: tuple[str, Record] = ("", {})
    for directory, found in sorted(contents.properties.items()):
        if _matches(found["artifactId"], contents.file.name, names):
            chosen = (directory, found)
            if projects.get(directory) is not None:
                break
    if not contents.properties and (only := projects.only()):
        directory, project = only
        found = projects.record(project)
        if _matches(found.get("artifactId", ""), contents.file.name, set()) and found.get("version"):
            return directory, found
    return chosen


def _matches(artifact: str, name: str, artifacts: set[str]) -> bool:
    if not artifact or not name or name in artifacts:
        return bool(artifact) and artifact == name
    return artifact.startswith(name) or name.endswith(artifact)


def _of_pom(contents: Contents, projects: Projects, directory: str, found: Record) -> Record:
    own = projects.get(directory)
    record: Record = {
        "name": found["artifactId"],
        "version": found["version"],
        "type": _indicated(found.get("groupId", "")),
        "inside": f":{found.get('groupId', '')}:{found['artifactId']}",
        "pomProperties": found,
    }
    if own is not None:
        record["pomProject"] = {"path": contents.projects[directory][0], **projects.record(own)}
        record["licenses"] = _pom_licenses(projects, own)
    return record


def _pom_licenses(projects: Projects, project: Project) -> list[dict[str, str]]:
    found = [{"value": name or url, "url": url} for name, url in projects.licenses(project) if name or url]
    return [{key: value for key, value in one.items() if value} for one in found]


def _same(main: Record, record: Record) -> bool:
    if main["name"] != record["name"]:
        return False
    known = main.get("pomProperties") or main.get("pomProject")
    if known is None:
        return True
    mine = [known.get(key) for key in ("groupId", "artifactId", "version")]
    return mine == [record["pomProperties"].get(key) for key in ("groupId", "artifactId", "version")]


def _merge(main: Record, record: Record) -> None:
    main.update(name=record["name"], version=record["version"], type=record["type"])
    main.setdefault("pomProperties", record["pomProperties"])


def _finish(record: Record, manifest: Manifest | None) -> None:
    name = record["name"]
    record["group"] = group(name, record.get("pomProperties"), record.get("pomProject"), manifest) or name
    if "io.jenkins.plugins" in record["group"] or "org.jenkins-ci.plugins" in record["group"]:
        record["type"] = _PLUGIN
    for key in [key for key, value in record.items() if not value and key not in ("name", "version")]:
        del record[key]


def _indicated(group_id: str) -> str:
    return _PLUGIN if group_id.startswith(_PLUGIN_GROUPS) or ".jenkins.plugin" in group_id else _ARCHIVE
