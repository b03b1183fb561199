"""Run the whole loop once: analyze an image, query it, archive it, restore it, compare.

Without IMAGE a small sample image is built first. IMAGE is written as for `cargohold analyze`.
"""

import argparse
import time

from cargohold.errors import CargoholdError, ImageUnknown
from cargohold.lifecycle import Transition
from cargohold.printable import printable
from cargohold_cli import local
from cargohold_cli.output import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", nargs="?", metavar="IMAGE", help="the image to use instead of the sample")


def run(options: argparse.Namespace) -> int:
    """Run the demo; 0 when the restored documents are byte-identical."""
    from cargohold_cli import loop, read, sample

    began = time.monotonic()
    root = local.start()
    reference = options.image
    if not reference:
        say("1. build a sample image: Debian, Python and Node packages in four layers")
        directory = root / "sample"
        directory.mkdir(exist_ok=True)
        reference = sample.build(directory)
    say(f"2. analyze {printable(reference)}")
    analyzed = loop.analyze(reference, progress="lines")
    for _, error in analyzed.errors:
        raise error
    for digest in analyzed.reused:
        say(f"  {digest} is known already; nothing had to be read")
    digest = analyzed.images[0]

    package = _interesting(digest)
    if package:
        say(f"3. which images contain {package}?")
        for line in read.who_has(package):
            say(f"  {line}")
    before = read.document_hashes(digest)

    say("4. archive it")
    loop.transition(digest, Transition.ARCHIVE)
    try:
        read.find_image(digest)
    except ImageUnknown:
        say("  it has left the images, the queries and the object store; the archive has it:")
    else:
        raise CargoholdError(detail="the archived image is still listed")
    for line in read.archives():
        say(f"  {line}")

    say("5. restore it")
    loop.transition(digest, Transition.RESTORE)
    after = read.document_hashes(digest)
    if before != after:
        raise CargoholdError(detail="the restored documents differ from the archived ones")
    for name, sha256 in after.items():
        say(f"  {name:<14} {sha256[:16]}…  identical")
    if package:
        say(f"  and {len(read.who_has(package))} image(s) contain {package} again")
    say(f"done in {time.monotonic() - began:.1f} s; try `cargohold packages --name openssl` or `cargohold --help`")
    return 0


def _interesting(digest: str) -> str:
    """Return the name of a package of the image that a person would ask for."""
    from cargohold_cli import read

    names = read.package_names(digest)
    return next((name for name in ("openssl", "libssl3", "busybox") if name in names), min(names, default=""))
