"""Orders that specifications spell out. The ecosystems' own answers are in tests/integration/test_version_keys.py."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cargohold import versions
from cargohold.versions import MAX_KEY, MAX_VERSION, key, ordered

# Older first; what stands side by side with = is equal.
ORDERS = {
    # deb-version(7), Debian Policy 5.6.12
    "deb": "~~ ~~a ~ 0=0-0=0:0 1=01=1-0 1.0~beta1~svn1245 1.0~beta1 1.=1.0=1.-0 1.0-0.1 1.0-1 1.0-1+b1 1.0-1.1 1.1 a "
    "2:0",
    # rpm's tests/rpmvercmp.at
    "rpm": "1.0~rc1 1.0~rc1^git1 1.0~rc2 1.0=1_0=1.0. 1.0^ 1.0^git1~pre 1.0^git1 1.0^git2 1.0.a 1.0.1 1.0.10 1.1 10 "
    "1:0",
    # apk-tools' test/version.data, with the leading zeros of version 3
    "apk": "0.1.0_alpha_pre2 0.1.0_alpha 0.1.0_alpha2 0.1.0_beta 0.1.0_pre 0.1.0_rc1 0.1.0 0.1.0-r1 0.1.0_git1 "
    "0.1.0_p1 0.1.0_p1-r2 0.1.0_p2 0.1.0a 0.1.0.1 1.0 8.2.0015 8.2.002 8.2.1 8.10 013 103",
    # Semantic Versioning 2.0.0, section 11
    "npm": "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 "
    "1.0.0=v1.0.0=1.0.0+build=1=1.0 1.0.1 1.2 2",
    "rust-crate": "1.0.0-0 1.0.0-a 1.0.0 1.0.10",
    # PEP 440, "Summary of permitted suffixes and relative ordering"
    "python": "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 "
    "1.0b2.post345 1.0rc1.dev456 1.0rc1=1.0c1=1.0-pre_1 1.0=1=1.0.0=v1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 "
    "1.0.post456=1.0-456=1.0r456 1.0.15 1.1.dev1 1!0",
    # Maven's POM reference, "Version Order Specification"
    "java-archive": "1-alpha-1=1-a1 1-beta=1.beta 1-beta-1=1-b1 1-milestone 1-m1 1-rc=1-cr 1-snapshot "
    "1=1.0=1-0=1.ga=1-final=1.0.RELEASE 1-sp 1-sp-1 1-foo=1.foo 1-foo-1=1-foo1=1.foo1 1-1 1-1-foo=1-1.foo 1-1.foo-1 "
    "1-2 1-10 1.1 1.10",
    "gem": "1.a 1.0.a.2 1.0.b1 1.0.pre1 1.0.rc.1 1=1.0=1.0.0 1.0.1.a 1.0.1 1.9 1.10",
    "alpm": "1.0a-1 1.0b-1 1.0beta-1 1.0p-1 1.0pre-1 1.0rc-1 1.0-1 1.0.a-1 1.0.1-1 1.0.1-2 1:0-1",  # vercmp(8)
    # go/version, golang.org/x/mod/semver
    "go-module": "go1.9rc1 go1.9=go1.9.0 go1.20.1 go1.21 go1.21rc1 go1.21.0=go1.21.0-custom go1.21.1 "
    "v0.0.0-20191109021931-daa7c04131f5 v0.0.0 v1.0.0-rc.1 v1.0.0=v1=v1.0.0+incompatible v1.2.0-pre v1.2.0",
    "dotnet": "1.0.0-Alpha=1.0.0-alpha 1.0.0-alpha.2 1.0.0-alpha.10 1.0.0-beta 1=1.0.0.0=1.0.0+abc 1.0.0.1 1.0.1",
    "php-composer": "1.0-dev 1.0-alpha 1.0-a1 1.0-beta2-dev 1.0-beta2 1.0RC1 1.0=v1.0.0.0=1.0-stable 1.0-p1 1.0.1 "
    "2024.10.1",
    # Package Manager Specification 8, 3.3
    "portage": "1_alpha 1_alpha1 1_beta 1_pre 1_rc1_p1 1_rc2 1=1-r0=01 1-r1 1_p=1_p0 1_p1 1a 1b 1.0=1.00 1.01=1.010 "
    "1.05 1.1 1.10",
    # libversion's tests/compare_test.c, and OpenSSL's letters
    "binary": "0 0.9.8z 0.9.8za 0.9.8zh 1.0alpha1=1.0.a1=1.0-alpha-1 1.0alpha2 1.0beta1 1.0rc1 1.0=1=1.0.0=1_0 "
    "1.0patch1 1.0.1 1.0.1w 1.0a 1.0b 1.1",
}


@pytest.mark.parametrize("type_", ORDERS)
def test_the_order_that_a_specification_spells_out(type_: str) -> None:
    places = [place.split("=") for place in ORDERS[type_].split()]
    keys = [{key(type_, version) for version in place} for place in places]
    assert [place for place, made in zip(places, keys, strict=True) if len(made) != 1 or None in made] == []
    made = [next(iter(found)) for found in keys]
    wrong = [(a, b) for (a, b), (c, d) in zip(pairwise(places), pairwise(made), strict=True) if not c < d]  # type: ignore[operator]
    assert wrong == []


@pytest.mark.parametrize(
    ("type_", "version"),
    [
        ("deb", ""), ("deb", "1-"), ("deb", "a:1"), ("deb", ":1"), ("deb", "99999999999:1"), ("deb", "1 0"),
        ("rpm", ""), ("apk", "1..2"), ("apk", "1_foo"), ("apk", "a"), ("apk", "1-2"), ("apk", "1.0-r"),
        ("npm", "latest"), ("npm", "1.2.3.4"), ("npm", "x.1.2"), ("python", "1.0-foo"), ("python", "2004d"),
        ("gem", "a"), ("gem", "1..2"), ("alpm", "1..2-1"), ("alpm", "1.-1"), ("go-module", "(devel)"),
        ("go-module", "devel"), ("dotnet", "1.2.3.4.5"), ("php-composer", "dev-main"), ("php-composer", "20240131"),
        ("portage", "1.0-1"), ("binary", "latest"), ("snap", "1.0"), ("conda", "1.0"), ("", "1.0"),
        ("deb", "1.0é"), ("deb", "1.0\n"), ("rpm", "١"), ("npm", "1.0.0\0"),
    ],
)  # fmt: skip
def test_what_is_no_version_has_no_key(type_: str, version: str) -> None:
    assert key(type_, version) is None


@pytest.mark.parametrize("type_", sorted(versions._ORDERS))
def test_a_version_of_hostile_length_has_no_key_and_the_longest_has_a_short_one(type_: str) -> None:
    for piece in (
        "1",
        "0",
        ".1",
        "1.",
        "a1",
        "1a",
        "-1",
        "~",
        "1~",
        "_p1",
        "-a",
        ".0",
        ".0.1",
        ".00",
        ".a",
        "0a",
        "+1",
    ):
        for start in ("", "1", "v1.2.3-", "1.0."):
            text = start + piece * (MAX_VERSION + 1)
            assert key(type_, text[: MAX_VERSION + 1]) is None
            assert key(type_, text * 50) is None
            assert len(key(type_, text[:MAX_VERSION]) or b"") <= MAX_KEY
            assert len(key(type_, text[: MAX_VERSION - 1]) or b"") <= MAX_KEY


@given(st.sampled_from(sorted(versions._ORDERS)), st.text() | st.text("0123456789.-~^_+:abrcZ", max_size=MAX_VERSION))
def test_no_text_raises(type_: str, version: str) -> None:
    made = key(type_, version)
    assert made is None or 0 < len(made) <= MAX_KEY
    assert made == key(type_, version)


def test_which_types_have_an_order() -> None:
    assert ordered("deb")
    assert not ordered("snap")
