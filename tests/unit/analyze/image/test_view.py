# ruff: noqa: E501 - images in one line
import pytest
from tests.harness.entries import record

from analyze.image.aliases import find_aliases, wanted_links
from analyze.image.overlay import merge
from analyze.image.view import View
from analyze.layer.want import Want
from cargohold.model import Scope


def view_of(records, catalogers=(), scope=Scope.VISIBLE):
    merged = merge(records)
    return View(merged, records, find_aliases(merged, records, catalogers, most=100), scope)


def named(found):
    return [(one.path, one.layer, [key["name"] for key in one.facts.identity]) for one in found]


@pytest.fixture
def links():
    return view_of(
        [record("usr/", "usr/lib/", "usr/lib/x=1", "lib->usr/lib", "abs->/usr/lib", "up->../../usr", "loop->loop2", "loop2->loop", "gone->nowhere", "deep/er/y=1")]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "real"),
    [
        (b"usr/lib/x", b"usr/lib/x"),
        (b"lib/x", b"usr/lib/x"),
        (b"abs/x", b"usr/lib/x"),
        (b"up/lib/x", b"usr/lib/x"),
        (b"lib/../lib/x", b"usr/lib/x"),  # ".." is of the link's target, as in a kernel
        (b"lib", b"usr/lib"),
        (b"lib/../../..", b""),
        (b"", b""),
        (b"deep", b"deep"),
        (b"deep/er", b"deep/er"),
        (b"loop", None),
        (b"loop/x", None),
        (b"gone", None),
        (b"usr/lib/none", None),
    ],
)
def test_resolve(links, path, real):
    assert links.resolve(path) == real
    assert links.exists(path) is (real is not None)


def test_children_follow_links_and_imply_directories(links):
    assert links.children(b"lib") == [b"x"]
    assert links.children(b"deep") == [b"er"]
    assert links.children(b"up") == [b"lib"]
    assert links.children(b"usr/lib/x") == []
    assert links.children(b"nowhere") == []
    assert links.children(b"")[:3] == [b"abs", b"deep", b"gone"]


def test_a_long_chain_of_links_ends():
    members = [f"l{number}->l{number + 1}" for number in range(300)]
    view = view_of([record(*members, "l300=1")])
    assert view.resolve(b"l100") == b"l300"
    assert view.resolve(b"l0") is None


def test_visible_and_hidden_facts(list_cataloger, make_facts):
    records = [
        record("a/list=1", "b/list=1", facts={"list": {"a/list": make_facts("x:1"), "b/list": make_facts("y:1")}}),
        record("a/list=2", facts={"list": {"a/list": make_facts("x:2")}}),
    ]
    assert named(view_of(records).facts("list")) == [(b"a/list", 1, ["x"]), (b"b/list", 0, ["y"])]
    hidden = list(view_of(records, scope=Scope.HIDDEN).facts("list"))
    assert named(hidden) == [(b"a/list", 0, ["x"])]
    assert not hidden[0].visible
    assert hidden[0].digest.startswith("sha256:")
    assert list(view_of(records).facts("other")) == []


def test_facts_at_goes_through_links_and_snapshots(make_facts):
    records = [
        record("opt/", "opt/list=1", "var->opt", "one->opt/list", facts={"list": {"opt/list": make_facts("x:1")}}),
        record("opt/list=2", facts={"list": {"opt/list": make_facts("x:2")}}),
    ]
    view = view_of(records)
    for path in (b"opt/list", b"var/list", b"one"):
        assert view.facts_at("list", path).facts.identity[0]["version"] == "2"
        before = view.facts_at("list", path, seen_from=0)
        assert before.facts.identity[0]["version"] == "1"
        assert (before.path, before.visible) == (b"opt/list", False)
    assert view.facts_at("list", b"var/none") is None
    assert view.facts_at("other", b"one") is None


@pytest.mark.trap("A1")
def test_a_wanted_name_over_an_unwanted_file_is_read_again(list_cataloger, make_facts):
    records = [
        record("opt/", "opt/db=x:1", "var/list->../opt/db", facts={"list": {}}),
        record("etc/", facts={"list": {}}),
    ]
    merged = merge(records)
    assert wanted_links(merged, records, [list_cataloger()], most=10) == {0: [Want(1, b"var/list", "list")]}
    records[0].sections["list"].aliases = {1: {b"var/list": make_facts("x:1")}}
    assert wanted_links(merged, records, [list_cataloger()], most=10) == {}
    view = view_of(records, [list_cataloger()])
    found = list(view.facts("list"))
    assert named(found) == [(b"var/list", 0, ["x"])]
    assert found[0].digest == merged.snapshots.digest((0, 1))
    assert view.facts_at("list", b"var/list").facts.identity == found[0].facts.identity


@pytest.mark.trap("A1")
def test_another_image_does_not_see_an_alias_it_has_no_link_for(list_cataloger, make_facts):
    shared = record("opt/", "opt/db=x:1", facts={"list": {}})
    shared.sections["list"].aliases = {1: {b"var/list": make_facts("x:1")}}
    assert list(view_of([shared], [list_cataloger()]).facts("list")) == []


@pytest.mark.trap("A8")
def test_a_link_to_a_file_with_facts_of_its_own_is_no_second_package(list_cataloger, make_facts):
    records = [record("a/list=1", "b/list->../a/list", facts={"list": {"a/list": make_facts("x:1")}})]
    view = view_of(records, [list_cataloger()])
    assert named(view.facts("list")) == [(b"a/list", 0, ["x"])]
    assert view.facts_at("list", b"b/list").path == b"a/list"


@pytest.mark.trap("A1")
def test_a_link_over_layers_through_directories_and_dots(list_cataloger):
    records = [
        record("store/", "store/f=x:1", facts={"list": {}}),
        record("s->./store/.", "app/list->../s/./f", facts={"list": {}}),
    ]
    assert wanted_links(merge(records), records, [list_cataloger()], most=9) == {0: [Want(1, b"app/list", "list")]}


@pytest.mark.trap("A1")
def test_a_hard_link_to_a_lower_file(list_cataloger, make_facts):
    records = [
        record("opt/", "opt/db=x:1", facts={"list": {}}),
        record("var/list=>opt/db", facts={"list": {}}),
        record("opt/.wh.db"),
    ]
    merged = merge(records)
    assert wanted_links(merged, records, [list_cataloger()], most=10) == {0: [Want(1, b"var/list", "list")]}
    records[0].sections["list"].aliases = {1: {b"var/list": make_facts("x:1")}}
    (found,) = view_of(records, [list_cataloger()]).facts("list")
    assert (found.path, found.layer, found.visible) == (b"var/list", 1, True)


def test_a_hidden_link_is_followed_as_its_layer_saw_it(list_cataloger, make_facts):
    records = [
        record("opt/", "opt/db=x:1", "var/list->../opt/db", facts={"list": {}}),
        record("var/.wh.list", "opt/.wh.db"),
    ]
    records[0].sections["list"].aliases = {1: {b"var/list": make_facts("x:1")}}
    assert named(view_of(records, [list_cataloger()], Scope.HIDDEN).facts("list")) == [(b"var/list", 0, ["x"])]
    assert list(view_of(records, [list_cataloger()]).facts("list")) == []


def test_aliases_are_bounded_and_the_rest_is_told(list_cataloger):
    members = [f"d{number}/list->/db" for number in range(20)]
    records = [record("db=1", *members, facts={"list": {}})]
    merged = merge(records)
    aliases = find_aliases(merged, records, [list_cataloger()], most=5)
    assert len(aliases.wants(records)[0]) == 5
    assert "15 more links" in aliases.unknowns[0].reason
