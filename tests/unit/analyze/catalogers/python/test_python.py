"""Python distributions: metadata, records, origins, licences, and what requires what."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import extract, packages, related

from analyze.catalogers.python import PythonCataloger, metadata, paths, record
from analyze.catalogers.text import Reasons

PYTHON = PythonCataloger()
SITE = b"usr/lib/python3.11/site-packages"


def distribution(site: bytes, name: str, *requires: str) -> dict[bytes, bytes]:
    headers = "".join(f"Requires-Dist: {one}\n" for one in requires)
    text = f"Name: {name}\nVersion: 1\n{headers}\n"
    return {b"%b/%b-1.dist-info/METADATA" % (site, name.encode()): text.encode()}


@pytest.fixture(scope="module")
def image():
    return packages([tree("python")], PYTHON)


def test_packages(image):
    assert sorted(image) == ["flask-thing", "lonely", "old", "six", "werkzeug-x"]
    assert image["werkzeug-x"].purl == "pkg:pypi/werkzeug-x@3.1"
    assert image["flask-thing"].purl == (
        "pkg:pypi/flask-thing@2.0?vcs_url=git%2Bhttps:%2F%2Fgit.example.org%2Fflask.git%40abc123"
    )


def test_files_of_record_and_installed_files(image):
    assert image["flask-thing"].files == (
        "/usr/lib/python3.11/site-packages/flask_thing/__init__.py",
        "/usr/lib/python3.11/site-packages/Flask_Thing-2.0.dist-info/RECORD",
        "/usr/bin/flask",
        "/usr/lib/python3.11/site-packages/odd,name.py",
        "/etc/absolute",
    )
    assert image["old"].files == (
        "/usr/lib/python3.11/site-packages/old/__init__.py",
        "/usr/lib/python3.11/site-packages/old.egg-info/PKG-INFO",
    )
    assert image["lonely"].files == ()


def test_metadata_has_the_names_of_syft(image):
    assert image["flask-thing"].metadata_type == "python-package"
    assert image["flask-thing"].metadata == {
        "name": "Flask_Thing",
        "version": "2.0",
        "summary": "a thing",
        "author": "Jane Doe",
        "authorEmail": "jane@example.org",
        "requiresPython": ">=3.8",
        "requiresDist": ["Werkzeug.X (>=3.0)", 'old ; extra == "legacy"', 'absent>1 ; python_version < "3"'],
        "providesExtra": ["legacy"],
        "sitePackagesRootPath": "/usr/lib/python3.11/site-packages",
        "topLevelPackages": ["flask_thing"],
        "directUrlOrigin": {"url": "https://git.example.org/flask.git", "commitId": "abc123", "vcs": "git"},
    }


def test_licences(image):
    assert [(found.value, found.spdx_expression) for found in image["werkzeug-x"].licenses] == [
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0")
    ]
    assert [found.value for found in image["flask-thing"].licenses] == ["BSD-3-Clause"]
    assert [found.spdx_expression for found in image["old"].licenses] == ["MIT"]
    assert [found.value for found in image["lonely"].licenses] == ["The text"]


def test_relations_follow_the_extras_that_are_asked_for():
    assert related([tree("python")], PYTHON) == {
        ("werkzeug-x", "flask-thing"),
        ("flask-thing", "werkzeug-x"),
        ("old", "flask-thing"),  # only because werkzeug-x asks for the extra
    }
    assert related([distribution(SITE, "a", 'b ; extra == "x"') | distribution(SITE, "b")], PYTHON) == set()


@pytest.mark.parametrize(("system", "expected"), [(b"true", {("b", "a")}), (b"false", set())])
def test_a_virtual_environment_sees_the_system_only_when_it_says_so(system, expected):
    venv = b"opt/venv/lib/python3.11/site-packages"
    layer = distribution(venv, "a", "b") | distribution(b"usr/lib/python3/dist-packages", "b")
    layer[b"opt/venv/pyvenv.cfg"] = b"home = /usr/bin\ninclude-system-site-packages = " + system + b"\n"
    assert related([layer], PYTHON) == expected


def test_sites_do_not_mix():
    assert related([distribution(SITE, "a", "b") | distribution(b"opt/other", "b")], PYTHON) == set()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"a-1.dist-info/METADATA", "metadata"),
        (b"x/a-1.DIST-INFO/METADATA", "metadata"),
        (b"x/a.egg-info/PKG-INFO", "metadata"),
        (b"x/a.egg/EGG-INFO/PKG-INFO", "metadata"),
        (b"x/a.egg-info", "metadata"),
        (b"x/METADATA", ""),
        (b"x/a-1.dist-info/sub/METADATA", ""),
        (b"x/a-1.dist-info/RECORD", "record"),
        (b"x/a.egg-info/RECORD", ""),
        (b"opt/venv/pyvenv.cfg", "venv"),
    ],
)
def test_kinds(path, kind):
    assert paths.kind(path) == kind


def test_the_interpreter_is_no_distribution_and_nothing_is_nameless():
    assert extract(PYTHON, b"x/Python-3.egg-info", b"Name: Python\nVersion: 3\n") is None
    facts = extract(PYTHON, b"x/a-1.dist-info/METADATA", b"\nName: a\n")
    assert (facts.identity, facts.unknowns) == ([], ["no Name", "no Version"])
    facts = extract(PYTHON, b"x/a-1.dist-info/METADATA", b"Name: a\n")
    assert (facts.identity, facts.unknowns) == ([{"name": "a", "version": "UNKNOWN"}], ["no Version"])


def test_headers_continue_and_the_first_of_a_single_one_counts():
    headers = metadata.headers("Name: a\nName: b\nLicense: one\n two\n\tthree\nRequires-Dist: x\nRequires-Dist: y\n")
    assert headers == {"name": "a", "license": "one\ntwo\nthree", "requiresDist": ["x", "y"]}


def test_records():
    reasons = Reasons()
    assert record.recorded(b'a.py,,\r\n"b ""q"".py",sha256=x,1\n\n\xff.py,,\n', reasons) == [
        "a.py",
        'b "q".py',
        "\\xff.py",
    ]
    assert record.direct_url(b'{"url": 1, "vcs_info": []}', reasons) == {}
    assert reasons.listed() == []
    assert record.direct_url(b"[" * 1000, reasons) == {}
    assert reasons.listed() == ["no JSON: nests deeper than 64"]
