"""Store paths: what Nix's database says of them, and what their names say without it."""

import random
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
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


SCHEMA = [  # the tables of Nix's `schema.sql`, without what is not read
    """CREATE TABLE ValidPaths (
        id integer primary key autoincrement not null, path text unique not null, hash text not null,
        registrationTime integer not null, deriver text, narSize integer, ultimate integer, sigs text, ca text
    )""",
    "CREATE TABLE Refs (referrer integer not null, reference integer not null, primary key (referrer, reference))",
    "CREATE INDEX IndexReferrer on Refs(referrer)",
    "CREATE TABLE DerivationOutputs (drv integer not null, id text not null, path text not null)",
]
KMOD = "/nix/store/nwv742f1bxv6g78hy9yc6slxdbxlmqhb-kmod-29"
ROW = f"INSERT INTO ValidPaths VALUES (1, '{KMOD}', 'sha256:0', 0, NULL, NULL, NULL, NULL, NULL)"


@pytest.mark.trap("A11")
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([512, 4096]), st.booleans())
def test_database_and_log_say_what_sqlite_reads(tmp_path_factory, seed, page, moved):
    """As Nix writes it: paths come with references and outputs, and go with them."""
    rng = random.Random(seed)
    path = tmp_path_factory.mktemp("wal") / "db.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in (
            f"PRAGMA page_size={page}",
            "PRAGMA journal_mode=WAL",
            "PRAGMA wal_autocheckpoint=0",
            *SCHEMA,
        ):
            connection.execute(statement)
        for step in range(2):
            for _ in range(rng.randrange(30)):
                change(connection, rng)
            if not step and moved:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        paths = {name for (name,) in connection.execute("SELECT path FROM ValidPaths")}
        pairs = set(
            connection.execute(
                "SELECT a.path, b.path FROM Refs JOIN ValidPaths a ON a.id = reference "
                "JOIN ValidPaths b ON b.id = referrer"
            )
        )
        layer = {DATABASE: path.read_bytes(), DATABASE + b"-wal": path.with_name("db.sqlite-wal").read_bytes()}
    view = View([layer], NIX)
    packages = [one.package for one in findings(view, NIX)]
    assert sorted(one.metadata["path"] for one in packages) == sorted(paths)
    assert all(one.metadata["output"] == "rc" for one in packages if one.metadata["path"].endswith("-rc"))
    by_id = {one.id: one.metadata["path"] for one in packages}
    related = {(by_id[one.parent], by_id[one.child]) for one in NIX.relate(view, packages)}
    assert related == {(needed, path) for needed, path in pairs if needed != path}
    assert all(one.facts.unknowns == [] for one in view.facts("nix"))


def change(connection: sqlite3.Connection, rng: random.Random) -> None:
    known = [number for (number,) in connection.execute("SELECT id FROM ValidPaths")]
    connection.execute("BEGIN")
    if known and rng.random() < 0.3:
        gone = rng.choice(known)
        connection.execute("DELETE FROM Refs WHERE referrer = ? OR reference = ?", (gone, gone))
        connection.execute("DELETE FROM ValidPaths WHERE id = ?", (gone,))
    else:
        name = "".join(rng.choices("0123456789abcdfg", k=32)) + f"-p{len(known)}-1.0{rng.choice(['', '-rc'])}"
        row = (f"/nix/store/{name}", "sha256:" + "0" * rng.choice([64, 300]), 1, rng.choice([None, "/nix/store/x.drv"]))
        columns = "path, hash, registrationTime, deriver"
        made = connection.execute(f"INSERT INTO ValidPaths ({columns}) VALUES (?, ?, ?, ?)", row).lastrowid
        if name.endswith("-rc"):
            connection.execute("INSERT INTO DerivationOutputs VALUES (?, 'rc', ?)", (made, row[0]))
        for needed in rng.sample(known, rng.randrange(min(4, len(known) + 1))):
            connection.execute("INSERT INTO Refs VALUES (?, ?)", (made, needed))
    connection.execute("ROLLBACK" if rng.random() < 0.1 else "COMMIT")


@pytest.mark.trap("A11")
def test_a_log_needs_its_database_and_an_empty_one_says_nothing(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db.sqlite")) as connection:
        for statement in ("PRAGMA journal_mode=WAL", *SCHEMA, ROW):
            connection.execute(statement)
        connection.commit()
        log = (tmp_path / "db.sqlite-wal").read_bytes()
        main = (tmp_path / "db.sqlite").read_bytes()
    assert names({DATABASE + b"-wal": log}) == []
    assert names({DATABASE: main, DATABASE + b"-wal": log}) == [("kmod", "29", "")]
    assert extract(NIX, DATABASE + b"-wal", b"") is None
    assert extract(NIX, DATABASE + b"-wal", b"text").unknowns == ["no write-ahead log of version 3007000"]


def test_tables_that_compute_are_not_read():
    endless = (
        "CREATE VIEW ValidPaths AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
        "SELECT id, 'a' AS path, 'b' AS hash, 'c' AS deriver FROM n"
    )
    facts = extract(NIX, DATABASE, database(endless))
    assert (facts.identity, facts.unknowns) == ([], ["no table ValidPaths"])


def test_rows_of_other_types_are_left_out():
    loose = "CREATE TABLE ValidPaths (id integer primary key, path, hash, time, deriver)"
    rows = [f"INSERT INTO ValidPaths VALUES (1, '{KMOD}', 0.5, 0, x'00')"]
    rows += ["INSERT INTO ValidPaths VALUES (2, x'00ff', 1.5, 9, 0), (3, NULL, NULL, 0, 0), (4, '/nix', 1, 2, 3)"]
    facts = extract(NIX, DATABASE, database(loose, *SCHEMA[1:], *rows))
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
