"""What one Go executable is made of, in the form in which facts keep it.

A build is a dictionary: `go` (version of Go), `experiments`, `architecture`, `crypto`, `main` and
`modules` (path, version, h1 digest; `main` may be absent), `settings` (pairs). Empty fields are absent.
"""

from collections.abc import Iterator
from typing import Any

from analyze.catalogers.executables import Executable
from analyze.catalogers.go.modules import Module, Modules
from analyze.catalogers.go.version import DEVEL, main_version
from analyze.catalogers.text import UNKNOWN_VERSION, clean, is_name

STDLIB = "stdlib"
_PARTIAL = "command-line-arguments"  # what `go build file.go` calls its main package


def build(image: Executable, version: str, modules: Modules) -> dict[str, Any]:
    """Return a build of what the executable says."""
    go, experiments = _go_version(version)
    main, dependencies = _main(modules)
    settings = modules.settings
    architecture = next((value for key, value in settings if key == "GOARCH"), "") or image.architecture
    found = {
        "go": go,
        "experiments": experiments,
        "architecture": architecture,
        "crypto": _crypto(settings),
        "main": _columns(main, main_version(main.path, settings)) if main is not None else None,
        "modules": [_columns(one.built) for one in dependencies if is_name(one.built.path)],
        "settings": [list(pair) for pair in settings],
    }
    return {key: value for key, value in found.items() if value}


def entries(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield name, version ("" for none) and Syft's metadata of main module, modules and standard library."""
    go = found.get("go", "")
    main = found.get("main")
    common = {
        "goCompiledVersion": go,
        "architecture": found.get("architecture", ""),
        "mainModule": main[0] if main else "",
        "goCryptoSettings": found.get("crypto"),
        "goExperiments": found.get("experiments"),
    }
    common = {key: value for key, value in common.items() if value}
    if main:
        settings = [{"key": key, "value": value} for key, value in found.get("settings", ())]
        yield main[0], main[1], _metadata(common, main[2], settings)
    for path, version, digest in found.get("modules", ()):
        yield path, version, _metadata(common, digest)
    if go.startswith("go"):
        yield STDLIB, go, {"goCompiledVersion": go}


def identity(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what identifies the packages of a build, in the order of `entries`."""
    return [{"name": name, "version": version or UNKNOWN_VERSION} for name, version, _ in entries(found)]


def _metadata(common: dict[str, Any], digest: str, settings: list[dict[str, str]] | None = None) -> dict[str, Any]:
    metadata = dict(common)
    if digest:
        metadata["h1Digest"] = digest
    if settings:
        metadata["goBuildSettings"] = settings
    return metadata


def _columns(module: Module, instead: str = "") -> list[str]:
    version = module.version
    return [module.path, instead if version in ("", DEVEL) else version, module.sum]


def _main(modules: Modules) -> tuple[Module | None, list[Module]]:
    """Return the main module and the others.

    Without one, or when files were built and no package, it is the only dependency under development,
    else the package itself.
    """
    main = modules.main
    if main is not None and is_name(main.path) and not (main.path == _PARTIAL and not main.version):
        return main, modules.dependencies
    developed = [one for one in modules.dependencies if one.version == DEVEL]
    if len(developed) == 1:
        return developed[0], [one for one in modules.dependencies if one is not developed[0]]
    path = modules.path or (main.path if main is not None else "")
    return (Module(path, DEVEL) if is_name(path) else None), modules.dependencies


def _go_version(text: str) -> tuple[str, list[str]]:
    """Return `go1.22.1` and the experiments of `go1.22.1 X:loopvar`, or of `devel go1.23-0123abc Mon Jan ...`."""
    words = clean(text).split()
    version = next((word for word in words if word.startswith("go")), words[0] if words else "")
    experiments = [one for word in words if word.startswith("X:") for one in word[2:].split(",") if one]
    return version, experiments


def _crypto(settings: list[tuple[str, str]]) -> list[str]:
    """Return what the settings say of FIPS 140-3, in Syft's words."""
    found = []
    for key, value in settings:
        if key == "GOFIPS140" and value:
            found.append(f"GOFIPS140={value}")
        elif key == "DefaultGODEBUG":
            found += [f"GODEBUG={one}" for one in value.split(",") if one.startswith("fips140=")]
    return found
