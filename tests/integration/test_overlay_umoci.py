# ruff: noqa: E501 - one image a line
"""The merge against umoci, an independent implementation of the image specification."""

import gzip
import json
import os
import shutil
import stat
import subprocess
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.harness.tars import layout, tar

from analyze.image.assemble import assemble
from analyze.image.overlay import merge
from analyze.layer.entries import EntryType
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module", autouse=True)
def _umoci():
    if shutil.which("umoci") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("umoci is not installed")
        pytest.skip("umoci is not installed")


def unpacked(layers):
    """Return what umoci makes of layers, path → (type, digest or target), or None when it refuses."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        layout(root / "image", [layer if isinstance(layer, bytes) else tar(layer) for layer in layers])
        command = ["umoci", "raw", "unpack", "--image", f"{root / 'image'}:t"]
        if os.geteuid() != 0:
            command.append("--rootless")
        done = subprocess.run([*command, str(root / "rootfs")], capture_output=True, check=False, timeout=600)
        if done.returncode:
            return None
        return dict(_listed(root / "rootfs"))


def _listed(root):
    for directory, directories, files in os.walk(root):
        for name in [*directories, *files]:
            path = Path(directory, name)
            mode = path.lstat().st_mode
            key = str(path.relative_to(root))
            if stat.S_ISLNK(mode):
                yield key, ("link", os.readlink(path))  # noqa: PTH115 - pathlib drops "./"
            elif stat.S_ISDIR(mode):
                yield key, ("dir", "")
            elif stat.S_ISREG(mode):
                yield key, ("file", sha256(path.read_bytes()).hexdigest())
            else:
                yield key, ("other", "")


def walked(layers):
    records = []
    with (
        tempfile.TemporaryDirectory() as directory,
        Scratch(directory, "test", budget=1 << 20, memory=1 << 20) as scratch,
    ):
        for layer in layers:
            parts = [layer if isinstance(layer, bytes) else tar(layer)]
            records.append(
                walk_layer(parts, blob_digest="", diff_id="", catalogers=(), limits=DEFAULT, scratch=scratch)
            )
    return records


def merged(layers):
    """Return what the merge makes of layers, as `unpacked` does, and the reasons of its unknowns."""
    records = walked(layers)
    result = merge(records)
    tree = {}
    for path in result.paths:
        place = result.find(path)
        above = path
        while above := above.rpartition(b"/")[0]:
            tree.setdefault(above.decode(), ("dir", ""))
        kind = result.snapshots.kind(place)
        if kind == EntryType.SYMLINK:
            tree[path.decode()] = ("link", result.link(place).decode())
        elif kind == EntryType.DIRECTORY:
            tree[path.decode()] = ("dir", "")
        elif kind == EntryType.FILE:
            tree[path.decode()] = ("file", result.snapshots.digest(place).removeprefix("sha256:"))
        else:
            tree[path.decode()] = ("other", "")
    return tree, [one.reason for one in [*result.unknowns, *(u for record in records for u in record.unknowns)]]


NAMES = st.sampled_from(["a", "b", "c", "-d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.one_of(PATHS, PATHS.map("/".__add__), PATHS.map("../".__add__), PATHS.map("./".__add__))


def _whiteout(path):
    directory, _, name = path.rpartition("/")
    return (f"{directory}/.wh.{name}" if directory else f".wh.{name}", "file", "")


MEMBERS = st.one_of(
    st.tuples(PATHS, st.just("file"), st.sampled_from(["1", "2", "3"])),
    PATHS.map(lambda path: (path, "dir")),
    st.tuples(PATHS, st.just("link"), TARGETS),
    st.tuples(PATHS, st.just("hard"), PATHS),
    PATHS.map(lambda path: (path, "fifo")),
    PATHS.map(_whiteout),
    PATHS.map(lambda path: (f"{path}/.wh..wh..opq", "file", "")),
)


@st.composite
def tidy(draw):
    """Layers as builders make them: in the order of a walk, markers beside what is new."""
    layers = []
    bare = draw(st.booleans())  # some builders leave out the directories above what they add
    for _ in range(draw(st.integers(2, 4))):
        kinds = {}
        for path in draw(st.lists(PATHS, min_size=1, max_size=6)):
            parts = path.split("/")
            above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
            if (
                path in kinds
                or any(other.startswith(path + "/") for other in kinds)
                or any(kinds.get(one, "dir") != "dir" for one in above)
            ):
                continue
            for one in [] if bare else above:
                kinds.setdefault(one, "dir")
            kinds[path] = draw(st.sampled_from(["file", "dir", "link", "whiteout", "opaque"]))
        members = []
        for path, kind in sorted(kinds.items()):
            if kind == "whiteout":
                members.append(_whiteout(path))
            elif kind == "opaque":
                members += [(path, "dir"), (f"{path}/.wh..wh..opq", "file", "")]
            elif kind == "link":
                members.append((path, "link", draw(TARGETS)))
            elif kind == "file":
                members.append((path, "file", draw(st.sampled_from(["1", "2"]))))
            else:
                members.append((path, "dir"))
        layers.append(members)
    return layers


def _drop_empty(theirs, ours, explicit):
    """Forget empty directories that no tar names: they are what a runtime leaves when a layer takes the last child."""
    for path in sorted(theirs, reverse=True):
        left = theirs[path] == ("dir", "") and path not in ours and path not in explicit
        if left and not any(other.startswith(path + "/") for other in theirs):
            del theirs[path]


CONTENT = {sha256(text.encode()).digest(): text for text in ("", "1", "2", "3")}


def _canonical(record):
    """Return a layer without what it takes back itself."""
    entries = record.entries
    members = [(f"{opaque.decode()}/.wh..wh..opq", "file", "") for opaque in entries.opaques]
    members += [_whiteout(whiteout.decode()) for whiteout in entries.whiteouts]
    for entry, path in enumerate(entries.paths):
        name, kind = path.decode(), entries.types[entry]
        target = entries.links.get(entry, b"").decode()
        if entries.bound.get(entry, -1) >= 0:
            target = entries.paths[entries.bound[entry]].decode()
        if entry in entries.bound:
            members.append((name, "hard", target))
        elif kind == EntryType.FILE:
            members.append((name, "file", CONTENT[bytes(entries.digests[32 * entry : 32 * entry + 32])]))
        else:
            names = {EntryType.DIRECTORY: "dir", EntryType.SYMLINK: "link", EntryType.FIFO: "fifo"}
            members.append((name, names[EntryType(kind)], target))
    return members


def _removes_below_a_file(layers):
    """Tell whether a layer removes something below a name that it makes a file: a record does not tell of that yet."""
    for layer in layers:
        if isinstance(layer, bytes):
            continue
        files = {name for name, kind, *_ in layer if kind != "dir"}
        for name, *_ in layer:
            parts = name.split("/")
            above = {"/".join(parts[:length]) for length in range(1, len(parts))}
            if parts[-1].startswith(".wh.") and above & files:
                return True
    return False


def compare(layers):
    """Equal; or the unknowns say that runtimes may do something else; or it is about what a layer takes back itself.

    Where umoci stops at that, it has to agree about the layers without it.
    """
    theirs = unpacked(layers)
    ours, reasons = merged(layers)
    if theirs is None and not reasons:
        layers = [_canonical(record) for record in walked(layers)]
        theirs = unpacked(layers)
    if theirs is not None:
        named = (member for layer in layers if not isinstance(layer, bytes) for member in layer)
        _drop_empty(theirs, ours, {name for name, kind, *_ in named if kind == "dir"})
    if theirs is None and not reasons and _removes_below_a_file(layers):
        event("refused by umoci, and not told: a whiteout below what its own layer makes a file")
        return False
    if ours != theirs:
        assert reasons, f"umoci: {theirs}\nours:  {ours}"
    return ours == theirs


FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(FEW, max_examples=400)


@FEW
@given(tidy())
def test_tidy_layers_merge_as_umoci_unpacks_them(layers):
    compare(layers)


@FEW
@given(st.lists(st.lists(MEMBERS, max_size=6), min_size=1, max_size=3))
def test_any_layers_merge_as_umoci_unpacks_them_or_are_told(layers):
    compare(layers)


@pytest.mark.slow
@MANY
@given(tidy())
def test_many_tidy_layers(layers):
    compare(layers)


@pytest.mark.slow
@MANY
@given(st.lists(st.lists(MEMBERS, max_size=6), min_size=1, max_size=3))
def test_many_layers(layers):
    compare(layers)


SAME = {
    "in-layer link": [[("usr/lib", "dir"), ("lib", "link", "usr/lib"), ("lib/y", "file", "1")]],
    "write through a lower link": [[("usr/lib", "dir"), ("lib", "link", "usr/lib")], [("lib/y", "file", "1")]],
    "whiteout through a lower link": [[("usr/lib/x", "file", "1"), ("lib", "link", "usr/lib")], [("lib/.wh.x", "file", "")]],
    "opaque through a lower link": [[("usr/lib/x", "file", "1"), ("lib", "link", "usr/lib")], [("lib/.wh..wh..opq", "file", "")]],
    "directory, then file": [[("a", "dir"), ("a/x", "file", "1"), ("a", "file", "2")]],
    "directory, file, directory": [[("d", "dir"), ("d/x", "file", "1")], [("d", "file", "1")], [("d", "dir"), ("d/y", "file", "1")]],
    "root marker": [[("a", "file", "1"), ("b/c", "file", "1")], [(".wh..wh..opq", "file", ""), ("n", "file", "1")]],
    "whiteout, made again": [[("d/old", "file", "1")], [(".wh.d", "file", ""), ("d", "dir"), ("d/new", "file", "1")]],
    "whiteout last": [[("d/old", "file", "1")], [("d", "dir"), ("d/new", "file", "1"), (".wh.d", "file", "")]],
    "hard link outlives": [[("a", "file", "1")], [("b", "hard", "a")], [(".wh.a", "file", "")]],
    "hard link keeps": [[("a", "file", "1"), ("b", "hard", "a"), ("a", "file", "2")]],
    "hard link to a link": [[("d", "file", "1"), ("s", "link", "d"), ("e", "hard", "s")]],
    "hard link over layers to a link": [[("d", "file", "1"), ("s", "link", "d")], [("e", "hard", "s")]],
    "not quite opaque": [[("d/a", "file", "1")], [("d/.wh..wh..opqX", "file", "")]],
    "names that sort before": [[("opt/-x/a", "file", "1")], [("opt/.wh.-x", "file", ""), ("opt/-x/b", "file", "2")]],
}  # fmt: skip


@pytest.mark.trap("A7")
@pytest.mark.parametrize("name", SAME)
def test_known_disagreements_go_umocis_way(name):
    assert compare(SAME[name])


def test_a_directory_over_a_file_of_its_own_layer_is_told():
    theirs = unpacked(layers := [[("a/x", "file", "1")], [("a", "file", "2"), ("a", "dir")]])
    ours, reasons = merged(layers)
    assert ours == theirs or reasons


@pytest.mark.trap("A7")
@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh..."])
def test_whiteouts_of_no_name_are_told_and_remove_nothing(name):
    # Not given to umoci: it takes them for the root or what is above it, and removes that.
    ours, reasons = merged([[("a", "file", "1")], [(name, "file", "")]])
    assert list(ours) == ["a"]
    assert reasons


def test_assembling_without_catalogers_lists_the_tree():
    layers = [[("a", "file", "1"), ("d", "dir")], [("d/b", "hard", "a")]]
    result = assemble(walked(layers), (), b"{}")
    assert [(one.path, one.type) for one in result.files()] == [
        ("/a", "file"),
        ("/d", "directory"),
        ("/d/b", "hardlink"),
    ]


@pytest.mark.parametrize("name", ["alpine-3.10.1-4layers.tar", "busybox-whiteouts.tar"])
def test_real_images(name):
    path = Path(os.environ.get("TEST_CORPUS") or "/nonexistent", "images", name)
    if not path.is_file():
        pytest.skip("TEST_CORPUS names no corpus")
    with tarfile.open(path) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        blobs = [archive.extractfile(layer).read() for layer in manifest["Layers"]]
    assert compare([gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob for blob in blobs])
