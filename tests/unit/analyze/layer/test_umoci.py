"""Against umoci, which unpacks with Go's archive/tar: the dialect (trap A9) and the tree a layer makes (A7, A8).

Where umoci takes a layer, the record has the same tree; where Go's reader refuses one, so does the walk.
"""

import os
import shutil
import stat
import subprocess

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.harness import raw_tars as tars
from tests.harness.layouts import Layout
from tests.harness.raw_tars import END, directory, file, hard_link, pax, symlink

from analyze.layer.entries import EntryType
from cargohold.errors import CargoholdError

pytestmark = [pytest.mark.trap("A7"), pytest.mark.trap("A8"), pytest.mark.trap("A9")]
TAR = "application/vnd.oci.image.layer.v1.tar"


@pytest.fixture
def unpack(tmp_path):
    """Unpack a tar by umoci; a tree by path, or what umoci said against it."""
    if shutil.which("umoci") is None or os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("umoci and root are needed")
        pytest.skip("umoci is not installed, or this is not root")
    made = [0]

    def run(tar: bytes) -> dict[bytes, tuple[str, bytes | str]] | str:
        made[0] += 1
        work = tmp_path / str(made[0])
        layout = Layout(work / "image")
        layer = layout.blob(tar, TAR)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
        manifest = {
            "schemaVersion": 2,
            "config": layout.document(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [layer],
        }
        layout.entries.append(
            layout.document(
                manifest,
                "application/vnd.oci.image.manifest.v1+json",
                annotations={"org.opencontainers.image.ref.name": "t"},
            )
        )
        layout._write_index()
        root = work / "root"
        done = subprocess.run(
            ["umoci", "raw", "unpack", "--image", f"{work}/image:t", root], capture_output=True, text=True, check=False
        )
        try:
            return tree_of(os.fsencode(root)) if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
        finally:
            shutil.rmtree(work)

    return run


def tree_of(root: bytes) -> dict[bytes, tuple[str, bytes | str]]:
    tree: dict[bytes, tuple[str, bytes | str]] = {}
    pending = [root]
    while pending:
        for entry in os.scandir(pending.pop()):
            path = os.path.relpath(entry.path, root)
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                tree[path] = ("directory", b"")
                pending.append(entry.path)
            elif stat.S_ISLNK(mode):
                tree[path] = ("link", os.readlink(entry.path))  # noqa: PTH115 -- a path in bytes
            elif stat.S_ISREG(mode):
                with open(entry.path, "rb") as stream:  # noqa: PTH123 -- a path in bytes
                    tree[path] = ("file", tars.digest(stream.read()))
            else:
                tree[path] = ("other", b"")
    return tree


def tree_of_record(record) -> dict[bytes, tuple[str, bytes | str]]:
    entries = record.entries
    tree: dict[bytes, tuple[str, bytes | str]] = {}
    for number, path in enumerate(entries.paths):
        parent = path
        while b"/" in parent:
            parent = parent.rpartition(b"/")[0]
            tree.setdefault(parent, ("directory", b""))
        kind = entries.types[number]
        if kind == EntryType.FILE:
            tree[path] = ("file", entries.digest(number))
        elif kind == EntryType.SYMLINK:
            tree[path] = ("link", entries.links[number])
        else:
            tree[path] = ("directory", b"") if kind == EntryType.DIRECTORY else ("other", b"")
    return tree


def compare(walk, unpack, tar: bytes) -> bool:
    """Check both ways; False when umoci refused for reasons of its own."""
    theirs = unpack(tar)
    if isinstance(theirs, str):
        if "archive/tar" in theirs or "unexpected EOF" in theirs:
            with pytest.raises(CargoholdError):
                walk(tar)
            return True
        return False
    assert tree_of_record(walk(tar)) == theirs
    return True


_name = st.sampled_from([b"a", b"b", b"a/b", b"a/b/c", b"b/c", b"./a/", b"/b/x", b"../a/x"])
_target = st.sampled_from([b"a", b"b", b"a/b", b"../a", b"/b", b"b/c", b"."])
_member = st.one_of(
    st.builds(file, _name, st.binary(min_size=1, max_size=3)),
    st.builds(directory, _name),
    st.builds(symlink, _name, _target),
    st.builds(hard_link, _name, _name),
)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_member, min_size=2, max_size=7))
def test_the_same_tree(walk, unpack, members):
    assume(compare(walk, unpack, b"".join(members) + END))


VARIANTS = {
    "prefix": file(b"n", prefix=b"p"),
    "gnu prefix": file(b"n", magic=b"ustar  \0", tail=b"pre/fix"),
    "gnu time": file(b"n", magic=b"ustar  \0", tail=b"00000000000\0"),
    "star": file(b"n", tail=(b"pre".ljust(131, b"\0") + b"00000000000 " * 2).ljust(163, b"\0") + b"tar\0"),
    "v7": file(b"n", magic=bytes(8), tail=b"pre"),
    "odd version": file(b"n", magic=b"ustar\0xx", prefix=b"p"),
    "legacy directory": tars.header(b"n/", kind=b"\0", size=512) + file(b"m"),
    "file with a slash": file(b"n/", b"x"),
    "directory with a size": tars.header(b"n", kind=b"5", size=512) + file(b"m"),
    "link with a size": tars.header(b"n", kind=b"2", link=b"x", size=512) + file(b"m"),
    "base 256": tars.header(b"n", size=tars.base256(3, 12)) + tars.padded(b"abc"),
    "negative time": tars.header(b"n", mtime=tars.base256(-5, 12)),
    "negative size": tars.header(b"n", size=tars.base256(-1, 12)),
    "too large": tars.header(b"n", size=b"\xbf" + b"\xff" * 11),
    "underscore": tars.header(b"n", size=b"1_0"),
    "not octal": tars.header(b"n", size=b"9"),
    "spaces": tars.header(b"n", size=b"  3 ") + tars.padded(b"abc"),
    "number after a nul": tars.header(b"n", size=b"3\0" + b"7") + tars.padded(b"abc"),
    "no checksum": tars.header(b"n", checksum=b"0000000\0"),
    "pax path": pax([(b"path", b"p")]) + file(b"n"),
    "pax empty": pax([(b"path", b"")]) + file(b"n"),
    "pax nul": pax([(b"path", b"p\0q")]) + file(b"n"),
    "pax nul elsewhere": pax([(b"comment", b"p\0q")]) + file(b"n"),
    "pax nul in a key": pax([(b"com\0ment", b"p")]) + file(b"n"),
    "pax size": pax([(b"size", b"3")]) + tars.header(b"n") + tars.padded(b"abc"),
    "pax negative size": pax([(b"size", b"-3")]) + tars.header(b"n"),
    "pax size of a link": pax([(b"size", b"512")]) + symlink(b"n", b"x") + file(b"m"),
    "pax bad size": pax([(b"size", b"3x")]) + tars.header(b"n"),
    "pax plus size": pax([(b"size", b"+3")]) + tars.header(b"n") + tars.padded(b"abc"),
    "pax underscore": pax([(b"size", b"1_0")]) + tars.header(b"n", size=10) + tars.padded(b"0123456789"),
    "pax bad time": pax([(b"mtime", b"soon")]) + file(b"n"),
    "pax time with a dot": pax([(b"mtime", b"1.")]) + file(b"n"),
    "pax bad fraction": pax([(b"mtime", b"1.x")]) + file(b"n"),
    "pax plus time": pax([(b"mtime", b"+1")]) + file(b"n"),
    "pax bad atime": pax([(b"atime", b"x")]) + file(b"n"),
    "pax twice": pax([(b"path", b"p")]) + pax([(b"uid", b"0")]) + file(b"n"),
    "pax repeated key": pax([(b"path", b"p"), (b"path", b"q")]) + file(b"n"),
    "pax short": file(b"x", b"4 =\n", kind=b"x") + file(b"n"),
    "pax without length": file(b"x", b"path=p\n", kind=b"x") + file(b"n"),
    "pax zero-padded length": file(b"x", b"0009 p=q\n", kind=b"x") + file(b"n"),
    "pax plus length": file(b"x", b"+9 path=q\n", kind=b"x") + file(b"n"),
    "pax long length": file(b"x", b"00000000000000000000000000009 p=q\n", kind=b"x") + file(b"n"),
    "gnu wins": pax([(b"path", b"p")]) + tars.gnu_long(b"q") + file(b"n"),
    "gnu name": tars.gnu_long(b"d/" + b"n" * 200) + file(b"n"),
    "gnu empty name": tars.gnu_long(b"") + file(b"n"),
    "gnu then pax": tars.gnu_long(b"q") + pax([(b"path", b"p")]) + file(b"n"),
    "one zero block": file(b"n") + bytes(512),
    "one zero block inside": file(b"n") + bytes(512) + file(b"m"),
    "after the end": file(b"n") + END + file(b"m"),
    "cut header": file(b"n") + file(b"m")[:100],
    "cut content": file(b"n", b"abc")[:514],
    "cut padding": file(b"n", b"abc")[:515],
    "unicode": file("ü".encode()) + file(b"caf\xe9"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("end", [END, b""], ids=["ended", "bare"])
def test_the_same_dialect(walk, unpack, variant, end):
    assert compare(walk, unpack, VARIANTS[variant] + end)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_same_verdict_on_damage(walk, unpack, data):
    tar = bytearray(
        pax([(b"path", b"p" * 20), (b"mtime", b"1.5")])
        + file(b"a", b"1")
        + tars.gnu_long(b"long")
        + symlink(b"b", b"a")
    )
    headers = list(range(512)) + list(range(1024, 1536)) + [512 + n for n in range(60)]
    for _ in range(data.draw(st.integers(1, 3))):
        tar[data.draw(st.sampled_from(headers))] = data.draw(st.sampled_from(list(b"\0 0179=\n\x80\xffx+-.5SLgK")))
    for start in (0, 1024):
        tar[start + 148 : start + 156] = b" " * 8
        tar[start + 148 : start + 156] = b"%06o\0 " % sum(tar[start : start + 512])
    assume(compare(walk, unpack, bytes(tar) + END))
