"""TOML out of an image."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.catalogers.lockfile import toml


def test_what_lock_files_have_is_read():
    dots = b'"' + b".1" * 20 + b'"'
    text = b'\xef\xbb\xbf[[package]]\nname = "a"\r\n[package.x]\n"b.c" = {d = [1.5, ' + dots + b"]}\n"
    (package,) = toml.loads(text)["package"]
    assert package["x"]["b.c"]["d"][0] == 1.5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a = " + b"[" * 100_000, "nests too deep"),
        (b"a = " + b"{a = " * 100_000, "nests too deep"),
        (b".".join([b"a"] * 100_000) + b" = 1", "a key of more than 16 parts"),
        (b"[" + b" . ".join([b'"a b"'] * 100) + b"]", "a key of more than 16 parts"),
        (b"a = '''\n'''\n" + b".".join([b"a"] * 100) + b" = 1", "a key of more than 16 parts"),
        (b'a = """\\""""\n' + b".".join([b"a"] * 100) + b" = 1", "a key of more than 16 parts"),
        (b"a = 1 # '\n" + b".".join([b"a"] * 100) + b" = '1'", "a key of more than 16 parts"),
        (b"a = " + b"1" * 5000, "Exceeds"),
        (b"a", "Expected"),
        (b"\0", "Invalid"),
    ],
)
def test_what_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        toml.loads(content)


def test_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(toml, "LIMIT", 3)
    assert toml.loads(b"a=1") == {"a": 1}
    with pytest.raises(ValueError, match="larger than 3"):
        toml.loads(b"a = 1")


@given(st.text(st.sampled_from("\"'#\\.a\n"), max_size=40))
def test_dots_in_strings_and_comments_are_no_parts(text):
    document = "a = '''x''' # c\n" + text
    dotted = document + "\n" + ".".join("a" * 40) + " = 1"
    try:
        toml.loads(dotted.encode())
    except ValueError:
        return
    # What was read had the key in a string or in a comment.
    assert toml.tomllib.loads(dotted).keys() <= toml.tomllib.loads(document + "\n").keys() | {"a"}


@pytest.mark.parametrize(
    "content",
    [b"[[a]]\n" * 50_000, b'"' * 300_000, b"'" * 300_000, b'a="' + b"\\" * 300_000, b"#" * 300_000, b"." * 300_000],
)
def test_floods_take_linear_time(content):
    started = time.process_time()
    with suppress(ValueError):
        toml.loads(content)
    assert time.process_time() - started < 10
