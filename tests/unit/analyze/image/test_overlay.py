import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.entries import record
from tests.harness.overlays import extracted

from analyze.image.overlay import Merged, merge
from analyze.layer.entries import EntryType


def image(*layers):
    return merge([record(*layer) for layer in layers])


def visible(merged: Merged) -> dict[str, int]:
    """Path → layer of everything visible."""
    return {path.decode(): merged.find(path)[0] for path in merged.paths}


def reasons(merged: Merged) -> str:
    return " | ".join(unknown.reason for unknown in merged.unknowns)


# ruff: noqa: E501 - one case a line

CASES = {
    "an entry over an entry": ([["a=1"], ["a=2"]], {"a": 1}),
    "directories merge and the higher metadata wins": ([["d/", "d/x=1"], ["d/", "d/y=1"]], {"d": 1, "d/x": 0, "d/y": 1}),
    "a whiteout": ([["a=1", "b=1"], [".wh.a"]], {"b": 0}),
    "a whiteout of a directory": ([["d/", "d/e/", "d/e/x=1", "d-e=1"], [".wh.d"]], {"d-e": 0}),
    "a whiteout of nothing": ([["a=1"], [".wh.b", "c/.wh.d"]], {"a": 0}),
    "a whiteout in the base": ([[".wh.a", "a=1"]], {"a": 0}),
    "a whiteout spares its own layer": ([["d/", "d/old=1"], ["d/", "d/new=1", ".wh.d"]], {"d": 1, "d/new": 1}),
    "a whiteout sorts after what it spares": ([["opt/-x/", "opt/-x/a=1"], ["opt/.wh.-x", "opt/-x/", "opt/-x/b=1"]], {"opt/-x": 1, "opt/-x/b": 1}),
    "an opaque directory": ([["d/", "d/x=1"], ["d/", "d/.wh..wh..opq", "d/y=1"]], {"d": 1, "d/y": 1}),
    "an opaque directory without an entry keeps its own": ([["d/", "d/x=1"], ["d/.wh..wh..opq", "d/y=1"]], {"d": 0, "d/y": 1}),
    "an opaque directory, marker last": ([["d/", "d/x=1"], ["d/", "d/y=1", "d/.wh..wh..opq"]], {"d": 1, "d/y": 1}),
    "an opaque marker in a directory that is nowhere": ([["e=1"], ["d/.wh..wh..opq"]], {"e": 0}),
    "a file over a directory": ([["d/", "d/x=1"], ["d=1"]], {"d": 1}),
    "a link over a directory": ([["d/", "d/x=1", "e/"], ["d->e"]], {"d": 1, "e": 0}),
    "a directory over a link": ([["e/", "e/x=1", "d->e"], ["d/", "d/y=1"]], {"d": 1, "d/y": 1, "e": 0, "e/x": 0}),
    "a directory over a file": ([["d=1"], ["d/", "d/y=1"]], {"d": 1, "d/y": 1}),
    "directory, file, directory": ([["d/", "d/x=1"], ["d=1"], ["d/", "d/y=1"]], {"d": 2, "d/y": 2}),
    "a deleted file still hides": ([["d/", "d/x=1"], ["d=1"], [".wh.d"], ["d/"]], {"d": 3}),
    "an implied directory over a file": ([["a=1"], ["a/b=1"]], {"a/b": 1}),
    "an implied directory over a directory": ([["a/", "a/x=1"], ["a/b/c=1"]], {"a": 0, "a/x": 0, "a/b/c": 1}),
    "implied directories below a whiteout": ([["a/b/c/d=1"], ["a/.wh.b"]], {}),
    "implied directories below a file": ([["a/b/c/d=1"], ["a/b=1"]], {"a/b": 1}),
    "a root marker": ([["a=1", "b/", "b/c=1"], [".wh..wh..opq", "n=1"]], {"n": 1}),
    "a write through a link": ([["usr/", "usr/lib/", "lib->usr/lib"], ["lib/y=1"]], {"usr": 0, "usr/lib": 0, "lib": 0, "usr/lib/y": 1}),
    "through a link, with directories below": ([["usr/lib/", "lib->usr/lib"], ["lib/d/", "lib/d/y=1"]], {"usr/lib": 0, "lib": 0, "usr/lib/d": 1, "usr/lib/d/y": 1}),
    "through an absolute link": ([["usr/lib/", "lib->/usr/lib"], ["lib/y=1"]], {"usr/lib": 0, "lib": 0, "usr/lib/y": 1}),
    "through a link that climbs over the root": ([["usr/lib/", "lib->../../usr/lib"], ["lib/y=1"]], {"usr/lib": 0, "lib": 0, "usr/lib/y": 1}),
    "through a link to nothing": ([["lib->usr/lib"], ["lib/y=1"]], {"lib": 0, "usr/lib/y": 1}),
    "through two links": ([["c/", "b->c", "a->b"], ["a/y=1"]], {"c": 0, "b": 0, "a": 0, "c/y": 1}),
    "a link is followed as the layers below it have it": ([["l->a", "a/", "b/"], ["l->b"], ["l/y=1"]], {"l": 1, "a": 0, "b": 0, "b/y": 2}),
    "a directory entry ends a link": ([["usr/lib/", "lib->usr/lib"], ["lib/", "lib/y=1"]], {"usr/lib": 0, "lib": 1, "lib/y": 1}),
    "a removed link is not followed": ([["u/", "u/x=1", "l->u"], [".wh.l"], ["l/y=1"]], {"u": 0, "u/x": 0, "l/y": 2}),
    "a whiteout through a link": ([["usr/lib/", "usr/lib/x=1", "lib->usr/lib"], ["lib/.wh.x"]], {"usr/lib": 0, "lib": 0}),
    "an opaque marker through a link": ([["usr/lib/", "usr/lib/x=1", "lib->usr/lib"], ["lib/.wh..wh..opq"]], {"usr/lib": 0, "lib": 0}),
    "a whiteout of a link": ([["d/", "l->d"], [".wh.l"]], {"d": 0}),
    "a hard link to a lower file": ([["a=1"], ["b=>a"]], {"a": 0, "b": 1}),
    "a hard link outlives its target": ([["a=1"], ["b=>a"], [".wh.a"]], {"b": 1}),
}  # fmt: skip


@pytest.mark.trap("A7")
@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    layers, expected = CASES[name]
    assert visible(image(*layers)) == expected


AMBIGUOUS = {
    "file below": ([["a=1"], ["a/b=1"]], "written below a file"),
    "through a link": ([["usr/lib/", "lib->usr/lib"], ["lib/y=1"]], "written through a symbolic link"),
    "whiteout through a link": ([["usr/lib/", "usr/lib/x=1", "lib->usr/lib"], ["lib/.wh.x"]], "written through"),
    "link loop": ([["a->b", "b->a"], ["a/c=1"]], "leads nowhere"),
    "removed and written through": ([["u/", "l->u"], [".wh.l", "l/y=1"]], "both removes this symbolic link"),
    "through a link and one of the layer": ([["a/", "b->a"], ["b/a/x=1", "a/a->.."]], "changes where this"),
    "whiteout through a link and one of the layer": (
        [["a/", "b->a"], ["a/", "a/a->..", "b/a/.wh.a"]],
        "changes where this",
    ),
    "directory after the write": ([["u/", "l->u"], ["l/y=1", "l/"]], "before the entry that replaces"),
    "directory over a file after the write": ([["l=1"], ["l/y=1", "l/"]], "before the entry that replaces"),
    "removed and made again": ([["d/", "d/old=1"], [".wh.d", "d/", "d/new=1"]], "makes it again"),
    "root marker": ([["a=1"], [".wh..wh..opq"]], "root directory"),
    "lost hard link": ([["a=1"], ["b=>q"]], "no layer has"),
    "hard link to a directory": ([["a/"], ["b=>a"]], "no layer has"),
    "hidden lost hard link": ([["a=1"], ["b=>q"], [".wh.b"]], "no layer has"),
    "hard links below each other": ([["a=1"], ["b=>c/x", "c=>b/x"]], "no layer has"),
    "a directory that gave way to a file": (
        [["a->b"], ["a/.wh..wh..opq", "a/a/", "a/b/b->a", "b=3"], ["a/a/", "a/b/b/"]],
        "written twice",
    ),
    "a file that gave way to a directory": ([["a->..", "b/a/"], ["a/b=0", "b/"]], "written twice"),
    "two ways to one path": ([["u/", "l->u"], ["u/y=1", "l/y=2"]], "written twice"),
    "a file and a directory at one place": ([["u/", "l->u"], ["u/y=1", "l/y/z=2"]], "written twice"),
}


@pytest.mark.trap("A7")
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_disagreement_is_told(name):
    layers, reason = AMBIGUOUS[name]
    merged = image(*layers)
    assert reason in reasons(merged)
    assert_is_tree(merged)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in CASES
        if not any(
            word in name
            for word in ("through", "root", "implied directory over a file", "spares", "as the layers below")
        )
    ],
)
def test_agreement_is_silent(name):
    assert reasons(image(*CASES[name][0])) == ""


def test_many_disagreements_are_counted_not_listed():
    names = [f"f{number}" for number in range(200)]
    merged = image([f"{name}=1" for name in names], [f"{name}/x=1" for name in names])
    assert len(merged.unknowns) == 51
    assert "(150 more paths)" in merged.unknowns[-1].reason


@pytest.mark.trap("A8")
def test_a_hard_link_keeps_what_it_was_linked_to():
    merged = image(["a=1"], ["b=>a", "a=2"])
    lower, link = merged.find(b"a"), merged.find(b"b")
    assert lower == (1, 1)
    assert merged.snapshots.content(link) == (0, 0)
    assert merged.snapshots.digest(link) != merged.snapshots.digest(lower)


def test_a_hard_link_to_a_symbolic_link_is_one():
    merged = image(["d=1", "s->d"], ["e=>s"])
    assert merged.snapshots.kind(merged.find(b"e")) == EntryType.SYMLINK
    assert merged.link(merged.find(b"e")) == b"d"


@pytest.mark.trap("A7")
def test_three_thousand_components():
    deep = b"/".join([b"d"] * 3000)
    layers = [[deep + b"/x=1"], [deep + b"/y=1"], [b"d/d/.wh.d"], [deep + b"/z=1"]]
    merged = image(*layers)
    assert merged.paths == [deep + b"/z"]
    merged = image([b"d=1"], [deep + b"/x=1"])
    assert merged.paths == [deep + b"/x"]
    merged = image([b"e/", b"d->e"], [deep + b"/x=1"])
    assert merged.paths[-1].startswith(b"e/d/d")
    assert merged.snapshots.find(merged.paths[-1], 1) == (1, 0)


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.one_of(PATHS, PATHS.map("/".__add__), PATHS.map("../".__add__), st.just(".."))


@st.composite
def layers(draw, *, links: bool):
    """Canonical layers: a path once, nothing below what is not a directory."""
    result = []
    for _ in range(draw(st.integers(1, 4))):
        members, solid, used = [], set(), {}
        for path in draw(st.lists(PATHS, max_size=6)):
            above = {path[:end] for end in range(len(path)) if path[end] == "/"}
            kind = draw(
                st.sampled_from(
                    ["dir", "file", "whiteout", "opaque", "link"] if links else ["dir", "file", "whiteout", "opaque"]
                )
            )
            directory, _, name = path.rpartition("/")
            prefix = directory + "/" if directory else ""
            if kind == "whiteout":
                members.append(f"{prefix}.wh.{name}")
            elif kind == "opaque":
                members.append(f"{path}/.wh..wh..opq")
            elif path in used or above & solid or (kind != "dir" and any(p.startswith(path + "/") for p in used)):
                continue
            else:
                used[path] = kind
                if kind != "dir":
                    solid.add(path)
                members.append(
                    {"dir": f"{path}/", "file": f"{path}={len(members)}"}.get(kind) or f"{path}->{draw(TARGETS)}"
                )
        result.append(members)
    return result


def assert_is_tree(merged: Merged):
    """Paths are there once, and everything above them is a directory."""
    seen = [
        stratum.paths[entry]
        for stratum, bits in zip(merged.strata, merged.visible, strict=True)
        for entry, bit in enumerate(bits)
        if bit
    ]
    assert len(seen) == len(set(seen))
    for path in seen:
        while path := path.rpartition(b"/")[0]:
            place = merged.find(path)
            assert place is None or merged.strata[place[0]].entries.types[place[1]] == EntryType.DIRECTORY


def rules(images):
    """The rules of the module, read out for each path: no set, no order, no symbolic link."""

    def is_above(directory, path):
        return path.startswith(directory + b"/")

    found = {}
    for layer, entries in enumerate(images):
        for entry, path in enumerate(entries.paths):
            is_directory = entries.types[entry] == EntryType.DIRECTORY
            hidden = any(
                path in upper.paths
                or any(path == whiteout or is_above(whiteout, path) for whiteout in upper.whiteouts)
                or any(is_above(opaque, path) for opaque in upper.opaques)
                or any(
                    is_above(other, path) and kind != EntryType.DIRECTORY
                    for other, kind in zip(upper.paths, upper.types, strict=True)
                )
                or (not is_directory and any(is_above(path, other) for other in upper.paths))
                for upper in images[layer + 1 :]
            )
            if not hidden:
                found[path] = (layer, entry)
    return found


@settings(max_examples=300)
@given(layers(links=False))
def test_set_algebra_equals_the_rules(built):
    records = [record(*layer) for layer in built]
    merged = merge(records)
    assert {path: merged.find(path) for path in merged.paths} == rules([item.entries for item in records])
    assert_is_tree(merged)


@settings(max_examples=300)
@given(layers(links=True))
def test_merging_equals_extracting_or_says_why_not(built):
    records = [record(*layer) for layer in built]
    merged = merge(records)
    assert_is_tree(merged)
    state = extracted([item.entries for item in records])
    told = [unknown.reason for unknown in merged.unknowns if "some runtimes replace" not in unknown.reason]
    told = [reason for reason in told if "makes it again" not in reason and "root directory" not in reason]
    if not told:
        assert {path: merged.find(path) for path in merged.paths} == {
            p: place for p, place in state.files.items() if place
        }


def test_a_file_that_gave_way_to_a_directory_hides_nothing_below_it():
    merged = image(["a->..", "b/a/"], ["a/b=0", "b/"])
    assert merged.find(b"b/a") == merged.snapshots.find(b"b/a", 1) == (0, 1)


@settings(max_examples=200)
@given(layers(links=True), st.data())
def test_every_snapshot_is_the_merge_of_its_layers(built, data):
    records = [record(*layer) for layer in built]
    top = data.draw(st.integers(0, len(records) - 1))
    whole, part = merge(records), merge(records[: top + 1])
    for path in {path for stratum in whole.strata for path in stratum.paths}:
        assert whole.snapshots.find(path, top) == part.find(path)


@given(layers(links=True))
def test_children_are_what_paths_say(built):
    merged = image(*built)
    for directory in [b"", b"a", b"a/b", b"c", *merged.paths]:
        prefix = directory + b"/" if directory else b""
        names = {path[len(prefix) :].split(b"/")[0] for path in merged.paths if path.startswith(prefix)}
        assert merged.children(directory) == sorted(names)
        assert merged.has_below(directory) == bool(names)
