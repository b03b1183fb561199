"""rpm's databases behind the walker, second walks and the merge, as images ship them."""

import io
import tarfile

import pytest
from tests.harness.fixtures import tree

from analyze.catalogers import CATALOGERS
from analyze.image.assemble import ImageAnalysis, assemble
from analyze.layer.walk import walk_layer
from analyze.layer.want import extract_alias, rewalk, wanted
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.model import Scope

TREE = tree("rpm")
SQLITE = TREE[b"usr/share/rpm/rpmdb.sqlite"]
LOGGED = TREE[b"srv/log/var/lib/rpm/rpmdb.sqlite"]
LOG = TREE[b"srv/log/var/lib/rpm/rpmdb.sqlite-wal"]
ALL = ["alpha", "beta", "gamma", "gpg-pubkey"]


def tar(*members: tuple[str, bytes | tuple[bytes, str]]) -> bytes:
    """Return a layer: content, or a type of link and its target, by path."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in members:
            member = tarfile.TarInfo(path)
            if isinstance(content, tuple):
                member.type, member.linkname = content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def analyze(tmp_path):
    def run(*layers: bytes) -> ImageAnalysis:
        by_name = {cataloger.name: cataloger for cataloger in CATALOGERS}
        with Scratch(tmp_path / "scratch", "request", budget=64 << 20, memory=32 << 20) as scratch:
            records = [
                walk_layer([layer], blob_digest="", diff_id="", catalogers=CATALOGERS, limits=DEFAULT, scratch=scratch)
                for layer in layers
            ]
            wants = {number: wanted(record, CATALOGERS) for number, record in enumerate(records)}
            for _ in range(2):
                for number, missing in wants.items():
                    left = [
                        want for want in missing if not extract_alias(records[number], want, by_name[want.cataloger])
                    ]
                    rewalk([layers[number]], records[number], left, by_name, limits=DEFAULT, scratch=scratch)
                result = assemble(records, CATALOGERS, b"{}")
                wants = result.wants
        assert result.unknowns == ()
        return result

    return run


def found(result: ImageAnalysis, scope: Scope = Scope.VISIBLE) -> list[tuple[str, str, int | None]]:
    return sorted((one.name, one.locations[0].path, one.origin_layer) for one in result.packages if one.scope is scope)


@pytest.mark.trap("A1")
def test_a_bootc_image_ships_the_database_as_a_hard_link(analyze):
    """The objects of the repository come first, and the names that rpm knows are links to them."""
    objects = "sysroot/ostree/repo/objects/ab/cd.file"
    result = analyze(
        tar(
            (objects, SQLITE),
            ("usr/share/rpm/rpmdb.sqlite", (tarfile.LNKTYPE, objects)),
            ("usr/lib/sysimage/rpm-ostree-base-db/rpmdb.sqlite", (tarfile.LNKTYPE, objects)),
            ("usr/lib/sysimage/rpm", (tarfile.SYMTYPE, "../../share/rpm")),
            ("var/lib/rpm", (tarfile.SYMTYPE, "../../usr/share/rpm")),
        )
    )
    assert found(result) == [(name, "/usr/share/rpm/rpmdb.sqlite", 0) for name in ALL]


@pytest.mark.trap("A1")
@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_a_database_that_is_a_link_to_another_name(analyze, kind):
    target = "opt/db" if kind == tarfile.LNKTYPE else "/opt/db"
    result = analyze(tar(("opt/db", SQLITE), ("var/lib/rpm/rpmdb.sqlite", (kind, target))))
    assert [name for name, _, _ in found(result)] == ALL


@pytest.mark.trap("A11")
def test_a_log_is_joined_from_the_layer_that_has_it(analyze):
    database = ("var/lib/rpm/rpmdb.sqlite", LOGGED)
    log = ("var/lib/rpm/rpmdb.sqlite-wal", LOG)
    for layers in ([tar(database, log)], [tar(log, database)], [tar(database), tar(log)]):
        result = analyze(*layers)
        assert found(result) == [
            ("alpha", "/var/lib/rpm/rpmdb.sqlite", 0),
            ("gamma", "/var/lib/rpm/rpmdb.sqlite-wal", len(layers) - 1),
        ]


@pytest.mark.trap("A11")
def test_a_log_that_is_written_back_leaves_nothing_hidden_but_what_is_gone(analyze):
    """The log is emptied, or removed, and the database rewritten: alpha and gamma are still there."""
    below = tar(("var/lib/rpm/rpmdb.sqlite", LOGGED), ("var/lib/rpm/rpmdb.sqlite-wal", LOG))
    for gone in (("var/lib/rpm/rpmdb.sqlite-wal", b""), ("var/lib/rpm/.wh.rpmdb.sqlite-wal", b"")):
        result = analyze(below, tar(("var/lib/rpm/rpmdb.sqlite", SQLITE), gone))
        assert [name for name, _, _ in found(result)] == ALL
        assert found(result, Scope.HIDDEN) == []


@pytest.mark.trap("A6")
def test_hidden_are_the_packages_that_later_layers_removed(analyze):
    path = "var/lib/rpm/rpmdb.sqlite"
    result = analyze(tar((path, SQLITE)), tar((path, LOGGED)))
    assert found(result) == [("alpha", f"/{path}", 0), ("beta", f"/{path}", 0)]
    assert found(result, Scope.HIDDEN) == [("gamma", f"/{path}", 0), ("gpg-pubkey", f"/{path}", 0)]


def test_a_deleted_database_is_hidden_as_its_log_left_it(analyze):
    result = analyze(
        tar(("var/lib/rpm/rpmdb.sqlite", LOGGED), ("var/lib/rpm/rpmdb.sqlite-wal", LOG)),
        tar(("var/lib/.wh.rpm", b"")),
    )
    assert found(result) == []
    assert found(result, Scope.HIDDEN) == [
        ("alpha", "/var/lib/rpm/rpmdb.sqlite", 0),
        ("gamma", "/var/lib/rpm/rpmdb.sqlite-wal", 0),
    ]
