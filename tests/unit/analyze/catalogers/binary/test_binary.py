"""Programs known by their bytes: the table, and what files say together."""

import csv
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.executables import BASE, START, elf
from tests.harness.fixtures import tree
from tests.harness.views import MemoryFile, View, extract, findings, packages

from analyze.catalogers.binary import BinaryCataloger
from analyze.catalogers.binary.clues import AFTER, BEFORE
from analyze.catalogers.binary.table import TABLE, candidates
from cargohold.model import Scope

BINARY = BinaryCataloger()
ROWS = list(csv.DictReader((Path(__file__).parent / "classifiers.tsv").read_text().splitlines(), delimiter="\t"))


def program(*libraries: str, content: bytes = b"") -> bytes:
    """Return an ELF file that imports libraries."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in libraries)
    needed = [(1, names.index(b"\0" + name.encode() + b"\0") + 1) for name in libraries]
    return elf({".dynstr": names, ".rodata": content}, dynamic=[(5, BASE + START), *needed])


def found(files, **options):
    return {(one.name, one.version) for one in packages([files], BINARY, **options).values()}


@pytest.fixture(scope="module")
def image():
    return packages([tree("binary")], BINARY)


def test_packages_and_purls(image):
    assert {name: package.purl for name, package in image.items()} == {
        "python": "pkg:generic/python@3.6.3",
        "go": "pkg:generic/go@1.15-beta2",
        "julia": "pkg:generic/julia@1.12.6",
        "node": "pkg:generic/node@19.2.0",
        "qtbase": "pkg:generic/qtbase@5.15.2",
        "mysql": "pkg:generic/mysql@8.0.37",
        "mysql-server": "pkg:generic/mysql-server@5.7.33",
        "mysql-cluster": "pkg:generic/mysql-cluster@7.6.17",
        "firefox": "pkg:generic/firefox@151.0",
        "consul": "pkg:golang/github.com/hashicorp/consul@1.12.9",
        "grafana": "pkg:generic/grafana@11.0.0",
        "busybox": "pkg:generic/busybox@1.36.1",
        "fluent-bit": "pkg:github/fluent/fluent-bit@2.2.1",
        "openjdk": "pkg:generic/oracle/openjdk@1.8.0_352-b08",
    }
    assert image["consul"].type == "go-module"
    assert {package.type for name, package in image.items() if name != "consul"} == {"binary"}


def test_the_same_product_at_two_places_is_one_package(image):
    paths = ["/opt/app/bin/node", "/usr/local/bin/node"]
    assert [location.path for location in image["node"].locations] == paths
    assert image["node"].metadata == {
        "matches": [
            {
                "classifier": "nodejs-binary",
                "location": {"path": path, "accessPath": path, "annotations": {"evidence": "primary"}},
            }
            for path in paths
        ]
    }
    assert image["node"].metadata_type == "binary-signature"


def test_a_file_beside_has_the_version(image):
    assert [(one.path, one.evidence) for one in image["go"].locations] == [
        ("/usr/local/go/bin/go", "primary"),
        ("/usr/local/go/VERSION", "supporting"),
    ]
    assert [one.path for one in image["firefox"].locations] == [
        "/opt/firefox/firefox",
        "/opt/firefox/application.ini",
    ]


def test_an_application_of_another_name_is_no_firefox():
    files = {b"opt/firefox/firefox": b"x", b"opt/firefox/application.ini": b"[App]\nName=Thunderbird\nVersion=151.0\n"}
    assert found(files) == set()


def test_a_version_file_of_something_else_is_no_go():
    assert found({b"srv/go": b"#!/bin/sh\n", b"srv/VERSION": b"1.2.3\n"}) == set()
    assert found({b"srv/bin/go": b"#!/bin/sh\n", b"srv/VERSION": b"go1.22rc1\n"}) == {("go", "1.22rc1")}


@pytest.mark.parametrize("prefix", [b"usr", b"opt/python", b"usr/local"])
@pytest.mark.parametrize("library", ["libpython3.11.so.1.0", "$ORIGIN/../lib/libpython3.11.so.1.0"])
def test_an_imported_library_has_the_version(prefix, library):
    files = {
        prefix + b"/bin/python3.11": program("libc.so.6", library),
        prefix + b"/lib/libpython3.11.so.1.0": b"\x003.11.2\x00",
        b"home/other/lib/libpython3.11.so.1.0": b"\x003.11.9\x00",
    }
    view = View([files], BINARY)
    both = {(one.package.version, *(at.path for at in one.package.locations)) for one in findings(view, BINARY)}
    root = "/" + prefix.decode()
    assert both == {
        ("3.11.2", root + "/bin/python3.11", root + "/lib/libpython3.11.so.1.0"),
        ("3.11.9", "/home/other/lib/libpython3.11.so.1.0"),
    }


def test_the_library_of_another_installation_says_nothing():
    files = {b"opt/a/bin/python3": program("libpython3.9.so.1.0"), b"opt/b/lib/libpython3.9.so.1.0": b"\x003.9.1\x00"}
    view = View([files], BINARY)
    assert [one.package.locations[0].path for one in findings(view, BINARY)] == ["/opt/b/lib/libpython3.9.so.1.0"]


def test_ruby_by_its_library_which_is_none_alone():
    library = {b"usr/lib/libruby.so.3.2.1": b"\0ruby 3.2.1 (2023-02-08 revision 31819e82c8) [x86_64-linux]\0"}
    assert found(library) == set()
    assert found({b"usr/bin/ruby": program("libruby.so.3.2"), **library}) == {("ruby", "3.2.1")}


def test_julia_by_the_library_that_its_library_loads():
    files = {
        b"opt/julia/bin/julia": program("libjulia.so.1"),
        b"opt/julia/lib/julia/libjulia-internal.so": b"\x00__init__\x001.10.11\x00verify_methods\x00",
    }
    package = packages([files], BINARY)["julia"]
    assert (package.version, package.locations[0].path) == ("1.10.11", "/opt/julia/bin/julia")


def test_java_of_ibm_is_told_by_its_library():
    java = program("libjli.so", content=b"\0java\x001.8\x00\x00\x00\x001.8.0-foreman_2022_09_22_15_30-b00\0")
    files = {b"opt/java/jre/bin/java": java}
    assert found(files) == {("jre", "1.8.0-foreman_2022_09_22_15_30-b00")}
    files[b"opt/java/jre/lib/amd64/jli/libjli.so"] = b"\0IBM_JAVA_OPTIONS\0"
    assert found(files) == {("java", "1.8.0-foreman_2022_09_22_15_30-b00")}


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (b"opt/zulu11/bin/java", b"\0openjdk\0java\0000.0\00011.0.17+8-LTS\0", ("zulu", "11.0.17+8-LTS")),
        (b"opt/jdk/bin/java", b"\0openjdk\0java\0000.0\00011.0.17+8-LTS\0", ("openjdk", "11.0.17+8-LTS")),
        (b"opt/jdk/bin/jdb", b"\0openjdk\0java\0001.8\0001.8.0_352-b08\0", ("openjdk", "1.8.0_352-b08")),
        (b"opt/ibm/bin/java", b"\0java\0001.8\0\0001.8.0-foreman_x-b00\0", ("java", "1.8.0-foreman_x-b00")),
        (b"opt/jdk/bin/java", b"openjdk \00019.0.1+10-21\0", ("jre", "19.0.1+10-21")),
        (b"opt/jdk/bin/jdb", b"\00019.0.1+10-21\0", ("jdk", "19.0.1+10-21")),
        (b"opt/g/bin/java", b"\00017.0.3+7-jvmci-22.1-b06\0", ("graalvm", "17.0.3+7-jvmci-22.1-b06")),
        (b"usr/bin/mysql", b"\00010.11.6-MariaDB\0\0mysql_init\00010.11.6\0mysql", ("mariadb", "10.11.6-MariaDB"[:7])),
        (b"usr/bin/mysql", b"/build/percona-server-8.0.35/x\0/mysql-8.0.35/", ("percona-server", "8.0.35")),
        (b"usr/bin/openssl", b"\0OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\0", ("aws-lc", "1.69.0")),
        (b"usr/bin/deno", b"OTel-OTLP-Exporter-Deno/0.82.0 fe7ed01Deno/2.9.8", ("deno", "2.9.8")),
        (b"usr/bin/perl", b"\0/usr/local/lib/perl5/5.36.0\0", ("perl", "5.36.0")),
        (b"usr/lib/libpython3.7.so", b"\0003.7.4a-vZ9\0", ("python", "3.7.4a-vZ9")),
        (b"p/lib/libpython3.11.so.1.0", b"\0/root/.pyenv/versions/3.11.7\0", ("python", "3.11.7")),
        (b"usr/sbin/haproxy", b" version 2.6.12-1+deb12u4, released 2026/10/17\0", ("haproxy", "2.6.12")),
        (b"usr/bin/redis-server", b"\0007.0.15\0c11-builtin\0", ("redis", "7.0.15")),
        (b"usr/bin/redis-server", b"\0006.0.16964eac4733d9-1673428630000000000\0", ("redis", "6.0.16")),
        (b"usr/bin/valkey-server", b"valkey9.0.0buildkitsandbox-1764887574000000000", ("valkey", "9.0.0")),
        (b"usr/lib/elixir/ebin/elixir.app", b'{application,elixir,[{vsn,"1.16.0-rc.1"}]}', ("elixir", "1.16.0-rc.1")),
        (b"usr/local/bin/composer", b"'pretty_version' => '2.6.5',", ("composer", "2.6.5")),
        (b"usr/lib/libkrb5.so.26", b"$Version: Heimdal 7.8.0 by x $", ("heimdal-krb5", "7.8.0")),
        (b"usr/bin/xz", b"\0xz (XZ Utils) 5.4.1\0", ("xz", "5.4.1")),
        (b"usr/bin/pilot-agent", b"\0001.26.7\0\0\0001.26.8\0", ("pilot-agent", "1.26.8")),
        (b"usr/bin/auditbeat", b"setupTest 9.4.2input", ("auditbeat", "9.4.2")),
        (b"usr/bin/getopt", b"\0util-linux 2.39\0", ("util-linux", "2.39")),
    ],
)
def test_one_product_of_one_file(path, content, expected):
    assert found({path: content}) == {expected}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"usr/lib/libpython2.7.so", b"# note: this should NOT match\n\nDO NOT DETECT"),
        (b"usr/bin/go", b"a bad go binary"),
        (b"root/mise/shims/jdb", b"#this simulates a shim\nwith: openjdk 0.0 21.0.2+13\n"),
        (b"usr/bin/traefik", b"go1.24.11\x00"),
        (b"usr/bin/redis-server", b"valkey9.0.0buildkitsandbox-1764887574000000000"),
        (b"usr/bin/jq", b"\x006.9.8\x00"),
        (b"usr/lib/elixir.app", b'{vsn,"1.16.0"}'),
        (b"usr/share/doc/composer.json", b"'pretty_version' => '2.6.5',"),
    ],
)
def test_what_is_no_product(path, content):
    assert found({path: content}) == set()


def test_hidden_files_with_another_version():
    lower = {b"usr/local/bin/node": b"\0node.js/v18.1.0\0", b"bin/busybox": b"BusyBox v1.36.1"}
    upper = {b"usr/local/bin/node": b"\0node.js/v20.1.0\0", b"bin/busybox": b"BusyBox v1.36.1 "}
    hidden = packages([lower, upper], BINARY, scope=Scope.HIDDEN)
    assert {(one.name, one.version) for one in hidden.values()} == {("node", "18.1.0")}
    assert {(one.name, one.version) for one in packages([lower, upper], BINARY).values()} == {
        ("node", "20.1.0"),
        ("busybox", "1.36.1"),
    }


def test_a_hidden_program_is_told_by_the_library_of_its_layer():
    lower = {b"usr/bin/python3.11": program("libpython3.11.so.1.0"), b"usr/lib/libpython3.11.so.1.0": b"\x003.11.2\x00"}
    upper = {b"usr/bin/python3.11": b"gone"}
    hidden = packages([lower, upper], BINARY, scope=Scope.HIDDEN)["python"]
    assert (hidden.version, hidden.locations[0].path) == ("3.11.2", "/usr/bin/python3.11")


def test_files_that_the_walker_did_not_read_are_nothing():
    view = View([{b"bin/node": b"\0node.js/v20.1.0\0"}], BINARY)
    for evidence in view.facts("binary"):
        evidence.facts.detail, evidence.facts.identity = {}, []
    assert findings(view, BINARY) == []


def sample(glob: str) -> list[str]:
    """Return paths that a glob of Syft's matches."""
    alternatives = re.search(r"\{(.*)\}", glob)
    globs = [glob.replace(alternatives[0], one) for one in alternatives[1].split(",")] if alternatives else [glob]
    stems = {
        "python*": "python3.11",
        "composer*": "composer.phar",
        "ghc*": "ghc-9.4.7",
        "libav*": "libavutil.so.57",
        "libswresample*": "libswresample.so.4",
    }
    names = [one.removeprefix("**/") for one in globs]
    return ["usr/lib/" + (stems.get(one) or re.sub(r"\*", "5", one).replace("?", "a")) for one in names]


@pytest.mark.parametrize("row", [one for one in ROWS if one["package"]], ids=lambda row: row["class"] + row["glob"])
def test_every_classifier_of_syft_is_in_the_table(row):
    same = [one for one in TABLE if (one.name, one.package) == (row["class"], row["package"])]
    assert same, "no classifier"
    assert {f"pkg:{one.purl}@version" for one in same} == {row["purl"]}
    for path in sample(row["glob"]) if row["glob"] else []:
        path = path.replace("libstd-" + "a" * 16 + ".5o", "libstd-" + "a" * 16 + ".so")
        assert any(TABLE[position] in same for position in candidates(path.encode())), path


def test_branches_of_syft_are_branches():
    assert {row["glob"] for row in ROWS if not row["package"]} == {"**/mysqld", "**/openssl", "**/java", "**/jdb"}
    for name in ("mysqld", "openssl", "java", "jdb"):
        assert sum(one.branch == name for one in TABLE) > 1


def test_expressions_are_bounded():
    for row in TABLE:
        sources = [source for clue in row.clues for source in (clue.hook, clue.expression)]
        for source in [*sources, *(row.template[1] if row.template else ())]:
            text = re.sub(rb"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", b"x", source)
            assert not re.search(rb"[^\\][*+](?![^\[]*\])", b" " + text), (row.name, source)
        assert all(clue.before <= BEFORE and clue.after <= AFTER for clue in row.clues), row.name


@pytest.mark.parametrize("offset", [-300, -48, -20, -8, -7, -1, 0, 1, 700])
@pytest.mark.parametrize("edge", [4 << 20, (4 << 20) - AFTER, (8 << 20) - 2 * AFTER - BEFORE])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"node", b"\0node.js/v19.2.0\0"),
        (b"dart", b"\x003.0.0 (stable) (Thu"),
        (b"envoy", b"\x001.36.4\0. This" + b"." * 700 + b"envoy_reloadable_features"),
    ],
)
def test_versions_at_the_edges_of_parts(name, content, edge, offset):
    data = bytearray((8 << 20) + 4096)
    data[edge + offset : edge + offset + len(content)] = content
    facts = extract(BINARY, b"usr/bin/" + name, bytes(data))
    assert [key["name"] for key in facts.identity] == [name.decode()]


@pytest.mark.parametrize(
    "flood", [b"1.2.3\0", b"\0" * 7, b".1.", b"-1234567890", b"java\0001.8\0", b"Erlang/OTP ", b"\0v1.2.3-"]
)
def test_floods_of_what_is_looked_for(flood):
    content = flood * ((6 << 20) // len(flood))
    for name in (
        b"java",
        b"grafana",
        b"redis-server",
        b"beam.smp",
        b"nginx-ingress-controller",
        b"envoy",
        b"heartbeat",
    ):
        started = time.process_time()
        extract(BINARY, b"usr/bin/" + name, content)
        assert time.process_time() - started < 10, name


def test_giving_up_is_said():
    facts = extract(BINARY, b"usr/bin/memcached", b"memcached x" * 60_000)
    assert facts.unknowns == ["gave up looking for memcached-binary"]


@given(st.sampled_from(sorted({glob for row in TABLE for glob in row.files})), st.binary(max_size=400))
def test_arbitrary_bytes_under_every_name(glob, content):
    name = glob.replace("*", "5").replace("?", "a").replace("#", "3.11")
    extract(BINARY, f"usr/lib/elixir/ebin/{name}".encode(), content)
    BINARY.extract(MemoryFile(f"{name}".encode(), content))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_clue_is_found_whatever_is_around_it(before, after):
    content = before.replace(b"o", b"") + b"\0node.js/v19.2.0\0" + after
    assert [key["version"] for key in extract(BINARY, b"bin/node", content).identity] == ["19.2.0"]
