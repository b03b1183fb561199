"""Packages of Elixir and Erlang that the lock files of Mix and Rebar declare."""

from analyze.catalogers.hex_lock.cataloger import HexLockCataloger

__all__ = ["HexLockCataloger"]
