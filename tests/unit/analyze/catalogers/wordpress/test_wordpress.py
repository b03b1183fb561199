"""Headers of plugins and themes, compared with what WordPress's own get_file_data reads."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, related

from analyze.catalogers.spdx import expression
from analyze.catalogers.wordpress import WordpressCataloger
from analyze.catalogers.wordpress.headers import SIZE, headers

WORDPRESS = WordpressCataloger()
TRUTH = json.loads(Path(__file__).with_name("headers.json").read_text())
PLUGINS = b"www/wp-content/plugins/"


@pytest.fixture(scope="module")
def image():
    found = findings(View([tree("wordpress")], WORDPRESS), WORDPRESS)
    return {one.package.locations[0].path[1:]: one.package for one in found}


@pytest.mark.parametrize("path", TRUTH)
def test_a_file_says_what_wordpress_reads(path, image):
    truth = TRUTH[path]
    if not truth:
        assert path not in image
        return
    found = image[path]
    assert found.name == truth.get("plugin", truth.get("theme"))
    assert found.version == truth.get("version", "UNKNOWN")
    assert [one.value for one in found.licenses] == [truth[key] for key in ("license",) if key in truth]
    for field in ("author", "authorUri", "description"):
        assert found.metadata.get(field) == truth.get(field)


def test_types_and_purls(image):
    assert {
        one.name: (one.type, one.purl, one.licenses[0].spdx_expression) for one in image.values() if one.licenses
    } == {
        "Akismet Anti-Spam": ("wordpress-plugin", "pkg:generic/akismet@5.0.2", "GPL-2.0-or-later"),
        "Add-on é": ("wordpress-plugin", "pkg:generic/addon@2.0.0-beta.1", ""),
        "Twenty Twenty-Three": ("wordpress-theme", "pkg:generic/twentytwentythree@1.0", "GPL-2.0-or-later"),
        "Child": ("wordpress-theme", "pkg:generic/child@0.1", "MIT"),
    }
    found = {one.name: one for one in image.values()}
    assert found["Old"].purl == "pkg:generic/hello"
    assert found["Akismet Anti-Spam"].metadata["pluginInstallDirectory"] == "akismet"
    assert found["Akismet Anti-Spam"].metadata_type == "wordpress-plugin-entry"


def test_requirements_are_found_in_the_same_site():
    assert related([tree("wordpress")], WORDPRESS) == {
        ("Akismet Anti-Spam", "Add-on é"),
        ("Twenty Twenty-Three", "Child"),
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("GPLv2 or later", "GPL-2.0-or-later"),
        ("GPL v3", "GPL-3.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPL-3.0-or-later", "GPL-3.0-or-later"),
        ("LGPLv2.1 or later", "LGPL-2.1-or-later"),
        ("GNU General Public License v3.0", "GPL-3.0-only"),
        ("GPL", ""),
        ("MIT", "MIT"),
        ("GPLv9", ""),
    ],
)
def test_licences(value, expected):
    assert expression(value) == expected


def test_only_the_beginning_of_a_file_counts():
    text = b"<?php\n" + b"// \n" * (SIZE // 4) + b"/*\nPlugin Name: Late\n*/"
    assert extract(WORDPRESS, PLUGINS + b"late/late.php", text) is None


def test_files_elsewhere_are_not_looked_at():
    text = b"/* Plugin Name: a */"
    assert extract(WORDPRESS, PLUGINS + b"a/views/a.php", text) is None
    assert extract(WORDPRESS, PLUGINS + b"a/a.php", text).identity == [{"name": "a", "version": "UNKNOWN"}]
    assert extract(WORDPRESS, b"www/wp-content/mu-plugins/a.php", text) is not None
    assert extract(WORDPRESS, b"www/wp-content/themes/a/style.css", text) is None


def test_a_name_that_is_no_text_has_a_purl():
    path = PLUGINS + b"\xff\n/x.php"
    found = findings(View([{path: b"/* Plugin Name: a */"}], WORDPRESS), WORDPRESS)
    assert found[0].package.purl == "pkg:generic/%5Cxff"


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    found = headers(b"Plugin Name: x\n" + data, "plugin")
    assert found is None or found["name"] == "x"
