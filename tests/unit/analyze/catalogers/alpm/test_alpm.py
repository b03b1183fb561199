"""pacman's local database as packages."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages, related

from analyze.catalogers.alpm import AlpmCataloger, desc, mtree
from analyze.catalogers.text import Reasons
from cargohold.model import Distro, License, Scope

ALPM = AlpmCataloger()
TREE = tree("alpm")
LOCAL = b"var/lib/pacman/local/"
ARCH = Distro(id="arch", version_id="20260101.0.1")


def test_packages():
    """Names, versions and files as `pacman -Q` and `pacman -Ql` list them."""
    found = packages([TREE], ALPM, distro=ARCH)
    alpha, beta = found["alpha"], found["libbeta"]
    assert (alpha.type, alpha.version, alpha.architecture) == ("alpm", "1:1.2-3", "any")
    assert (alpha.source_name, alpha.source_version) == ("sample", "1:1.2-3")
    assert alpha.purl == "pkg:alpm/arch/alpha@1:1.2-3?arch=any&distro=arch-20260101.0.1&upstream=sample"
    at = "/var/lib/pacman/local/alpha-1:1.2-3/desc"
    assert alpha.licenses == (License("GPL-2.0-or-later", "GPL-2.0-or-later", path=at), License("custom:own", path=at))
    assert alpha.files == (
        "/etc",
        "/etc/alpha.conf",
        "/usr",
        "/usr/bin",
        "/usr/bin/alpha",
        "/usr/bin/first",
        "/usr/bin/größe x",
    )
    assert [(one.path.rpartition("/")[2], one.evidence) for one in alpha.locations] == [
        ("desc", "primary"),
        ("files", "supporting"),
        ("mtree", "supporting"),
    ]
    assert beta.files == ("/usr", "/usr/lib", "/usr/lib/libbeta.so", "/usr/lib/libbeta.so.2")
    assert beta.metadata["provides"] == ["libbeta.so=2-64", "beta"]


def test_metadata():
    metadata = dict(packages([TREE], ALPM)["alpha"].metadata)
    records = {one["path"]: one for one in metadata.pop("files")}
    assert metadata == {
        "package": "alpha",
        "version": "1:1.2-3",
        "basepackage": "sample",
        "description": "First",
        "url": "https://example.org/",
        "architecture": "any",
        "packager": "Some One <one@example.org>",
        "size": 6,
        "validation": "none",
        "depends": ["libbeta>=1", "libbeta.so=2-64", "sh"],
        "backup": [
            {
                "path": "/etc/alpha.conf",
                "digest": [{"algorithm": "md5", "value": "2cd6ee2c70b0bde53fbe6cac3c8b8bb1"}],
            }
        ],
    }
    assert list(records) == list(packages([TREE], ALPM)["alpha"].files)
    shared = {"uid": "0", "gid": "0", "time": "2023-11-14T22:13:20Z"}
    digest = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"
    assert records["/usr/bin/alpha"] == {
        "path": "/usr/bin/alpha",
        "type": "file",
        "size": "2",
        "digest": [{"algorithm": "sha256", "value": digest}],
        **shared,
    }
    assert records["/usr/bin/first"] == {"path": "/usr/bin/first", "type": "link", "link": "alpha", **shared}
    assert records["/etc"] == {"path": "/etc", "type": "dir", **shared}


@pytest.mark.parametrize(
    ("distro", "start"),
    [
        (ARCH, "pkg:alpm/arch/"),
        (Distro(id="manjaro", id_like=("arch",)), "pkg:alpm/manjaro/"),
        (Distro(id="debian"), "pkg:generic/"),
        (None, "pkg:generic/"),
    ],
)
def test_purls_by_distribution(distro, start):
    assert packages([TREE], ALPM, distro=distro)["alpha"].purl.startswith(start + "alpha@1:1.2-3")


def description(name: str, **lists: str) -> dict[bytes, bytes]:
    text = f"%NAME%\n{name}\n\n%VERSION%\n1-1\n\n" + "".join(f"%{key}%\n{value}\n\n" for key, value in lists.items())
    return {LOCAL + name.encode() + b"-1-1/desc": text.encode()}


@pytest.mark.parametrize(
    ("depends", "provides", "expected"),
    [
        ("b", "", True),
        ("b>=1.0", "", True),
        ("b<2", "", True),
        ("b=1-1", "", True),
        ("b=1", "", True),
        ("b=2", "", False),
        ("lib.so=0-64", "lib.so=0-64", True),
        ("lib.so=1-64", "lib.so=0-64", False),
        ("lib.so", "lib.so=0-64", True),
        ("virtual", "virtual", True),
        ("c", "", False),
    ],
)
def test_relations(depends, provides, expected):
    layer = description("a", DEPENDS=depends) | description("b", PROVIDES=provides)
    assert related([layer], ALPM) == ({("b", "a")} if expected else set())


def test_relations_of_the_fixture():
    assert related([TREE], ALPM) == {("libbeta", "alpha")}


def test_an_upgrade_hides_the_old_version():
    old = {path.replace(b"-1:1.2-3", b"-1.0-1"): content for path, content in TREE.items()}
    view = View([old, TREE], ALPM, scope=Scope.HIDDEN)
    assert findings(view, ALPM) == []  # nothing deletes the old directory here
    path = LOCAL + b"alpha-1:1.2-3/desc"
    view = View([{path: TREE[path].replace(b"1:1.2-3", b"1:1.1-1")}, TREE], ALPM, scope=Scope.HIDDEN)
    assert [one.package.version for one in findings(view, ALPM)] == ["1:1.1-1"]


def test_files_come_from_the_mtree_when_there_is_no_list():
    layer = {path: content for path, content in TREE.items() if not path.endswith(b"/files")}
    assert packages([layer], ALPM)["libbeta"].files == packages([TREE], ALPM)["libbeta"].files


@pytest.mark.parametrize(
    ("path", "content", "unknowns"),
    [
        (b"a-1/desc", b"%VERSION%\n1\n", ["no package has a name here"]),
        (b"a-1/desc", b"%NAME%\na\n\n%SIZE%\nmany\n", ["%SIZE% is no number", "no %VERSION%"]),
        (b"a-1/mtree", b"\x1f\x8bxxxxxxxxxxxxx", ["damaged gzip"]),
        (b"a-1/mtree", TREE[LOCAL + b"alpha-1:1.2-3/mtree"][:200], None),
        (b"a-1/mtree", b"#mtree\nusr/x type=file\n", ["line 2 is no file"]),
        (b"a-1/mtree", gzip.compress(b"\n" * 400_000), ["more than 300000 lines"]),
        (b"a-1/mtree", gzip.compress(b"./" + b"a" * (70 << 20)), None),
    ],
)
def test_what_cannot_be_read_is_told(path, content, unknowns):
    facts = extract(ALPM, LOCAL + path, content)
    if unknowns is None:
        assert facts.unknowns == ["cut short, or larger than 67108864 bytes when it is unpacked"]
    else:
        assert facts.unknowns == unknowns


def test_other_places():
    for path in (b"var/lib/pacman/local/desc", b"var/lib/pacman/sync/a/desc", b"usr/share/files", b"opt/x/mtree"):
        assert extract(ALPM, path, b"%NAME%\na\n") is None
    assert extract(ALPM, LOCAL + b"a-1/desc", b"\n") is None


NAMES = st.text(st.characters(exclude_characters="\n\r/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=8))
def test_paths_survive_the_escapes_of_mtree(paths):
    def escaped(path: str) -> bytes:
        return b"".join(bytes([c]) if 0x21 <= c <= 0x7E and c not in b"\\#" else b"\\%03o" % c for c in path.encode())

    lines = b"".join(b"./" + escaped(path) + b" time=1.0 size=1\n" for path in paths)
    reasons = Reasons()
    columns = mtree.files(gzip.compress(b"#mtree\n/set type=file\n" + lines), reasons)
    expected = ["/" + path for path in paths if not (path.startswith(".") and "/" not in path)]
    assert [path.replace("\\x5c", "\\") for path in mtree.paths(columns)] == [
        path.replace("\\x5c", "\\") for path in expected
    ]
    assert reasons.listed() == []


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(data):
    for read in (desc.package, desc.owned, mtree.files):
        read(data, Reasons())
