"""A real registry (Debian's `docker-registry`) with notifications, on this machine only."""

import base64
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest

Mode = Literal["anonymous", "htpasswd", "token"]

USER, PASSWORD = "user", "correct horse"
HOOK_AUTHORIZATION = "Bearer notification-secret"
# bcrypt of PASSWORD: docker-registry takes no other scheme.
_HTPASSWD = "user:$2y$04$uYjH2fvx.fMqv/j8Zlm98.0cS7y5WWv8MBlQYZOicbfjjfjnrl5wS"


@dataclass
class Registry:
    """A running registry: `host` with its port, and the notifications that it sent."""

    host: str
    mode: Mode
    notifications: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    token_requests: list[str] = field(default_factory=list)

    def entry(self, token: str) -> dict[str, Any]:
        """Return what a registries document says of it, with a hook that is told by `token`."""
        hook = {"kind": "distribution", "token": token, "authorization": HOOK_AUTHORIZATION}
        return {"name": "local", "host": self.host, "insecure_http": True, "allow_private": True, "hook": hook}

    def push(self, source: str, name: str, *arguments: str) -> None:
        """Copy a skopeo source to `name` (repository:tag) with all its platforms."""
        credentials = [] if self.mode == "anonymous" else ["--dest-creds", f"{USER}:{PASSWORD}"]
        command = ["skopeo", "copy", "--quiet", "--insecure-policy", "--all", "--dest-tls-verify=false"]
        command += [*credentials, *arguments, source, f"docker://{self.host}/{name}"]
        subprocess.run(command, check=True, capture_output=True, timeout=600)

    def delete(self, name: str) -> None:
        """Delete an image by `repository@digest` or `repository:tag`."""
        command = ["skopeo", "delete", "--tls-verify=false", f"docker://{self.host}/{name}"]
        subprocess.run(command, check=True, capture_output=True, timeout=600)

    def told(self, changes: int = 1, seconds: float = 300) -> list[tuple[dict[str, str], bytes]]:
        """Take what it has told since the last time, when that holds so many changes; raises `TimeoutError`.

        A change is the push of a manifest or an index, or the deletion of a digest. Pushes of blobs are told too,
        before it, and deletions of tags, after it: these may come with the next.
        """
        end = time.monotonic() + seconds
        while True:
            taken = list(self.notifications)
            if (found := sum(map(_changes, taken))) >= changes:
                del self.notifications[: len(taken)]  # more may have come meanwhile
                return taken
            if time.monotonic() > end:
                raise TimeoutError(f"{found} of {changes} changes were told in {len(taken)} notifications")
            time.sleep(0.02)


def _changes(notification: tuple[dict[str, str], bytes]) -> int:
    found = 0
    for event in json.loads(notification[1])["events"]:
        target = event["target"]
        found += event["action"] == "push" and any(
            kind in target.get("mediaType", "") for kind in ("manifest", "index")
        )
        found += event["action"] == "delete" and "digest" in target
    return found


def need(*programs: str) -> None:
    """Skip the test when a program is missing; in CI that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        reason = f"{', '.join(missing)} not installed (apt-get install docker-registry skopeo)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def running(directory: Path, mode: Mode = "anonymous", *, notify: str = "") -> Iterator[Registry]:
    """Run a registry whose data lie in `directory`. It tells `notify`, a URL, or keeps what it tells here."""
    need("docker-registry", "skopeo")
    registry = Registry(f"127.0.0.1:{free_port()}", mode)
    with _serving(_hook(registry)) as hook, _serving(_token_server(directory, registry)) as tokens:
        configuration = directory / "config.yml"
        url = notify or f"http://127.0.0.1:{hook}/hooks/registry/token"
        configuration.write_text(_configuration(directory, registry, url, tokens))
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(["docker-registry", "serve", configuration], stdout=log, stderr=log)
            try:
                _wait(process, registry.host, directory / "log")
                yield registry
            finally:
                process.terminate()
                process.wait(10)


def _configuration(directory: Path, registry: Registry, hook: str, tokens: int) -> str:
    auth = {
        "anonymous": "",
        "htpasswd": f"auth: {{htpasswd: {{realm: local, path: {directory / 'htpasswd'}}}}}",
        "token": f"auth: {{token: {{realm: 'http://127.0.0.1:{tokens}/token', service: local-registry, "
        f"issuer: test-issuer, rootcertbundle: {directory / 'issuer.pem'}}}}}",
    }[registry.mode]
    (directory / "htpasswd").write_text(_HTPASSWD + "\n")
    return f"""version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {directory / "data"}}}
  delete: {{enabled: true}}
http: {{addr: '{registry.host}', secret: secret}}
{auth}
notifications:
  endpoints:
    - name: hook
      url: {hook}
      timeout: 60s
      threshold: 5
      backoff: 1s
      headers: {{Authorization: ['{HOOK_AUTHORIZATION}']}}
"""


def _wait(process: "subprocess.Popen[bytes]", host: str, log: Path) -> None:
    end = time.monotonic() + 300
    while True:
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"docker-registry does not start: {log.read_text()[-800:]}")
            time.sleep(0.02)
        else:
            return


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""


def _hook(registry: Registry) -> type[_Quiet]:
    class Hook(_Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            registry.notifications.append((dict(self.headers), body))
            self.send_response(202)
            self.end_headers()

    return Hook


def _token_server(directory: Path, registry: Registry) -> type[_Quiet]:
    """A token server as distribution's docs/spec/auth/token.md describes it; only USER gets a token."""
    sign = _issuer(directory) if registry.mode == "token" else None
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Tokens(_Quiet):
        def do_GET(self) -> None:
            registry.token_requests.append(self.path)
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            known = self.headers.get("Authorization") == expected
            access = []
            for scope in query.get("scope", []):
                kind, _, rest = scope.partition(":")
                name, _, actions = rest.rpartition(":")
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
            content = {"token": sign(query["service"][0], access) if known and sign else "", "expires_in": 300}
            body = json.dumps(content).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Tokens


def _issuer(directory: Path) -> Callable[[str, list[dict[str, object]]], str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test-issuer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "issuer.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    chain = [base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]

    def sign(service: str, access: list[dict[str, object]]) -> str:
        seconds = int(time.time())
        claims = {"iss": "test-issuer", "sub": USER, "aud": service, "access": access, "jti": str(seconds)}
        claims |= {"exp": seconds + 300, "nbf": seconds - 10, "iat": seconds}
        parts = [_encoded({"typ": "JWT", "alg": "ES256", "x5c": chain}), _encoded(claims)]
        r, s = utils.decode_dss_signature(key.sign(".".join(parts).encode(), ec.ECDSA(hashes.SHA256())))
        parts.append(base64.urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).rstrip(b"=").decode())
        return ".".join(parts)

    return sign


def _encoded(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
