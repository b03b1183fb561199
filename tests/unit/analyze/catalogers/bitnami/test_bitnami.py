"""Bitnami's documents of both kinds, and which files they own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.fixtures import tree
from tests.harness.views import Link, View, extract, findings

from analyze.catalogers.bitnami import BitnamiCataloger
from analyze.catalogers.bitnami.documents import described
from analyze.catalogers.text import Reasons
from cargohold.model import Scope

BITNAMI = BitnamiCataloger()
POSTGRESQL = b"opt/bitnami/postgresql/"


def image(*layers, scope=Scope.VISIBLE):
    found = findings(View(layers or [tree("bitnami")], BITNAMI, scope=scope), BITNAMI)
    return {finding.package.name: finding.package for finding in found}


def test_packages_and_purls():
    assert {name: (found.type, found.version, found.purl) for name, found in image().items()} == {
        "postgresql": ("bitnami", "17.2.0-8", "pkg:bitnami/postgresql@17.2.0-8?arch=arm64&distro=debian-12"),
        "geos": ("bitnami", "3.13.0", "pkg:bitnami/geos@3.13.0?arch=arm64&distro=debian-12"),
        "pljava": ("bitnami", "1.6.8", "pkg:bitnami/pljava@1.6.8?arch=arm64&distro=debian-12"),
        "redis": ("bitnami", "7.4.1-0", "pkg:bitnami/redis@7.4.1-0?arch=arm64&distro=debian-12"),
        "gosu": ("bitnami", "1.14.0-1", "pkg:bitnami/gosu@1.14.0-1?arch=amd64&distro=debian-10"),
        "mongodb": ("bitnami", "4.4.11-2", "pkg:bitnami/mongodb@4.4.11-2?arch=amd64&distro=debian-10"),
    }


def test_metadata_has_the_names_of_syft():
    found = image()["postgresql"]
    assert found.metadata_type == "bitnami-sbom-entry"
    assert found.metadata == {
        "name": "postgresql",
        "arch": "arm64",
        "distro": "debian-12",
        "revision": "8",
        "version": "17.2.0",
        "path": "/opt/bitnami/postgresql",
    }
    assert [(one.value, one.spdx_expression) for one in found.licenses] == [("PostgreSQL", "PostgreSQL")]
    assert image()["geos"].metadata["version"] == "3.13.0"
    assert image()["gosu"].metadata["path"] == "/old/opt/bitnami/gosu"


def test_the_main_package_owns_its_directory_and_the_others_what_they_contain():
    layer = {
        **tree("bitnami"),
        POSTGRESQL + b"bin/postgres": b"ELF",
        POSTGRESQL + b"lib/x": Link(b"../bin/postgres"),
        POSTGRESQL + b"loop": Link(b"."),
        POSTGRESQL + b"share/pljava/pljava-1.6.8.jar": b"PK",
        b"opt/bitnami/other": b"",
    }
    found = image(layer)
    assert found["postgresql"].files == (
        "/opt/bitnami/postgresql/bin/postgres",
        "/opt/bitnami/postgresql/lib/x",
        "/opt/bitnami/postgresql/loop",
    )
    assert sorted(found["pljava"].files) == [
        "/opt/bitnami/postgresql/share/pljava/pljava-1.6.8.jar",
        "/opt/bitnami/postgresql/share/pljava/pljava-api-1.6.8.jar",
    ]
    assert found["geos"].files == ()


def test_documents_that_share_a_directory_own_nothing():
    redis = tree("bitnami")[b"opt/bitnami/redis/.spdx-redis.spdx"]
    layer = {
        b"opt/bitnami/common/.spdx-redis.spdx": redis,
        b"opt/bitnami/common/.spdx-gosu.spdx": redis.replace(b"bitnami/redis@", b"bitnami/gosu@"),
        b"opt/bitnami/common/bin/gosu": b"ELF",
    }
    assert {name: found.files for name, found in image(layer).items()} == {"redis": (), "gosu": ()}


def test_a_package_replaced_above_is_hidden_without_files():
    path = b"opt/bitnami/redis/.spdx-redis.spdx"
    redis = tree("bitnami")[path]
    layers = [{path: redis, b"opt/bitnami/redis/a": b""}, {path: redis.replace(b"7.4.1-0", b"7.4.2-0")}]
    assert image(*layers)["redis"].files == ("/opt/bitnami/redis/a",)
    hidden = image(*layers, scope=Scope.HIDDEN)["redis"]
    assert (hidden.version, hidden.files) == ("7.4.1-0", ())


def test_files_do_not_lead_out_of_the_directory():
    document = json.loads(tree("bitnami")[POSTGRESQL + b".spdx-postgresql.spdx"])
    document["files"][0]["fileName"] = "../../../etc/passwd"
    document["files"][1]["fileName"] = "/./share//x"
    found = image({POSTGRESQL + b".spdx-postgresql.spdx": json.dumps(document).encode()})
    assert found["pljava"].files == ("/opt/bitnami/postgresql/share/x",)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"srv/.spdx-redis.spdx", b"{}"),
        (b"opt/bitnami/redis/redis.spdx", b"{}"),
        (b"srv/.bitnami_components.json", b"{}"),
    ],
)
def test_files_elsewhere_are_of_no_interest(path, content):
    assert extract(BITNAMI, path, content) is None


def test_what_contains_itself_is_read_once():
    names = [f"SPDXRef-{number}" for number in range(300)]
    document = {
        "packages": [
            {"SPDXID": name, "externalRefs": [{"referenceType": "purl", "referenceLocator": f"pkg:bitnami/{name}@1"}]}
            for name in names
        ],
        "files": [{"SPDXID": "f", "fileName": "f"}],
        "relationships": [
            {"relationshipType": "CONTAINS", "spdxElementId": one, "relatedSpdxElement": other}
            for one in names
            for other in (*names, "f")
        ],
    }
    reasons = Reasons()
    assert len(described(document, reasons)) == 300
    assert reasons.listed()[0] == "more than 300000 things contained in others"


def test_tag_value_is_an_unknown():
    facts = extract(BITNAMI, b"opt/bitnami/redis/.spdx-redis.spdx", b"SPDXVersion: SPDX-2.3\n")
    assert facts.unknowns[0].startswith("no JSON")


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(0, 9),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["packages", "files", "relationships", "externalRefs", "arch", "version", "a"]), inner
            )
        ),
    )
)
def test_any_json_is_read(value):
    for path in (b"opt/bitnami/a/.spdx-a.spdx", b"opt/bitnami/.bitnami_components.json"):
        assert extract(BITNAMI, path, json.dumps(value).encode()) is not None
