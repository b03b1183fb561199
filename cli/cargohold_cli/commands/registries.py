"""Say how registries are reached, try it, and compare them with what is known.

The registries document is a YAML or JSON file, `registries.yaml` under CARGOHOLD_HOME unless REGISTRIES
names another. Credentials are never shown. docs/registries.md describes it.
"""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from cargohold.errors import CargoholdError, RegistryExists, RegistryUnknown
from cargohold.printable import printable
from cargohold_cli.main import FAILED
from cargohold_cli.output import say, write_json, write_table

if TYPE_CHECKING:
    from cargohold.registry.document import Registries, Registry

KINDS = ("distribution", "gitlab", "harbor", "docker_hub", "quay", "github", "acr", "google", "nexus")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a registry to the document")
    add.add_argument("host", help="its host, host:port, or a glob")
    add.add_argument("--name", help="what its hook is called (default: its host, with - for what a name cannot hold)")
    add.add_argument("--username", help="with the password on standard input")
    add.add_argument("--docker-config", metavar="FILE", help="take its credentials from a config.json of Docker")
    add.add_argument("--auth", choices=("ecr", "anonymous"), help="use a token of ECR, or no credentials at all")
    add.add_argument("--ca-file", metavar="FILE", help="certificates to trust beside the system's, in PEM")
    add.add_argument("--insecure-http", action="store_true", help="speak HTTP without TLS")
    add.add_argument("--allow-private", action="store_true", help="allow private addresses, for it and where it leads")
    add.add_argument("--platform", action="append", default=[], metavar="OS/ARCH", help="analyze this platform")
    add.add_argument("--repository", action="append", default=[], metavar="GLOB", help="count these repositories")
    add.add_argument("--tag", action="append", default=[], metavar="GLOB", help="compare these tags")
    add.add_argument("--max-image-bytes", type=int, metavar="N", help="largest sum of an image's compressed layers")
    add.add_argument("--every-days", type=int, metavar="N", help="compare it every N days (default 1, 0: never)")
    add.add_argument("--hook", choices=KINDS, help="receive its notifications; prints where and with which secret")
    add.add_argument("--service-account", metavar="EMAIL", help="with --hook google: whose tokens to believe")
    add.add_argument("--audience", metavar="URL", help="with --hook google: whom the tokens are meant for")
    listing = actions.add_parser("list", help="list the configured registries")
    check = actions.add_parser("check", help="try to reach registries, and say what is wrong")
    check.add_argument("name", nargs="?", help="name or host of one (default: all)")
    check.add_argument("--repository", metavar="NAME", help="try to list its tags too")
    remove = actions.add_parser("remove", help="remove a registry from the document")
    remove.add_argument("name", help="its name or host")
    reconcile = actions.add_parser("reconcile", help="find what notifications missed, and analyze it")
    reconcile.add_argument("name", nargs="?", help="name or host of one registry, host with --endpoint (default: all)")
    reconcile.add_argument("--dry-run", action="store_true", help="only show what would be done")
    actions.add_parser("path", help="print where the document is looked for")
    for action in (listing, check, reconcile):
        action.add_argument("--json", action="store_true", help="write JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one action."""
    actions = {"add": _add, "list": _list, "check": _check, "remove": _remove, "reconcile": _reconcile, "path": _path}
    return actions[options.action](options)


def _url() -> str:
    """Return the URL of the document; where it would be when there is none."""
    import os

    from cargohold_cli import local

    root = local.configure()
    return os.environ["REGISTRIES"] or f"file:{root / 'registries.yaml'}"


def _document() -> "Registries":
    import os

    from cargohold.registry.configuration import load_registries

    _url()
    return load_registries(os.environ["REGISTRIES"])


def _path(options: argparse.Namespace) -> int:  # noqa: ARG001 -- every action gets them
    sys.stdout.write(f"{_url().removeprefix('file:')}\n")
    return 0


def _list(options: argparse.Namespace) -> int:
    document = _document()
    items = [
        {
            "host": registry.host,
            "name": registry.name,
            "plain_http": registry.insecure_http,
            "private_addresses": registry.allow_private,
            "credentials": "configured" if registry.credentials or registry.auth else "none",
            "hook": registry.hook.kind if registry.hook else "none",
            "repositories": list(registry.repositories),
            "reconcile_every_days": registry.reconcile.every_days,
        }
        for registry in (document.of(entry.host.lower()) for entry in document.registries)
    ]
    if options.json:
        write_json(items)
        return 0
    rows = ([" ".join(value) if isinstance(value, list) else str(value) for value in item.values()] for item in items)
    header = ("host", "name", "plain http", "private", "credentials", "hook", "repositories", "every days")
    write_table(header, rows, empty="No registries are configured: public ones are reached without credentials.")
    return 0


def _add(options: argparse.Namespace) -> int:
    from cargohold_cli import registries_file
    from cargohold_cli.registry_entry import entry_of, hook_words

    path = registries_file.path_of(_url())
    text = registries_file.read(path)
    entry = entry_of(options)
    if _position(text, entry["host"]) is not None or (entry.get("name") and _position(text, entry["name"]) is not None):
        raise RegistryExists(name=options.host)
    registries_file.write(path, registries_file.with_entry(text, entry))
    say(f"added {printable(options.host)} to {path}")
    for line in hook_words(entry):
        say(line)
    return 0


def _remove(options: argparse.Namespace) -> int:
    from cargohold_cli import registries_file

    path = registries_file.path_of(_url())
    text = registries_file.read(path)
    position = _position(text, options.name)
    if position is None:
        raise RegistryUnknown(name=options.name)
    registries_file.write(path, registries_file.without_entry(text, position))
    say(f"removed {printable(options.name)} from {path}")
    return 0


def _position(text: str, name: str) -> int | None:
    from cargohold.registry.document import parse_registries

    entries = enumerate(parse_registries(text).registries if text else ())
    return next((at for at, entry in entries if name == entry.name or name.lower() == entry.host.lower()), None)


def _chosen(document: "Registries", name: str | None) -> "list[Registry]":
    from intake.reconcile.handler import configured

    known = list(configured(document))
    chosen = [registry for registry in known if name is None or name in (registry.name, registry.host)]
    if name is not None and not chosen:
        raise RegistryUnknown(name=name)
    return chosen


def _check(options: argparse.Namespace) -> int:
    found = [_try(registry, options.repository) for registry in _chosen(_document(), options.name)]
    if options.json:
        write_json(found)
    else:
        rows = ((item["host"], "ok" if item["ok"] else item["code"], item["detail"]) for item in found)
        write_table(("host", "result", "detail"), rows, empty="No registries are configured.")
    return 0 if all(item["ok"] for item in found) else FAILED


def _try(registry: "Registry", repository: str | None) -> dict[str, Any]:
    from cargohold_cli.doctor.registries import tried

    try:
        detail = tried(registry, repository)
    except CargoholdError as error:
        return {"host": registry.host, "ok": False, "code": error.code, "detail": error.message}
    return {"host": registry.host, "ok": True, "code": "", "detail": detail}


def _reconcile(options: argparse.Namespace) -> int:
    from cargohold_cli import client, endpoint, loop
    from cargohold_cli.worker import drain

    if address := endpoint.endpoint():
        if options.dry_run:
            endpoint.only_here("registries reconcile --dry-run")
        body = {"registry": options.name or ""}
        asked = client.connect(address).send("POST", "/v1/reconciliations", dict[str, str], body)
        if options.json:
            write_json(asked)
        say("comparing was asked for; `cargohold watch` follows what is analyzed")
        return 0
    chosen = _chosen(_document(), options.name)
    queues = loop.messenger()
    found, failed = [], False
    for registry in chosen:
        try:
            found.append(loop.reconcile(registry.host, dry_run=options.dry_run))
        except CargoholdError as error:
            failed = True
            say(f"cargohold: {error.code}: {error.message}")
    if not options.dry_run:
        drain(queues)
    if options.json:
        write_json(found)
        return FAILED if failed else 0
    for report in found:
        for action in report["actions"]:
            name = f":{action['tag']}" if action["tag"] else f"@{action['digest']}"
            sys.stdout.write(f"{action['action']:8}{report['registry']}/{action['repository']}{name}\n")
        for repository in report["refused"]:
            say(f"cargohold: the credentials do not open {report['registry']}/{repository}")
    names = ("registry", "repositories", "tags", "missed", "retried", "removed", "error")
    write_table(names, ([report[name] for name in names] for report in found), empty="No registries are configured.")
    return FAILED if failed else 0
