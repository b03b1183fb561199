"""Store paths: what Nix's database says of them, and what their names say without it."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import Link, View, extract, findings, related

from analyze.catalogers.nix import NixCataloger
from analyze.catalogers.nix.derivation import derivation
from analyze.catalogers.nix.names import parse
from cargohold.model import Scope

NIX = NixCataloger()
DATABASE = b"nix/var/nix/db/db.sqlite"
TREE = tree("nix")
STORE = {path: content for path, content in TREE.items() if path.startswith(b"nix/store/")}


def found(*layers, scope=Scope.VISIBLE):
    return [one.package for one in findings(View(layers, NIX, scope=scope), NIX)]


def names(*layers, scope=Scope.VISIBLE):
    return sorted((one.name, one.version, one.metadata.get("output", "")) for one in found(*layers, scope=scope))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-2.34-210-bin", ("glibc", "2.34-210", "bin")),
        ("g7jwhyrf6clsn5qh088inbzl5jwb5lhy-glibc-2.40-66", ("glibc", "2.40-66", "")),
        (
            "0296qxvn30z9b2ah1g5p97k5wr9k8y78-busybox-static-x86_64-unknown-linux-musl-1.35.0",
            ("busybox-static-x86_64-unknown-linux-musl", "1.35.0", ""),
        ),
        ("5zzrvdmlkc5rh3k5862krd3wfb3pqhyf-perl5.34.1-TimeDate-2.33", ("perl5.34.1-TimeDate", "2.33", "")),
        ("q38q8ng57zwjg1h15ry5zx0lb0xyax4b-libcap-2.63-lib", ("libcap", "2.63", "lib")),
        ("zkgyp2vra0bgqm0dv1qi514l5fd0aksx-bash-interactive-5.1-p16-man", ("bash-interactive", "5.1-p16", "man")),
        ("nwf2y0nc48ybim56308cr5ccvwkabcqc-openssl-1.1.1q", ("openssl", "1.1.1q", "")),
        ("nwv742f1bxv6g78hy9yc6slxdbxlmqhb-kmod-29", ("kmod", "29", "")),
        ("0amf0d1dymv9gqcyhhjb9j0l8sn00c56-libedit-20210910-3.1", ("libedit", "20210910-3.1", "")),
        ("0amf0d1dymv9gqcyhhjb9j0l8sn00c56-hello-unstable-2024-01-02", ("hello", "unstable-2024-01-02", "")),
        ("yzahni8aig6mdrvcsccgwm2515lcpi5q-git-minimal-2.36.0.drv", None),
        ("z9yvxs0s3xdkp5jgmzis4g50bfq3dgvm-0018-pkg-config-derive-prefix-from-prefix.patch", None),
        ("w3hl7zrmc9qvzadc0k7cp9ysxiyz88j6-base-system", None),
        ("5q7vxm9lc4b9hifc3br4sr8dy7f2h0qa-source", None),
        (".links", None),
        ("", None),
    ],
)
def test_names_of_store_paths(path, expected):
    name = parse(path)
    assert (name and (name.name, name.version, name.output)) == expected


def test_the_database_names_outputs_and_so_versions():
    """`-rc` reads as an output, and the database says that it is none."""
    assert names(TREE) == [
        ("app", "1.0-rc", ""),
        ("app", "1.0-rc", "dev"),
        ("glibc", "2.40-66", ""),
        ("glibc", "2.40-66", "bin"),
    ]
    assert ("app", "1.0", "rc") in names({path: STORE[path] for path in STORE if not path.endswith(b".drv")})


def test_purl_locations_files_and_derivation():
    package = next(one for one in found(TREE) if one.metadata.get("output") == "bin")
    digest = "sha256:2e184b30ffb8ec8ba8b36a817735b6e3546aacb43f007ba20de136d7977e4067"
    derived = "ws0c02s8jxbvj2mp9wnm8xjpa5v02dp7-glibc-2.40-66.drv"
    assert package.purl == f"pkg:nix/glibc@2.40-66?drvpath={derived}&output=bin&outputhash={digest}"
    path = "/nix/store/b94k8djqlxnvrvd5aii47iig0ryzmw26-glibc-2.40-66-bin"
    assert [(one.path, one.evidence) for one in package.locations] == [
        ("/" + DATABASE.decode(), "primary"),
        (path, "supporting"),
        ("/nix/store/" + derived, "supporting"),
    ]
    assert package.files == (path + "/lib/glibc-2.40-66.txt",)
    assert (package.metadata["path"], package.metadata["outputHash"]) == (path, digest)
    assert package.metadata["derivation"]["system"] == "x86_64-linux"


def test_what_a_path_refers_to_is_what_it_needs():
    assert related([{DATABASE: TREE[DATABASE]}], NIX) == {("glibc", "app")}
    view = View([TREE], NIX)
    packages = [one.package for one in findings(view, NIX)]
    assert len(list(NIX.relate(view, packages))) == 4  # two outputs of each


def test_without_a_database_derivations_say_what_was_needed():
    assert related([STORE], NIX) == {("glibc", "app")}


def test_store_paths_that_no_database_has_are_packages_too():
    extra = b"nix/store/q38q8ng57zwjg1h15ry5zx0lb0xyax4b-libcap-2.63-lib/lib/libcap.so.2"
    packages = found(TREE, {extra: b""})
    package = next(one for one in packages if one.name == "libcap")
    assert len(packages) == 5
    assert package.purl == "pkg:nix/libcap@2.63?output=lib&outputhash=q38q8ng57zwjg1h15ry5zx0lb0xyax4b"
    assert [(one.path, one.layer) for one in package.locations] == [("/" + extra.decode(), 1)]


def test_a_path_that_is_gone_is_hidden():
    path = b"nix/store/q38q8ng57zwjg1h15ry5zx0lb0xyax4b-libcap-2.63-lib"
    below = {path + b"/lib/a": b"", path + b"/lib/b": b""}
    assert names(below, {path + b"/lib/a": b"x"}, scope=Scope.HIDDEN) == []
    link = {path + b"/lib/a": b""}
    assert names(link, {path + b"/lib/a": Link(b"/gone")}, scope=Scope.HIDDEN) == []


def test_files_are_not_read_and_links_not_followed():
    path = b"nix/store/q38q8ng57zwjg1h15ry5zx0lb0xyax4b-libcap-2.63"
    layer = {path + b"/bin/x": b"", path + b"/up": Link(b".."), path + b"/self": Link(b"."), b"etc/y": b""}
    assert [one.files for one in found(layer)] == [
        tuple("/" + (path + name).decode() for name in (b"/bin/x", b"/self", b"/up"))
    ]


def database(*statements: str, path=":memory:") -> bytes:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


VALID = "CREATE TABLE ValidPaths (id integer primary key, path text, hash text, deriver text)"
ROW = "INSERT INTO ValidPaths VALUES (1, '/nix/store/nwv742f1bxv6g78hy9yc6slxdbxlmqhb-kmod-29', 'sha256:0', NULL)"


@pytest.mark.trap("A11")
def test_a_database_in_write_ahead_mode_is_read_and_its_log_an_unknown(tmp_path):
    connection = sqlite3.connect(tmp_path / "db.sqlite")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(VALID)
    connection.execute(ROW)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = (tmp_path / "db.sqlite").read_bytes()
    assert data[18:20] == b"\x02\x02"
    assert names({DATABASE: data}) == [("kmod", "29", "")]
    connection.execute("INSERT INTO ValidPaths VALUES (2, 'x', 'y', NULL)")
    connection.commit()
    log = (tmp_path / "db.sqlite-wal").read_bytes()
    connection.close()
    facts = extract(NIX, DATABASE + b"-wal", log)
    assert facts.unknowns == ["changes to the database beside it that were not carried over are not read"]
    assert extract(NIX, DATABASE + b"-wal", b"") is None


def test_tables_that_compute_are_not_read():
    endless = (
        "CREATE VIEW ValidPaths AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
        "SELECT id, 'a' AS path, 'b' AS hash, 'c' AS deriver FROM n"
    )
    facts = extract(NIX, DATABASE, database(endless))
    assert (facts.identity, facts.unknowns) == ([], ["the database has no table ValidPaths"])
    computed = "CREATE TABLE ValidPaths (id integer, hash, deriver, path AS (hex(zeroblob(1000000))))"
    facts = extract(NIX, DATABASE, database(computed, "INSERT INTO ValidPaths VALUES (1, 2, 3)"))
    assert facts.identity == []
    assert facts.unknowns


def test_an_endless_join_is_given_up(monkeypatch):
    monkeypatch.setattr("analyze.catalogers.sqlite_memory._BUDGET", 1)
    monkeypatch.setattr("analyze.catalogers.sqlite_memory._STEPS", 10)
    facts = extract(NIX, DATABASE, TREE[DATABASE])
    assert facts.unknowns == ["SQLite cannot read on: interrupted"]


def test_rows_of_other_types_are_left_out():
    rows = [ROW, "INSERT INTO ValidPaths VALUES (2, x'00ff', 1.5, 9), (3, NULL, NULL, NULL), (4, '/nix', 1, 2)"]
    facts = extract(NIX, DATABASE, database(VALID, *rows))
    assert [one["name"] for one in facts.identity] == ["kmod"]
    assert facts.unknowns == []


@given(st.integers(0, len(TREE[DATABASE]) - 1), st.binary(min_size=1, max_size=64))
def test_damaged_databases_are_unknowns_or_read(at, piece):
    data = bytearray(TREE[DATABASE])
    data[at : at + len(piece)] = piece
    facts = extract(NIX, DATABASE, bytes(data))
    assert facts.unknowns or all(isinstance(one["version"], str) for one in facts.identity)


@pytest.mark.parametrize(
    "text", ["", "Derive(", 'Derive([("out"', "Derive([[[[", 'Derive([("a",("b"))],', "Derive(" * 9]
)
def test_no_derivation(text):
    with pytest.raises(ValueError, match=r"no|tuple"):
        derivation(text)


def test_a_derivation_with_escapes():
    found = derivation('Derive([("out","/nix/store/a\\"b","","")],[("/d.drv",["lib","dev"])],["/s"],"x\\ny","b",[],[])')
    assert found == {
        "outputs": {"out": '/nix/store/a"b'},
        "system": "x\ny",
        "inputDerivations": [{"path": "/d.drv", "outputs": ["dev", "lib"]}],
        "inputSources": ["/s"],
    }
