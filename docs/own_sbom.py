"""The SBOM of what a deployment ships, made by Cargohold itself (`make sbom`).

The functions, the common layer and the locked dependencies, as installed in this environment, become an
image of two layers, and that image is analyzed like any other. Lambda's own runtime is not in it.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from cargohold_cli.main import main as command
from cargohold_cli.sample import Files, files_of, write_image

ROOT = Path(__file__).parent.parent
OUTPUTS = {"cyclonedx-json@1.6": "cargohold.cdx.json", "spdx-json@2.3": "cargohold.spdx.json"}

_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def locked(lock: str = "layer") -> dict[str, str]:
    """Return the names and versions that `requirements/LOCK.txt` pins."""
    return dict(_PINNED.findall((ROOT / "requirements" / f"{lock}.txt").read_text()))


def build(directory: Path, lock: str = "layer", *, metadata_only: bool = False) -> str:
    """Write the image into `directory` and return its reference.

    `lock` names the dependencies that it has; with `metadata_only` their modules and the sources are left out.
    """
    present = filter(is_installed, locked(lock))  # what another version of Python needs is not
    dependencies: Files = {
        path: content
        for name in present
        for path, content in files_of(distribution(name))
        if not metadata_only or ".dist-info/" in path
    }
    layers = [dependencies, {} if metadata_only else dict(_sources())]
    commands = [f"pip install --require-hashes -r requirements/{lock}.txt", "COPY functions layers/common /var/task/"]
    return write_image(directory, layers, commands, {"Labels": {"org.opencontainers.image.title": "cargohold"}})


def main(directory: Path, lock: str = "layer", *, metadata_only: bool = False) -> int:
    """Write the SBOMs into `directory`; return the exit code of the command."""
    directory.mkdir(parents=True, exist_ok=True)
    outputs = [word for kind, name in OUTPUTS.items() for word in ("-o", f"{kind}={directory / name}")]
    with tempfile.TemporaryDirectory() as image:
        reference = build(Path(image), lock, metadata_only=metadata_only)
        return command(["analyze", reference, "--no-persist", *outputs])


def is_installed(name: str) -> bool:
    """Tell whether this environment has a package."""
    try:
        return bool(distribution(name))
    except PackageNotFoundError:
        return False


def _sources() -> Iterator[tuple[str, bytes]]:
    for root in (ROOT / "functions", ROOT / "layers" / "common"):
        for file in sorted(root.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield f"var/task/{file.relative_to(root)}", file.read_bytes()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".build"))
