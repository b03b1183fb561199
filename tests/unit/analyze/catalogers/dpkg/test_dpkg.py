"""dpkg and opkg: states, companions, licences, diversions and what vcpkg fakes."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.views import Link, View, extract, findings, packages, related

from analyze.catalogers.dpkg import DpkgCataloger, companions, copyright, paths, status  # noqa: A004
from analyze.catalogers.text import Reasons
from cargohold.model import Distro, Scope

DPKG = DpkgCataloger()
DEBIAN = Distro(id="debian", version_id="12")
STATUS = b"var/lib/dpkg/status"


def stanza(name: str, **fields: str) -> bytes:
    values = {"Package": name, "Version": "1", "Status": "install ok installed", **fields}
    return "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in values.items()).encode() + b"\n"


@pytest.fixture(scope="module")
def image():
    return packages([tree("dpkg")], DPKG, distro=DEBIAN)


def test_what_is_on_the_disk_is_found_and_what_was_removed_is_not(image):
    assert sorted(image) == ["bash", "busybox", "curl", "hostname", "libcurl4", "marked-for-removal", "tzdata"]


def test_source_packages_and_purls(image):
    libcurl = image["libcurl4"]
    assert (libcurl.source_name, libcurl.source_version) == ("curl", "7.88.1-10")
    assert libcurl.purl == (
        "pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12&upstream=curl%407.88.1-10"
    )
    assert (image["curl"].source_name, image["curl"].source_version) == ("curl", image["curl"].version)
    assert image["marked-for-removal"].purl.endswith(
        "/marked-for-removal@2:1.0~rc1-1?arch=all&distro=debian-12&upstream=marked"
    )
    assert image["bash"].purl.endswith("&upstream=bash%405.2.15-2")


def test_metadata_has_the_names_of_syft(image):
    assert image["curl"].metadata_type == "dpkg-db-entry"
    assert image["curl"].metadata == {
        "package": "curl",
        "version": "7.88.1-10+deb12u5",
        "architecture": "amd64",
        "maintainer": "Jane Doe <jane@example.org>",
        "installedSize": 452,
        "depends": ["libc6 (>= 2.34)", "libcurl4 (= 7.88.1-10+deb12u5) | libcurl3", "zlib1g:amd64"],
        "preDepends": ["base-shell"],
    }


def test_files_of_lists_checksums_and_configuration(image):
    assert image["libcurl4"].files == ("/usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0", "/etc/curl/curlrc")
    assert image["bash"].files == ("/bin/bash", "/etc/bash.bashrc")
    assert image["tzdata"].files == ("/usr/share/zoneinfo/UTC",)
    assert "/usr/bin" not in image["curl"].files
    assert "/usr/bin/curl" in image["curl"].files


def test_a_diverted_file_is_where_the_diversion_put_it(image):
    assert "/usr/share/man/curl.distrib.1.gz" in image["curl"].files
    assert "/usr/share/man/curl.1.gz" not in image["curl"].files


def test_the_package_that_diverts_keeps_the_path():
    layer = {
        STATUS: stanza("owner") + stanza("other"),
        b"var/lib/dpkg/info/owner.list": b"/bin/x\n",
        b"var/lib/dpkg/info/other.list": b"/bin/x\n",
        b"var/lib/dpkg/diversions": b"/bin/x\n/bin/x.real\nowner\n",
    }
    found = packages([layer], DPKG)
    assert (found["owner"].files, found["other"].files) == (("/bin/x",), ("/bin/x.real",))


def test_locations_are_the_database_and_what_lies_beside(image):
    primary, *supporting = image["curl"].locations
    assert (primary.path, primary.evidence) == ("/var/lib/dpkg/status", "primary")
    assert {location.path for location in supporting} == {
        "/var/lib/dpkg/info/curl.list",
        "/var/lib/dpkg/info/curl.md5sums",
        "/usr/share/doc/curl/copyright",
    }
    assert image["tzdata"].locations[0].path == "/var/lib/dpkg/status.d/tzdata"


def test_licences(image):
    assert [(found.value, found.spdx_expression) for found in image["curl"].licenses] == [
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2+ or Expat", "GPL-2.0-or-later OR MIT"),
        ("curl", "curl"),
    ]
    assert image["curl"].licenses[0].path == "/usr/share/doc/curl/copyright"
    assert [found.value for found in image["bash"].licenses] == ["GPL-3"]


@pytest.mark.trap("A15")
def test_a_doc_directory_that_is_a_symbolic_link_resolves():
    layer = {
        STATUS: stanza("g++"),
        b"usr/share/doc/g++": Link(b"cpp"),
        b"usr/share/doc/cpp": Link(b"../doc/gcc-base"),
        b"usr/share/doc/gcc-base/copyright": b"License: GPL-3+\n",
    }
    (found,) = packages([layer], DPKG)["g++"].licenses
    assert (found.spdx_expression, found.path) == ("GPL-3.0-or-later", "/usr/share/doc/gcc-base/copyright")


@pytest.mark.trap("A15")
def test_an_info_directory_that_is_a_symbolic_link_resolves():
    layer = {
        STATUS: stanza("a", Architecture="amd64"),
        b"var/lib/dpkg/info": Link(b"/usr/lib/dpkg-info/dpkg/info"),
        b"usr/lib/dpkg-info/dpkg/info/a:amd64.md5sums": b"0  bin/a\n",
    }
    # The real directory is not one that the patterns know, so only the link's name would tell.
    assert packages([layer], DPKG)["a"].files == ()


@pytest.mark.trap("A5")
def test_hidden_databases_are_read_with_the_companions_of_their_own_layer():
    below = {
        STATUS: stanza("a", Architecture="all"),
        b"var/lib/dpkg/info/a.md5sums": b"0  bin/old\n",
        b"usr/share/doc/a/copyright": b"License: MIT\n",
    }
    above = {STATUS: stanza("b"), b"var/lib/dpkg/info/a.md5sums": b"0  bin/new\n"}
    view = View([below, above], DPKG, scope=Scope.HIDDEN)
    (found,) = findings(view, DPKG)
    assert (found.key["name"], found.package.files) == ("a", ("/bin/old",))
    assert (found.evidence.layer, found.package.locations[0].layer) == (0, 0)
    assert found.package.licenses[0].value == "MIT"


def test_relations_follow_provides_alternatives_and_pre_depends():
    assert related([tree("dpkg")], DPKG) == {("libcurl4", "curl"), ("bash", "curl")}


def test_databases_in_one_image_do_not_mix():
    layer = {
        STATUS: stanza("a", Depends="b"),
        b"srv/root/var/lib/dpkg/status": stanza("b"),
        b"srv/root/usr/share/doc/b/copyright": b"License: MIT\n",
    }
    assert related([layer], DPKG) == set()
    assert packages([layer], DPKG)["b"].licenses[0].path == "/srv/root/usr/share/doc/b/copyright"


def test_opkg_joins_its_control_files(image):
    busybox = image["busybox"]
    assert (
        busybox.purl
        == "pkg:opkg/debian/busybox@1.35.0-5?arch=x86_64&distro=debian-12&upstream=package%2Futils%2Fbusybox"
    )
    assert busybox.metadata["installedSize"] == 246
    assert busybox.files == ("/bin/busybox", "/bin/sh")
    assert [found.value for found in busybox.licenses] == ["GPL-2.0"]
    assert [location.path for location in busybox.locations] == [
        "/usr/lib/opkg/status",
        "/usr/lib/opkg/info/busybox.control",
        "/usr/lib/opkg/info/busybox.list",
    ]


def test_a_control_file_without_a_status_file_is_a_package():
    layer = {b"usr/lib/opkg/info/a.control": b"Package: a\nVersion: 1\n"}
    assert packages([layer], DPKG)["a"].version == "1"


def test_a_distribution_that_is_no_debian_gives_no_vendor():
    found = packages([{STATUS: stanza("a")}], DPKG, distro=Distro(id="alpine", version_id="3.19"))
    assert found["a"].purl == "pkg:deb/a@1?distro=alpine-3.19"
    derived = Distro(id="ubuntu", version_id="22.04", id_like=("debian",))
    assert packages([{STATUS: stanza("a")}], DPKG, distro=derived)["a"].purl == "pkg:deb/ubuntu/a@1?distro=ubuntu-22.04"


def test_a_bad_stanza_costs_itself_and_no_more():
    content = stanza("a") + b"no field here\nPackage: b\nVersion: 2\nVersion: 3\n\n" + b"Version: 1\n\n" + stanza("c")
    facts = extract(DPKG, STATUS, content)
    assert [key["name"] for key in facts.identity] == ["a", "b", "c"]
    assert facts.identity[1]["version"] == "2"
    assert facts.unknowns == ["line 5 is no field", "line 8 repeats Version", "the stanza at line 10 has no Package"]


def test_what_vcpkg_wrote_is_none_of_ours():
    assert extract(DPKG, STATUS, stanza("curl", Port_Version="1") + stanza("zlib")) is None
    assert extract(DPKG, STATUS, stanza("zlib") + stanza("curl", Feature="ssl")) is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"var/lib/dpkg/status", "status"),
        (b"usr/lib/dpkg/status", "status"),
        (b"lib/dpkg/status", "status"),
        (b"var/xlib/dpkg/status", ""),
        (b"var/lib/dpkg/status-old", ""),
        (b"var/lib/dpkg/status.d/base-files", "status"),
        (b"var/lib/dpkg/status.d/base.md5sums", "md5sums"),
        (b"var/lib/dpkg/info/a:amd64.list", "list"),
        (b"var/lib/dpkg/info/a.control", ""),
        (b"usr/lib/opkg/info/a.control", "control"),
        (b"usr/lib/opkg/status", "status"),
        (b"etc/apt/sources.list", ""),
        (b"usr/share/doc/a/copyright", "copyright"),
        (b"usr/share/copyright", ""),
        (b"var/lib/dpkg/diversions", "diversions"),
    ],
)
def test_kinds(path, kind):
    assert paths.kind(path) == kind
    root = paths.root(path) if kind == "status" else b""
    assert root in (b"", b"var/lib/") or path.startswith(root)


def test_roots():
    assert paths.root(b"var/lib/dpkg/status") == b""
    assert paths.root(b"usr/lib/opkg/info/a.control") == b""
    assert paths.root(b"opt/chroot/var/lib/dpkg/status.d/a") == b"opt/chroot/"


def test_list_keeps_leaves_and_companions_keep_bytes():
    reasons = Reasons()
    assert companions.file_list(b"/.\n/a\n/a/b\n/a/b c\n/empty\n", reasons) == ["/a/b", "/a/b c", "/empty"]
    assert companions.md5sums(b"0  bin/\xff\nbroken\n", reasons) == ["/bin/\\xff"]
    assert reasons.listed() == ["line 2 is not a digest and a path"]
    assert companions.diversions(b"/a\n/b\n", reasons) == []
    assert len(reasons.listed()) == 2


def test_copyright_of_neither_form():
    assert copyright.licenses("LICENSE AGREEMENT FOR X\n\nLicense: none\n") == ["LICENSE AGREEMENT FOR X"]
    assert copyright.licenses("License: Permission is hereby granted\n\nLicense: This-one\n") == ["This-one"]
    assert len(copyright.licenses("".join(f"License: L-{number}\n" for number in range(1000)))) == 100


def test_reasons_are_bounded():
    facts = extract(DPKG, STATUS, b"Version: 1\n\n" * 1000)
    assert len(facts.unknowns) == 21
    assert facts.unknowns[-1] == "and 980 more of these"


def test_packages_of_one_file_are_bounded(monkeypatch):
    monkeypatch.setattr(status, "PACKAGES", 3)
    facts = extract(DPKG, STATUS, stanza("a") * 5)
    assert (len(facts.identity), facts.unknowns) == (3, ["more than 3 packages"])


@pytest.mark.trap("A6")
def test_hidden_databases_say_only_what_nothing_later_says():
    layers = [
        {STATUS: stanza("a") + stanza("b")},
        {STATUS: stanza("a") + stanza("b", Version="2") + stanza("c")},
        {STATUS: stanza("a") + stanza("b", Version="3") + stanza("c")},
        {STATUS: stanza("a") + stanza("d")},
    ]
    found = findings(View(layers, DPKG, scope=Scope.HIDDEN), DPKG)
    assert [(one.key["name"], one.key["version"], one.evidence.layer) for one in found] == [
        ("b", "3", 2),
        ("c", "1", 2),
        ("b", "2", 1),
        ("b", "1", 0),
    ]
