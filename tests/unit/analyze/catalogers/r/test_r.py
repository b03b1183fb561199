"""DESCRIPTION files of installed packages and of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.r import RCataloger
from analyze.catalogers.r.description import package
from analyze.catalogers.r.licenses import licenses

R = RCataloger()
BUILT = b"Built: R 4.2.2; ; 2023-01-20 18:24:19 UTC; unix\n"


@pytest.fixture(scope="module")
def image():
    return {finding.package.name: finding.package for finding in findings(View([tree("r")], R), R)}


def test_packages_that_are_installed(image):
    assert {name: found.purl for name, found in image.items()} == {
        "base": "pkg:cran/base@4.2.2",
        "glue": "pkg:cran/glue@1.6.2",
        "grDevices": "pkg:cran/grDevices@4.2.2",
        "graphics": "pkg:cran/graphics@4.2.2",
        "jsonlite": "pkg:cran/jsonlite@1.8.4",
        "rlang": "pkg:cran/rlang@1.0.6",
        "stats": "pkg:cran/stats@4.2.2",
        "utils": "pkg:cran/utils@4.2.2",
    }


def test_metadata_has_the_names_of_syft(image):
    found = image["rlang"]
    assert (found.type, found.language, found.metadata_type) == ("R-package", "R", "r-description")
    assert found.metadata == {
        "title": "Functions for Base Types and Core R and 'Tidyverse' Features",
        "description": "A toolbox for working with base types, core R features like the condition system, and core"
        " 'Tidyverse' features like tidy evaluation.",
        "author": "Lionel Henry [aut, cre], Hadley Wickham [aut], mikefc [cph] (Hash implementation based on Mike's"
        " xxhashlite), Yann Collet [cph] (Author of the embedded xxHash library), RStudio [cph, fnd]",
        "maintainer": "Lionel Henry <lionel@rstudio.com>",
        "url": ["https://rlang.r-lib.org", "https://github.com/r-lib/rlang"],
        "repository": "CRAN",
        "built": "R 4.2.1; x86_64-pc-linux-gnu; 'Fri, 30 Sep 2022 12:41:45 +0530'; unix",
        "needsCompilation": True,
        "depends": ["R (>= 3.4.0)"],
        "imports": ["utils"],
        "suggests": [
            "cli (>= 3.1.0)",
            "covr",
            "crayon",
            "fs",
            "glue",
            "knitr",
            "magrittr",
            "methods",
            "pillar",
            "rmarkdown",
            "stats",
            "testthat (>= 3.0.0)",
            "tibble",
            "usethis",
            "vctrs (>= 0.2.3)",
            "withr",
        ],
    }
    assert [(one.value, one.spdx_expression) for one in found.licenses] == [("MIT + file LICENSE", "MIT")]


def test_dependencies_are_found_in_the_same_library_first():
    assert related([tree("r")], R) == {
        ("grDevices", "graphics"),
        ("graphics", "stats"),
        ("grDevices", "stats"),
        ("utils", "stats"),
        ("utils", "rlang"),
    }
    own = {b"b/utils/DESCRIPTION": b"Package: utils\nVersion: 1\n" + BUILT}
    user = {b"b/x/DESCRIPTION": b"Package: x\nVersion: 1\nImports: utils (>= 1),\n\tutils\n" + BUILT}
    view = View([tree("r"), own, user], R)
    found = [finding.package for finding in findings(view, R)]
    versions = {one.id: (one.name, one.version) for one in found}
    assert {versions[one.parent] for one in R.relate(view, found) if versions[one.child] == ("x", "1")} == {
        ("utils", "1")
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("GPL-2", [("GPL-2", "GPL-2.0-only")]),
        ("GPL (>= 2)", [("GPL (>= 2)", "GPL-2.0-or-later")]),
        ("GPL(>=2)", [("GPL(>=2)", "GPL-2.0-or-later")]),
        ("LGPL (>= 2.1)", [("LGPL (>= 2.1)", "LGPL-2.1-or-later")]),
        ("GPL (== 3)", [("GPL (== 3)", "GPL-3.0-only")]),
        ("GPL (> 2)", [("GPL (> 2)", "")]),
        ("GPL (>= 2, < 4)", [("GPL (>= 2, < 4)", "")]),
        ("GPL-2 | GPL-3", [("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only")]),
        ("GPL (>= 2) | file LICENCE", [("GPL (>= 2) | file LICENCE", "")]),
        ("MIT + file LICENSE", [("MIT + file LICENSE", "MIT")]),
        ("BSD_3_clause + file LICENSE", [("BSD_3_clause + file LICENSE", "BSD-3-Clause")]),
        ("Apache License (== 2.0)", [("Apache License (== 2.0)", "Apache-2.0")]),
        ("Apache License (>= 2.0)", [("Apache License (>= 2.0)", "")]),
        ("Apache License 2.0", [("Apache License 2.0", "Apache-2.0")]),
        ("Mozilla Public License 2.0", [("Mozilla Public License 2.0", "MPL-2.0")]),
        ("CC BY-SA 4.0", [("CC BY-SA 4.0", "CC-BY-SA-4.0")]),
        ("Part of R 4.2.2", [("Part of R 4.2.2", "")]),
        ("Unlimited", [("Unlimited", "")]),
        ("GPL", [("GPL", "")]),
        ("", []),
    ],
)
def test_licence_forms(value, expected):
    assert [(one.value, one.spdx_expression) for one in licenses(value, "/x")] == expected


def test_packages_that_r_did_not_build_are_not_installed():
    assert package(b"Package: a\nVersion: 1\n") is None
    assert package(b"Package: a\n" + BUILT) is None
    assert package(b"Version: 1\n" + BUILT) is None
    assert extract(R, b"src/DESCRIPTION", b"A fine project.\n") is None


def test_the_encoding_of_a_file_is_its_own():
    found = package(b"Package: a\nVersion: 1\nEncoding: latin1\nAuthor: Andr\xe9\n" + BUILT)
    assert found["author"] == "André"
    assert package(b"Package: a\nVersion: 1\nAuthor: Andr\xc3\xa9\n" + BUILT)["author"] == "André"
    assert package(b"Package: a\nVersion: 1\nEncoding: zip\nAuthor: Andr\xe9\n" + BUILT)["author"] == "Andr\ufffd"


@given(st.text(max_size=200))
def test_any_text_is_a_licence_field(value):
    assert all(one.value for one in licenses(value, "/x"))


@given(st.lists(st.sampled_from(["Package: a", " x", "Version: 1", "Built: R", "", "License", ": ", "Imports: b,, c"])))
def test_any_lines_are_a_description(lines):
    found = package("\n".join(lines).encode())
    assert found is None or found["version"].startswith("1")
