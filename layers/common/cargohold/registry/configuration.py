"""Where the registries document comes from: a file, Parameter Store or Secrets Manager."""

import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cargohold.errors import InvalidConfiguration, StoreUnavailable
from cargohold.registry.document import Registries, parse_registries

__all__ = ["Registries", "Source", "load_registries"]

_MAX_AGE = 300  # seconds; a rotated credential is seen after this long without a new environment


def load_registries(url: str) -> Registries:
    """Read the document at `url`: `file:PATH`, `ssm:NAME`, `secretsmanager:NAME-OR-ARN`, or "" for none.

    Raises `InvalidConfiguration` when it is missing or wrong, and `StoreUnavailable` when the service
    that holds it does not answer.
    """
    if not url:
        return Registries()
    scheme, _, rest = url.partition(":")
    if scheme == "file":
        return parse_registries(_file(rest))
    if scheme == "ssm":
        return parse_registries(_ssm(rest.removeprefix("//")))
    if scheme == "secretsmanager":
        return parse_registries(_secret(rest.removeprefix("//")))
    raise InvalidConfiguration(setting="REGISTRIES", reason=f"'{scheme}' is none of file, ssm, secretsmanager")


class Source:
    """A document that is read again when it is older than five minutes, or on demand. Safe for threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._loaded: tuple[float, Registries] | None = None

    def current(self, *, fresh: bool = False) -> Registries:
        """Return the document; with `fresh` it is read now. Raises as `load_registries` does."""
        with self._lock:
            if fresh or self._loaded is None or time.monotonic() - self._loaded[0] > _MAX_AGE:
                self._loaded = (time.monotonic(), load_registries(self._url))
            return self._loaded[1]


def _file(rest: str) -> str:
    path = Path(unquote(urlsplit(f"file:{rest}").path) if rest.startswith("//") else rest)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InvalidConfiguration(setting="REGISTRIES", reason=f"{path}: {reason}") from None


def _ssm(name: str) -> str:
    answer = _call("ssm", "get_parameter", name, Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _secret(name: str) -> str:
    answer = _call("secretsmanager", "get_secret_value", name, SecretId=name)
    if "SecretString" not in answer:
        raise InvalidConfiguration(setting="REGISTRIES", reason=f"the secret {name} is binary, not text")
    return str(answer["SecretString"])


def _call(service: str, operation: str, name: str, **arguments: Any) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(boto3.client(service), operation)(**arguments)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ("ParameterNotFound", "ResourceNotFoundException", "AccessDeniedException", "ValidationException"):
            raise InvalidConfiguration(setting="REGISTRIES", reason=f"{service}:{name}: {code}") from None
        raise StoreUnavailable(store=f"{service}:{name}", reason=code) from None
    except BotoCoreError as error:
        raise StoreUnavailable(store=f"{service}:{name}", reason=type(error).__name__) from None
