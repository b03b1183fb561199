# ruff: noqa: E501 - images in one line
import pytest

from analyze.catalogers.contract import Facts, FileFacts
from analyze.image.distro import choose

DEBIAN = {"ID": "debian", "VERSION_ID": "12", "NAME": "Debian GNU/Linux", "ID_LIKE": "b a", "PRETTY_NAME": "Debian 12"}


def of(files):
    found = {path.encode(): fields for path, fields in files.items()}

    def lookup(path):
        fields = found.get(path)
        return None if fields is None else FileFacts(path, 0, 0, True, "", Facts(detail={"file": "", "fields": fields}))

    return choose(lookup)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"etc/os-release": {"ID": "alpine", "VERSION_ID": "3.19.1"}}, ("alpine", "3.19.1")),
        ({"usr/lib/os-release": {"ID": "wolfi", "VERSION_ID": "1"}}, ("wolfi", "1")),
        ({"etc/os-release": {"ID": "a"}, "usr/lib/os-release": {"ID": "b"}}, ("a", "")),
        ({"etc/os-release": {}, "usr/lib/os-release": {"ID": "b"}}, ("b", "")),
        ({"etc/os-release": DEBIAN, "etc/debian_version": {"version": "12.5"}}, ("debian", "12.5")),
        ({"etc/os-release": DEBIAN, "etc/debian_version": {"version": "trixie/sid"}}, ("debian", "12")),
        ({"etc/os-release": {"ID": "ubuntu", "VERSION_ID": "24.04"}, "etc/debian_version": {"version": "13"}}, ("ubuntu", "24.04")),
        ({"etc/system-release-cpe": {"cpe": "x", "vendor": "centos", "product": "linux", "version": "6"}}, ("centos", "6")),
        ({"etc/redhat-release": {"text": "x", "name": "Red Hat Enterprise Linux Server", "version": "7.9"}}, ("rhel", "7.9")),
        ({"etc/redhat-release": {"text": "x", "name": "CentOS Linux", "version": "8.4.2105"}}, ("centos", "8.4.2105")),
        ({"etc/alpine-release": {"version": "3.4.0"}}, ("alpine", "3.4.0")),
        ({"etc/debian_version": {"version": "7.8"}}, ("debian", "7.8")),
        ({"etc/lsb-release": {"DISTRIB_ID": "Ubuntu", "DISTRIB_RELEASE": "14.04"}}, ("ubuntu", "14.04")),
        ({"bin/busybox": {"banner": "BusyBox v1.36.1", "version": "1.36.1"}}, ("busybox", "1.36.1")),
    ],
)  # fmt: skip
def test_order_and_fields(files, expected):
    found = of(files)
    assert (found.id, found.version_id) == expected


def test_all_fields():
    found = of({"etc/os-release": DEBIAN | {"VERSION_CODENAME": "bookworm"}})
    assert (found.name, found.id_like, found.pretty_name) == ("Debian GNU/Linux", ("a", "b"), "Debian 12")
    assert (found.version_codename, found.path) == ("bookworm", "/etc/os-release")


def test_nothing_says():
    assert of({}) is None
    assert of({"etc/os-release": {"HOME_URL": "x"}}) is None
