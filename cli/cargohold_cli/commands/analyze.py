"""Analyze an image and remember what is in it.

REF is written as skopeo writes it:
  docker://registry.example.com/team/app:1.0   (or without docker://)
  oci:DIRECTORY[:TAG]
  oci-archive:FILE[:TAG]
  docker-archive:FILE[:TAG]

With -o the result is also written, in one format or several. --no-persist does only that: nothing is
stored and no database is started (layers already read are still remembered under CARGOHOLD_HOME/cache).
With --endpoint the analysis is asked for, and goes on there; with -o its end is waited for. All platforms of
a multi-platform image are analyzed then, and --platform says which of them to write.
"""

import argparse
import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from cargohold.errors import CargoholdError, EndpointFailed, ImageNotFound
from cargohold.model import Platform
from cargohold_cli import endpoint, local, outputs
from cargohold_cli.main import FAILED, UNKNOWN, WRONG_USAGE
from cargohold_cli.output import say

if TYPE_CHECKING:  # --help asks nobody
    from api.formats import Choice
    from cargohold_cli.client import Client
    from cargohold_cli.source import Source


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("reference", metavar="REF", help="the image to analyze")
    outputs.configure(parser, default="Default: nothing, or with --no-persist a table.")
    outputs.add_json(parser)
    parser.add_argument(
        "--platform",
        action="append",
        default=[],
        metavar="OS/ARCH[/VARIANT]",
        help="of a multi-platform image, only this platform (may be repeated; default: all)",
    )
    parser.add_argument("--no-persist", action="store_true", help="only analyze and write the result")
    parser.add_argument("--force", action="store_true", help="analyze again although the result is known")
    parser.add_argument(
        "--progress", choices=("auto", "bars", "lines", "none"), default="auto", help="how to show progress"
    )


def run(options: argparse.Namespace) -> int:
    """Analyze; 0 when every image of the reference was."""
    platforms = tuple(_platform(text) for text in options.platform)
    if address := endpoint.endpoint():
        return _ask(options, address, platforms)
    if options.no_persist:
        return _only_analyze(options, platforms)
    return _analyze_and_persist(options, platforms)


def _ask(options: argparse.Namespace, address: str, platforms: tuple[Platform, ...]) -> int:
    """Ask an API for the analysis; what is to be written is waited for."""
    from cargohold_cli import client

    if options.no_persist:
        endpoint.only_here("analyze with --no-persist")
    if platforms and not options.outputs:
        endpoint.only_here("analyze with --platform and without -o")
    asked = client.connect(address)
    body = {"reference": options.reference, "force": options.force}
    found = asked.send("POST", "/v1/images", dict[str, str], body)
    say(f"analyzing {found['reference']} was asked for; `cargohold watch` follows it")
    if not options.outputs:
        return 0
    if "requested_at" not in found:
        raise EndpointFailed(endpoint=address, reason="it is of a release whose analyses cannot be waited for")
    return _write_asked(options, asked, datetime.fromisoformat(found["requested_at"]), platforms)


def _write_asked(options: argparse.Namespace, asked: "Client", since: datetime, platforms: tuple[Platform, ...]) -> int:
    from cargohold.registry.reference import parse_reference
    from cargohold_cli.awaited import Awaited
    from cargohold_cli.source import source

    try:
        awaited = Awaited(asked, parse_reference(options.reference), since, force=options.force)
        digests = awaited.images(platforms)
    except TimeoutError:
        other = ", or there is no image for every --platform" if platforms else ""
        say(f"cargohold: it is not done yet{other}: `cargohold sbom` writes it when it is")
        return FAILED
    if digests is None:
        say("cargohold: the reference is a multi-platform image; choose by its tag what to write, with --platform")
        return WRONG_USAGE
    if len(digests) > 1 and _names_a_file(options):
        return _one_file_is_not_enough()
    for digest in digests:
        outputs.write_each(options.outputs, partial(_document, source(), digest, options))
    return 0


def _document(asked: "Source", digest: str, options: argparse.Namespace, choice: "Choice") -> Iterable[bytes]:
    return asked.sbom(digest, choice, scope=options.scope, creator=options.creator or "")


def _platform(text: str) -> Platform:
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise SystemExit(f"cargohold analyze: --platform is OS/ARCH[/VARIANT], not {text!r}")
    return Platform(*parts)


def _only_analyze(options: argparse.Namespace, platforms: tuple[Platform, ...]) -> int:
    from analyze.pipeline import analyze_image, open_resources
    from analyze.transports import open_transport
    from analyze.transports.contract import SourceImage
    from cargohold.registry.configuration import load_registries
    from cargohold.registry.reference import parse_reference
    from cargohold.settings import AnalyzeSettings, load
    from cargohold_cli.watch import Watch

    local.configure(object_store="memory:")
    settings = load(AnalyzeSettings)
    resources = open_resources(settings, store=None)
    reference = parse_reference(options.reference)
    registries = load_registries(settings.registries)
    transport = open_transport(reference, registries=registries, limits=resources.limits)
    wanted = options.outputs or outputs.to_stdout("table")
    done = 0
    with Watch(options.progress) as watch:
        for item in transport.images(platforms):
            if isinstance(item, SourceImage):
                if done and _names_a_file(options):
                    return _one_file_is_not_enough()
                done += 1
                request_id = f"command-{time.time_ns()}"
                analyzed = analyze_image(
                    item, transport, resources, request_id=request_id, deadline=time.monotonic() + 86_400
                )
                watch.image_done(item, reused=False)
                named = outputs.request(options, item.reference.registry, item.reference.repository)
                outputs.write(wanted, analyzed, named)
    return 0


def _analyze_and_persist(options: argparse.Namespace, platforms: tuple[Platform, ...]) -> int:
    from cargohold_cli.loop import analyze

    outcome = analyze(options.reference, platforms=platforms, force=options.force, progress=options.progress)
    for reference, error in outcome.errors:
        name = f"{reference.repository}:{reference.tag}" if reference.tag else reference.repository
        say(f"cargohold: {error.code}: {name}: {error.message}")
    if len(outcome.images) > 1 and _names_a_file(options):
        return _one_file_is_not_enough()
    for digest in outcome.images:
        if options.outputs:
            _write(digest, options)
        else:
            known = " (already known)" if digest in outcome.reused else ""
            say(f"analyzed {digest}{known}")
    if not outcome.images and not outcome.errors:
        raise CargoholdError(detail="the analysis ended without a result; look at `cargohold images --failed`")
    if any(isinstance(error, ImageNotFound) for _, error in outcome.errors):
        return UNKNOWN
    return FAILED if outcome.errors else 0


def _write(digest: str, options: argparse.Namespace) -> None:
    from cargohold_cli.read import open_named

    analysis, registry, repository = open_named(digest)
    outputs.write(options.outputs, analysis, outputs.request(options, registry, repository))


def _names_a_file(options: argparse.Namespace) -> bool:
    return any(output.path for output in options.outputs)


def _one_file_is_not_enough() -> int:
    say("cargohold: the reference has several images, which one file cannot hold; choose one with --platform")
    return WRONG_USAGE
