"""The command line: help, exit codes, lazy imports."""

import subprocess
import sys

import pytest

from cargohold.printable import printable
from cargohold_cli import main as command
from cargohold_cli.output import sizes, write_table


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in command.COMMANDS)


@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_has_help(name: str) -> None:
    assert command.parser_of(name).format_help().startswith(f"usage: cargohold {name}")


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["frobnicate"]) == command.WRONG_USAGE
    assert "frobnicate" in capsys.readouterr().err


def test_help_imports_no_handler() -> None:
    code = "import sys; from cargohold_cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split()
    assert not {"boto3", "psycopg2", "pydantic", "analyze.pipeline", "rich"} & set(loaded)


def test_tables_are_aligned_and_control_characters_visible(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(["name", "version"], [["a\x1b[2J", "1"], ["bb", "22"]], empty="none")
    assert capsys.readouterr().out == "NAME      VERSION\na\\x1b[2J  1\nbb        22\n"
    write_table(["name"], [], empty="nothing here")
    assert capsys.readouterr().out == "nothing here\n"


def test_sizes_and_names_for_people() -> None:
    assert (sizes(10), sizes(2048), sizes(3 << 30)) == ("10 B", "2.0 KiB", "3.0 GiB")
    assert printable("ok") == "ok"
