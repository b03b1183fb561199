"""A rule as options of a command: what `cargohold rules add` and `edit` take, and how rules are shown."""

import argparse
from typing import Any

from cargohold.errors import InvalidRule

CRITERIA = ("analysis_age_days", "tag_versions_newer", "repository_images_newer", "max_images")
_WHERE = ("registry", "repository", "tag")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that a rule is made of. What is not given is left out, so that `edit` changes nothing of it."""
    parser.add_argument("--transition", choices=("archive", "delete"), help="what it does (archive)")
    parser.add_argument("--registry", metavar="GLOB", help="registries (*)")
    parser.add_argument("--repository", metavar="GLOB", help="repositories (*)")
    parser.add_argument("--tag", metavar="GLOB", help="tags (*)")
    parser.add_argument("--age", type=int, metavar="DAYS", dest="analysis_age_days", help="analyzed so long ago")
    parser.add_argument("--newer-tags", type=int, metavar="N", dest="tag_versions_newer", help="pushed over N times")
    parser.add_argument(
        "--newer-images", type=int, metavar="N", dest="repository_images_newer", help="N newer images in its repository"
    )
    parser.add_argument("--max-images", type=int, metavar="N", help="not among the newest N images")
    parser.add_argument(
        "--exclude",
        action="append",
        metavar="REPOSITORY[:TAG][@DAYS]",
        help="globs to leave alone, for so many days after the analysis or for ever",
    )
    parser.add_argument(
        "--untagged", action=argparse.BooleanOptionalAction, default=None, help="take images without a tag too"
    )
    parser.add_argument("--priority", type=int, help="rules of the highest priority decide first (0)")
    parser.add_argument(
        "--restore-grace", type=int, metavar="DAYS", dest="restore_grace_days", help="spare restored images (30)"
    )
    parser.add_argument("--enabled", action=argparse.BooleanOptionalAction, default=None, help="whether it is asked")


def document(options: argparse.Namespace, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the rule that the options state, over the one `before`. Raises `InvalidRule`."""
    rule = dict(before or {"transition": "archive"})
    simple = ("transition", *CRITERIA, "untagged", "priority", "restore_grace_days", "enabled")
    rule |= {name: getattr(options, name) for name in simple if getattr(options, name) is not None}
    where = {name: getattr(options, name) for name in _WHERE if getattr(options, name) is not None}
    if where:
        rule["selector"] = rule.get("selector", {}) | where
    if options.exclude is not None:
        rule["exclusions"] = [_exclusion(text) for text in options.exclude]
    return rule


def words(rule: dict[str, Any]) -> str:
    """Return a rule as one line."""
    selector = rule.get("selector", {})
    where = "/".join(selector.get(name, "*") for name in _WHERE[:2]) + f":{selector.get('tag', '*')}"
    said = ", ".join(f"{name} {rule[name]}" for name in CRITERIA if rule.get(name) is not None)
    excluded = len(rule.get("exclusions", ()))
    more = f", {excluded} exclusion{'s' if excluded > 1 else ''}" if excluded else ""
    return f"{rule['transition']} {where} when {said}{more}"


def _exclusion(text: str) -> dict[str, Any]:
    name, at, days = text.rpartition("@")
    if not at:
        name, days = days, ""
    repository, _, tag = name.partition(":")
    if not repository or (at and not days.isdecimal()):
        raise InvalidRule(reason=f"--exclude is REPOSITORY[:TAG][@DAYS], not {text!r}")
    selector = {"repository": repository, "tag": tag or "*"}
    return {"selector": selector, "expiration_days": int(days)} if at else {"selector": selector}
