# ruff: noqa: E501 - images in one line
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.harness.entries import record

from analyze.catalogers.contract import Facts
from analyze.image.assemble import assemble
from analyze.limits import DEFAULT
from cargohold.errors import ImageTooLarge
from cargohold.model import Relationship, Scope

CONFIG = b"{}"


def history(*commands):
    return json.dumps(
        {"history": [{"created_by": command} if command else {"empty_layer": True} for command in commands]}
    ).encode()


def listed(result, scope=None):
    return [(one.name, one.version, one.scope.value) for one in result.packages if scope in (None, one.scope)]


@pytest.fixture
def database(make_facts):
    """A layer that writes the database `db/list` with some packages."""
    return lambda *words: record("db/list=" + " ".join(words), facts={"list": {"db/list": make_facts(*words)}})


@pytest.mark.trap("A6")
def test_a_rewritten_database_hides_only_what_is_gone(list_cataloger, database):
    result = assemble([database("a:1", "b:1"), database("a:1", "b:2", "c:1")], [list_cataloger()], CONFIG)
    assert listed(result) == [("a", "1", "visible"), ("b", "2", "visible"), ("c", "1", "visible"), ("b", "1", "hidden")]


@pytest.mark.trap("A6")
def test_files_shipped_again_unchanged_hide_nothing(file_cataloger, make_facts):
    layer = {"one": {"a/one": make_facts("x:1")}}
    result = assemble([record("a/one=x", facts=layer), record("a/one=x", facts=layer)], [file_cataloger()], CONFIG)
    assert listed(result) == [("x", "1", "visible")]
    assert result.packages[0].origin_layer == 0
    assert result.packages[0].locations[0].layer == 1


def test_a_deleted_package_is_hidden_once_with_its_last_snapshot(list_cataloger, database):
    layers = [database("a:1", "b:1"), database("a:1", "b:1", "c:1"), database("a:1")]
    result = assemble(layers, [list_cataloger()], CONFIG)
    hidden = [one for one in result.packages if one.scope is Scope.HIDDEN]
    assert [(one.name, one.locations[0].layer, one.origin_layer) for one in hidden] == [("b", 1, 0), ("c", 1, 1)]


@pytest.mark.trap("A20")
def test_origin_of_database_packages_is_the_unbroken_run(list_cataloger, database):
    layers = [
        database("base:1", "again:1"),
        database("base:1"),
        record("unrelated=1"),
        database("base:1", "again:1", "new:1"),
        database("base:1", "again:1", "new:1", "newer:1"),
    ]
    config = history("FROM", "RUN remove", "", "COPY", "RUN add", "", "RUN more")
    result = assemble(layers, [list_cataloger()], config)
    found = {one.name: (one.origin_layer, one.created_by) for one in result.packages if one.scope is Scope.VISIBLE}
    assert found == {"base": (0, "FROM"), "again": (3, "RUN add"), "new": (3, "RUN add"), "newer": (4, "RUN more")}
    assert result.created_by == ("FROM", "RUN remove", "COPY", "RUN add", "RUN more")


def test_origin_through_a_moved_database(list_cataloger, make_facts):
    """The database is at the same place by name, though the directory became a link meanwhile."""
    words = ("a:1", "b:1")
    layers = [
        record("var/", "var/list=1", facts={"list": {"var/list": make_facts(*words)}}),
        record(
            "usr/var/",
            "usr/var/list=2",
            ".wh.var",
            "var->usr/var",
            facts={"list": {"usr/var/list": make_facts(*words)}},
        ),
        record("usr/var/list=3", facts={"list": {"usr/var/list": make_facts(*words, "c:1")}}),
    ]
    result = assemble(layers, [list_cataloger()], CONFIG)
    assert {one.name: one.origin_layer for one in result.packages} == {"a": 1, "b": 1, "c": 2}


def test_origin_below_a_directory_that_was_a_link(file_cataloger, make_facts):
    layers = [
        record("usr/lib/", "usr/lib/one=x", "lib->usr/lib", facts={"one": {"usr/lib/one": make_facts("x:1")}}),
        record("lib/", "lib/one=x", ".wh.usr", facts={"one": {"lib/one": make_facts("x:1")}}),
    ]
    (package,) = assemble(layers, [file_cataloger()], CONFIG).packages
    assert package.origin_layer == 0


def test_single_files_go_by_content(file_cataloger, make_facts):
    def layer(content, word):
        return record(f"a/one={content}", facts={"one": {"a/one": make_facts(word)}})

    result = assemble([layer("x", "x:1"), layer("other", "x:1"), layer("other", "x:1")], [file_cataloger()], CONFIG)
    assert [one.origin_layer for one in result.packages] == [1]


@pytest.mark.trap("A20")
@pytest.mark.parametrize(
    "config",
    [
        b"{}",
        b"not json",
        b"[]",
        b'{"history": 3}',
        b'{"history": [{"created_by": "one"}]}',
        b'{"history": [null, {"created_by": 1}, 2]}',
    ],
)
def test_history_that_does_not_fit_is_not_used(list_cataloger, database, config):
    result = assemble([database("a:1"), database("a:1")], [list_cataloger()], config)
    assert result.created_by == ("", "")
    assert result.packages[0].created_by == ""


def test_repeated_layers_keep_their_positions(list_cataloger, database):
    layer = database("a:1")
    result = assemble([layer, record("x=1"), layer], [list_cataloger()], history("one", "two", "three"))
    assert (result.packages[0].origin_layer, result.packages[0].created_by) == (0, "one")
    assert result.packages[0].locations[0].layer == 2


def test_a_broken_cataloger_is_told_and_the_others_go_on(list_cataloger, broken_cataloger, database):
    result = assemble([database("a:1")], [broken_cataloger(), list_cataloger()], CONFIG)
    assert listed(result) == [("a", "1", "visible")]
    assert any("bug: RuntimeError" in unknown.reason and unknown.cataloger == "broken" for unknown in result.unknowns)


def test_a_package_that_is_no_json_is_told_and_the_others_stay(list_cataloger, database):
    class Odd(list_cataloger):
        def assemble(self, view):
            for finding in super().assemble(view):
                if finding.key["name"] == "b":
                    finding.package.metadata = {"size": 1 << 70}
                yield finding

    result = assemble([database("a:1", "b:1")], [Odd()], CONFIG)
    assert listed(result) == [("a", "1", "visible")]
    assert any("no JSON" in unknown.reason and unknown.path == "/db/list" for unknown in result.unknowns)


def test_relations_are_among_packages_with_ids(list_cataloger, database):
    result = assemble([database("a:1", "b:1")], [list_cataloger()], CONFIG)
    first, second = result.packages
    assert result.relationships == (Relationship(first.id, second.id, "dependency-of"),)
    assert len({first.id, second.id}) == 2
    assert all(len(one.id) == 16 for one in result.packages)


def test_relations_are_bounded_and_what_is_over_is_told(list_cataloger, database, monkeypatch):
    monkeypatch.setattr("analyze.image.assemble._RELATIONS", 2)
    for packages, kept in (("a:1 b:1 c:1", []), ("a:1 b:1 c:1 d:1", ["more than 2 relations of packages"])):
        result = assemble([database(*packages.split())], [list_cataloger()], CONFIG)
        assert len(result.relationships) == 2
        assert [(one.cataloger, one.reason) for one in result.unknowns] == [("list", reason) for reason in kept]


def test_locations_have_digests(list_cataloger, database):
    layer = database("a:1")
    (package,) = assemble([layer], [list_cataloger()], CONFIG).packages
    assert package.locations[0].digest == layer.entries.digest(0)


def test_unknowns_of_layers_and_files_reach_the_user(list_cataloger, make_facts):
    from cargohold.model import Unknown

    layers = [record("x=1"), record("db/list=1", facts={"list": {"db/list": make_facts(unknowns=("cut short",))}})]
    layers[1].unknowns.append(Unknown("/y", 0, "layer", "odd"))
    result = assemble(layers, [list_cataloger()], CONFIG)
    assert [(one.path, one.layer, one.reason) for one in result.unknowns] == [
        ("/db/list", 1, "cut short"),
        ("/y", 1, "odd"),
    ]
    assert layers[1].unknowns[0].layer == 0


def test_distro_is_the_merged_images_and_hidden_ones_fall_back(list_cataloger, database):
    def release(version):
        fields = {"ID": "debian", "VERSION_ID": version}
        return {"distro": {"etc/os-release": Facts(detail={"file": "os-release", "fields": fields})}}

    layers = [
        record("etc/os-release=1", facts=release("11")),
        database("a:1"),
        record("etc/os-release=2", facts=release("12")),
    ]
    result = assemble(layers, [list_cataloger()], CONFIG)
    assert result.distro.version_id == "12"
    assert result.packages[0].purl == "pkg:deb/debian/a"
    layers = [record("etc/os-release=1", facts=release("11")), database("a:1"), record(".wh..wh..opq", "x=1")]
    result = assemble(layers, [list_cataloger()], CONFIG)
    assert result.distro is None
    assert [(one.purl, one.scope) for one in result.packages] == [("pkg:deb/debian/a", Scope.HIDDEN)]


@pytest.mark.trap("A1")
def test_wants_are_reported_until_they_are_read(list_cataloger, make_facts):
    layers = [record("opt/db=x:1", "var/list->../opt/db", facts={"list": {}})]
    assert assemble(layers, [list_cataloger()], CONFIG).wants
    layers[0].sections["list"].aliases = {0: {b"var/list": make_facts("x:1")}}
    result = assemble(layers, [list_cataloger()], CONFIG)
    assert not result.wants
    assert listed(result) == [("x", "1", "visible")]


class TestOwnership:
    def relations(self, result):
        names = {one.id: one.name for one in result.packages}
        return [
            (names[one.parent], names[one.child], one.detail)
            for one in result.relationships
            if one.kind == "ownership-by-file-overlap"
        ]

    def image(self, make_facts, *more):
        return [
            record(
                "db/list=1",
                "usr/lib/",
                "usr/lib/m/one=1",
                "lib->usr/lib",
                *more,
                facts={"list": {"db/list": make_facts("os:1")}, "one": {"usr/lib/m/one": make_facts("m:1")}},
            )
        ]

    def test_owned_directly(self, list_cataloger, file_cataloger, make_facts):
        catalogers = [list_cataloger({"os": ("/usr/lib/m/one", "/usr/lib/other")}), file_cataloger()]
        result = assemble(self.image(make_facts), catalogers, CONFIG)
        assert self.relations(result) == [("os", "m", ("/usr/lib/m/one",))]
        assert len(result.packages) == 2

    @pytest.mark.trap("A15")
    def test_owned_through_a_linked_directory(self, list_cataloger, file_cataloger, make_facts):
        result = assemble(self.image(make_facts), [list_cataloger({"os": ("/lib/m/one",)}), file_cataloger()], CONFIG)
        assert self.relations(result) == [("os", "m", ("/lib/m/one",))]

    def test_owned_through_a_linked_file(self, list_cataloger, file_cataloger, make_facts):
        catalogers = [list_cataloger({"os": ("/usr/lib/current",)}), file_cataloger()]
        result = assemble(self.image(make_facts, "usr/lib/current->m/one"), catalogers, CONFIG)
        assert self.relations(result) == [("os", "m", ("/usr/lib/current",))]

    def test_not_through_a_link_when_another_owns_the_file(self, list_cataloger, file_cataloger, make_facts):
        owned = {"os": ("/lib/m/one",), "real": ("/usr/lib/m/one",)}
        layers = self.image(make_facts)
        layers[0].sections["list"].facts = {0: make_facts("os:1", "real:1")}
        result = assemble(layers, [list_cataloger(owned), file_cataloger()], CONFIG)
        assert self.relations(result) == [("real", "m", ("/usr/lib/m/one",))]

    def test_never_by_a_database_or_a_copyright_file(self, list_cataloger, file_cataloger, make_facts):
        paths = ["var/lib/dpkg/one", "lib/apk/db/one", "usr/share/doc/x/y/copyright/one", "usr/lib/sysimage/rpm/one"]
        layer = record(
            "db/list=1",
            *(f"{path}=1" for path in paths),
            facts={
                "list": {"db/list": make_facts("os:1")},
                "one": {path: make_facts(f"m{number}:1") for number, path in enumerate(paths)},
            },
        )
        result = assemble(
            [layer], [list_cataloger({"os": tuple("/" + path for path in paths)}), file_cataloger()], CONFIG
        )
        assert [child for _, child, _ in self.relations(result)] == ["m2"]  # a directory named copyright is none


def test_files_of_the_merged_image(list_cataloger):
    layers = [
        record("d/", "d/f=one", "d/h=>d/f", "l->d/f", b"caf\xe9=x"),
        record("d/.wh.f", "g=>d/h", "e/implied/z=1"),
    ]
    layers[0].entries.capabilities[1] = b"\x01\x02"
    result = assemble(layers, [list_cataloger()], CONFIG)
    found = {one.path: one for one in result.files()}
    assert list(found) == ["/caf\\xe9", "/d", "/d/h", "/e/implied/z", "/g", "/l"]
    assert result.file_count == len(found)
    assert (found["/d/h"].type, found["/d/h"].link, found["/d/h"].size, found["/d/h"].capability) == (
        "hardlink",
        "d/f",
        3,
        "0102",
    )
    assert found["/g"].digest == found["/d/h"].digest == layers[0].entries.digest(1)
    assert (found["/g"].layer, found["/l"].type, found["/l"].link, found["/d"].digest) == (1, "symlink", "d/f", "")


def test_ids_do_not_depend_on_the_process(list_cataloger, database):
    script = (
        "from cargohold.model import *; from analyze.image.assemble import package_id;"
        "print(package_id(Package('c', 'npm', 'n', '1', 'p', locations=(Location('/b', 1), Location('/a', 0)), metadata={'z': 1, 'a': [2]})))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    layers = [database("b:1", "a:1"), database("a:2")]
    first, second = (assemble(layers, [list_cataloger()], CONFIG) for _ in range(2))
    assert first.packages == second.packages


def test_packages_are_bounded(list_cataloger, database):
    layers = [database("a:1", "b:1"), database("c:1")]
    assert len(assemble(layers, [list_cataloger()], CONFIG, replace(DEFAULT, image_packages=3)).packages) == 3
    for most in (2, 0):
        with pytest.raises(ImageTooLarge, match="packages"):
            assemble(layers, [list_cataloger()], CONFIG, replace(DEFAULT, image_packages=most))
