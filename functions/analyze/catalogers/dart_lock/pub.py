"""pubspec.lock.

Source: `lock_file.dart` of dart-lang/pub. Packages of an SDK have no version of their own; which packages
need which it does not say.
"""

from analyze.catalogers.lockfile import yaml
from analyze.catalogers.lockfile.entries import Entries, table, text
from analyze.catalogers.text import decoded

_DEFAULT = frozenset({"https://pub.dartlang.org", "https://pub.dev"})


def read(data: bytes, entries: Entries) -> None:
    """Read one."""
    for name, package in table(table(yaml.loads(decoded(data))).get("packages")).items():
        described = table(package)
        description = table(described.get("description"))
        source = text(described.get("source"))
        url = text(description.get("url"))
        hosted = url.partition("://")[2] if source == "hosted" and url.rstrip("/") not in _DEFAULT else ""
        revision = text(description.get("resolved-ref"))
        vcs = f"{url}@{revision}" if source == "git" and url and revision else ""
        metadata = {
            "name": text(name),
            "version": text(described.get("version")),
            "hosted_url": hosted,
            "vcs_url": vcs,
            "development": text(described.get("dependency")) == "direct dev",
        }
        if source not in ("sdk", "path"):
            qualifiers = {"hosted_url": hosted, "vcs_url": vcs}
            entries.add(name, described.get("version"), metadata, qualifiers=qualifiers)
