"""SPDX expressions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

from analyze.catalogers.spdx import expression
from analyze.catalogers.spdx_identifiers import EXCEPTIONS, LICENSES

DEPRECATED = ("GPL-", "LGPL-", "AGPL-", "GFDL-")  # old identifiers without -only or -or-later
PLAIN = sorted(name for name in LICENSES.split() if not name.startswith(DEPRECATED))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MIT", "MIT"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("(MIT OR (ISC and 0BSD))", "(MIT OR (ISC AND 0BSD))"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("LGPLv2.1+", "LGPL-2.1-or-later"),
        ("Expat", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("LicenseRef-mine AND MIT", "LicenseRef-mine AND MIT"),
        ("EPL-2.0+", "EPL-2.0+"),
        ("", ""),
        ("BSD", ""),
        ("MIT OR", ""),
        ("OR MIT", ""),
        ("MIT ISC", ""),
        ("(MIT", ""),
        ("MIT)", ""),
        ("()", ""),
        ("MIT WITH", ""),
        ("MIT WITH MIT", ""),
        ("(MIT) WITH Classpath-exception-2.0", ""),
        ("GPL-2 with OpenSSL exception", ""),
        ("(" * 100_000, ""),
    ],
)
def test_expressions(value, expected):
    assert expression(value) == expected


EXPRESSIONS = st.recursive(
    st.sampled_from(PLAIN)
    | st.builds("{} WITH {}".format, st.sampled_from(PLAIN), st.sampled_from(EXCEPTIONS.split())),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=4,
)


@given(EXPRESSIONS, st.booleans())
def test_the_same_as_packaging(value, lower):
    value = value.lower() if lower else value
    assert expression(value) == canonicalize_license_expression(value)


@given(st.text(max_size=50))
def test_a_result_is_a_fixed_point(value):
    found = expression(value)
    assert expression(found) == found
