"""What `sam build` makes: small packages of one folder each, and one layer for all of them."""

import platform
from pathlib import Path

import pytest
from tests.harness.sam import ROOT

pytestmark = pytest.mark.slow

MIB = 1 << 20
FUNCTIONS = {
    "AnalyzeFunction": "analyze",
    "PersistFunction": "persist",
    "PersistScheduleFunction": "persist",
    "ArchiveFunction": "archive",
    "ArchiveScheduleFunction": "archive",
    "ApiFunction": "api",
    "IntakeFunction": "intake",
    "ReconcileFunction": "intake",
    "MigrateFunction": "migrate",
}
# Unpacked. Lambda allows 250 MiB in all; most of the layer is botocore's descriptions of services.
LIMITS = {"DependenciesLayer": 80 * MIB, "CommonLayer": 2 * MIB, **dict.fromkeys(FUNCTIONS, 2 * MIB)}


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_packages_are_small(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {name: sum(path.stat().st_size for path in files(built / name)) for name in LIMITS}
    with capsys.disabled():  # sizes belong into every log
        print("\n" + "\n".join(f"{name:26}{size / MIB:8.2f} MiB" for name, size in sizes.items()))  # noqa: T201

    assert {name: size for name, size in sizes.items() if size > LIMITS[name]} == {}


@pytest.mark.parametrize(("function", "folder"), FUNCTIONS.items())
def test_a_package_holds_its_own_folder_and_all_of_it(built: Path, function: str, folder: str) -> None:
    source = {path.relative_to(ROOT / "functions") for path in files(ROOT / "functions" / folder)}
    expected = {path for path in source if "__pycache__" not in path.parts}

    assert {path.relative_to(built / function) for path in files(built / function)} == expected


def test_the_common_layer_is_the_common_code_and_the_certificates(built: Path) -> None:
    root = ROOT / "layers" / "common"
    expected = {
        Path("python", path.relative_to(root)) for path in files(root / "cargohold") if "__pycache__" not in path.parts
    }

    layer = built / "CommonLayer"
    assert {path.relative_to(layer) for path in files(layer)} == expected | {Path("rds-ca.pem")}


@pytest.mark.trap("B21")
def test_wheels_are_for_lambda_whatever_python_builds(built: Path) -> None:
    site = built / "DependenciesLayer" / "python"
    extensions = [path.name for path in site.rglob("*.so") if ".cpython-" in path.name]
    wheel = next(site.glob("psycopg2_binary-*.dist-info"))
    locked = (ROOT / "requirements" / "layer.txt").read_text(encoding="utf-8")

    assert extensions
    assert all(f"cpython-313-{platform.machine()}" in name for name in extensions)
    # An older one is what pip settles for when it is told the older platform name alone.
    assert f"psycopg2-binary=={wheel.name.removesuffix('.dist-info').partition('-')[2]}" in locked
    assert not list(site.rglob("__pycache__"))
