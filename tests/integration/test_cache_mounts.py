"""The cache and the scratch space on disks that are really full, and on mounts that are really read-only."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.harness import mounts
from tests.harness.layouts import Layout, tar_of

from cargohold.errors import ScratchExhausted

ROOT = Path(__file__).parents[2]
SMALL = 'mount -t tmpfs -o size=1m none "$AT"'
FULL = 'mount -t tmpfs -o size=64k none "$AT" && ! dd if=/dev/zero of="$AT/full" bs=4k status=none 2> /dev/null'
READ_ONLY = 'mount --bind "$AT" "$AT" && mount -o remount,bind,ro "$AT"'
# More than a mebibyte in one record, for evidence is kept as it is: text that does not compress.
LINES = "".join(hashlib.sha256(b"%d" % number).hexdigest() + "\n" for number in range(3000)).encode()
STATUS = b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: m\n\n"


@pytest.fixture(autouse=True)
def _mounting() -> None:
    if not mounts.namespace():
        # No service that could be missing: some containers may not mount, whatever is installed in them.
        pytest.skip("mounting in a namespace of one's own (`unshare --map-root-user --mount`) is not allowed here")


@pytest.fixture
def image(tmp_path: Path) -> str:
    layout = Layout(tmp_path / "image")
    texts = {f"usr/share/doc/p{number}/copyright": b"%d " % number + LINES for number in range(8)}
    layout.name(layout.image([tar_of({"var/lib/dpkg/status": STATUS, **texts}), tar_of({"etc/x": b"x"})]), "x")
    return f"oci:{tmp_path / 'image'}:x"


def analyzed(image: str, tmp_path: Path, mount: str, at: Path, **settings: str) -> list[tuple[str, str]]:
    """Analyze with something mounted and return the packages."""
    at.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CACHE", "SCRATCH"))}
    environment |= {"CARGOHOLD_HOME": str(tmp_path / "home"), **settings}
    command = [Path(sys.executable).with_name("cargohold"), "analyze", image, "-o", "json", "--no-persist"]
    document = json.loads(mounts.run(mount, [*command, "--progress", "none"], at, **environment))
    return [(package["name"], package["version"]) for package in document["packages"]]


@pytest.mark.parametrize("mount", [SMALL, FULL, READ_ONLY], ids=["small", "full", "read-only"])
def test_an_image_is_analyzed_whatever_the_cache_s_disk_does(image: str, tmp_path: Path, mount: str) -> None:
    cache = tmp_path / "cache"
    for _ in range(2):
        assert analyzed(image, tmp_path, mount, cache, CACHE_ROOT=str(cache)) == [("a", "1")]


def test_what_a_read_only_mount_has_is_still_found(image: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert analyzed(image, tmp_path, "true", cache, CACHE_ROOT=str(cache)) == [("a", "1")]
    before = sorted(cache.rglob("*"))
    for blob in (tmp_path / "image/blobs/sha256").iterdir():
        if blob.stat().st_size > 100_000:
            blob.write_bytes(bytes(blob.stat().st_size))  # it cannot be read from where it was any more
    assert analyzed(image, tmp_path, READ_ONLY, cache, CACHE_ROOT=str(cache)) == [("a", "1")]
    assert sorted(cache.rglob("*")) == before


def filled(mount: str, directory: Path) -> dict[str, Any]:
    directory.mkdir()
    command: list[str | Path] = [sys.executable, "-m", "tests.harness.cache_filler", directory / "cache"]
    path = os.pathsep.join(str(ROOT / part) for part in (".", "functions", "layers/common"))
    counted: dict[str, Any] = json.loads(mounts.run(mount, command, directory, PYTHONPATH=path))
    return counted


def test_a_full_disk_keeps_what_it_has_and_takes_more_when_there_is_room(tmp_path: Path) -> None:
    counted = filled(SMALL, tmp_path / "disk")
    assert set(counted["by_name"]) == {"ENOSPC"}
    assert 10 < counted["kept"] < 80
    assert counted["corrupt"] == 0
    assert counted["again"]


def test_a_read_only_mount_is_no_cache_and_is_counted(tmp_path: Path) -> None:
    counted = filled(READ_ONLY, tmp_path / "mount")
    assert set(counted["by_name"]) == {"EROFS"}
    assert (counted["kept"], counted["blobs"], counted["stored"]) == (0, 0, 0)


@pytest.mark.parametrize("mount", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_scratch_on_such_a_disk_is_exhausted_and_nothing_is_left(tmp_path: Path, mount: str) -> None:
    program = (
        "import sys; from pathlib import Path; from analyze.scratch import Scratch\n"
        "from cargohold.errors import ScratchExhausted\n"
        "try:\n"
        "    with Scratch(sys.argv[1], 'r', budget=1 << 30, memory=0) as it, it.writer(1 << 20) as (_, out):\n"
        "        out.write(bytes(1 << 20))\n"
        "except ScratchExhausted as error:\n"
        "    print(error.code, [path.name for path in Path(sys.argv[1]).iterdir() if path.is_dir()])\n"
    )
    directory = tmp_path / "scratch"
    directory.mkdir()
    path = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/common"))
    said = mounts.run(mount, [sys.executable, "-c", program, directory], directory, PYTHONPATH=path)
    assert said == f"{ScratchExhausted.code} []\n"
