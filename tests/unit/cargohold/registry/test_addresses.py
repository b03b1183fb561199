import ipaddress
import socket
from typing import Any

import pytest
from tests.harness.misbehaving import Reply, serving
from urllib3.exceptions import HTTPError

from cargohold.errors import AddressForbidden
from cargohold.registry.addresses import PUBLIC, Reach, is_loopback_host, pool_manager

PRIVATE, LOCAL = Reach(private=True), Reach(private=True, loopback=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses_are_reachable(address: str) -> None:
    assert PUBLIC.allows(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "fd12::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_private_addresses_are_reachable_only_when_allowed(address: str) -> None:
    assert not PUBLIC.allows(ipaddress.ip_address(address))
    assert PRIVATE.allows(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_loopback_is_apart_from_private(address: str) -> None:
    assert not PUBLIC.allows(ipaddress.ip_address(address))
    assert not PRIVATE.allows(ipaddress.ip_address(address))
    assert LOCAL.allows(ipaddress.ip_address(address))


@pytest.mark.trap("B23")
@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "::ffff:169.254.169.254",
        "224.0.0.1",
        "ff02::1",
        "0.0.0.0",  # noqa: S104 -- an address to refuse
        "::",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_metadata_link_local_and_multicast_never_are(address: str) -> None:
    for reach in (PUBLIC, Reach(loopback=True)):
        assert not reach.allows(ipaddress.ip_address(address))
    if not address.startswith(("240.", "255.")):
        assert not LOCAL.allows(ipaddress.ip_address(address))


@pytest.mark.trap("B23")
def test_a_name_that_changes_its_address_after_the_check_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first answer is public, every later one is this machine."""
    answers = iter(["192.0.2.1", "127.0.0.1", "127.0.0.1"])
    connected: list[Any] = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(_: socket.socket, sockaddr: Any) -> None:
        connected.append(sockaddr[0])
        raise OSError("not reached")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    reach = Reach(private=True)  # 192.0.2.0/24 is not public
    with pytest.raises(HTTPError):
        pool_manager(reach).request("GET", "http://rebinding.example.com/", retries=False)
    assert connected == ["192.0.2.1"]
    with pytest.raises(AddressForbidden):
        pool_manager(reach).request("GET", "http://rebinding.example.com/", retries=False)
    assert connected == ["192.0.2.1"]


def test_the_peer_is_checked_before_a_byte_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something below may lead elsewhere (a proxy of the kernel): the socket itself says where it is."""
    with serving(lambda _: Reply()) as server:
        port = int(server.host.rpartition(":")[2])
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        )
        seen: list[str] = []

        def allows(_: Reach, address: Any) -> bool:
            seen.append(str(address))
            return len(seen) == 1

        monkeypatch.setattr(Reach, "allows", allows)
        with pytest.raises(AddressForbidden):
            pool_manager(PUBLIC).request("GET", f"http://registry.example.com:{port}/", retries=False)
        assert seen == ["127.0.0.1", "127.0.0.1"]
        assert not server.requests


def test_a_host_with_one_forbidden_and_one_allowed_address_uses_the_allowed_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda _: Reply(200, b"hello")) as server:
        port = int(server.host.rpartition(":")[2])
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("169.254.169.254", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        manager = pool_manager(LOCAL)
        assert manager.request("GET", f"http://registry.example.com:{port}/", retries=False).data == b"hello"
        manager.clear()


def test_loopback_hosts() -> None:
    assert all(map(is_loopback_host, ("localhost", "127.0.0.1", "::1", "[::1]")))
    assert not any(map(is_loopback_host, ("localhost.example.com", "10.0.0.1", "", "registry")))
