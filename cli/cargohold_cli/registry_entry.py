"""An entry of the registries document, made of what was said on the command line."""

import argparse
import base64
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cargohold.errors import InvalidConfiguration
from cargohold.registry.document import parse_registries

_SIGNING = frozenset(("github", "nexus"))
_AUTHORIZED = frozenset(("distribution", "gitlab", "harbor", "acr"))


def entry_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the entry, with a token and a secret of its own when it has a hook. Raises `InvalidConfiguration`."""
    entry: dict[str, Any] = {"name": options.name, "host": options.host}
    if options.hook and not options.name:
        entry["name"] = re.sub(r"[^A-Za-z0-9._-]", "-", options.host)
    entry |= _credentials(options)
    entry |= {
        "ca_file": str(Path(options.ca_file).resolve()) if options.ca_file else None,
        "insecure_http": options.insecure_http,
        "allow_private": options.allow_private,
        "platforms": options.platform,
        "repositories": options.repository,
        "max_image_bytes": options.max_image_bytes,
        "hook": _hook(options),
        "reconcile": {
            name: value
            for name, value in (("every_days", options.every_days), ("tags", options.tag))
            if value not in (None, [])
        },
    }
    return {name: value for name, value in entry.items() if value not in (None, False, [], {}, "")}


def hook_words(entry: dict[str, Any]) -> Iterator[str]:
    """Yield what the registry must be told, with the secrets: nobody else will show them."""
    hook = entry.get("hook")
    if not hook:
        return
    yield f"its notifications go to https://YOUR-ENDPOINT/hooks/{entry['name']}/{hook['token']}"
    if "authorization" in hook:
        yield f"with the header Authorization: {hook['authorization']}"
    if "secret" in hook:
        yield f"signed with the secret {hook['secret']}"


def _credentials(options: argparse.Namespace) -> dict[str, Any]:
    if [options.username, options.docker_config, options.auth].count(None) < 2:
        reason = "--username, --docker-config and --auth exclude each other"
        raise InvalidConfiguration(setting="registries add", reason=reason)
    if options.auth:
        return {"auth": options.auth}
    if options.username:
        if sys.stdin.isatty():
            from getpass import getpass

            password = getpass(f"Password of {options.username} at {options.host}: ")
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        return {"auth": _docker_auth(options.username, password)}
    return _from_docker(options.docker_config, options.host) if options.docker_config else {}


def _from_docker(path: str, host: str) -> dict[str, Any]:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidConfiguration(setting="--docker-config", reason=f"{path} cannot be read") from None
    found = parse_registries(text).of(host.lower())
    if found.uses_ecr:
        return {"auth": "ecr"}
    known = found.credentials
    if known is None:
        reason = f"{path} has no credentials for {host}; a credential store of Docker's is not read"
        raise InvalidConfiguration(setting="--docker-config", reason=reason)
    token = known.identity_token.get_secret_value()
    if token:
        return {"username": known.username, "identity_token": token}
    return {"auth": _docker_auth(known.username, known.password.get_secret_value())}


def _docker_auth(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def _hook(options: argparse.Namespace) -> dict[str, Any] | None:
    if not options.hook:
        return None
    hook = {"kind": options.hook, "token": secrets.token_urlsafe(24)}
    if options.hook in _AUTHORIZED:
        hook["authorization"] = f"Bearer {secrets.token_urlsafe(24)}"
    if options.hook in _SIGNING:
        hook["secret"] = secrets.token_urlsafe(24)
    given = {"service_account": options.service_account, "audience": options.audience}
    return hook | {name: value for name, value in given.items() if value}
