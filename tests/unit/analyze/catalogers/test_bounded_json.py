"""JSON out of images."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.catalogers.bounded_json import DEPTH, check_depth, documents, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(VALUES, st.sampled_from(["", "\n", "\ufeff"]))
def test_what_is_json_is_read(value, before):
    assert loads((before + json.dumps(value)).encode("utf-8", "surrogatepass")) == value


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_documents_follow_each_other(values):
    assert documents(" ".join(json.dumps(value) for value in values).encode()) == values


@given(st.binary(max_size=200))
def test_bytes_give_a_value_or_a_value_error(data):
    try:
        documents(data)
    except ValueError:
        return


@pytest.mark.parametrize("nested", [b"[" * DEPTH + b"]" * DEPTH, b'{"a":' * DEPTH + b"1" + b"}" * DEPTH])
def test_depth_is_bounded(nested):
    loads(nested)
    with pytest.raises(ValueError, match="deeper"):
        loads(b"[" + nested + b"]")


def test_brackets_in_strings_are_no_depth():
    check_depth(json.dumps(["[" * 1000, '\\"[{' * 1000]).encode())


@pytest.mark.parametrize(
    "data",
    [b'"\\' * 500_000, b'"\\"' * 500_000, b'"' * 1_000_001, b"[" * 65 + b'"' + b"\\" * 1_000_000],
)
def test_quotes_that_never_close_take_linear_time(data):
    with pytest.raises(ValueError):
        loads(b"[{" * 40 + data)
