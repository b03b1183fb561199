"""pom.properties and pom.xml: inheritance, interpolation, and what is no pom."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyze.catalogers.java import pom

HEAD = "<?xml version='1.0'?><project xmlns='http://maven.apache.org/POM/4.0.0'>"


def record(inner: str, *others: str) -> dict:
    projects = [pom.project(f"{HEAD}{one}</project>".encode()) for one in (inner, *others)]
    return pom.Projects({str(number): one for number, one in enumerate(projects)}).record(projects[0])


def test_properties():
    assert pom.properties(
        b"#Mon Jan 01\n! x\ngroupId = g\nartifactId:a\r\nversion=1=2\nbroken\nrevision=7\nscope=\n"
    ) == {
        "groupId": "g",
        "artifactId": "a",
        "version": "1=2",
        "extraFields": {"revision": "7"},
    }


def test_a_project():
    inner = (
        "<parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>a</artifactId>"
    )
    inner += (
        "<name> N </name><description>\n one\n  two </description><url>http://x/<!-- -->${project.artifactId}</url>"
    )
    inner += (
        "<dependencies><dependency><groupId>no</groupId></dependency></dependencies><build><version>9</version></build>"
    )
    assert record(inner) == {
        "groupId": "g",
        "artifactId": "a",
        "version": "1",
        "parent": {"groupId": "g", "artifactId": "p", "version": "1"},
        "name": "N",
        "description": "one two",
        "url": "http://x/a",
    }


PARENT = """<groupId>g</groupId><artifactId>p</artifactId><version>1</version>
<properties><v>2</v><w>${v}.${x}</w><c>${d}</c><d>${c}</d></properties>"""
CHILD = """<parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>
<artifactId>a</artifactId><properties><x>3</x></properties><version>{}</version>"""


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("${v}", "2"),
        ("${ w }-${project.parent.version}", "2.3-1"),
        ("${c}", None),
        ("${nobody}", None),
        ("${project.version}", None),
        ("${project.groupId}", "g"),
        ("${parent.version}", "1"),
        ("${", "${"),
        ("1.0", "1.0"),
    ],
)
def test_interpolation(version, expected):
    assert record(CHILD.format(version), PARENT).get("version") == expected


def test_licences_are_inherited_from_the_nearest():
    licence = "<licenses><license><name>L</name><url>u</url></license><license/></licenses>"
    child = pom.project(f"{HEAD}{CHILD.format('1')}</project>".encode())
    parent = pom.project(f"{HEAD}{PARENT}{licence}</project>".encode())
    assert pom.Projects({"c": child, "p": parent}).licenses(child) == [("L", "u")]
    assert pom.Projects({"c": child}).licenses(child) == []


def test_parents_in_a_circle():
    first = "<parent><groupId>g</groupId><artifactId>b</artifactId><version>1</version></parent>"
    first += "<groupId>g</groupId><artifactId>a</artifactId><version>1</version><name>${x}</name>"
    second = first.replace("b</a", "?").replace("a</a", "b</a").replace("?", "a</a")
    assert record(first, second)["artifactId"] == "a"


def test_undeclared_latin_1():
    assert pom.project(b"<project><name>caf\xe9</name></project>").text("name") == "caf\xe9"
    declared = b"<?xml version='1.0' encoding='ISO-8859-1'?><project><name>caf\xe9</name></project>"
    assert pom.project(declared).text("name") == "caf\xe9"


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '&{chr(97 + n)};&{chr(97 + n)};'>" for n in range(20)
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB + "]><project><name>&u;</name></project>",
        "<!DOCTYPE project SYSTEM 'file:///etc/passwd'><project/>",
        "<project><name>&lol;</name></project>",
        "<project>",
        "",
        "\0",
        "<?xml version='1.0' encoding='no-such'?><project/>",
    ],
)
def test_what_is_no_pom_has_a_reason(content):
    with pytest.raises(ValueError, match=r"no XML|document type"):
        pom.project(content.encode())


@pytest.mark.parametrize(
    "content",
    [
        "<project>" + "<a>" * 100_000,
        "<project>" + "<a>" * 100_000 + "</a>" * 100_000 + "</project>",
        "<project><properties>" + "".join(f"<p{n}>v</p{n}>" for n in range(50_000)) + "</properties></project>",
        "<project><version>" + "${" * 100_000 + "</version></project>",
        "<project><version>" + "${a}" * 10_000 + "</version><properties><a>${a}${a}</a></properties></project>",
        "<project><version>${a}</version><properties><a>${b}${b}</a><b>${a}${a}</b></properties></project>",
    ],
)
def test_floods_take_linear_time(content):
    started = time.process_time()
    try:
        found = pom.project(content.encode())
    except ValueError:
        found = pom.Project()
    pom.Projects({"": found}).record(found)
    assert time.process_time() - started < 10


@given(st.binary(max_size=200))
def test_any_bytes(data):
    pom.properties(data)
    try:
        found = pom.project(b"<project>" + data + b"</project>")
    except ValueError:
        return
    pom.Projects({"": found}).record(found)
