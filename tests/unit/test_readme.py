"""The front page: its commands exist, its links lead somewhere, its recording is of this program."""

import argparse
import contextlib
import inspect
import re
import shlex
from pathlib import Path

import pytest
from docs import cost

from cargohold_cli.commands import demo
from cargohold_cli.main import COMMANDS, parser_of

ROOT = Path(cost.__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINES = [line.strip().partition("  #")[0] for line in README.splitlines() if line.startswith("    ")]


def test_it_is_one_screen_and_keeps_its_two_commands() -> None:
    assert len(README.splitlines()) <= 80
    assert [line for line in LINES if line.startswith("make ")][:2] == ["make demo", "make test"]


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


@pytest.mark.parametrize("line", [line for line in LINES if "cargohold " in line and not line.startswith("make")])
def test_commands_can_be_given(line: str) -> None:
    program, name, *rest = shlex.split(line)
    assert program == ".venv/bin/cargohold"
    assert name in COMMANDS
    with contextlib.suppress(SystemExit):
        parser_of(name).parse_args(rest)
        return
    pytest.fail("the command line is refused")


@pytest.mark.parametrize("page", ["operations.md", "security.md", "deploy.md", "redrive.md", "cost.md"])
def test_pages_for_operators_name_commands_that_exist(page: str) -> None:
    for words in re.findall(r"`(?:\.venv/bin/)?cargohold ([^`]+)`", (ROOT / "docs" / page).read_text()):
        name, *rest = words.split()
        if name.startswith("-"):
            continue  # an option of the command itself, before a name
        assert name in COMMANDS, words
        parser = parser_of(name)
        text = parser.format_help() + "".join(
            each.format_help() for action in parser._actions if action.choices for each in _parsers(action.choices)
        )
        for option in (word for word in rest if word.startswith("--")):
            assert option in text, words


def _parsers(choices: object) -> list[argparse.ArgumentParser]:
    """Return the parsers of actions; other choices have none."""
    found = choices.values() if isinstance(choices, dict) else ()
    return [each for each in found if isinstance(each, argparse.ArgumentParser)]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z][a-z-]*)", README))))
def test_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md" and target.name != "benchmarks.md":  # its headings come with its figures
            heads = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, f"{link}: no such heading"


def test_the_recording_is_of_this_program() -> None:
    source = inspect.getsource(demo)
    for step in re.findall(r"^\d\. (.+)$", README, re.MULTILINE):
        assert step.split(" oci:")[0].partition(" openssl")[0] in source, step


def test_what_it_says_of_idle_costs() -> None:
    promised = re.search(r"Below (\d+) \$ a month while nothing happens", README)
    assert promised
    assert cost.total(0) < int(promised[1])
