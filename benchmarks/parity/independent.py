"""What tools that are neither Syft nor Cargohold find in an unpacked image.

Each answers with (type, name, version) in Syft's type names. One that is not there answers nothing, and
says so: its ecosystem is then compared without a judge.
"""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

Found = set[tuple[str, str, str]]


def unpack(layout: Path, target: Path) -> Path | None:
    """Return the root file system of an image, unpacked by umoci; None without umoci."""
    if shutil.which("umoci") is None:
        return None
    if not (target / "rootfs").exists():
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["umoci", "unpack", "--rootless", "--image", f"{layout}:latest", target], check=True)
    return target / "rootfs"


def ask(root: Path) -> tuple[Found, dict[str, str]]:
    """Return what all tools find under `root`, and the command that was asked for each type."""
    found: Found = set()
    asked: dict[str, str] = {}
    for kind, (command, judge) in _JUDGES.items():
        try:
            answer = judge(root)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"  {command} did not answer: {error}", file=sys.stderr)
            continue
        if answer:
            asked[kind] = command
            found |= answer
    return found, asked


def _run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout


def _dpkg(root: Path) -> Found:
    if not (root / "var/lib/dpkg/status").exists():
        return set()
    form = "${db:Status-Status}\t${Package}\t${Version}\n"
    lines = _run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", form).splitlines()
    return {
        ("deb", name, version)
        for status, name, version in (line.split("\t") for line in lines)
        if status == "installed"
    }


def _rpm(root: Path) -> Found:
    for place in ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"):
        if (root / place).exists():
            form = "%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n"
            lines = _run("rpm", "-qa", "--dbpath", root / place, "--qf", form).splitlines()
            return {("rpm", *line.split("\t")) for line in lines}
    return set()


def _python(root: Path) -> Found:
    places = {str(path.parent) for suffix in ("dist-info", "egg-info") for path in root.rglob(f"*.{suffix}")}
    names = ((one.metadata["Name"], one.version) for one in distributions(path=sorted(places)))
    return {("python", re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in names if name}


def _npm(root: Path) -> Found:
    found: Found = set()
    for manifest in root.rglob("package.json"):
        directory = manifest.parent
        if "node_modules" in directory.parts or not (directory / "node_modules").is_dir():
            continue
        listed = subprocess.run(["npm", "ls", "--all", "--json", "--long"], cwd=directory, capture_output=True)
        _walk(json.loads(listed.stdout or "{}"), found)
    return found


def _walk(node: dict, found: Found) -> None:
    if node.get("name") and node.get("version"):
        found.add(("npm", node["name"], node["version"]))
    for child in node.get("dependencies", {}).values():
        _walk(child, found)


def _gem(root: Path) -> Found:
    if not (root / "usr/bin/gem").exists():
        return set()
    found: Found = set()
    for line in _run("chroot", root, "/usr/bin/gem", "list", "--local").splitlines():
        if match := re.fullmatch(r"(\S+) \((.+)\)", line):
            versions = match[2].replace("default: ", "").split(", ")
            found |= {("gem", match[1], version.split()[0]) for version in versions}
    return found


def _jar(root: Path) -> Found:
    found: Found = set()
    for path in root.rglob("*.[jw]ar"):
        if not path.is_symlink():
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith("/pom.properties"):
                        lines = archive.read(name).decode(errors="replace").splitlines()
                        fields = dict(line.split("=", 1) for line in lines if "=" in line)
                        found.add(("java-archive", fields.get("artifactId", ""), fields.get("version", "")))
    return found


_JUDGES: dict[str, tuple[str, Callable[[Path], Found]]] = {
    "deb": ("dpkg-query -W", _dpkg),
    "rpm": ("rpm -qa", _rpm),
    "python": ("importlib.metadata", _python),
    "npm": ("npm ls --all", _npm),
    "gem": ("gem list", _gem),
    "java-archive": ("zipfile: pom.properties", _jar),
}
