"""What is left out because a better finding says it."""

import gzip
import hashlib
import io
import tarfile

import orjson
import pytest
from tests.harness.fixtures import corpus

from analyze.catalogers import CATALOGERS
from analyze.image.assemble import assemble
from analyze.image.exclusion import remaining
from analyze.image.ownership import KIND
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.model import Location, Package, Relationship, Scope

BYTES, NOTE, JVM = "binary-signature", "elf-binary-package-note-json-payload", "java-jvm-installation"


class Links:
    """A view with one link."""

    def resolve(self, path: bytes) -> bytes | None:
        return b"usr/bin/node" if path == b"bin/node" else path


def package(name, *paths, type="binary", metadata_type=BYTES, scope=Scope.VISIBLE, cataloger="", **fields):  # noqa: A002
    return Package(
        cataloger=cataloger or "binary",
        type=type,
        name=name,
        version="1",
        purl=f"pkg:generic/{name}@1",
        locations=tuple(Location(path, 0) for path in paths),
        metadata_type=metadata_type,
        scope=scope,
        id=f"{type} {name} {scope} {metadata_type}",
        **fields,
    )


def owner(name, *files, type="deb", **fields):  # noqa: A002
    return package(name, "/var/lib/dpkg/status", type=type, metadata_type="", files=files, **fields)


def left(packages, *owned):
    """Return the names that stay; `owned` are the owner, what it owns, and the paths."""
    relations = [Relationship(one.id, other.id, KIND, tuple(paths)) for one, other, *paths in owned]
    return [one.name for one in remaining(Links(), packages, relations)]


@pytest.mark.parametrize(
    ("product", "owning", "source"),
    [
        ("node", "nodejs", ""),
        ("python", "python3.11-minimal", "python3.11"),
        ("postgresql", "postgresql-15", ""),
        ("httpd", "apache2-bin", "apache2"),
        ("go", "golang-1.19-go", ""),
        ("openldap", "ldap-utils", ""),
        ("qtbase", "libqt5core5a", "qtbase-opensource-src"),
        ("ffmpeg", "libavutil57", "ffmpeg"),
        ("haskell/ghc", "ghc", ""),
        ("github.com/hashicorp/vault", "vault", ""),
        ("openjdk", "java-11-openjdk-headless", ""),
        ("jre", "temurin-17-jre", ""),
        ("util-linux", "getopt", "util-linux"),
        ("rust", "libstd-rust-1.63", "rustc"),
    ],
)
def test_a_product_in_its_own_package_is_no_second_one(product, owning, source):
    binary, deb = package(product, "/usr/bin/x"), owner(owning, "/usr/bin/x", source_name=source)
    assert left([binary, deb], (deb, binary, "/usr/bin/x")) == [owning]


@pytest.mark.parametrize(
    ("product", "owning"),
    [("node", "kibana"), ("openssl", "splunkforwarder"), ("python", "gitlab-ce"), ("openjdk", "elasticsearch")],
)
def test_a_product_in_the_package_of_another_stays(product, owning):
    binary, rpm = package(product, "/opt/x"), owner(owning, "/opt/x", type="rpm")
    assert left([binary, rpm], (rpm, binary, "/opt/x")) == [product, owning]


def test_of_several_places_all_have_to_be_owned():
    binary, deb = package("node", "/usr/bin/node", "/opt/node"), owner("nodejs", "/usr/bin/node")
    assert left([binary, deb], (deb, binary, "/usr/bin/node")) == ["node", "nodejs"]
    assert left([binary, deb], (deb, binary, "/usr/bin/node", "/opt/node")) == ["nodejs"]


def test_supporting_evidence_does_not_count():
    binary, deb = package("python", "/opt/python3"), owner("libpython3.11", "/usr/lib/libpython3.11.so.1.0")
    binary.locations += (Location("/usr/lib/libpython3.11.so.1.0", 0, evidence="supporting"),)
    assert left([binary, deb], (deb, binary, "/usr/lib/libpython3.11.so.1.0")) == ["python", "libpython3.11"]


def test_owned_through_a_link():
    binary, deb = package("node", "/usr/bin/node"), owner("nodejs", "/bin/node")
    assert left([binary, deb], (deb, binary, "/bin/node")) == ["nodejs"]


def test_packages_of_languages_stay():
    module, deb = package("node", "/usr/x", type="npm", metadata_type=""), owner("nodejs", "/usr/x")
    assert left([module, deb], (deb, module, "/usr/x")) == ["node", "nodejs"]


def test_bitnami_owns_as_an_operating_system_does():
    binary, main = package("postgresql", "/opt/bitnami/p"), owner("postgresql", "/opt/bitnami/p", type="bitnami")
    assert left([binary, main], (main, binary, "/opt/bitnami/p")) == ["postgresql"]
    assert [one.type for one in remaining(Links(), [binary, main], [])] == ["binary", "bitnami"]


def test_php_by_its_family():
    extension = package("xsl", "/usr/lib/php/xsl.so", cataloger="php_interpreter")
    deb = owner("php8.2-xml", "/usr/lib/php/xsl.so")
    assert left([extension, deb], (deb, extension, "/usr/lib/php/xsl.so")) == ["php8.2-xml"]


def test_a_note_names_the_package_of_the_system_that_owns_its_file():
    noted, rpm = package("tool", "/usr/bin/t", type="rpm", metadata_type=NOTE), owner("other", "/usr/bin/t", type="rpm")
    assert left([noted, rpm], (rpm, noted, "/usr/bin/t")) == ["other"]
    assert left([noted, rpm]) == ["tool", "other"]


def test_a_note_is_better_than_bytes():
    noted, binary = package("nodejs", "/opt/node", metadata_type=NOTE), package("node", "/opt/node")
    assert left([noted, binary]) == ["nodejs"]
    elsewhere = package("node", "/opt/node", "/srv/node")
    assert left([noted, elsewhere]) == ["nodejs", "node"]


def test_an_installation_of_java_is_better_than_its_launcher():
    installation = package("zulu", "/opt/jdk/release", metadata_type=JVM)
    launcher, other = package("openjdk", "/opt/jdk/bin/java", "/opt/jdk/jre/bin/java"), package("jre", "/opt/jdk2/java")
    tool = package("node", "/opt/jdk/bin/node")
    assert left([installation, launcher, other, tool]) == ["zulu", "jre", "node"]


def test_an_installation_of_the_system_is_no_second_one():
    installation = package("openjdk", "/usr/lib/jvm/java-17/release", metadata_type=JVM)
    deb = owner("openjdk-17-jre-headless", "/usr/lib/jvm/java-17/release")
    assert left([installation, deb], (deb, installation, *deb.files)) == [deb.name]
    vendor = owner("elasticsearch", "/usr/lib/jvm/java-17/release")
    assert left([installation, vendor], (vendor, installation, *vendor.files)) == ["openjdk", "elasticsearch"]


def test_hidden_packages_by_any_database():
    binary = package("busybox", "/usr/bin/busybox", scope=Scope.HIDDEN)
    before = owner("busybox", "/bin/busybox", type="apk", scope=Scope.HIDDEN)
    assert left([binary, before]) == ["busybox"]
    assert [one.type for one in remaining(Links(), [binary, before], [])] == ["apk"]
    assert left([binary, owner("busybox", "/bin/busybox", type="apk")]) == ["busybox"]
    assert left([binary, owner("toolbox", "/bin/busybox", type="apk")]) == ["busybox", "toolbox"]


def test_hidden_launchers_of_java():
    hidden = package("jre", "/opt/jdk/bin/java", scope=Scope.HIDDEN)
    assert left([hidden, package("zulu", "/opt/jdk/release", metadata_type=JVM, scope=Scope.HIDDEN)]) == ["zulu"]
    visible = package("jre", "/opt/jdk/bin/java")
    gone = package("zulu", "/opt/jdk/release", metadata_type=JVM, scope=Scope.HIDDEN)
    assert left([visible, gone]) == ["jre", "zulu"]


def analyze(tmp_path, *layers):
    with Scratch(tmp_path, "r", budget=64 << 20, memory=32 << 20) as scratch:
        records = [
            walk_layer([one], blob_digest="", diff_id="", catalogers=CATALOGERS, limits=DEFAULT, scratch=scratch)
            for one in layers
        ]
        return assemble(records, CATALOGERS, b"{}")


def layer(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def debian(name: str, path: str, content: bytes) -> bytes:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return layer(
        {
            "var/lib/dpkg/status": f"Package: {name}\nStatus: install ok installed\nVersion: 1\n\n".encode(),
            f"var/lib/dpkg/info/{name}.md5sums": f"{digest}  {path}\n".encode(),
            path: content,
        }
    )


NODE = b"\0node.js/v20.1.0\0"


def test_through_the_layers(tmp_path):
    result = analyze(tmp_path, debian("nodejs", "usr/bin/node", NODE))
    assert [(one.type, one.name) for one in result.packages] == [("deb", "nodejs")]
    assert result.relationships == ()


def test_what_a_vendor_ships_stays_with_its_owner(tmp_path):
    result = analyze(tmp_path, debian("kibana", "usr/share/kibana/node/bin/node", NODE))
    names = {one.id: one.name for one in result.packages}
    assert sorted(names.values()) == ["kibana", "node"]
    assert [(names[one.parent], names[one.child], one.kind) for one in result.relationships] == [
        ("kibana", "node", KIND)
    ]


def test_an_upgrade_hides_a_package_and_not_also_its_program(tmp_path):
    result = analyze(
        tmp_path,
        debian("nodejs", "usr/bin/node", NODE),
        layer(
            {"var/lib/dpkg/status": b"Package: other\nStatus: install ok installed\nVersion: 1\n", "usr/bin/node": b""}
        ),
    )
    assert [(one.type, one.name, one.scope.value) for one in result.packages] == [
        ("deb", "other", "visible"),
        ("deb", "nodejs", "hidden"),
    ]


@pytest.mark.parametrize("file", ["alpine-3.11.tar.gz", "alpine-3.10.1-4layers.tar"])
def test_alpine_has_one_busybox(tmp_path, file):
    data = corpus("images", file).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data) if file.endswith("gz") else data)) as archive:
        manifest = orjson.loads(archive.extractfile("manifest.json").read())[0]
        layers = [archive.extractfile(name).read() for name in manifest["Layers"]]
    assert {one.type for one in analyze(tmp_path, *layers).packages} == {"apk"}
