"""Identities and sets: equal for what is equal, different for what differs."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cargohold.model import License, Location, Package, Scope
from persist.packages import analysis_hour, collect, package_row, set_digest
from persist.text import MAX_INTEGER, fit, fit_integer

BASE = Package(cataloger="npm", type="npm", name="a", version="1", purl="pkg:npm/a@1")

packages = st.builds(
    Package,
    cataloger=st.sampled_from(["npm", "dpkg"]),
    type=st.sampled_from(["npm", "deb"]),
    name=st.text(max_size=5),
    version=st.text(max_size=3),
    purl=st.text(max_size=8),
    scope=st.sampled_from(Scope),
    licenses=st.lists(st.builds(License, st.text(max_size=3)), max_size=3).map(tuple),
)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "deb"},
        {"namespace": "n"},
        {"name": "b"},
        {"version": "2"},
        {"source_name": "s"},
        {"source_version": "s"},
        {"purl": "pkg:npm/b@1"},
        {"licenses": (License("MIT"),)},
    ],
)
def test_what_a_package_is_makes_its_identity(change: dict[str, Any]) -> None:
    assert package_row(replace(BASE, **change)).identity != package_row(BASE).identity


@pytest.mark.parametrize(
    "change",
    [
        {"cataloger": "other"},
        {"scope": Scope.HIDDEN},
        {"files": ("/a",)},
        {"locations": (Location("/a", 1),)},
        {"metadata": {"a": 1}},
        {"origin_layer": 3},
        {"id": "x"},
    ],
)
def test_where_it_was_found_does_not(change: dict[str, Any]) -> None:
    assert package_row(replace(BASE, **change)) == package_row(BASE)


def test_licences_are_a_set_and_expressions_come_first() -> None:
    one = replace(BASE, licenses=(License("Apache 2", spdx_expression="Apache-2.0"), License("MIT"), License("")))
    other = replace(BASE, licenses=(License("MIT"), License("MIT"), License("x", spdx_expression="Apache-2.0")))
    assert package_row(one) == package_row(other)
    assert package_row(one).licenses == ["Apache-2.0", "MIT"]


@pytest.mark.parametrize(
    ("purl", "distro"),
    [
        ("pkg:deb/debian/a@1?arch=amd64&distro=debian-12", "debian-12"),
        ("pkg:deb/debian/a@1?distro=debian-12%20x#sub?distro=no", "debian-12 x"),
        ("pkg:npm/distro=a@1", ""),
        ("pkg:npm/a@1?arch=x", ""),
        ("", ""),
    ],
)
def test_the_distribution_comes_from_the_purl(purl: str, distro: str) -> None:
    assert package_row(replace(BASE, purl=purl)).distro == distro


@settings(max_examples=60)
@given(st.lists(packages, max_size=12), st.randoms())
def test_order_and_repetition_do_not_matter(found: list[Package], random: Any) -> None:
    shuffled = found + found[: len(found) // 2]
    random.shuffle(shuffled)
    one, other = collect(found), collect(shuffled)
    assert one.sets == other.sets
    assert one.rows == other.rows
    assert list(one.sets) == sorted(one.sets, key=lambda item: (item.cataloger, item.scope))
    assert {member for item in one.sets for member in item.members} == set(one.rows)
    expected = {
        (item.cataloger, item.scope, package_row(item).identity) for item in found
    }  # fmt: skip
    assert {(item.cataloger, item.scope, member) for item in one.sets for member in item.members} == expected
    assert one.visible == len({identity for _, scope, identity in expected if scope is Scope.VISIBLE})


def test_a_set_is_named_by_scope_and_members() -> None:
    a, b = bytes(32), bytes([1]) * 32
    names = [set_digest(scope, members) for scope in Scope for members in ([], [a], [b], [a, b])]
    assert len(set(names)) == len(names)
    # Written down: sets in a database keep their names.
    assert set_digest(Scope.VISIBLE, [a, b]) == sha256(b"visible\0" + a + b).digest()


def test_hours() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    assert analysis_hour(at) == datetime(2026, 1, 2, 3, tzinfo=UTC)


@settings(max_examples=100)
@given(st.text(max_size=50), st.integers(0, 60))
def test_text_fits(text: str, limit: int) -> None:
    fitted = fit(text, limit)
    encoded = fitted.encode()
    assert b"\0" not in encoded
    assert len(encoded) <= max(limit, 0)
    plain = text.replace("\0", "\ufffd")
    assert plain.startswith(fitted)
    if len(plain.encode()) <= limit:
        assert fitted == plain


@pytest.mark.parametrize(("number", "fitted"), [(-1, 0), (0, 0), (7, 7), (2**31, MAX_INTEGER), (2**80, MAX_INTEGER)])
def test_integers_fit(number: int, fitted: int) -> None:
    assert fit_integer(number) == fitted
