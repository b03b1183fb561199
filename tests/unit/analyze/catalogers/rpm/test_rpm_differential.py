"""rpm itself as the oracle: what it builds, installs and then says of its databases."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness.fixtures import corpus, tree
from tests.harness.views import View, findings

from analyze.catalogers.rpm import RpmCataloger, bdb
from analyze.catalogers.text import Reasons

RPM = RpmCataloger()
HERE = Path(__file__).parent
PACKAGE = (
    "\x01"
    r"%{NAME}|%|EPOCH?{%{EPOCH}:}||%{VERSION}-%{RELEASE}|%{ARCH}|%{SOURCERPM}|%{LICENSE}|%{VENDOR}|%{SIZE}"
    r"|%{MODULARITYLABEL}|%{RSAHEADER:pgpsig}|%{DSAHEADER:pgpsig}|%{SIGPGP:pgpsig}|%{SIGGPG:pgpsig}\n"
    r"[P%{PROVIDENAME}\n][R%{REQUIRENAME}\n]"
    r"[F%{FILENAMES}|%{FILEMODES}|%{FILESIZES}|%{FILEDIGESTS}|%{FILEUSERNAME}|%{FILEGROUPNAME}|%{FILEFLAGS:fflags}\n]"
)

pytestmark = pytest.mark.skipif(not (shutil.which("rpm") and shutil.which("rpmbuild")), reason="needs rpm and rpmbuild")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, check=True, capture_output=True, timeout=600)
    return done.stdout.decode()


def asked(directory: Path, *options: str) -> list[list[str]]:
    """Return what rpm says of each package of a database: its fields, then its lists, without repetitions."""
    output = run("rpm", *options, "--dbpath", directory, "-qa", "--qf", PACKAGE)
    blocks = []
    for block in output.split("\x01")[1:]:
        head, *lists = block.rstrip("\n").split("\n")
        name, epoch, version, *fields = head.split("|")
        fields = [name, epoch + version, *fields[:5], *dict.fromkeys(fields[5:])]
        blocks.append([*[field for field in fields if field != "(none)"], *dict.fromkeys(lists)])
    return sorted(blocks)


def said(path: bytes, content: bytes) -> list[list[str]]:
    """Return the same as we read it."""
    blocks = []
    for finding in findings(View([{path: content}], RPM), RPM):
        package, metadata = finding.package, finding.package.metadata
        signatures = metadata.get("signatures", ())
        fields = [
            package.name,
            package.version,
            package.architecture,
            metadata.get("sourceRpm"),
            package.licenses[0].value,
            metadata.get("vendor"),
            str(metadata.get("size", 0)),
            metadata.get("modularityLabel"),
            *[f"{one['algo']}/{one['hash']}, {one['created']}, Key ID {one['issuer']}" for one in signatures],
        ]
        files = [
            "|".join(map(str, (one["path"], one["mode"], one["size"], one["digest"].get("value", ""))))
            + f"|{one['userName']}|{one['groupName']}|{one['flags']}"
            for one in metadata.get("files", ())
        ]
        lists = [("P", metadata.get("provides", ())), ("R", metadata.get("requires", ())), ("F", files)]
        blocks.append([field for field in fields if field] + [letter + one for letter, all_ in lists for one in all_])
    return sorted(blocks)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Return a directory with the database of the packages of `fixture.spec`, as rpm makes it here."""
    top = tmp_path_factory.mktemp("rpm")
    database = top / "db"
    run("rpmbuild", "-bb", "--define", f"_topdir {top}", "--define", "_build_id_links none", HERE / "fixture.spec")
    run("rpmdb", "--dbpath", database, "--initdb")
    packages = sorted(top.glob("RPMS/*/*.rpm"))
    assert len(packages) == 3
    install = ["rpm", "-i", "--justdb", "--nodeps", "--dbpath", database, *packages]
    try:
        run(*install)
    except subprocess.CalledProcessError:
        run(*install, "--force-debian")
    return database


def test_what_rpm_installs(built):
    assert said(b"var/lib/rpm/rpmdb.sqlite", (built / "rpmdb.sqlite").read_bytes()) == asked(built)
    assert len(asked(built)) == 3


@pytest.mark.parametrize("root", [b"", b"srv/big-endian/"])
def test_berkeley_databases_as_rpm_reads_them(root, tmp_path):
    path = root + b"var/lib/rpm/Packages"
    (tmp_path / "Packages").write_bytes(tree("rpm")[path])
    rpm = asked(tmp_path, "--define", "_db_backend bdb_ro")
    assert len(rpm) == 4
    assert said(path, tree("rpm")[path]) == rpm


def test_mariner_as_rpm_reads_it(tmp_path):
    content = corpus("rpm", "sqlite-cbl-mariner-2.0", "rpmdb.sqlite").read_bytes()
    (tmp_path / "rpmdb.sqlite").write_bytes(content)
    rpm = asked(tmp_path)
    assert len(rpm) == 129
    assert said(b"var/lib/rpm/rpmdb.sqlite", content) == rpm


SYSTEM_PYTHON = "/usr/bin/python3"
WRITER = """
import struct, sys
from bsddb3 import db
path, page, order, *lengths = sys.argv[1:]
hashed = db.DB()
hashed.set_pagesize(int(page))
hashed.set_lorder(1234 if order == "<" else 4321)
hashed.open(path, None, db.DB_HASH, db.DB_CREATE)
hashed.put(struct.pack(order + "I", 0), struct.pack(order + "I", len(lengths)))
for number, length in enumerate(lengths, 1):
    hashed.put(struct.pack(order + "I", number), struct.pack(">I", number) + b"x" * int(length))
hashed.close()
"""


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_berkeley_databases_of_many_pages(page, order, tmp_path):
    """Written by libdb 5.3 where python3-bsddb3 is installed: items on pages, on chains, and split buckets."""
    lengths = [number * number * 7 % 70_001 for number in range(200)]
    path = tmp_path / "Packages"
    try:
        run(SYSTEM_PYTHON, "-c", WRITER, path, str(page), order, *map(str, lengths))
    except (OSError, subprocess.CalledProcessError):
        missing("needs python3-bsddb3")
    reasons = Reasons()
    with path.open("rb") as stream:
        found = sorted(blob for _, blob in bdb.blobs(stream, path.stat().st_size, reasons))
    expected = sorted(struct.pack(">I", number) + b"x" * length for number, length in enumerate(lengths, 1))
    assert found == expected
    assert reasons.listed() == []
