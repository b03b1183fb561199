"""Documents: what is written is read back, the same rows give the same bytes, damage is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cargohold import documents
from cargohold.documents.analysis import Analysis
from cargohold.errors import InvalidDocument
from cargohold.model import (
    Content,
    ContentMatch,
    FileRecord,
    License,
    Location,
    Package,
    Relationship,
    Scope,
    Secret,
    Unknown,
)

text = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
locations = st.builds(
    Location, path=text, layer=st.integers(0, 200), evidence=st.sampled_from(["primary", "supporting"])
)
packages = st.builds(
    Package,
    cataloger=text,
    type=text,
    name=text,
    version=text,
    purl=text,
    scope=st.sampled_from(Scope),
    licenses=st.lists(st.builds(License, value=text, path=text), max_size=2).map(tuple),
    locations=st.lists(locations, max_size=2).map(tuple),
    files=st.lists(text, max_size=3).map(tuple),
    origin_layer=st.none() | st.integers(0, 200),
    metadata=st.dictionaries(text, text, max_size=2),
)
files = st.builds(
    FileRecord,
    path=text,
    type=st.just("file"),
    mode=st.integers(0, 0o7777),
    uid=st.integers(0, 2**32 - 1),
    gid=st.integers(0, 2**32 - 1),
    size=st.integers(0, 2**63 - 1),
    layer=st.integers(0, 200),
    digest=text,
)


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(st.lists(packages, max_size=4), st.integers(1, 64))
def test_packages_round_trip(rows: list[Package], size: int) -> None:
    content = b"".join(documents.PACKAGES.write(rows))
    assert list(documents.PACKAGES.read(cut(content, size))) == rows
    assert b"".join(documents.PACKAGES.write(rows)) == content


@given(st.lists(files, max_size=4))
def test_files_round_trip(rows: list[FileRecord]) -> None:
    assert list(documents.FILES.read(documents.FILES.write(rows))) == rows


def test_relationships_and_unknowns_round_trip() -> None:
    relations = [Relationship("a", "b", "dependency-of"), Relationship("a", "c", "contains", ("/x",))]
    assert list(documents.RELATIONSHIPS.read(documents.RELATIONSHIPS.write(relations))) == relations
    unknowns = [Unknown("/x", 0, "npm", "not JSON")]
    assert list(documents.UNKNOWNS.read(documents.UNKNOWNS.write(unknowns))) == unknowns


def test_secrets_and_contents_round_trip() -> None:
    secrets = [
        Secret(
            "private-key", "AsymmetricPrivateKey", "Private Key", "HIGH", "/k", "-----BEGIN", layer=0, line=1, column=1
        ),
        Secret("jwt-token", "JWT", "JWT", "MEDIUM", "config.Env[0]", "eyJ*", "config", digest="0" * 16, visible=False),
    ]
    assert list(documents.SECRETS.read(documents.SECRETS.write(secrets))) == secrets
    contents = [
        Content("/etc/passwd", 0, "sha256:0", retrieved=True),
        Content("/etc/x", 1, matches=(ContentMatch("a", 2, (1, 5), ("x", "y")), ContentMatch("b", 1, (3,)))),
    ]
    assert list(documents.CONTENTS.read(documents.CONTENTS.write(contents))) == contents


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"not json\n",
        b"[]\n",
        b'{"document":"files","schema_version":1}\n',
        b'{"document":"packages","schema_version":99}\n',
        b'{"document":"packages","schema_version":1}\n{"name":"x"}\n',
        b'{"document":"packages","schema_version":1}\n{"name":',
    ],
)
def test_damage_is_an_error(content: bytes) -> None:
    with pytest.raises(InvalidDocument):
        list(documents.PACKAGES.read([content]))


def test_analysis_round_trips_and_refuses_damage() -> None:
    analysis = Analysis(image="sha256:" + "0" * 64, media_type="x", catalog_version=1, layers=(), documents=())
    content = b"".join(documents.ANALYSIS.write(analysis))
    assert documents.ANALYSIS.read([content]) == analysis
    with pytest.raises(InvalidDocument):
        documents.ANALYSIS.read([content[:-2]])


def test_names_are_unique_and_the_head_is_last() -> None:
    assert len(set(documents.NAMES)) == len(documents.NAMES)
    assert documents.NAMES[-1] == "analysis"


def test_a_part_holds_no_more_than_one_large_row():
    kept = Content("/a", 0, content="x" * 1_000_000)
    parts = list(documents.CONTENTS.write(kept for _ in range(20)))
    assert max(map(len, parts)) < 1_300_000
    assert len(list(documents.CONTENTS.read(parts))) == 20
