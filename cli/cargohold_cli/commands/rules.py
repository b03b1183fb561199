"""Say which analyses are archived when, and try it.

A rule takes references by globs and criteria, all of which must hold; an image goes only when every one
of its references is taken. `dry-run` shows what would happen to each image, and why.
"""

import argparse
import sys
from typing import Any

from cargohold.errors import InvalidRule
from cargohold.printable import printable
from cargohold_cli.output import say, write_json, write_table


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a rule")
    add.add_argument("name", help="a name for it")
    add.add_argument("--transition", choices=("archive", "delete"), default="archive", help="what it does")
    add.add_argument("--registry", default="*", help="glob over registries (default *)")
    add.add_argument("--repository", default="*", help="glob over repositories (default *)")
    add.add_argument("--tag", default="*", help="glob over tags (default *)")
    add.add_argument("--age", type=int, metavar="DAYS", dest="analysis_age_days", help="analyzed so long ago")
    add.add_argument("--newer-tags", type=int, metavar="N", dest="tag_versions_newer", help="pushed over N times since")
    add.add_argument(
        "--newer-images", type=int, metavar="N", dest="repository_images_newer", help="N newer images in its repository"
    )
    add.add_argument("--max-images", type=int, metavar="N", help="not among the newest N images")
    add.add_argument("--exclude", action="append", default=[], metavar="REPOSITORY[:TAG]", help="globs to leave alone")
    add.add_argument("--untagged", action="store_true", help="take images without a tag too")
    add.add_argument("--priority", type=int, default=0, help="rules of the highest priority decide first")
    add.add_argument("--restore-grace", type=int, metavar="DAYS", help="leave restored images alone so long (30)")
    listing = actions.add_parser("list", help="list the rules")
    remove = actions.add_parser("remove", help="remove a rule")
    remove.add_argument("name")
    dry_run = actions.add_parser("dry-run", help="show what the rules would do now, and why")
    run_now = actions.add_parser("run", help="run the rules now, as the schedule does")
    for action in (listing, dry_run, run_now):
        action.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one action."""
    return {"add": _add, "list": _list, "remove": _remove, "dry-run": _dry_run, "run": _run}[options.action](options)


def _add(options: argparse.Namespace) -> int:
    from api.rules import add_rule
    from cargohold.archive_rules import parse_rule
    from cargohold_cli import local

    names = ("transition", "analysis_age_days", "tag_versions_newer", "repository_images_newer", "max_images")
    document: dict[str, Any] = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    document["selector"] = {name: getattr(options, name) for name in ("registry", "repository", "tag")}
    document["exclusions"] = [{"selector": _selector(text)} for text in options.exclude]
    document |= {"untagged": options.untagged, "priority": options.priority}
    if options.restore_grace is not None:
        document["restore_grace_days"] = options.restore_grace
    rule = parse_rule(document).model_dump(mode="json", exclude_none=True)
    stored = local.database().run(lambda cursor: add_rule(cursor, options.name, rule))
    say(f"added rule {printable(stored.name)}")
    return 0


def _selector(text: str) -> dict[str, str]:
    repository, _, tag = text.partition(":")
    if not repository:
        raise InvalidRule(reason=f"--exclude is REPOSITORY[:TAG], not {text!r}")
    return {"repository": repository, "tag": tag or "*"}


def _list(options: argparse.Namespace) -> int:
    from api.rules import list_rules
    from cargohold_cli import local, read

    rules = local.database().run(list_rules)
    if options.json:
        write_json([read.plain(rule) for rule in rules])
        return 0
    rows = ((rule.name, "yes" if rule.enabled else "no", _words(rule.rule)) for rule in rules)
    write_table(("name", "enabled", "rule"), rows, empty="No rules. `cargohold rules add --help` tells how.")
    return 0


def _words(rule: dict[str, Any]) -> str:
    selector = rule.get("selector", {})
    where = "/".join(selector.get(name, "*") for name in ("registry", "repository")) + f":{selector.get('tag', '*')}"
    criteria = ("analysis_age_days", "tag_versions_newer", "repository_images_newer", "max_images")
    when = ", ".join(f"{name} {rule[name]}" for name in criteria if name in rule)
    return f"{rule['transition']} {where} when {when}"


def _remove(options: argparse.Namespace) -> int:
    from api.rules import remove_rule
    from cargohold_cli import local

    local.database().run(lambda cursor: remove_rule(cursor, options.name))
    say(f"removed rule {printable(options.name)}")
    return 0


def _dry_run(options: argparse.Namespace) -> int:
    from cargohold_cli import loop

    found = loop.scheduled("archive-rules", dry_run=True)
    if options.json:
        write_json(found)
        return 0
    sys.stdout.write(f"{found['examined']} images examined\n")
    for decision in found["decisions"]:
        verb = decision["transition"] or "keep"
        sys.stdout.write(f"{verb}  {decision['image']}  {printable(decision['reason'])}\n")
        for reference in decision["references"]:
            sys.stdout.write(f"    {printable(reference['reference'])}: {printable(reference['why'])}\n")
    return 0


def _run(options: argparse.Namespace) -> int:
    from cargohold_cli import loop
    from cargohold_cli.worker import drain

    queues = loop.messenger()
    found = loop.scheduled("archive-rules")
    drain(queues)
    if options.json:
        write_json(found)
    else:
        say(f"{found['examined']} images examined, {found['requested']} transitions requested and handled")
    return 0
