"""Which addresses may be connected to, checked on the address itself and not on a name.

An image, a redirect or a token realm can name any host, and a name can resolve differently a moment
later. So a connection resolves, checks, connects to the checked address, and checks its peer once more,
before a byte is sent. Special ranges: IANA's special-purpose address registries, as `ipaddress` has them.
"""

import ipaddress
import socket
import sys
from dataclasses import dataclass
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import Timeout

from cargohold.errors import AddressForbidden
from cargohold.registry.headers import BoundedHeaders

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Metadata services outside the link-local ranges: reachable as "private" otherwise.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "fd00:ec2::23", "100.100.100.200")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598


@dataclass(frozen=True, slots=True)
class Reach:
    """What a hop may connect to beside public addresses."""

    private: bool = False
    loopback: bool = False

    def allows(self, address: Address) -> bool:
        """Tell whether `address` may be connected to. Link-local, multicast and metadata never are."""
        address = _embedded(address)
        if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
            return False
        if address.is_loopback:
            return self.loopback
        if address.is_private or address in _SHARED or (address.version == 6 and address.is_site_local):
            return self.private
        return address.is_global and not address.is_reserved


PUBLIC = Reach()


def is_loopback_host(host: str) -> bool:
    """Tell whether a host, without port, is this machine by its very name."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def pool_manager(reach: Reach, **arguments: Any) -> PoolManager:
    """Return a `PoolManager` whose connections refuse addresses outside `reach` with `AddressForbidden`."""

    class Plain(_Guarded, BoundedHeaders, HTTPConnection):
        pass

    class Secure(_Guarded, BoundedHeaders, HTTPSConnection):
        pass

    Plain.reach = Secure.reach = reach
    plain_pool = type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain})
    secure_pool = type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": Secure})
    manager = PoolManager(**arguments)
    manager.pool_classes_by_scheme = {"http": plain_pool, "https": secure_pool}
    return manager


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that a transition mechanism carries inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _address_of(sockaddr: Any) -> Address:
    return ipaddress.ip_address(str(sockaddr[0]).partition("%")[0])


class _Guarded(HTTPConnection):
    """Connects to a checked address only. `_new_conn` is urllib3's hook below TLS and HTTP."""

    reach = PUBLIC

    def _new_conn(self) -> socket.socket:
        host = self._dns_host.strip("[]")
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror("not a host name")
            raise NameResolutionError(self.host, self, reason) from error
        allowed = [each for each in found if self.reach.allows(_address_of(each[4]))]
        if not allowed:
            address = str(_address_of(found[0][4])) if found else "no address"
            raise AddressForbidden(host=self.host, address=address)
        last: OSError | None = None
        for family, kind, protocol, _, sockaddr in allowed:
            try:
                return self._connect(socket.socket(family, kind, protocol), sockaddr)
            except OSError as error:
                last = error
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out.") from last
        raise NewConnectionError(self, f"Failed to establish a new connection: {last}") from last

    def _connect(self, connection: socket.socket, sockaddr: Any) -> socket.socket:
        try:
            for option in self.socket_options or ():
                connection.setsockopt(*option)
            connection.settimeout(Timeout.resolve_default_timeout(self.timeout))
            connection.connect(sockaddr)
            self._check_peer(_address_of(connection.getpeername()))
        except BaseException:
            connection.close()
            raise
        sys.audit("http.client.connect", self, self.host, self.port)
        return connection

    def _check_peer(self, peer: Address) -> None:
        if not self.reach.allows(peer):
            raise AddressForbidden(host=self.host, address=str(peer))
