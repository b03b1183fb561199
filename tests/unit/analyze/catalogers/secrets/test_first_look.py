"""What spares a file the search spares none that has something: by its path, at a glance, and however it arrives."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, core_schema
from tests.harness.raw_tars import END, file
from tests.harness.secrets import SAMPLES
from tests.harness.views import MemoryFile

from analyze.catalogers.secrets import SecretScanner
from analyze.catalogers.secrets.rules import RULES
from analyze.catalogers.secrets.search import Searcher, _probe, as_ascii
from analyze.layer.content import HEAD, classify
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch

SCANNER = SecretScanner()
SEARCHER = Searcher(RULES)
PATTERNS = SCANNER.patterns()
PROBE = SchemaValidator(core_schema.str_schema(pattern=_probe(RULES)))
NAMES = (b"etc/a.conf", b"a.pyc", b"usr/bin/tool", b"a/docs/b", b"a/docs/c.env", b"x.md", b"run/environ", b"srv/.npmrc")


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Make bytes of samples, broken samples, noise of all bytes, and what separates, whole or as UTF-16."""
    noise = st.binary(max_size=40) | st.sampled_from(
        [b"\n", b"\0", b"\0\0\0", b" ", b"\x85", b"\xa0", b"\xc2\x85", b"=", b'"auth"\xa0:', b"words of text " * 40]
    )
    sample = st.sampled_from(sorted(SAMPLES)).map(lambda kind: SAMPLES[kind].content(SAMPLES[kind].value()))
    broken = st.tuples(sample, st.integers(0, 60), noise).map(lambda of: of[0][: of[1]] + of[2] + of[0][of[1] :])
    content = b"".join(draw(st.lists(noise | sample | broken, max_size=6)))
    return content.decode("latin-1").encode("utf-16-le") if draw(st.integers(0, 7)) == 0 else content


def cut(content: bytes, seed: int, largest: int) -> list[bytes]:
    """Return bytes in parts of chance, each of at most `largest` bytes."""
    chance, parts, at = Random(seed), [], 0
    while at < len(content):
        parts.append(content[at : at + chance.randint(1, largest)])
        at += len(parts[-1])
    return parts


@given(contents())
@settings(max_examples=400, deadline=None)
def test_what_has_nothing_at_a_glance_has_nothing(content):
    for name in NAMES:
        facts = SCANNER.extract(MemoryFile(name, content))
        if facts is not None:
            assert PATTERNS.glance is not None
            assert PATTERNS.glance(memoryview(content))
            kind = classify(content[:HEAD]).name.lower()
            assert not PATTERNS.passes_by[kind](name)


@given(contents())
@settings(max_examples=400, deadline=None)
def test_probes_find_in_ascii_what_they_find_in_latin_1(content):
    assert PROBE.isinstance_python(as_ascii(content)) == PROBE.isinstance_python(content.decode("latin-1"))


@pytest.mark.parametrize("space", [b"\x85", b"\xa0"])
def test_white_space_of_latin_1_stays_white_space(space):
    assert PROBE.isinstance_python(as_ascii(b'"auth"' + space + b":"))
    assert not PROBE.isinstance_python(as_ascii(b'"auth"\xe9:'))


@given(contents())
@settings(max_examples=50, deadline=None)
def test_the_places_of_a_block_are_those_of_every_keyword(content):
    places = [
        (number, place)
        for (fold, keyword), numbers in SEARCHER._keywords.items()
        for place in range(len(content))
        if (content.lower() if fold else content).startswith(keyword, place)
        for number in numbers
    ]
    assert list(SEARCHER._places(content, 0)) == places


@given(st.lists(contents(), min_size=1, max_size=4), st.integers(0, 2**32), st.sampled_from([7, 600, 5000, 1 << 20]))
@settings(max_examples=60, deadline=None)
def test_a_layer_has_what_its_files_have_however_its_bytes_arrive(tmp_path_factory, files, seed, largest):
    named = {b"%d/" % number + NAMES[number]: content for number, content in enumerate(files)}
    tar = b"".join(file(path, content) for path, content in named.items()) + END
    with Scratch(tmp_path_factory.mktemp("scratch"), "request", budget=1 << 20, memory=1 << 20) as scratch:
        record = walk_layer(
            cut(tar, seed, largest), blob_digest="", diff_id="", catalogers=[SCANNER], limits=DEFAULT, scratch=scratch
        )
    found = {record.entries.paths[entry]: facts for entry, facts in record.sections["secrets"].facts.items()}
    whole = {path: SCANNER.extract(MemoryFile(path, content)) for path, content in named.items() if content}
    assert found == {path: facts for path, facts in whole.items() if facts is not None}
