"""Who the client is to a registry: nobody, Basic, a bearer token, or ECR.

Source: distribution's token specification (docs/spec/auth/token.md, oauth.md) and RFC 9110, section 11.
"""

import base64
import re
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import orjson

from cargohold.errors import RegistryUnavailable, Unauthorized
from cargohold.registry.document import Credentials
from cargohold.registry.ecr import authorization as ecr_authorization
from cargohold.registry.http import Answer, Session, origin_free

_TOKEN_ANSWER = 1 << 20  # bytes
_DEFAULT_LIFETIME = 60.0  # seconds, by the specification
_MARGIN = 10.0  # seconds before its end that a token is no longer used

_SCHEME = re.compile(r"[\s,]*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s+|$|(?=,))")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')


class Authenticator:
    """Makes `Authorization` headers for one registry and keeps them by scope. Safe for threads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._registry = session.registry
        self._credentials = session.registry.credentials
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}  # scope → header and when it ends; "" is any scope

    @property
    def how(self) -> str:
        """How the client is known to the registry so far, for people."""
        if self._registry.uses_ecr:
            return "a token of ECR"
        header = next((header for header, _ in self._known.values()), "")
        if header.startswith("Bearer"):
            return "a token for the configured credentials" if self._credentials else "a token for anyone"
        return "the configured credentials" if header else "nobody in particular"

    def request(
        self,
        method: str,
        url: str,
        scope: str,
        *,
        headers: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> Answer:
        """Send a request with what `scope` needs, asking for it when the registry does. Raises as `answer` does."""
        used = self.header(scope)
        answer = self._session.request(method, url, headers=headers, authorization=used, limit=limit)
        if answer.status == 401 and origin_free(answer.url) == origin_free(url):
            used = self.answer(answer, scope, used)
            answer = self._session.request(method, url, headers=headers, authorization=used, limit=limit)
        return answer

    def header(self, scope: str) -> str | None:
        """Return what is known to be right for `scope`, or None to ask without."""
        with self._lock:
            current = self._current(scope)
            if current is not None:
                return current
            if self._registry.uses_ecr:
                return self._keep("", *ecr_authorization(self._registry.host))
        return None

    def answer(self, refused: Answer, scope: str, used: str | None) -> str:
        """Return a header that answers a 401; `used` is the one that was refused.

        Raises `Unauthorized` when there is nothing better to offer.
        """
        with self._lock:
            current = self._current(scope)
            if current is not None and current != used:
                return current  # another thread was faster
            self._known.pop(scope, None)
            self._known.pop("", None)
            if self._registry.uses_ecr:
                return self._keep("", *ecr_authorization(self._registry.host))
            challenges = [challenge for text in refused.challenges for challenge in parse_challenges(text)]
            for scheme, parameters in challenges:
                if scheme == "bearer" and parameters.get("realm"):
                    return self._keep(scope, *self._token(parameters, scope))
            if self._credentials and any(scheme == "basic" for scheme, _ in challenges):
                header = _basic(self._credentials)
                if header != used:
                    return self._keep("", header, float("inf"))
        raise self._refused(scope)

    def _current(self, scope: str) -> str | None:
        now = time.monotonic()
        return next(
            (self._known[key][0] for key in (scope, "") if key in self._known and self._known[key][1] > now), None
        )

    def _keep(self, scope: str, header: str, lifetime: float) -> str:
        self._known[scope] = (header, time.monotonic() + lifetime - min(_MARGIN, lifetime / 2))
        return header

    def _token(self, parameters: dict[str, str], scope: str) -> tuple[str, float]:
        realm = parameters["realm"]
        # The registry may name a scope in its own way, but gets no more than a right to read.
        asked = parameters.get("scope", "")
        wanted = asked if asked.endswith(":pull") else scope
        query = [("scope", wanted)] if wanted else []
        if "service" in parameters:
            query.insert(0, ("service", parameters["service"]))
        credentials = self._credentials
        if credentials and credentials.identity_token.get_secret_value():
            form = [("grant_type", "refresh_token"), ("client_id", "cargohold"), *query]
            form.append(("refresh_token", credentials.identity_token.get_secret_value()))
            answer = self._session.request("POST", realm, fields=form, limit=_TOKEN_ANSWER)
        else:
            url = realm + ("&" if "?" in realm else "?") + urlencode(query)
            header = _basic(credentials) if credentials else None
            answer = self._session.request("GET", url, authorization=header, limit=_TOKEN_ANSWER)
        if answer.status in (400, 401, 403, 404):
            raise self._refused(scope)
        return self._read(answer)

    def _read(self, answer: Answer) -> tuple[str, float]:
        try:
            content = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            content = None
        if answer.status != 200 or not isinstance(content, dict):
            raise RegistryUnavailable(registry=self._registry.host, reason="its token server gives no token")
        token = content.get("token") or content.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise RegistryUnavailable(registry=self._registry.host, reason="its token server gives no token")
        lifetime = content.get("expires_in")
        if not isinstance(lifetime, int | float) or not 0 < lifetime < 10**9:
            lifetime = _DEFAULT_LIFETIME
        return f"Bearer {token}", float(lifetime)

    def _refused(self, scope: str) -> Unauthorized:
        repository = scope.split(":")[1] if scope.count(":") >= 2 else scope
        return Unauthorized(registry=self._registry.host, repository=repository)


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.username}:{credentials.password.get_secret_value()}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def parse_challenges(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the schemes, in lower case, and parameters of a `WWW-Authenticate` value."""
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while position < len(text):
        parameter = _PARAMETER.match(text, position)
        if parameter and found:
            name, quoted, plain = parameter.groups()
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
            found[-1][1].setdefault(name.lower(), value)
            position = parameter.end()
            continue
        scheme = _SCHEME.match(text, position)
        if not scheme:
            break
        found.append((scheme[1].lower(), {}))
        position = scheme.end()
    return found
