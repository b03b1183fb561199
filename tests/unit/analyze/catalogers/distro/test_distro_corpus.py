"""Every os-release of the corpus gives its distribution."""

import json
import shlex

from tests.harness.fixtures import corpus
from tests.harness.views import extract

from analyze.catalogers.contract import FileFacts
from analyze.catalogers.distro import DistroCataloger
from analyze.catalogers.distro.files import assignments
from analyze.image.distro import choose
from cargohold.model import Distro


def distribution(files: dict[bytes, bytes]) -> Distro | None:
    """Return what an image that has these files is."""
    facts: dict[bytes, FileFacts] = {}
    for path, content in files.items():
        found = extract(DistroCataloger(), path, content)
        if found is not None:
            assert found.unknowns == []
            facts[path] = FileFacts(path, 0, 0, True, "", found)
    return choose(facts.get)


def written(text: str) -> dict[str, str]:
    """Read os-release as a shell does, which is what os-release(5) allows."""
    fields = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            try:
                fields[key] = " ".join(shlex.split(value))
            except ValueError:
                fields[key] = value
    return fields


def test_every_os_release_gives_its_distribution():
    root = corpus("os-release")
    seen = 0
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        fields = written(path.read_text(errors="replace"))
        if not fields.get("ID") or path.name == "want" or "DISTRIB_ID" in fields:
            continue
        found = distribution({b"etc/os-release": path.read_bytes()})
        assert found is not None, path
        assert found.id == fields["ID"].lower(), path
        assert found.version_id == fields.get("VERSION_ID", "") or path.name == "unprintable", path
        seen += 1
    assert seen > 90


def test_what_clair_expects():
    """`want` is the distribution as claircore names it, for directories of files out of an image."""
    root = corpus("os-release", "quay+claircore")
    for want in sorted(root.rglob("want")):
        (expected,) = json.loads(want.read_text())
        files = {
            b"etc/" + path.name.encode(): path.read_bytes()
            for path in want.parent.rglob("*")
            if path.is_file() and path.name != "want"
        }
        found = distribution(files)
        assert found is not None, want
        assert found.id == expected["did"], want
        version = expected["version"]
        # Clair has a word for what os-release calls `3.19_alpha20230901`.
        assert found.version_id.startswith(version) or version == "edge", want


def test_odd_characters_are_read():
    text = corpus("os-release", "anchore+syft/syft/linux/testdata/unprintable").read_text(errors="replace")
    assert "ID" in assignments(text)
