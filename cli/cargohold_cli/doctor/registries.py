"""Whether registries answer, and whether the way out of the VPC leads to them."""

import socket
from collections.abc import Callable, Iterator
from typing import Literal

from cargohold.errors import CargoholdError
from cargohold.registry.client import serving_host
from cargohold.registry.document import Registries, Registry
from cargohold.registry.listing import Listing
from cargohold.registry.patience import Patience
from cargohold_cli.doctor.finding import Finding, failed, ok, skipped

Egress = Literal["ipv6", "endpoints", "nat"]
Lookup = Callable[[str], bool]

_PORT = 443


def tried(registry: Registry, repository: str | None = None) -> str:
    """Return in words how a registry answers; raises what `Listing` does."""
    with Listing(registry, Patience(attempts=2)) as listing:
        said = [f"known as {listing.ping()}"]
        asked = repository or next(iter(registry.named_repositories), None)
        if asked:
            said.append(f"{len(listing.tags(asked))} tags in {asked}")
        if not registry.uses_ecr:
            catalog = listing.repositories()
            said.append("no catalog" if catalog is None else f"{len(catalog)} repositories in its catalog")
    return ", ".join(said)


def hosts(document: Registries) -> list[Registry]:
    """Return the registries that have a host of their own."""
    names = dict.fromkeys(entry.host.lower() for entry in document.registries if not entry.is_glob)
    return [document.of(name) for name in names]


def check_answers(document: Registries) -> Iterator[Finding]:
    """Try every configured registry from here, with its credentials."""
    if not document.registries:
        yield skipped("registries", "none are configured: public ones are reached without credentials")
    for registry in hosts(document):
        check = f"registry {registry.host}"
        try:
            yield ok(check, tried(registry))
        except CargoholdError as error:
            yield failed(check, f"{error.code}: {error.message}", _ADVICE.get(error.code, _UNREACHED))


def check_way_out(document: Registries, egress: Egress, has_ipv6: Lookup | None = None) -> Iterator[Finding]:
    """Name the registries that functions in the VPC cannot reach by `egress`."""
    look = has_ipv6 or resolves_to_ipv6
    for registry in hosts(document):
        check = f"way out to {registry.host}"
        if egress == "nat":
            yield ok(check, "nat reaches every address")
        elif registry.uses_ecr:
            yield ok(check, f"{egress} reaches ECR")
        elif egress == "endpoints":
            yield failed(
                check, "endpoints reach AWS alone", f"set Egress=nat, or Egress=ipv6 if it speaks it, {_OUTSIDE}"
            )
        elif look(serving_host(registry.host).rpartition(":")[0] or serving_host(registry.host)):
            yield ok(check, "it has an IPv6 address; whether the hosts to which it redirects have one shows at a pull")
        else:
            yield failed(check, "it has no IPv6 address (no AAAA record)", f"set Egress=nat, {_OUTSIDE}")


def resolves_to_ipv6(host: str) -> bool:
    """Tell whether `host` has an AAAA record, or is an IPv6 address. Asked of this machine's resolver."""
    try:
        return bool(socket.getaddrinfo(host.strip("[]"), _PORT, socket.AF_INET6, socket.SOCK_STREAM))
    except (socket.gaierror, UnicodeError):
        return False


_OUTSIDE = "or LayerCache=disabled, which puts analyze outside the VPC"
_UNREACHED = "look at its host name, DNS and firewall; `cargohold registries check` repeats this alone"
_ADVICE = {
    "unauthorized": "renew its credentials in the registries document; functions see them within five minutes",
    "rate_limited": "wait, sign in to it, or set CACHE_BLOB_BYTES so that layers are downloaded once",
    "address_forbidden": "set allow_private for it if it really has a private address",
}
