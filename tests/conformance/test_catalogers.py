"""What every cataloger must do, whatever it reads, and what the corpus says there is to find."""

import re
import tarfile

import orjson
import pytest
from tests.harness.fixtures import corpus, tree
from tests.harness.views import MemoryFile, View, extract, findings

from analyze.catalogers import CATALOGERS
from analyze.image.assemble import assemble
from analyze.layer.walk import walk_layer
from analyze.limits import DEFAULT
from analyze.scratch import Scratch
from cargohold.model import Distro, Scope

EACH = pytest.mark.parametrize("cataloger", CATALOGERS, ids=lambda cataloger: cataloger.name)


def test_names_are_unique():
    names = [cataloger.name for cataloger in CATALOGERS]
    assert len(set(names)) == len(names)
    assert names[0] == "distro"


@EACH
def test_patterns_are_bounded_and_compile(cataloger):
    patterns = cataloger.patterns()
    assert patterns.max_size > 0
    assert all(extension == extension.lower() and b"." not in extension for extension in patterns.extensions)
    assert all(b"/" not in name for name in patterns.basenames)
    for expression in patterns.paths:
        assert not re.compile(expression, re.DOTALL).fullmatch(b"no/cataloger/wants/this")


@EACH
def test_facts_are_json_and_the_same_each_time(cataloger):
    for path, content in tree(cataloger.name).items():
        assert isinstance(content, bytes)
        first, second = extract(cataloger, path, content), extract(cataloger, path, content)
        assert first == second
        if first is not None:
            stored = orjson.loads(orjson.dumps([first.identity, first.detail, first.unknowns]))
            assert stored == [first.identity, first.detail, first.unknowns]


@EACH
def test_facts_do_not_change_when_packages_are_made(cataloger):
    view = View([tree(cataloger.name)], cataloger, Distro(id="debian", version_id="12"))
    before = orjson.dumps([found.facts.detail for found in view.facts(cataloger.name)])
    packages = [finding.package for finding in findings(view, cataloger)]
    list(cataloger.relate(view, packages))
    assert orjson.dumps([found.facts.detail for found in view.facts(cataloger.name)]) == before


@EACH
def test_findings_name_their_evidence(cataloger):
    view = View([tree(cataloger.name)], cataloger, Distro(id="debian", version_id="12"))
    for finding in findings(view, cataloger):
        package = finding.package
        assert finding.key in finding.evidence.facts.identity
        assert (package.cataloger, package.version) == (cataloger.name, finding.key["version"])
        assert package.purl.startswith("pkg:")
        assert package.locations[0].path == "/" + finding.evidence.path.decode()
        assert all(path.startswith("/") for path in package.files)
        assert package.metadata_type


@EACH
def test_assembling_twice_gives_the_same(cataloger):
    view = View([tree(cataloger.name)], cataloger)
    assert [one.package for one in findings(view, cataloger)] == [one.package for one in findings(view, cataloger)]


@EACH
def test_an_image_without_anything_gives_nothing(cataloger):
    for scope in Scope:
        view = View([{}], cataloger, scope=scope)
        assert list(cataloger.assemble(view)) == []
        assert list(cataloger.relate(view, [])) == []


@EACH
def test_what_the_patterns_bring_in_from_elsewhere_is_declined(cataloger):
    patterns = cataloger.patterns()
    for name in [*patterns.basenames, *(b"x." + extension for extension in patterns.extensions)]:
        facts = cataloger.extract(MemoryFile(b"srv/elsewhere/" + name, b"nothing of interest\n"))
        assert facts is None or facts.identity == []


@pytest.mark.parametrize("file", ["alpine-3.11.tar.gz", "alpine-3.10.1-4layers.tar"])
def test_images_of_alpine(file, tmp_path):
    """Syft finds 14 packages in each; all names, versions and files are apk's own."""
    with (
        tarfile.open(corpus("images", file)) as archive,
        Scratch(tmp_path, "r", budget=64 << 20, memory=32 << 20) as scratch,
    ):
        manifest = orjson.loads(member(archive, "manifest.json"))[0]
        records = [
            walk_layer(
                [member(archive, name)],
                blob_digest="",
                diff_id="",
                catalogers=CATALOGERS,
                limits=DEFAULT,
                scratch=scratch,
            )
            for name in manifest["Layers"]
        ]
        result = assemble(records, CATALOGERS, member(archive, manifest["Config"]))
    packages = [one for one in result.packages if one.scope is Scope.VISIBLE and one.type == "apk"]
    assert len(packages) == 14
    assert result.unknowns == ()
    assert all(f"&distro=alpine-{result.distro.version_id}" in one.purl for one in packages)
    musl = next(one for one in packages if one.name == "musl")
    assert "/lib/libc.musl-x86_64.so.1" in musl.files
    assert (musl.namespace, musl.origin_layer) == ("alpine", 0)


def member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    assert stream is not None
    return stream.read()
