"""Texts of licences: what they are taken for, what is no licence, and how long it takes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import MemoryFile, extract, wants

from analyze.catalogers.license_text import LicenseTextCataloger, families, matching
from analyze.catalogers.license_text.matching import licenses
from analyze.catalogers.license_text.normal import normal
from analyze.catalogers.license_text.phrases import PHRASES
from analyze.catalogers.license_text.rules import NONE, parsed
from analyze.catalogers.spdx import expression

TEXTS = LicenseTextCataloger()
TREE = tree("license_text")
PYTHON = b"usr/local/lib/python3.11/dist-packages/"
GPL_2 = TREE[b"opt/tool/COPYING"]
MIT = b"""Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:
The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.%b
THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.%b
"""
NTP = b"""permission to use, copy, modify, and distribute this software and its documentation for any purpose and
without fee is hereby granted, provided that the above copyright notice appear in all copies and that both that
copyright notice and this permission notice appear in supporting documentation, and that the name of Jo not be used in
advertising or publicity. Jo makes no representations about the suitability of this software for any purpose. It is
provided "as is" without express or implied warranty."""
X11 = b"""
Except as contained in this notice, the name of Jo shall not be used in advertising or otherwise to promote the sale,
use or other dealings in this Software without prior written authorization from Jo."""


def said(path):
    facts = extract(TEXTS, path, TREE[path])
    return facts and facts.detail["licenses"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"opt/library/COPYING.LESSER", ["LGPL-3.0-only"]),
        (b"opt/tool/COPYING", ["GPL-2.0-only"]),
        (b"srv/app/node_modules/glob/LICENSE", ["ISC", "CC-BY-SA-4.0"]),
        (b"srv/app/node_modules/tslib/LICENSE.txt", ["0BSD"]),
        (b"srv/app/node_modules/wrappy/LICENSE", ["ISC"]),
        (PYTHON + b"certifi-2026.10.18.dist-info/licenses/LICENSE", ["MPL-2.0"]),
        (PYTHON + b"cryptography-44.0.0.dist-info/licenses/LICENSE.APACHE", ["Apache-2.0"]),
        (PYTHON + b"cryptography-44.0.0.dist-info/licenses/LICENSE.BSD", ["BSD-3-Clause"]),
        (PYTHON + b"greenlet-3.2.5.dist-info/licenses/LICENSE", ["MIT"]),
        (PYTHON + b"sqlparse-0.6.1.dist-info/licenses/LICENSE", ["BSD-3-Clause"]),
        (b"usr/share/doc/base-files/copyright", ["GPL-2.0-or-later"]),
        (b"usr/share/doc/ca-certificates-java/copyright", None),
        (b"usr/share/doc/libfontconfig1/copyright", ["HPND-sell-variant"]),
        (b"usr/share/doc/librtmp1/copyright", ["GPL-2.0-or-later", "LGPL-2.1-or-later"]),
        (b"usr/share/doc/libxml2/copyright", None),
    ],
)
def test_files_of_packages(path, expected):
    assert said(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"under the terms of the GNU General Public License, version 2", ["GPL-2.0-only"]),
        (b"under version 2 of the GNU General Public License.", ["GPL-2.0-only"]),
        (b"under the GNU General Public License version 2 (GPLv2) or later", ["GPL-2.0-or-later"]),
        (b"is available under the terms of the GNU GPL v3 or above", ["GPL-3.0-or-later"]),
        (
            b"under the GNU General Public License; version 2 dated June 1991, or, at your option, any later",
            ["GPL-2.0-or-later"],
        ),
        (b"under version 2 or (at your option) any later version of the GNU GPL", ["GPL-2.0-or-later"]),
        (b"under the GNU GPL v3 or later", ["GPL-3.0-or-later"]),
        (b"licensed under the LGPLv2.1+, see there", ["LGPL-2.1-or-later"]),
        (
            b"""under the terms of the GNU Lesser General
            # Public License as published by the Free Software
            # Foundation; either
            # version 2.1 of the License, or (at your option) any later version.""",
            ["LGPL-2.1-or-later"],
        ),
        (b"is licensed under GNU Lesser General Public License (LGPL) version 2.1+, it says", ["LGPL-2.1-or-later"]),
        (b"under the terms of the GNU Library General Public License, version 3.", ["LGPL-3.0-only"]),
        (b"under the GNU Affero General Public License version 3 or later", ["AGPL-3.0-or-later"]),
        (
            b"""under the terms of the GNU Free Documentation License, Version 1.3 or any later version published by
            the Free Software Foundation; with no Invariant Sections, no Front-Cover Texts""",
            ["GFDL-1.3-no-invariants-or-later"],
        ),
        (b"under the terms of the GNU General Public License", []),
        (b"under the terms of the GNU General Public License version 9", []),
        (b"It is compatible with version 3 of the GNU General Public License.", []),
        (b"You can use it under the same terms as Perl itself.", ["Artistic-1.0-Perl OR GPL-1.0-or-later"]),
        (b'Licensed under the Apache License, Version 2.0 (the "License")', ["Apache-2.0"]),
        (b"under a Creative Commons Attribution-ShareAlike 4.0 International License.", ["CC-BY-SA-4.0"]),
        (b"as CC-BY-SA, which means the Creative Commons Attribution-Share Alike 3.0 license", []),
        (b"/* SPDX-License-Identifier: mit or apache-2.0 */\n" + GPL_2, ["MIT OR Apache-2.0"]),
        (b"SPDX-License-Identifier: whatever\nSPDX-License-Identifier: ISC", ["ISC"]),
        (b"All rights reserved. Do not use this.", []),
        (b"", []),
    ],
)
def test_notices(text, expected):
    assert licenses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MIT % (b"", b""), ["MIT"]),
        (b"The MIT License (MIT)\n\nCopyright (c) 2020 Jo <jo@example.org>\n\n" + MIT % (b"", b""), ["MIT"]),
        (b"\n".join(b" * " + line for line in (MIT % (b"", b"")).split(b"\n")), ["MIT"]),
        ((MIT % (b"", b"")).replace(b"\n", b" "), ["MIT"]),
        (b"Copyright (c) 2020 Jo. " + (MIT % (b"", b"")).replace(b"\n", b" "), ["MIT"]),
        (MIT % (b"", X11), ["X11"]),
        (MIT % (b" The Software shall be used for Good, not Evil.", b""), ["JSON"]),
        (
            MIT
            % (b" The Software may not be used by anybody whose name begins with a J, nor on Sundays at noon.", b""),
            [],
        ),
        (MIT[:600], []),
        (NTP, ["NTP"]),
        (b"Export may require a license. WITHIN THAT CONSTRAINT, " + NTP, ["HPND-export-US"]),
        (
            b"Export may require a license. WITHIN THAT CONSTRAINT, " + NTP + b" Furthermore if you modify it, say so.",
            [],
        ),
        (MIT % (b"", b"") + GPL_2, ["GPL-2.0-only", "MIT"]),
    ],
)
def test_the_terms_decide_and_not_what_is_around_them(text, expected):
    assert licenses(text) == expected


@pytest.mark.parametrize(
    "changed",
    [
        GPL_2.upper(),
        GPL_2.replace(b"\n", b"\r\n    "),
        b"\n".join(b"# " + line for line in GPL_2.split(b"\n")),
        b"Copyright (C) 2020 Jo\nAll rights reserved.\n" + GPL_2,
    ],
)
def test_a_known_text_is_found_by_its_hash_in_any_layout(changed):
    assert matching.digest(normal(changed)) == matching.digest(normal(GPL_2))
    assert matching._KNOWN[matching.digest(normal(changed))] == "GPL-2.0-only"


def test_a_notice_before_a_text_says_that_later_versions_apply():
    notice = b"under the terms of the GNU General Public License version 2, or (at your option) any later version.\n"
    assert licenses(notice + GPL_2) == ["GPL-2.0-or-later"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"opt/copyright", GPL_2),
        (b"usr/share/doc/a/b/copyright", GPL_2),
        (b"usr/share/doc/a/copyright", b"Format: https://www.debian.org/doc/\n\n" + GPL_2),
        (b"opt/LICENSE", b"\0" + GPL_2),
        (b"opt/LICENSE", b"Ours, and ours alone."),
    ],
)
def test_what_is_no_text_of_a_licence(path, content):
    assert TEXTS.extract(MemoryFile(path, content)) is None


def test_only_the_beginning_of_a_large_file_is_looked_at():
    assert licenses(GPL_2) == extract(TEXTS, b"LICENSE", GPL_2 + b"\n" * (1 << 20)).detail["licenses"]
    assert extract(TEXTS, b"LICENSE", b"\n" * (1 << 20) + GPL_2) is None


NAMES = """LICENSE LICENSE.txt LICENSE.md LICENSE.TXT license License.txt LICENCE COPYING COPYING.LESSER COPYING3
copying UNLICENSE LICENSE-MIT LICENSE-APACHE LICENSE_APACHE LICENSE.BSD MIT-LICENSE MIT-LICENSE.txt License.rst
main.js.LICENSE LICENSE-MIT.txt BSDL licence.md Licence"""


@pytest.mark.parametrize("name", NAMES.split())
def test_names_that_are_looked_at(name):
    assert wants(TEXTS, b"opt/" + name.encode(), GPL_2)


@pytest.mark.parametrize(
    "name", ["license.js", "licenses", "LICENSES.html", "NOTICE", "README", "license.json", "sublicense"]
)
def test_names_that_are_not_looked_at(name):
    assert not wants(TEXTS, b"opt/" + name.encode(), GPL_2)


def test_tables_are_in_canonical_form():
    for table in (PHRASES, families._MIT, families._BSD, families._ISC):
        for rule in parsed(table):
            assert rule.expression == NONE or expression(rule.expression) == rule.expression
            for phrase in (*rule.needed, *rule.excluded):
                assert normal(phrase) == phrase
    assert all(expression(name) == name for name in matching._KNOWN.values())
    assert all(expression(name) == name for name in families._BOUNDS)


PIECES = [rule.needed[0] for rule in parsed(PHRASES + families._MIT + families._BSD + families._ISC)] + [
    *families._RULES,
    b"under the terms of the gnu general public license version 2 or later ",
    b"everyone is permitted to copy and distribute verbatim copies",
    b"gnu general public license version 2 june 1991 ",
    b"under a creative commons attribution 4 0 license ",
    b"SPDX-License-Identifier: ",
    b"Copyright (c) 2000 ",
    b"\xa9",
    b"\n",
]


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=20))
def test_whatever_is_found_is_an_expression(parts):
    found = licenses(b" ".join(parts))
    assert all(expression(one) == one for one in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    "piece", [*PIECES, b"(c)", b"gpl ", b"under the ", b"terms of the terms of the ", b"a"], ids=repr
)
def test_floods_take_linear_time(piece):
    data = piece * ((256 << 10) // len(piece))
    started = time.process_time()
    licenses(data)
    assert time.process_time() - started < 5


@pytest.mark.trap("A18")
def test_a_thousand_licences_take_less_than_two_seconds():
    files = [text for path, text in TREE.items()] * 70
    assert len(files) > 841
    started = time.process_time()
    for number, text in enumerate(files):
        licenses(b"Copyright (c) %d Jo\n" % (1900 + number % 100) + text)
    assert time.process_time() - started < 10


def test_where_debian_packages_link_their_licences_to_is_read_at_once():
    """Else a link to it is found when all has passed, and the layer is read a second time."""
    text = b"Permission is hereby granted"
    assert wants(TEXTS, b"usr/share/common-licenses/GPL-2", text)
    assert not wants(TEXTS, b"usr/share/common-licenses-of-ours/GPL-2", text)
