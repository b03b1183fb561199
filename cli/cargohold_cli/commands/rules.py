"""Say which analyses are archived when, and try it.

A rule takes references by globs and criteria, all of which must hold; an image goes only when every one
of its references is taken. `dry-run` shows what would happen to each image, and why. `apply` keeps the
rules as a YAML or JSON file has them; docs/archive-rules.md tells its form.
"""

import argparse
from pathlib import Path

from cargohold.printable import printable
from cargohold_cli import rule_options
from cargohold_cli.output import say, write_json, write_parts, write_table

LIMIT = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a rule")
    add.add_argument("name", help="a name for it")
    rule_options.configure(add)
    edit = actions.add_parser("edit", help="change what is given of a rule")
    edit.add_argument("name")
    edit.add_argument("--unset", action="append", default=[], metavar="FIELD", help="leave out a criterion")
    rule_options.configure(edit)
    listing = actions.add_parser("list", help="list the rules")
    show = actions.add_parser("show", help="show a rule, or all, as `apply` takes them")
    show.add_argument("name", nargs="?", help="all when left out")
    remove = actions.add_parser("remove", help="remove a rule; its history stays")
    remove.add_argument("name")
    apply = actions.add_parser("apply", help="make the rules those of a file; a second time it changes nothing")
    apply.add_argument("-f", "--file", type=Path, required=True, help="YAML or JSON; `rules show` writes one")
    apply.add_argument("--prune", action="store_true", help="remove the rules that are not in it")
    apply.add_argument("--dry-run", action="store_true", help="only tell what would change")
    dry_run = actions.add_parser("dry-run", help="show what the rules would do now, and why")
    dry_run.add_argument("image", nargs="?", metavar="IMAGE", help="only of this one, also when no rule names it")
    run_now = actions.add_parser("run", help="run the rules now, as the schedule does")
    history = actions.add_parser("history", help="show what rules did, the last run first")
    history.add_argument("name", nargs="?", help="only of this rule")
    history.add_argument("--limit", type=int, default=LIMIT, help=f"at most so many (default {LIMIT})")
    history.add_argument("--after", metavar="CURSOR", help="go on where a page with --json ended (`next`)")
    for action in (listing, show, apply, dry_run, run_now, history):
        action.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one action."""
    actions = {
        "add": _add,
        "edit": _edit,
        "list": _list,
        "show": _show,
        "remove": _remove,
        "apply": _apply,
        "dry-run": _dry_run,
        "run": _run,
        "history": _history,
    }
    return actions[options.action](options)


def _add(options: argparse.Namespace) -> int:
    from cargohold.archive_rules import parse_rule
    from cargohold_cli.rule_file import check_name
    from cargohold_cli.rule_store import opened

    check_name(options.name)
    rule = parse_rule(rule_options.document(options)).model_dump(mode="json", exclude_none=True)
    with opened() as rules:
        stored = rules.add(options.name, rule)
    say(f"added rule {printable(stored.name)}")
    return 0


def _edit(options: argparse.Namespace) -> int:
    from cargohold.archive_rules import parse_rule
    from cargohold_cli.rule_store import opened

    with opened() as rules:
        rule = rule_options.document(options, rules.get(options.name).rule)
        for name in options.unset:
            rule.pop(name.replace("-", "_"), None)
        rules.replace(options.name, parse_rule(rule).model_dump(mode="json", exclude_none=True))
    say(f"changed rule {printable(options.name)}")
    return 0


def _list(options: argparse.Namespace) -> int:
    from cargohold_cli import read
    from cargohold_cli.rule_store import opened

    with opened() as store:
        rules = store.every()
    if options.json:
        write_json([read.plain(rule) for rule in rules])
        return 0
    rows = (
        (rule.name, "yes" if rule.enabled else "no", rule.rule.get("priority", 0), rule_options.words(rule.rule))
        for rule in rules
    )
    write_table(
        ("name", "enabled", "priority", "rule"), rows, empty="No rules. `cargohold rules add --help` tells how."
    )
    return 0


def _show(options: argparse.Namespace) -> int:
    from cargohold_cli import read
    from cargohold_cli.rule_file import text_of
    from cargohold_cli.rule_store import opened

    with opened() as store:
        rules = [store.get(options.name)] if options.name else store.every()
    if options.json:
        write_json([read.plain(rule) for rule in rules])
    else:
        write_parts([text_of(rules).encode()])
    return 0


def _remove(options: argparse.Namespace) -> int:
    from cargohold_cli.rule_store import opened

    with opened() as rules:
        rules.remove(options.name)
    say(f"removed rule {printable(options.name)}")
    return 0


def _apply(options: argparse.Namespace) -> int:
    from cargohold_cli import read
    from cargohold_cli.rule_file import apply, plan, read_file
    from cargohold_cli.rule_store import opened

    wanted = read_file(options.file)
    with opened() as rules:
        planned = plan(rules.every(), wanted, prune=options.prune)
        if not options.dry_run:
            apply(rules, wanted, planned)
    found = read.plain(planned)
    if options.json:
        write_json(found)
        return 0
    would = "would be " if options.dry_run else ""
    for kind, names in found.items():
        for name in names:
            say(f"{printable(name)}: {'' if kind == 'unchanged' else would}{kind}")
    return 0


def _dry_run(options: argparse.Namespace) -> int:
    from cargohold_cli import rule_runs
    from cargohold_cli.endpoint import endpoint

    if options.image:
        return rule_runs.explain(options.image, as_json=options.json)
    if address := endpoint():
        return rule_runs.ask(address, "dry-run", as_json=options.json)
    return rule_runs.dry_run(options.json)


def _run(options: argparse.Namespace) -> int:
    from cargohold_cli import rule_runs
    from cargohold_cli.endpoint import endpoint

    if address := endpoint():
        return rule_runs.ask(address, "run", as_json=options.json)
    return rule_runs.run_now(options.json)


def _history(options: argparse.Namespace) -> int:
    from cargohold_cli import rule_runs

    return rule_runs.history(options.name, limit=options.limit, after=options.after, as_json=options.json)
