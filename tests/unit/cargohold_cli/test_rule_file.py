"""Rules in files and as options: what is wrong is named, and nothing else is taken."""

import argparse
from pathlib import Path

import pytest

from cargohold.errors import InvalidRule
from cargohold_cli import rule_options
from cargohold_cli.rule_file import read_file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "one key"),
        ("[]", "one key"),
        ("rules: {}", "one key"),
        ("rules: [{transition: archive}]", "rule 1 of the file has no name"),
        ("rules: [{name: a b, max_images: 1, transition: archive}]", "called by letters"),
        ("rules: [{name: a, max_images: 0, transition: archive}]", "a: max_images"),
        ("rules: [{name: a, max_image: 1, transition: archive}]", "a: max_image: Extra"),
        ("rules: [x, x]", "no name"),
        ("rules: [{name: a, max_images: 1, transition: archive}, {name: a}]", "two rules called 'a'"),
        ("rules: [", "rules.yaml: while parsing"),
        ("!!python/object/apply:os.system [true]", "could not determine a constructor"),
        ("a: 9999-99-99", "rules.yaml"),
        ("[" * 5000, "rules.yaml"),
    ],
)
def test_a_wrong_file_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(InvalidRule, match="not valid") as caught:
        read_file(path)
    assert said in caught.value.message


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidRule, match="No such file"):
        read_file(tmp_path / "missing")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    with pytest.raises(InvalidRule, match="binary"):
        read_file(tmp_path / "binary")


@pytest.mark.parametrize("text", ["", "x@", "x@-1", ":tag", "@3"])
def test_a_wrong_exclusion_says_its_form(text: str) -> None:
    parser = argparse.ArgumentParser()
    rule_options.configure(parser)
    with pytest.raises(InvalidRule, match=r"REPOSITORY\[:TAG\]\[@DAYS\]"):
        rule_options.document(parser.parse_args(["--exclude", text]))
