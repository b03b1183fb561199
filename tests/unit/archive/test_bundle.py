"""The bundle: the same bytes for the same content, readable by hand, and refused when anything is wrong."""

import io
import shutil
import subprocess
import tarfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import bundle
from archive.history import History, KnownReference, ReferenceEvent
from cargohold import documents
from cargohold.documents.analysis import Analysis, DocumentEntry
from cargohold.errors import InvalidBundle, ObjectCorrupt

IMAGE = "sha256:" + "ab" * 32
ANALYSIS_ID = UUID("019b76da-a800-7000-8000-000000000000")
AT = datetime(2026, 1, 1, tzinfo=UTC)
HISTORY = History(
    image=IMAGE,
    analyzed_at=AT,
    parents=("sha256:" + "cd" * 32,),
    references=(
        KnownReference(registry="r", repository="a/b", tag="1", digest=IMAGE, first_seen=AT, pushed_at=AT),
        KnownReference(
            registry="r", repository="a/b", tag="2", digest=IMAGE, first_seen=AT, pushed_at=AT, removed_at=AT
        ),
    ),
    events=(ReferenceEvent(registry="r", repository="a/b", tag="1", digest=IMAGE, event="pushed", at=AT),),
)


def contents(sizes: dict[str, int] | None = None) -> dict[str, bytes]:
    """Return every document of an analysis, `analysis` last."""
    sizes = sizes or {}
    made = {
        name: (b'{"name": "%s"}' % name.encode()) * sizes.get(name, 3)
        for name in documents.NAMES
        if name != documents.ANALYSIS.name
    }
    analysis = Analysis(
        image=IMAGE,
        media_type="application/vnd.oci.image.manifest.v1+json",
        catalog_version=7,
        layers=(),
        documents=tuple(
            DocumentEntry(document=name, sha256=sha256(content).hexdigest(), size=len(content))
            for name, content in made.items()
        ),
    )
    return made | {documents.ANALYSIS.name: b"".join(documents.ANALYSIS.write(analysis))}


def sources(of: dict[str, bytes], part: int = 1000) -> list[bundle.Source]:
    def source(name: str, content: bytes) -> bundle.Source:
        @contextmanager
        def opened() -> Iterator[Iterator[bytes]]:
            yield (content[start : start + part] for start in range(0, len(content), part))

        return bundle.Source(name, sha256(content).hexdigest(), len(content), opened)

    return [source(name, content) for name, content in of.items()]


def pack(of: dict[str, bytes] | None = None, history: History = HISTORY, part: int = 1000) -> bytes:
    _, parts = bundle.write(ANALYSIS_ID, 7, sources(of or contents(), part), history)
    return b"".join(parts)


def cut(content: bytes, size: int = 777) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def unpack(content: bytes, size: int = 777) -> dict[str, bytes]:
    reader = bundle.BundleReader(cut(content, size), "test")
    return {member.name: b"".join(stream) for member, stream in reader.members()}


def test_every_document_comes_back_byte_for_byte() -> None:
    made = contents()
    back = unpack(pack(made))
    assert set(made) == set(documents.NAMES)
    assert {name.removeprefix("documents/"): content for name, content in back.items() if "/" in name} == made
    assert History.model_validate_json(back["history.json"]) == HISTORY


def test_what_is_verified_says_what_a_restore_needs() -> None:
    verified = bundle.verify(cut(pack()), "test")
    assert (verified.manifest.analysis_id, verified.manifest.catalog_version) == (ANALYSIS_ID, 7)
    assert [reference.tag for reference in verified.history.current()] == ["1"]
    assert verified.analysis.image == IMAGE


def test_the_same_content_gives_the_same_bytes() -> None:
    assert pack(part=13) == pack(part=100_000)


@pytest.mark.skipif(shutil.which("zstd") is None, reason="tar needs the zstd command")
def test_it_is_readable_with_tar_and_sha256sum_alone(tmp_path: Path) -> None:
    (tmp_path / "bundle.tar.zst").write_bytes(pack())
    subprocess.run(["tar", "--zstd", "-xf", "bundle.tar.zst"], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "documents" / "packages").read_bytes() == contents()["packages"]
    listed = subprocess.run(
        ["tar", "--zstd", "-tf", "bundle.tar.zst"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.split()
    assert listed[0] == "manifest.json"
    assert len((tmp_path / "SHA256SUMS").read_text().splitlines()) == len(listed) - 1


def test_memory_does_not_grow_with_the_documents() -> None:
    large = contents({"files": 3_000_000})  # some 50 MB
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    _, parts = bundle.write(ANALYSIS_ID, 7, sources(large, 1 << 20), HISTORY)
    reader = bundle.verify(parts, "test")
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert reader.manifest.documents()["files"].size > 45_000_000
    assert peak < 16_000_000


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_goes_unnoticed(data: st.DataObject) -> None:
    whole = pack()
    kind = data.draw(st.sampled_from(["flip", "cut", "insert", "append"]))
    position = data.draw(st.integers(0, len(whole) - 1))
    extra = data.draw(st.binary(min_size=1, max_size=20))
    damaged = {
        "flip": whole[:position] + bytes([whole[position] ^ (1 + extra[0] % 255)]) + whole[position + 1 :],
        "cut": whole[:position],
        "insert": whole[:position] + extra + whole[position:],
        "append": whole + extra,
    }[kind]
    try:
        verified = bundle.verify(cut(damaged), "test")
    except InvalidBundle:
        return
    # A byte that decompressors ignore (a reserved bit of the frame header) changes nothing that is read.
    assert verified == bundle.verify(cut(whole), "test")


def test_a_source_that_is_not_what_it_must_be_is_not_bundled() -> None:
    given = sources(contents())
    given[2] = bundle.Source(given[2].document, "0" * 64, given[2].size, given[2].open)
    with pytest.raises(InvalidBundle):  # the analysis lists another
        bundle.verify(bundle.write(ANALYSIS_ID, 7, sources(contents())[1:], HISTORY)[1], "test")
    with pytest.raises(ObjectCorrupt):
        b"".join(bundle.write(ANALYSIS_ID, 7, given, HISTORY)[1])


def rewritten(change: Any) -> bytes:
    """Return a bundle whose tar was unpacked, changed and packed again, with the standard library."""
    with zstd.ZstdFile(io.BytesIO(pack())) as file, tarfile.open(fileobj=file, mode="r|") as old:
        members = [(member, (old.extractfile(member) or io.BytesIO()).read()) for member in old]
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for info, content in change(members):
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
    content = raw.getvalue().rstrip(b"\0")
    content += bytes(-len(content) % 512 + 1024)  # tarfile fills up to a record of 20 blocks
    return zstd.ZstdCompressor().compress(content, zstd.ZstdCompressor.FLUSH_FRAME)


def named(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
    return info


HOSTILE = {
    "a member too many": lambda members: [*members, (named("more"), b"x")],
    "a link": lambda members: [*members[:2], (named("documents/manifest", tarfile.SYMTYPE), b""), *members[3:]],
    "a path upwards": lambda members: [*members[:2], (named("documents/../../x"), b"x"), *members[3:]],
    "an absolute path": lambda members: [(named("/manifest.json"), members[0][1]), *members[1:]],
    "another order": lambda members: [members[1], members[0], *members[2:]],
    "no manifest": lambda members: members[1:],
    "no sums": lambda members: [members[0], *members[2:]],
    "other sums": lambda members: [members[0], (members[1][0], members[1][1][1:]), *members[2:]],
    "a document short": lambda members: [*members[:4], *members[5:]],
    "a twin": lambda members: [*members[:4], members[4], members[4], *members[5:]],
    "an unknown version": lambda members: [
        (members[0][0], members[0][1].replace(b'"format_version": 1', b'"format_version": 2')), *members[1:]
    ],
    "a manifest that is no JSON": lambda members: [(members[0][0], b"[" * 100_000), *members[1:]],
    "a huge manifest": lambda members: [(members[0][0], b" " * (2 << 20)), *members[1:]],
}  # fmt: skip


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_a_bundle_is_refused(change: Any) -> None:
    assert bundle.verify(cut(rewritten(lambda members: members)), "test")
    with pytest.raises(InvalidBundle):
        bundle.verify(cut(rewritten(change)), "test")


@pytest.mark.parametrize("place", [2, 4, -1])
def test_an_altered_member_is_named(place: int) -> None:
    """Altered by somebody who also makes the checksum of the frame anew."""
    names: list[str] = []

    def altered(members: list[Any]) -> list[Any]:
        info, content = members[place]
        names.append(info.name)
        members[place] = (info, bytes([content[0] ^ 1]) + content[1:])
        return members

    with pytest.raises(InvalidBundle) as refused:
        bundle.verify(cut(rewritten(altered)), "test")
    assert names[0] in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"not a bundle", zstd.compress(b""), zstd.compress(bytes(1 << 20)), zstd.compress(b"x" * 600)],
)
def test_rubbish_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidBundle):
        bundle.verify(cut(content), "test")


def test_a_second_frame_is_refused() -> None:
    with pytest.raises(InvalidBundle):
        bundle.verify(cut(pack() + zstd.compress(b"more")), "test")


@pytest.mark.parametrize("size", [1, 5, 777, 1 << 20])
def test_the_notes_of_a_store_after_the_end_are_passed_over(size: int) -> None:
    notes = b"\x5c\x2a\x4d\x18" + (48).to_bytes(4, "little") + bytes(48)
    assert bundle.verify(cut(pack() + notes + notes, size), "test")
    for rubbish in (notes[:-1], notes + b"x", notes[:5], b"\x28\xb5\x2f\xfd" + bytes(20)):
        with pytest.raises(InvalidBundle):
            bundle.verify(cut(pack() + rubbish, size), "test")


def test_a_wide_window_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.compression_level: 1}
    wide = zstd.ZstdCompressor(options=options)
    content = wide.compress(b"x" * 600) + wide.flush()
    with pytest.raises(InvalidBundle, match=r"[Ww]indow|memory"):
        bundle.verify([content], "test")


def test_parts_of_another_image_are_refused() -> None:
    other = HISTORY.model_copy(update={"image": "sha256:" + "00" * 32})
    with pytest.raises(InvalidBundle):
        bundle.verify(cut(pack(history=other)), "test")


def test_an_unread_member_is_noticed() -> None:
    reader = bundle.BundleReader(cut(pack()), "test")
    with pytest.raises(InvalidBundle):
        list(reader.members())
