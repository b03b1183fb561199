"""What Python's package managers lock, and requirements pin."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import View, extract, findings, packages, related

from analyze.catalogers.python_lock import PythonLockCataloger

LOCK = PythonLockCataloger()
REQUESTS = {
    "certifi": "2026.10.18",
    "charset-normalizer": "3.5.2",
    "idna": "3.20",
    "pluggy": "1.7.0",
    "pysocks": "1.7.1",
    "requests": "2.32.3",
    "urllib3": "2.8.0",
}


def files(*names):
    return {path: content for path, content in tree("python_lock").items() if path.startswith(names)}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        (b"uv/", {"click": "8.5.1", "my-app": "0.1.0"}),
        (b"pylock/", {"click": "8.5.1"}),
        (b"pipenv/", {}),
        (b"pip/requirements.txt", {"click": "8.5.1"}),
    ],
)
def test_one_project_in_every_form(name, more):
    found = packages([files(name)], LOCK)
    assert {one.name: one.version for one in found.values()} == REQUESTS | more
    assert found["requests"].purl == "pkg:pypi/requests@2.32.3"
    assert {(one.type, one.language) for one in found.values()} == {("python", "python")}


def test_requirements_in_a_directory_of_that_name():
    found = packages([files(b"pip/requirements/")], LOCK)
    assert found["requests"].metadata == {"name": "requests", "extras": ["socks"], "versionConstraint": "==2.32.3"}
    assert found["click"].metadata["markers"] == 'sys_platform != "win32"'


def test_relations_of_uv():
    assert related([files(b"uv/")], LOCK) == {
        ("click", "my-app"),
        ("requests", "my-app"),
        ("certifi", "requests"),
        ("charset-normalizer", "requests"),
        ("idna", "requests"),
        ("urllib3", "requests"),
        ("pysocks", "requests"),
    }


def test_poetry():
    found = packages([files(b"poetry/")], LOCK)
    assert {one.name: one.metadata.get("index") for one in found.values()} == {
        "atomicwrites": "https://pypi.org/simple",
        "click": "https://pypi.org/simple",
        "colorama": "https://pypi.org/simple",
        "jinja2": "https://pypi.org/simple",
        "markupsafe": "https://mirror.example.org/simple",
    }
    assert {name for name, one in found.items() if one.metadata.get("development")} == {"atomicwrites"}
    assert found["click"].metadata["dependencies"] == [
        {"name": "colorama", "version": "*", "optional": False, "markers": 'platform_system == "Windows"'}
    ]
    assert found["jinja2"].metadata["extras"] == [{"name": "i18n", "dependencies": ["Babel (>=2.7)"]}]
    assert related([files(b"poetry/")], LOCK) == {("colorama", "click"), ("markupsafe", "jinja2")}


def test_pdm():
    found = packages([files(b"pdm/")], LOCK)
    assert {one.name: one.version for one in found.values()} == {"aioboto3": "13.2.0", "aiobotocore": "2.15.2"}
    assert found["aioboto3"].metadata["summary"] == "Async boto3 wrapper"
    assert len(found["aioboto3"].metadata["files"]) == 2
    assert related([files(b"pdm/")], LOCK) == {("aiobotocore", "aioboto3")}


def test_pipenv_says_what_is_for_development():
    found = packages([files(b"pipenv/")], LOCK)
    assert {name for name, one in found.items() if one.metadata.get("development")} == {"pluggy"}
    assert found["idna"].metadata["index"] == "https://pypi.org/simple"
    assert found["idna"].metadata["hashes"][0].startswith("sha256:")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a==1.0", ("a", "1.0")),
        ("  A.b_c [x, y] == 1.0.post1 # why", ("A.b_c", "1.0.post1")),
        ("a===1.0+local", ("a", "1.0+local")),
        ("a==1!2.0rc1 ; python_version < '3'", ("a", "1!2.0rc1")),
        ("a==1.0 --hash=sha256:abc", ("a", "1.0")),
        ("a==1.0 \\\n    --hash=sha256:abc", ("a", "1.0")),
        ("a==1.*", None),
        ("a>=1.0", None),
        ("a==1.0,<2", None),
        ("a", None),
        ("a @ https://example.org/a-1.0.whl#egg=a==1", None),
        ("-e git+https://example.org/a.git#egg=a==1", None),
        ("-r other==1.txt", None),
        ("--index-url https://example.org/==1", None),
        ("# a==1.0", None),
        ("./a==1.0", None),
    ],
)
def test_requirements(line, expected):
    facts = extract(LOCK, b"requirements-dev.txt", line.encode() + b"\n")
    assert (facts and [(key["name"], key["version"]) for key in facts.identity]) == (expected and [expected])


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (b"requirements.txt", True),
        (b"a/dev-requirements.txt", True),
        (b"a/requirements_test.txt", True),
        (b"a/requirements/prod.txt", True),
        (b"a/requirements/doc/notes.txt", False),
        (b"a/notes.txt", False),
        (b"a/requirements.md", False),
    ],
)
def test_which_files_are_requirements(path, wanted):
    assert (extract(LOCK, path, b"a==1\n") is not None) is wanted


@pytest.mark.parametrize(
    ("path", "wanted"), [(b"pylock.toml", True), (b"a/pylock.dev.toml", True), (b"xpylock.toml", False)]
)
def test_which_files_are_pylocks(path, wanted):
    content = b'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\n[[packages]]\nname = "b"\n'
    facts = extract(LOCK, path, content)
    assert (facts and facts.identity) == ([{"name": "a", "version": "1"}] if wanted else None)


def test_versions_that_dependencies_name():
    text = (
        '[[package]]\nname = "a"\nversion = "1"\ndependencies = [{ name = "b", version = "2" }]\n'
        '[[package]]\nname = "b"\nversion = "1"\n[[package]]\nname = "b"\nversion = "2"\n'
    )
    view = View([{b"uv.lock": text.encode()}], LOCK)
    found = [finding.package for finding in findings(view, LOCK)]
    names = {one.id: one.name + one.version for one in found}
    assert [(names[one.parent], names[one.child]) for one in LOCK.relate(view, found)] == [("b2", "a1")]
