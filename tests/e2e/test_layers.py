"""The layers for both architectures, whichever this machine has: what is in them runs there, and is small."""

import platform
import struct
import subprocess
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.harness.sam import ROOT, SAM_PYTHON

pytestmark = pytest.mark.slow

MIB = 1 << 20
LIMIT = 80 * MIB  # unpacked, of 250 MiB that Lambda allows a function with its layers
MACHINES = {"arm64": (183, "aarch64"), "x86_64": (62, "x86_64")}  # EM_AARCH64 and EM_X86_64 of elf.h


@pytest.fixture(scope="module", params=MACHINES)
def layer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An architecture and the layer of dependencies that was built for it."""
    if not SAM_PYTHON.exists():
        missing("aws-sam-cli is not installed under .sam (make .sam/.ready)")
    target = tmp_path_factory.mktemp(request.param)
    command = ["make", "build-DependenciesLayer", f"ARTIFACTS_DIR={target}", f"BUILD_ARCH={request.param}"]
    command += [f"PYTHON={SAM_PYTHON}"]
    subprocess.run(command, cwd=ROOT / "layers" / "dependencies", check=True, capture_output=True, timeout=300)
    return request.param, target / "python"


def test_everything_compiled_is_for_that_machine(layer: tuple[str, Path]) -> None:
    architecture, site = layer
    expected, _ = MACHINES[architecture]
    compiled = [path for path in site.rglob("*.so*") if path.is_file()]

    assert {path.name.partition(".")[0] for path in compiled} >= {"_psycopg", "orjson", "isal_zlib", "_pydantic_core"}
    for path in compiled:
        magic, machine = struct.unpack_from("<4s14xH", path.read_bytes())
        assert (magic, machine) == (b"\x7fELF", expected), path.relative_to(site)


def test_wheels_are_pure_or_for_that_machine_and_lambda_s_python(layer: tuple[str, Path]) -> None:
    architecture, site = layer
    _, machine = MACHINES[architecture]
    for wheel in site.glob("*.dist-info/WHEEL"):
        tags = [line.partition(" ")[2] for line in wheel.read_text().splitlines() if line.startswith("Tag: ")]
        assert tags, wheel
        for interpreter, abi, target in (tag.split("-") for tag in tags):
            if target != "any":
                assert target.endswith(f"_{machine}"), wheel
                assert interpreter == "cp313" or abi == "abi3", wheel


def test_the_layer_is_far_below_lambda_s_limit(layer: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    architecture, site = layer
    sizes = {entry.name: _size(entry) for entry in site.iterdir() if not entry.name.endswith(".dist-info")}
    whole = _size(site)
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    with capsys.disabled():  # sizes belong into every log
        print(f"\n{architecture} on {platform.machine()}: {whole / MIB:.1f} MiB, of which")  # noqa: T201
        print("\n".join(f"{name:20}{size / MIB:8.1f} MiB" for name, size in largest))  # noqa: T201

    assert whole <= LIMIT
    # Not needed to answer an event, and each once came along with something that is.
    assert not {"aws_xray_sdk", "pip", "setuptools", "moto"} & set(sizes)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
