"""Every os-release of the corpus."""

from tests.harness.fixtures import corpus
from tests.harness.views import extract

from analyze.catalogers.distro import DistroCataloger
from analyze.catalogers.distro.files import assignments


def test_every_os_release_of_the_corpus_is_read():
    root = corpus("os-release")
    read = 0
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.name in (
            "os-release",
            "debian_version",
            "redhat-release",
            "system-release-cpe",
            "busybox",
        ):
            facts = extract(DistroCataloger(), b"etc/" + path.name.encode(), path.read_bytes())
            assert facts is None or facts.unknowns == []
            read += facts is not None
    assert read > 50
    fields = assignments((root / "anchore+syft/syft/linux/testdata/unprintable").read_text(errors="replace"))
    assert "ID" in fields
