"""The command around the archive: bundles as files, deletion, cancelling, forcing, and what says why."""

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd
from tests.harness.analyses import EPOCH, analysis_id, digest
from tests.harness.command import Command, command_line
from tests.harness.rows import execute, one
from tests.harness.transitions import IMAGE, World

from cargohold.database.connection import Database
from cargohold.identifiers import uuid7
from cargohold.objects.open import open_store

FORMAT_1 = Path(__file__).parents[1] / "unit" / "archive" / "data" / "bundle-format-1.tar.zst"


@pytest.fixture
def cargohold(
    database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    with command_line(database_url, tmp_path, capfd, monkeypatch) as command:
        yield command


@pytest.fixture
def world(cargohold: Command, database: Database, database_url: str, tmp_path: Path) -> Iterator[World]:
    primary, archive = (open_store((tmp_path / name).as_uri()) for name in ("primary", "archive"))
    world = World(database, database_url, primary, archive)
    yield world
    world.close()


def damage(world: World, tmp_path: Path) -> Path:
    """Change a byte in the middle of the only bundle."""
    (path,) = (tmp_path / "archive").rglob("*.tar.zst*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return path


def test_a_bundle_leaves_and_comes_back_in_another_installation(
    cargohold: Command, world: World, tmp_path: Path
) -> None:
    ready = world.push()
    cargohold("archive", IMAGE)
    file = tmp_path / "bundle.tar.zst"
    cargohold("archives", "export", IMAGE[7:20], "-o", str(file))
    listed = subprocess.run(["tar", "--zstd", "-tf", str(file)], capture_output=True, text=True, check=True).stdout
    assert listed.startswith("manifest.json\nSHA256SUMS\ndocuments/")
    cargohold("archives", "export", IMAGE, "-o", str(file), code=1)
    assert "output_not_written" in cargohold.err
    cargohold("archives", "verify", str(file), IMAGE)
    cargohold("archives", "import", str(file))
    assert "already" in cargohold.err

    told = cargohold.json("archives", "show", IMAGE)
    sizes = {name: told[name] for name in ("size", "uncompressed_size")}
    assert 0 < sizes["size"] < sizes["uncompressed_size"], "of the image, though its row is gone"

    cargohold("archives", "delete", IMAGE)
    assert world.status() == (None, None)
    assert not world.keys(world.archive)
    execute(world.database, "DELETE FROM tombstone")
    cargohold("archives", "import", str(file))
    assert world.status() == (None, "archived")
    assert one(world.database, "SELECT reason FROM tombstone") == "archived"
    shown = cargohold.json("archives", "show", "shop/checkout:latest")
    assert (shown["digest"], shown["package_count"], shown["distro_id"]) == (IMAGE, 20, "debian")
    assert {name: shown[name] for name in sizes} == sizes
    cargohold("restore", IMAGE)
    assert world.status() == ("active", "archived")
    assert world.in_primary(ready)


def test_a_bundle_of_format_1_is_restored(cargohold: Command, world: World, tmp_path: Path) -> None:
    image = digest("image of format 1")
    cargohold("archives", "import", str(FORMAT_1))
    cargohold("restore", image)
    with tarfile.open(fileobj=io.BytesIO(zstd.decompress(FORMAT_1.read_bytes()))) as tar:
        members = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    for name, content in members.items():
        if name.startswith("documents/"):
            key = f"analyses/{image}/{analysis_id(EPOCH)}/{name.removeprefix('documents/')}"
            with world.primary.get(key) as reader:
                assert hashlib.sha256(reader.read()).digest() == hashlib.sha256(content).digest()
    assert "left-pad" in cargohold("packages", "left-pad")
    file = tmp_path / "again"
    cargohold("archives", "export", image, "-o", str(file))
    assert file.read_bytes() == FORMAT_1.read_bytes()


def test_a_bundle_beside_an_active_image(cargohold: Command, world: World) -> None:
    image = digest("image of format 1")
    world.push(5, image=image)
    cargohold("archives", "import", str(FORMAT_1))
    assert world.status(image) == ("active", "archived")
    assert one(world.database, "SELECT count(*) FROM tombstone") == 0
    cargohold("archive", image)  # a newer analysis replaces the older bundle
    assert len(world.keys(world.archive)) == 1
    cargohold("archives", "import", str(FORMAT_1), code=1)
    assert "another analysis" in cargohold.err
    assert len(world.keys(world.archive)) == 1


def test_what_is_no_bundle_is_refused(cargohold: Command, world: World, tmp_path: Path) -> None:
    file = tmp_path / "cut.tar.zst"
    file.write_bytes(FORMAT_1.read_bytes()[:-20])
    for words in (("import", str(file)), ("verify", str(file)), ("import", str(tmp_path / "missing"))):
        cargohold("archives", *words, code=1)
        assert "invalid_bundle" in cargohold.err
    assert world.status(digest("image of format 1")) == (None, None)
    assert not world.keys(world.archive)


def test_a_damaged_bundle_is_named_by_verify_audit_export_and_restore(
    cargohold: Command, world: World, tmp_path: Path
) -> None:
    world.push()
    cargohold("archive", IMAGE)
    damage(world, tmp_path)
    cargohold("archives", "verify", IMAGE, code=1)
    cargohold("archives", "export", IMAGE, "-o", str(tmp_path / "file"), code=1)
    assert not (tmp_path / "file").exists()
    cargohold("archives", "audit", code=1)
    assert one(world.database, "SELECT damage FROM archived_image").startswith(("object_corrupt", "invalid_bundle"))
    (wrong,) = cargohold.json("archives", "status")
    assert wrong["state"] == "damaged"
    cargohold("restore", IMAGE, code=1)
    assert world.status() == (None, "archived")
    assert one(world.database, "SELECT error FROM archived_image") != ""
    (audit,) = cargohold.json("archives", "audits")
    assert (audit["damaged"], audit["whole"], audit["finished_at"] is not None) == (1, 0, True)


def test_why_an_archiving_failed_is_told(cargohold: Command, world: World, tmp_path: Path) -> None:
    world.push()
    (path,) = (tmp_path / "primary").rglob("*packages*")
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    cargohold("archive", IMAGE, code=1)
    assert world.status() == ("active", None)
    assert "object_corrupt" in cargohold("images")
    (failed,) = cargohold.json("archives", "status")
    assert failed["state"] == "failed"
    assert failed["error"].startswith("object_corrupt: ")
    path.write_bytes(content)
    cargohold("archive", IMAGE)
    assert cargohold.json("archives", "status") == []


def test_an_image_is_deleted_and_its_archive_stays(cargohold: Command, world: World) -> None:
    world.push()
    cargohold("archive", IMAGE)
    cargohold("restore", IMAGE)
    cargohold("delete", IMAGE)
    assert world.status() == (None, "archived")
    cargohold("delete", IMAGE, code=3)


def test_what_another_left_under_way_is_cancelled_resumed_or_forced(cargohold: Command, world: World) -> None:
    world.push()
    stuck = "UPDATE image SET status = 'archiving', request_id = %s, status_changed_at = now()"
    execute(world.database, stuck, (uuid7(),))
    assert cargohold.json("archives", "status")[0]["state"] == "archiving"
    cargohold("archives", "cancel", IMAGE)
    assert world.status() == ("active", None)
    cargohold("archives", "cancel", IMAGE, code=1)

    execute(world.database, stuck, (uuid7(),))
    cargohold("archive", IMAGE, code=1)
    assert "transition_conflict" in cargohold.err
    cargohold("archive", "--force", IMAGE)
    assert world.status() == (None, "archived")

    execute(world.database, "UPDATE archived_image SET status = 'restoring', transition_id = %s", (uuid7(),))
    cargohold("archives", "resume", IMAGE)
    assert "restore" in cargohold.err
    assert world.status() == ("active", "archived")
    cargohold("archives", "resume", IMAGE)
    assert "nothing is under way" in cargohold.err
