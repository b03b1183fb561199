"""`-o FORMAT[@VERSION][=FILE]`: what the command line means, and what is left on the disk."""

import argparse
import json
import os
from pathlib import Path

import pytest
from tests.harness.analyses import package
from tests.harness.renderings import MemoryAnalysis, head, numbered

from api.formats import Request
from cargohold.errors import OutputNotWritten
from cargohold_cli import main as command
from cargohold_cli import outputs


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="x")
    outputs.configure(parser, default="")
    outputs.add_json(parser)
    return parser.parse_args(words)


def reader() -> MemoryAnalysis:
    return MemoryAnalysis(head(), numbered([package("a")]))


def test_formats_go_to_standard_output_or_to_files() -> None:
    options = parse("-o", "syft-json", "-o", "cyclonedx-json@1.7=bom=1.json", "--scope", "all")
    first, second = options.outputs
    assert (first.choice.format.name, first.path) == ("syft-json", "")
    assert (second.choice.format.name, second.choice.version, second.path) == ("cyclonedx-json", "1.7", "bom=1.json")
    assert outputs.request(options, "r", "s") == Request(scope="all", registry="r", repository="s")
    assert parse("--json").outputs == parse("-o", "json=-").outputs == outputs.to_stdout("json")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "sbom"], "there is no format 'sbom'; choose from table, json"),
        (["-o", "spdx-json@2.2"], "its versions are 2.3, 3.0.1"),
        (["-o", "json="], "names no file"),
        (["-o", "json", "-o", "table"], "two formats cannot go to standard output"),
        (["-o", "json", "--json"], "two formats cannot go to standard output"),
        (["-o", "json=a", "-o", "table=a"], "two formats cannot go to a"),
        (["--scope", "some"], "invalid choice"),
        (["--creator", "somebody"], "neither an e-mail address nor"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        parse(*words)
    assert raised.value.code == command.WRONG_USAGE
    assert message in capsys.readouterr().err


def test_several_formats_in_one_run(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    target = tmp_path / "bom.json"
    options = parse("-o", "table", "-o", f"cyclonedx-json={target}")
    outputs.write(options.outputs, reader(), Request())
    assert json.loads(target.read_bytes())["bomFormat"] == "CycloneDX"
    assert capfdbinary.readouterr().out.startswith(b"NAME")
    assert [path.name for path in tmp_path.iterdir()] == ["bom.json"]


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path) -> None:
    class Broken(MemoryAnalysis):
        def unknowns(self) -> list[object]:  # type: ignore[override]
            raise ValueError("the store is away")

    target = tmp_path / "bom.json"
    target.write_text("old")
    with pytest.raises(ValueError, match="away"):
        outputs.write(parse("-o", f"json={target}").outputs, Broken(head(), [package("a")]), Request())
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["bom.json"]


def test_a_link_is_written_through_and_a_device_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "real", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    outputs.write(parse("-o", f"json={link}", "-o", f"table={os.devnull}").outputs, reader(), Request())
    assert link.is_symlink()
    assert json.loads(target.read_bytes())["packages"]
    assert not Path(os.devnull).is_file()


def test_a_file_that_cannot_be_written_is_an_error_with_a_code(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritten, match="No such file or directory"):
        outputs.write(parse("-o", f"json={tmp_path}/none/x").outputs, reader(), Request())
