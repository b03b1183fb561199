"""The page of hostile images names codes that exist, limits as they are, and tests that prove it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from analyze.limits import DEFAULT
from cargohold import errors

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hostile-images.md").read_text()
CASES = re.findall(r"^\| ([^|]+) \| ?([^|]*) \| ?([^|]*)\| `(tests/[^`]+)::(\w+)` \|$", PAGE, re.MULTILINE)
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
# What the page has to speak of, whatever else it does.
ASKED = (
    "gzip bomb", "zstd bomb", "never ends", "10 million", "64 KiB", "cycles", "sparse", "PAX", "duplicate", "lie",
    "truncated", "digest", "diff ID", "drips", "redirects in circles", "private", "realm", "hides files",
)  # fmt: skip


def known() -> set[str]:
    found, todo = set[str](), [errors.CargoholdError]
    while todo:
        todo += (one := todo.pop()).__subclasses__()
        found.add(one.code)
    return found


def test_every_case_has_a_row() -> None:
    section = PAGE.partition("\n## What is done")[2].partition("\n## ")[0]
    assert len(CASES) == sum(line.startswith("| ") for line in section.splitlines()) - 1, "a row has no test"
    for case in ASKED:
        assert any(case in what for what, *_ in CASES), case


@pytest.mark.parametrize(("what", "code", "bound", "file", "test"), CASES, ids=[case[0] for case in CASES])
def test_a_row_says_what_is_so(what: str, code: str, bound: str, file: str, test: str) -> None:
    assert re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.MULTILINE), f"{what}: no such test"
    codes = set(re.findall(r"`(\w+)`", code))
    assert codes <= known()
    assert codes or code.startswith(("unknown", "none", "the same")), f"{what} ends with what?"
    limits = set(re.findall(r"`([a-z_]+)`", bound))
    assert limits <= {field.name for field in fields(DEFAULT)}


def test_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+)( [KMG]iB)? \| [^|]+ \|$", PAGE, re.MULTILINE)
    stated = {name: int(value.replace(",", "")) * UNITS.get(unit.strip(), 1) for name, value, unit in rows}
    assert stated == {field.name: getattr(DEFAULT, field.name) for field in fields(DEFAULT)}
