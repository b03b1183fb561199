"""rpm's databases and manifest as packages."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.rpm import RpmCataloger
from analyze.catalogers.rpm.paths import kind
from cargohold.model import Distro, License

RPM = RpmCataloger()
TREE = tree("rpm")
DATABASES = [
    b"var/lib/rpm/Packages",
    b"srv/big-endian/var/lib/rpm/Packages",
    b"usr/lib/sysimage/rpm/Packages.db",
    b"usr/share/rpm/rpmdb.sqlite",
]
LOGGED = b"srv/log/var/lib/rpm/rpmdb.sqlite"
FEDORA = Distro(id="fedora", version_id="39")


def packages(*paths, distro=FEDORA):
    view = View([{path: TREE[path] for path in paths}], RPM, distro)
    return {finding.package.name: finding.package for finding in findings(view, RPM)}


@pytest.mark.parametrize("path", DATABASES)
def test_every_format_gives_the_same(path):
    expected = packages(DATABASES[0])
    found = packages(path)
    assert extract(RPM, path, TREE[path]).unknowns == []
    assert set(found) == {"alpha", "beta", "gamma", "gpg-pubkey"}
    assert {name: one.metadata for name, one in found.items()} == {name: one.metadata for name, one in expected.items()}
    assert {name: one.purl for name, one in found.items()} == {name: one.purl for name, one in expected.items()}


def test_a_package():
    alpha = packages(b"usr/share/rpm/rpmdb.sqlite")["alpha"]
    assert (alpha.type, alpha.version, alpha.architecture) == ("rpm", "2:1.0-3.ex", "noarch")
    assert (alpha.source_name, alpha.source_version) == ("alpha", "1.0-3.ex")
    assert alpha.purl == (
        "pkg:rpm/fedora/alpha@1.0-3.ex?arch=noarch&distro=fedora-39&epoch=2&upstream=alpha-1.0-3.ex.src.rpm"
    )
    assert alpha.licenses == (License("GPL-2.0-or-later", "GPL-2.0-or-later", path="/usr/share/rpm/rpmdb.sqlite"),)
    assert alpha.files == (
        "/etc/alpha/alpha.conf",
        "/usr/bin/alpha",
        "/usr/bin/first",
        "/usr/share/doc/alpha/README",
        "/usr/share/licenses/alpha/COPYING",
        "/var/log/alpha.log",
    )
    metadata = dict(alpha.metadata)
    records = {one["path"]: one for one in metadata.pop("files")}
    assert metadata == {
        "name": "alpha",
        "version": "1.0",
        "release": "3.ex",
        "epoch": 2,
        "architecture": "noarch",
        "sourceRpm": "alpha-1.0-3.ex.src.rpm",
        "vendor": "Example Vendor",
        "size": 13,
        "modularityLabel": "alpha:stable:20260101:abcd",
        "provides": ["alpha", "alpha-api", "config(alpha)"],
        "requires": [
            "(gamma or beta)",
            "/usr/share/beta/data.txt",
            "beta",
            "config(alpha)",
            "rpmlib(CompressedFileNames)",
            "rpmlib(FileDigests)",
            "rpmlib(PayloadFilesHavePrefix)",
            "rpmlib(RichDependencies)",
        ],
    }
    assert records["/etc/alpha/alpha.conf"] == {
        "path": "/etc/alpha/alpha.conf",
        "mode": 0o100644,
        "size": 2,
        "digest": {
            "algorithm": "sha256",
            "value": "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7",
        },
        "userName": "root",
        "groupName": "root",
        "flags": "cn",
    }
    assert records["/usr/bin/first"]["digest"] == {}
    assert records["/usr/bin/alpha"]["mode"] == 0o104755
    assert {path: one["flags"] for path, one in records.items() if one["flags"]} == {
        "/etc/alpha/alpha.conf": "cn",
        "/usr/share/doc/alpha/README": "d",
        "/usr/share/licenses/alpha/COPYING": "l",
        "/var/log/alpha.log": "g",
    }


def test_other_packages():
    found = packages(b"usr/share/rpm/rpmdb.sqlite")
    assert found["beta"].purl.startswith("pkg:rpm/fedora/beta@1.0-3.ex?arch=noarch&distro=fedora-39&epoch=0&")
    assert found["beta"].version == "0:1.0-3.ex"
    assert "/usr/share/beta/größe x.txt" in found["beta"].files
    assert found["gamma"].files == ()
    assert found["gamma"].version == "2:7~rc1-1"
    key = found["gpg-pubkey"]
    assert (key.version, key.architecture, key.source_name) == ("8783d481-63ceb953", "", "gpg-pubkey")
    assert key.purl == "pkg:rpm/fedora/gpg-pubkey@8783d481-63ceb953?distro=fedora-39"


@pytest.mark.parametrize(
    ("identifier", "namespace"),
    [
        ("rhel", "redhat"),
        ("hummingbird", "redhat"),
        ("opensuse-leap", "opensuse"),
        ("opensuse-tumbleweed", "opensuse"),
        ("sles", "sles"),
        ("amzn", "amzn"),
        ("", ""),
    ],
)
def test_namespaces(identifier, namespace):
    found = packages(DATABASES[0], distro=Distro(id=identifier, version_id="1"))["alpha"]
    assert found.namespace == namespace
    assert found.purl.startswith(f"pkg:rpm/{namespace}/alpha@" if namespace else "pkg:rpm/alpha@")


def test_relations_through_names_and_files():
    assert related([{path: TREE[path] for path in DATABASES[3:]}], RPM) == {("beta", "alpha")}


def test_databases_are_kept_apart():
    view = View([TREE], RPM)
    found = [finding.package for finding in findings(view, RPM)]
    paths = {one.id: one.locations[0].path.removesuffix("-wal") for one in found}
    relations = list(RPM.relate(view, found))
    assert len(relations) == len(DATABASES)
    assert all(paths[one.parent] == paths[one.child] for one in relations)


@pytest.mark.trap("A11")
def test_what_is_in_the_log_counts():
    found = packages(LOGGED, LOGGED + b"-wal")
    assert {name: one.locations[0].path for name, one in found.items()} == {
        "alpha": "/srv/log/var/lib/rpm/rpmdb.sqlite",
        "gamma": "/srv/log/var/lib/rpm/rpmdb.sqlite-wal",
    }
    assert set(packages(LOGGED)) == {"alpha", "beta"}
    assert packages(LOGGED + b"-wal") == {}


def test_a_manifest():
    found = packages(b"var/lib/rpmmanifest/container-manifest-2")
    assert {name: one.purl for name, one in found.items()} == {
        "filesystem": "pkg:rpm/filesystem@1.1-9.cm2?arch=x86_64&upstream=filesystem-1.1-9.cm2.src.rpm",
        "glibc": "pkg:rpm/glibc@2.35-2.cm2?arch=x86_64&upstream=glibc-2.35-2.cm2.src.rpm",
        "mariner-release": "pkg:rpm/mariner-release@2.0-12.cm2?arch=noarch&upstream=mariner-release-2.0-12.cm2.src.rpm",
        "openssl-libs": "pkg:rpm/openssl-libs@1.1.1k-15.cm2?arch=x86_64&upstream=openssl-1.1.1k-15.cm2.src.rpm",
        "vim": "pkg:rpm/vim@9.0-1.cm2?arch=x86_64&epoch=2&upstream=vim-9.0-1.cm2.src.rpm",
    }
    assert found["vim"].version == "2:9.0-1.cm2"
    assert found["glibc"].metadata["size"] == 10855265
    assert found["openssl-libs"].source_name == "openssl"


def test_a_manifest_with_broken_lines():
    facts = extract(
        RPM, b"var/lib/rpmmanifest/container-manifest-2", b"a\t1-1\n\t1-1" + b"\t" * 8 + b"\nb\t1" + b"\t" * 8
    )
    assert facts.identity == [{"name": "b", "version": "1", "architecture": ""}]
    assert facts.unknowns == ["line 1 is no package", "line 2 is no package"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"var/lib/rpm/Packages", "database"),
        (b"a/b/var/lib/rpm/rpmdb.sqlite", "database"),
        (b"usr/lib/sysimage/rpm/Packages.db", "database"),
        (b"usr/share/rpm/rpmdb.sqlite", "database"),
        (b"usr/share/rpm/rpmdb.sqlite-wal", "log"),
        (b"var/lib/rpmmanifest/container-manifest-2", "manifest"),
        (b"usr/lib/sysimage/rpm-ostree-base-db/rpmdb.sqlite", ""),
        (b"srv/dists/stable/main/binary-amd64/Packages", ""),
        (b"xvar/lib/rpm/Packages", ""),
        (b"var/lib/rpm/Packages/x", ""),
    ],
)
def test_paths(path, expected):
    assert kind(path) == expected


def test_empty_files_are_nothing():
    for path in TREE:
        assert extract(RPM, path, b"") is None


def test_something_else_under_a_name_of_rpm():
    facts = extract(RPM, b"var/lib/rpm/Packages", b"Package: apt\nVersion: 1\n")
    assert (facts.identity, facts.unknowns) == ([], ["no database of a format that rpm has"])
