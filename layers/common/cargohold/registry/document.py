"""The registries document: how each registry is reached, and whose notifications are believed.

JSON or YAML. A Docker `config.json` is one too: its `auths` are read as they are. `docs/registries.md`
explains every field. Credentials are `SecretStr` and appear in no representation and no error.
"""

import base64
import binascii
import json
import re
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator

from cargohold.errors import InvalidConfiguration
from cargohold.registry.reference import DOCKER_HUB

_MAX_DOCUMENT = 1 << 20  # bytes

# https://docs.aws.amazon.com/general/latest/gr/ecr.html: IPv4 names, FIPS, China, and the dual-stack names.
ECR_HOST = re.compile(
    r"\d{12}\.dkr(?:\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"|-ecr(?:-fips)?\.(?P<region_dual>[a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn))"
)
ECR_PUBLIC_HOST = "public.ecr.aws"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class Credentials(_Model):
    """A user's name and password, or an identity token for the token server (`<token>` as its user)."""

    username: str = ""
    password: SecretStr = SecretStr("")
    identity_token: SecretStr = SecretStr("")


# What a kind of hook has to verify beside the token in the path, if anything.
_VERIFIED_BY = {
    "distribution": "authorization",
    "gitlab": "authorization",
    "harbor": "authorization",
    "acr": "authorization",
    "github": "secret",
    "nexus": "secret",
    "google": "service_account",
    "docker_hub": "",
    "quay": "",
}


class Hook(_Model):
    """How notifications of a registry are verified.

    `token` is the last part of the hook's path. Beside it a kind has one of: `authorization`, the whole
    value of the header that the registry is configured to send; `secret`, with which it signs; or
    `service_account`, the Google account that its tokens vouch for, meant for `audience`.
    """

    kind: Literal["distribution", "gitlab", "harbor", "docker_hub", "quay", "github", "acr", "google", "nexus"] = (
        "distribution"
    )
    token: Annotated[SecretStr, Field(min_length=16)]
    authorization: Annotated[SecretStr, Field(min_length=1)] | None = None
    secret: Annotated[SecretStr, Field(min_length=1)] | None = None
    service_account: str = ""
    audience: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        verified = _VERIFIED_BY[self.kind]
        for name in ("authorization", "secret", "service_account"):
            if getattr(self, name) and name != verified:
                raise ValueError(f"a hook of the kind {self.kind} has no {name}: nothing would be verified with it")
        if verified == "secret" and self.secret is None:
            raise ValueError(f"a hook of the kind {self.kind} needs the secret that its registry signs with")
        if bool(self.service_account) != bool(self.audience):
            raise ValueError("service_account and audience belong together")
        return self

    @property
    def secret_value(self) -> str | None:
        """What the sender must show or sign with, if anything."""
        known = self.authorization or self.secret
        return known.get_secret_value() if known else None


class Reconcile(_Model):
    """How a registry is compared with the database: how often, and which of its tags.

    With `untagged`, digests that the database knows without a tag are looked up too, so that their
    deletion is noticed; each costs a request.
    """

    every_days: Annotated[int, Field(ge=0, le=366)] = 1  # 0: never
    tags: tuple[str, ...] = ()
    untagged: bool = True

    def is_due(self, day: int) -> bool:
        """Tell whether a run on `day`, counted from any day on, is one of this registry's."""
        return self.every_days > 0 and day % self.every_days == 0

    def accepts(self, tag: str) -> bool:
        """Tell whether `tag` matches the configured globs; all do when there are none."""
        return not self.tags or any(fnmatchcase(tag, pattern) for pattern in self.tags)


class Registry(_Model):
    """One registry, or all registries whose host matches a glob."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None
    host: Annotated[str, Field(min_length=1, pattern=r"^[^/\s]+$")]
    username: str = ""
    password: SecretStr = SecretStr("")
    identity_token: SecretStr = SecretStr("")
    auth: SecretStr | None = None  # "ecr", "anonymous", or base64 of user:password as Docker writes it
    insecure_http: bool = False
    allow_private: bool = False
    ca: str = ""  # PEM text
    ca_file: str = ""
    platforms: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    max_image_bytes: Annotated[int, Field(gt=0)] | None = None
    hook: Hook | None = None
    reconcile: Reconcile = Field(default_factory=Reconcile)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.hook and (_is_glob(self.host) or not self.name):
            raise ValueError("a registry with a hook needs a name, and a host that is not a glob")
        if self.auth and (self.username or self.password.get_secret_value()):
            raise ValueError("auth and username exclude each other")
        if self.auth and self.auth.get_secret_value() not in ("ecr", "anonymous"):
            decode_auth(self.auth)
        return self

    @property
    def uses_ecr(self) -> bool:
        """Whether a token of ECR is asked for: configured so, or an ECR host without other credentials."""
        if self.auth is not None:
            return self.auth.get_secret_value() == "ecr"
        return not self.username and ECR_HOST.fullmatch(self.host) is not None

    @property
    def credentials(self) -> Credentials | None:
        """The configured credentials, or nothing: anonymous, or ECR."""
        if self.auth is not None:
            return None if self.auth.get_secret_value() in ("ecr", "anonymous") else decode_auth(self.auth)
        if self.username or self.identity_token.get_secret_value():
            return Credentials(username=self.username, password=self.password, identity_token=self.identity_token)
        return None

    @property
    def is_glob(self) -> bool:
        """Whether it stands for all registries whose host matches."""
        return _is_glob(self.host)

    def accepts(self, repository: str) -> bool:
        """Tell whether `repository` matches the configured globs; all do when there are none."""
        return not self.repositories or any(fnmatchcase(repository, pattern) for pattern in self.repositories)

    @property
    def named_repositories(self) -> tuple[str, ...]:
        """The configured repositories that are names, not globs: those known without asking the registry."""
        return tuple(name for name in self.repositories if not _is_glob(name) and "[" not in name)


class _DockerAuth(BaseModel):
    """An entry of `auths` in Docker's config.json (docker/cli, cli/config/types/authconfig.go)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, populate_by_name=True, defer_build=True)

    auth: SecretStr | None = None
    username: str = ""
    password: SecretStr = SecretStr("")
    identity_token: Annotated[SecretStr, Field(alias="identitytoken")] = SecretStr("")


def _none_is_empty(value: Any) -> Any:
    return {} if value is None else value


def _none_is_none_listed(value: Any) -> Any:
    return () if value is None else value


class Registries(BaseModel):
    """The whole document. Look a registry up by host for what applies to it, or by name for its hook."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True, defer_build=True
    )

    registries: Annotated[tuple[Registry, ...], BeforeValidator(_none_is_none_listed)] = ()
    auths: Annotated[dict[str, _DockerAuth], BeforeValidator(_none_is_empty)] = Field(default_factory=dict)
    credential_helpers: Annotated[dict[str, Literal["ecr-login"]], Field(alias="credHelpers")] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [registry.name for registry in self.registries if registry.name]
        if len(names) != len(set(names)):
            raise ValueError("two registries have the same name")
        hosts = [registry.host.lower() for registry in self.registries]
        if len(hosts) != len(set(hosts)):
            raise ValueError("two registries have the same host: the second would never be used")
        for entry in self.auths.values():
            if entry.auth:
                decode_auth(entry.auth)
        return self

    def of(self, host: str) -> Registry:
        """Return what applies to `host`: the entry of that host, else the first glob that matches, else the defaults.

        `host` of the result is the host asked for. Credentials come from the entry, else from `auths`.
        """
        entry = next((each for each in self.registries if each.host.lower() == host), None) or next(
            (each for each in self.registries if _is_glob(each.host) and fnmatchcase(host, each.host.lower())), None
        )
        registry = entry.model_copy(update={"host": host}) if entry else Registry(host=host)
        if registry.auth is None and registry.credentials is None:
            registry = registry.model_copy(update=self._docker_credentials(host))
        return registry

    def named(self, name: str) -> Registry | None:
        """Return the registry configured under `name`."""
        return next((registry for registry in self.registries if registry.name == name), None)

    def _docker_credentials(self, host: str) -> dict[str, Any]:
        if host in self.credential_helpers:
            return {"auth": SecretStr("ecr")}
        for key, entry in self.auths.items():
            if _host_of_key(key) != host:
                continue
            identity = {"identity_token": entry.identity_token}
            if entry.auth and entry.auth.get_secret_value():
                decoded = decode_auth(entry.auth)
                return {"username": decoded.username, "password": decoded.password} | identity
            return {"username": entry.username, "password": entry.password} | identity
        return {}


def parse_registries(text: str) -> Registries:
    """Read a registries document from JSON or YAML; raises `InvalidConfiguration`, never quoting a value."""
    if len(text) > _MAX_DOCUMENT:
        raise InvalidConfiguration(setting="REGISTRIES", reason=f"the document is larger than {_MAX_DOCUMENT} bytes")
    try:
        return Registries.model_validate(_structure(text) or {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(["REGISTRIES", *map(str, first["loc"])])
        raise InvalidConfiguration(setting=where, reason=first["msg"]) from None


def _structure(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except json.JSONDecodeError as error:
        reason = f"not JSON at line {error.lineno}, column {error.colno}"
    except _NotYaml as error:
        reason = str(error)
    # Raised out here, so that no parser's error, which holds the text with its passwords, hangs on it.
    raise InvalidConfiguration(setting="REGISTRIES", reason=reason)


class _NotYaml(Exception):
    """Says where, and nothing of what is there."""


def _yaml(text: str) -> Any:
    import yaml  # only documents in YAML pay for it

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        reason = f"not YAML at line {mark.line + 1}, column {mark.column + 1}" if mark else "not YAML"
    except yaml.YAMLError:
        reason = "not YAML"
    raise _NotYaml(reason)


def decode_auth(auth: SecretStr) -> Credentials:
    """Return the credentials in Docker's base64 of `user:password`; raises `ValueError`."""
    try:
        decoded = base64.b64decode(auth.get_secret_value(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("auth is not base64 of user:password") from None
    username, colon, password = decoded.partition(":")
    if not colon:
        raise ValueError("auth is not base64 of user:password")
    return Credentials(username=username, password=SecretStr(password.rstrip("\0")))


def _host_of_key(key: str) -> str:
    """Return the registry that a key of `auths` means; Docker Hub's is a URL of its first API."""
    host = re.sub(r"^https?://", "", key.strip()).partition("/")[0].lower()
    return DOCKER_HUB if host in ("index.docker.io", "registry-1.docker.io") else host


def _is_glob(host: str) -> bool:
    return any(character in host for character in "*?")
