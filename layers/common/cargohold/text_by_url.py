"""Text that a setting names instead of holding it: a file, Parameter Store or Secrets Manager."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cargohold.errors import InvalidConfiguration, StoreUnavailable


def read_text(url: str, *, setting: str) -> str:
    """Return the text at `url`: `file:PATH`, `ssm:NAME` or `secretsmanager:NAME-OR-ARN`.

    Raises `InvalidConfiguration`, naming `setting`, when it is missing, and `StoreUnavailable` when the
    service that holds it does not answer.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "file":
        return _file(rest, setting)
    if scheme == "ssm":
        name = rest.removeprefix("//")
        answer = _call("ssm", "get_parameter", name, setting, Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    if scheme == "secretsmanager":
        name = rest.removeprefix("//")
        answer = _call("secretsmanager", "get_secret_value", name, setting, SecretId=name)
        if "SecretString" not in answer:
            raise InvalidConfiguration(setting=setting, reason=f"the secret {name} is binary, not text")
        return str(answer["SecretString"])
    raise InvalidConfiguration(setting=setting, reason=f"'{scheme}' is none of file, ssm, secretsmanager")


def _file(rest: str, setting: str) -> str:
    path = Path(unquote(urlsplit(f"file:{rest}").path) if rest.startswith("//") else rest)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InvalidConfiguration(setting=setting, reason=f"{path}: {reason}") from None


def _call(service: str, operation: str, name: str, setting: str, **arguments: Any) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(boto3.client(service), operation)(**arguments)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ("ParameterNotFound", "ResourceNotFoundException", "AccessDeniedException", "ValidationException"):
            raise InvalidConfiguration(setting=setting, reason=f"{service}:{name}: {code}") from None
        raise StoreUnavailable(store=f"{service}:{name}", reason=code) from None
    except BotoCoreError as error:
        raise StoreUnavailable(store=f"{service}:{name}", reason=type(error).__name__) from None
