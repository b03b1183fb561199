"""A stand-in for Lambda's Python 3.13 image, made of Debian's packages and what AWS publishes on PyPI.

Like the original it has Python under /var/lang, the runtime interface client under /var/runtime with a
`bootstrap` that starts it, and the same search path (/var/task, /opt/python, /var/runtime). The name
is a local one: it claims to be nothing else.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.harness.docker import DockerUnavailable, Engine

PYTHON = "3.13"  # of Lambda, and of the Debian release below
_SUITE = "trixie"
_PACKAGES = "ca-certificates,python3-minimal,libpython3-stdlib"
_ROOT = Path(__file__).parents[2]
_REQUIREMENTS = _ROOT / "requirements" / "lambda-image.txt"
_CACHE = _ROOT / ".build"

_BOOTSTRAP = f"""#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python{PYTHON}
export PYTHONPATH=/opt/python/lib/python{PYTHON}/site-packages:/opt/python:/var/runtime
exec /var/lang/bin/python{PYTHON} -m awslambdaric "$_HANDLER"
"""

_ENTRYPOINT = """#!/bin/sh
export _HANDLER="$1"
[ -n "$AWS_LAMBDA_RUNTIME_API" ] || exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
exec /var/runtime/bootstrap
"""

_CONFIGURATION = (
    "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "ENV LANG=en_US.UTF-8",
    "ENV LAMBDA_TASK_ROOT=/var/task",
    "ENV LAMBDA_RUNTIME_DIR=/var/runtime",
    "WORKDIR /var/task",
    'ENTRYPOINT ["/lambda-entrypoint.sh"]',
)


def ensure(engine: Engine) -> str:
    """Return the name of the image, after building it or loading it from `.build` where it is not there yet."""
    definition = Path(__file__).read_bytes() + _REQUIREMENTS.read_bytes() + platform.machine().encode()
    name = f"local/lambda-python:{PYTHON}-{hashlib.sha256(definition).hexdigest()[:12]}"
    if engine.has_image(name):
        return name
    saved = _CACHE / f"{name.replace('/', '-').replace(':', '-')}.tar"
    if saved.exists():
        engine.run("load", "--input", str(saved))
        return name
    if shutil.which("mmdebstrap") is None:
        raise DockerUnavailable("mmdebstrap is not installed, and so the image for Lambda cannot be built")
    with tempfile.TemporaryDirectory() as directory:
        _build(engine, name, Path(directory))
    _CACHE.mkdir(exist_ok=True)
    partial = saved.with_suffix(".partial")
    engine.run("save", "--output", str(partial), name)
    partial.replace(saved)
    return name


def _build(engine: Engine, name: str, directory: Path) -> None:
    overlay, archive = directory / "root", directory / "root.tar"
    _overlay(overlay)
    # Without a mirror argument mmdebstrap uses its own default; the image keeps no source list.
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale")]
    command += [f'--customize-hook=tar -C {overlay} -cf - . | tar --keep-directory-symlink -C "$1" -xf -']
    command += ['--customize-hook=rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d']
    _checked([*command, _SUITE, str(archive)])
    changes = [part for line in _CONFIGURATION for part in ("--change", line)]
    engine.run("import", *changes, str(archive), name)


def _overlay(root: Path) -> None:
    runtime, language = root / "var/runtime", root / "var/lang/bin"
    for directory in (runtime, language, root / "var/task", root / "opt", root / "usr/local/bin"):
        directory.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--root-user-action", "ignore", "--require-hashes", "--only-binary", ":all:"]
    command += ["--implementation", "cp", "--python-version", PYTHON, "--target", str(runtime)]
    command += ["--platform", f"manylinux2014_{platform.machine()}", "--requirement", str(_REQUIREMENTS)]
    _checked(command)
    (language / f"python{PYTHON}").symlink_to(f"/usr/bin/python{PYTHON}")
    _script(runtime / "bootstrap", _BOOTSTRAP)
    _script(root / "lambda-entrypoint.sh", _ENTRYPOINT)
    emulators = sorted((_ROOT / ".sam").glob(f"lib/python3.*/site-packages/samcli/local/rapid/{_emulator()}"))
    if not emulators:
        raise DockerUnavailable("aws-sam-cli is not installed under .sam (make .sam/.ready)")
    shutil.copy(emulators[0], root / "usr/local/bin/aws-lambda-rie")
    (root / "usr/local/bin/aws-lambda-rie").chmod(0o755)


def _emulator() -> str:
    return "aws-lambda-rie-arm64" if platform.machine() == "aarch64" else "aws-lambda-rie-x86_64"


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _checked(command: list[str]) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if finished.returncode:
        raise RuntimeError(f"{command[0]} failed: {finished.stderr[-3000:]}")
