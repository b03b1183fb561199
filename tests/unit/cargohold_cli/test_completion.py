"""What completes a command line, as the parsers say it and as the shells ask for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cargohold_cli.commands.completion import SHELLS
from cargohold_cli.complete import candidates
from cargohold_cli.main import COMMANDS, main


def words(*before: str) -> list[str]:
    return [word for word, _ in candidates(before)]


def test_commands_and_what_they_are_for() -> None:
    assert set(words("")) == {*COMMANDS, "--endpoint", "--help", "--version"}
    assert candidates(["arc"]) == [(name, COMMANDS[name]) for name in ("archive", "archives")]
    assert candidates([]) == candidates([""])


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (("archives", "im"), ["import"]),
        (("archives", "export", "--fo"), ["--force"]),
        (("--endpoint", "https://api.example.com", "rules", "dry"), ["dry-run"]),
        (("--endpoint", ""), []),
        (("rules", "add", "old", "--transition", ""), ["archive", "delete"]),
        (("sbom", "shop/app", "--scope", "h"), ["hidden"]),
        (("sbom", "shop/app", "--creator", ""), []),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("image", ""), []),
        (("analyze", "--no"), ["--no-persist"]),
        (("nothing", ""), []),
    ],
)
def test_actions_options_and_their_values(before: tuple[str, ...], expected: list[str]) -> None:
    assert words(*before) == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_completed(name: str) -> None:
    assert "--help" in words(name, "--")


def test_the_words_are_for_shells(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "words", "sbom", "--scope", "v"]) == 0
    assert capfd.readouterr().out == "visible\t\n"


ASKING = {
    "bash": "source <(cargohold completion bash); COMP_WORDS=(cargohold archives i); COMP_CWORD=2; _cargohold; "
    'printf "%s\\n" "${COMPREPLY[@]}"',
    # Without a terminal there is no completion to start; its parts are stood in for.
    "zsh": "compdef() { :; }; _describe() { print -l $found; }; source <(cargohold completion zsh); "
    "words=(cargohold archives i); CURRENT=3; _cargohold",
    "fish": 'cargohold completion fish | source; complete -C "cargohold archives i"',
}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_gets_them(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        reason = f"{shell} is not installed (apt-get install {shell})"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    command = tmp_path / "cargohold"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m cargohold_cli.main "$@"\n')
    command.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run([program, "-c", ASKING[shell]], env=environment, capture_output=True, text=True, timeout=600)
    assert done.stdout.split("\n")[0].partition("\t")[0].partition(":")[0] == "import", done
