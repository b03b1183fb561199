"""Archives built to exhaust their reader: bounded, with a reason, and what was readable stays."""

import hashlib
import io
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import extract
from tests.unit.analyze.catalogers.java.test_java import MANIFEST, jar, pom

from analyze.catalogers.java import JavaCataloger, archive
from analyze.catalogers.java.archive import ArchiveReader
from analyze.catalogers.zip_archive import Allowance

JAVA = JavaCataloger()
GOOD = jar(MANIFEST | pom("g", "good", "1"))


def names(facts) -> list[str]:
    return [key["name"] for key in facts.identity]


def nested(depth: int, inner: bytes = GOOD, copies: int = 1) -> bytes:
    for _ in range(depth):
        inner = jar(MANIFEST | {f"lib/l{number}.jar": inner for number in range(copies)})
    return inner


def test_nesting_ends_somewhere():
    facts = extract(JAVA, b"x.jar", nested(100))
    assert len(facts.identity) == archive.DEPTH
    assert facts.unknowns == [f"{':'.join(['lib/l0.jar'] * archive.DEPTH)}: not read: nested deeper than 16 archives"]
    assert names(extract(JAVA, b"x.jar", nested(archive.DEPTH - 1)))[-1] == "good"


def test_copies_of_copies_end_somewhere():
    started = time.process_time()
    facts = extract(JAVA, b"x.jar", nested(6, copies=10))
    assert time.process_time() - started < 10
    assert 5_000 < len(facts.identity) < 10_000  # one or two an archive
    assert facts.unknowns[0] == "more archives in one file than are read"


def test_an_archive_in_itself_is_read_once():
    """A quine, as Russ Cox's r.zip, cannot be told from a copy: it is the archive around it."""
    reader = ArchiveReader()
    place = archive._Place("", None, (hashlib.sha1(GOOD, usedforsecurity=False).hexdigest(),), archive.NESTED)
    reader._archive(io.BytesIO(GOOD), "good.jar", place, is_java=True)
    assert (reader.records, reader.reasons.listed()) == ([], ["contains itself"])


def test_a_nested_archive_that_inflates_to_much_is_not_read():
    bomb = jar({"x": b"\0" * (archive.NESTED + 1)}, zipfile.ZIP_STORED)
    facts = extract(JAVA, b"x.jar", jar(MANIFEST | {"a.jar": bomb, "good.jar": GOOD}))
    assert names(facts) == ["x", "good"]
    assert facts.unknowns == [f"a.jar: inflates to {len(bomb)} bytes, over {archive.NESTED}"]


def test_a_manifest_that_inflates_to_much_is_not_read():
    facts = extract(JAVA, b"x-1.jar", jar({"META-INF/MANIFEST.MF": b"A: b\n" * 2_000_000, "good.jar": GOOD}))
    assert names(facts) == ["x", "good"]
    assert facts.unknowns == [f"META-INF/MANIFEST.MF: inflates to 10000000 bytes, over {8 << 20}"]


def test_damaged_entries_leave_the_others():
    data = jar({"lib/bad.jar": GOOD, "lib/good.jar": GOOD} | MANIFEST, zipfile.ZIP_STORED)
    facts = extract(JAVA, b"x.jar", data.replace(b"PK\5\6", b"PK\5\7", 1))
    assert names(facts) == ["x", "good"]
    assert facts.unknowns[0].startswith("lib/bad.jar: no ZIP archive")


def test_archives_that_are_none_have_a_reason():
    for content in (b"version https://git-lfs.github.com/spec/v1\n", GOOD[:-30], b"PK\3\4" + b"\0" * 200):
        facts = extract(JAVA, b"x.jar", content)
        assert facts.identity == []
        assert facts.unknowns[0].startswith("no ZIP archive")


def test_encrypted_entries_have_a_reason():
    data = bytearray(jar(MANIFEST | pom("g", "x", "1")))
    data[data.rindex(b"PK\1\2") + 8] |= 1
    facts = extract(JAVA, b"x-2.jar", bytes(data))
    assert facts.identity == [{"name": "x", "version": "2", "group": "x"}]
    assert facts.unknowns == ["META-INF/maven/g/x/pom.properties: is encrypted"]


def test_poms_with_entities_have_a_reason():
    bad = {"META-INF/maven/g/x/pom.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><project>&b;</project>"}
    facts = extract(JAVA, b"x.jar", jar(MANIFEST | pom("g", "x", "1") | bad))
    assert facts.identity == [{"name": "x", "version": "1", "group": "g"}]
    assert facts.unknowns == ["META-INF/maven/g/x/pom.xml: has a document type declaration"]


def test_many_poms_and_large_manifests_are_bounded(monkeypatch):
    many: dict[str, bytes | str] = dict(MANIFEST)
    for number in range(1100):
        many |= pom("g", f"a{number}", "1")
    facts = extract(JAVA, b"x.jar", jar(many))
    assert len(facts.identity) == 1001
    assert facts.unknowns == ["1100 pom.properties files, of which 1000 are read"]
    monkeypatch.setattr(archive, "_MANIFESTS", 100)
    monkeypatch.setattr(archive, "_RECORDS", 2000)
    facts = extract(JAVA, b"x.jar", jar(MANIFEST | {f"{n}-1.jar": jar(MANIFEST) for n in "abcdefghijklmnop"}))
    assert [("manifest" in record) for record in facts.detail["packages"]][:3] == [True, False, False]
    assert "more packages than are kept" in facts.unknowns
    monkeypatch.setattr(archive, "_TEXT", 10)
    assert "more manifests and poms than are read" in extract(JAVA, b"x.jar", GOOD).unknowns


def test_text_that_databases_reject_is_replaced():
    files = {"META-INF/MANIFEST.MF": b"A\0: \0\xff\n"} | pom("g\0", "a?", "1\0", directory="p")
    facts = extract(JAVA, b"x.jar", jar(files))
    assert facts.identity[-1] == {"name": "a?", "version": "1\ufffd", "group": "g\ufffd"}
    assert facts.detail["packages"][0]["manifest"]["main"] == [{"key": "A\ufffd", "value": "\ufffd\ufffd"}]


@pytest.mark.parametrize("files", [{"a": "/"}, {"a": " "}, {"a": "a/b"}, {"a": "\u00e9%:@"}])
def test_names_that_are_no_names(files):
    facts = extract(JAVA, b"x.jar", jar(MANIFEST | pom("g", files["a"], "1", directory="p")))
    assert "x" in names(facts)


FIXTURES = sorted((path, content) for path, content in tree("java").items() if isinstance(content, bytes))


@given(st.sampled_from(FIXTURES), st.data())
def test_any_damage_is_survived(fixture, data):
    path, content = fixture
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    facts = JAVA.extract(MemoryOf(path, bytes(damaged)))
    assert facts is None or all(key["name"].strip() for key in facts.identity)


class MemoryOf:
    def __init__(self, path: bytes, content: bytes) -> None:
        self.path, self.size, self._content = path, len(content), content

    def head(self, size: int) -> bytes:
        return self._content[:size]

    def read(self, limit: int) -> bytes:
        raise AssertionError("archives are read by seeking")

    def open(self) -> io.BytesIO:
        return io.BytesIO(self._content)


def test_comments_full_of_end_records_end_somewhere():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer:
        writer.comment = b"PK\5\6" * 16_383
    started = time.process_time()
    facts = extract(JAVA, b"x.jar", jar(MANIFEST | {f"{n}.jar": buffer.getvalue() for n in range(300)}))
    assert time.process_time() - started < 5
    assert names(facts) == ["x"]
    assert Allowance().signatures < 300 * 16_383
    assert any("no end of central directory" in reason for reason in facts.unknowns)
