"""Secrets that are known by the format of the file around them."""

import re
from base64 import b64decode

from analyze.catalogers.secrets.rule import Rule

_BODY = re.compile(rb"[A-Za-z0-9+/]{40}")
_KEY = re.compile(rb"-----BEGIN[A-Z ]{0,20} PRIVATE KEY")


def _has_body(content: bytes, match: "re.Match[bytes]") -> bool:
    """Tell whether key material follows a PEM header (RFC 7468, section 2; headers as in RFC 1421, section 4.6)."""
    return _BODY.search(content, match.end(), match.end() + 400) is not None


def _has_key(content: bytes, match: "re.Match[bytes]") -> bool:
    """Tell whether a private key with its body is near, as in the JSON file of a service account."""
    key = _KEY.search(content, max(0, match.start() - 4096), match.end() + 4096)
    return key is not None and _has_body(content, key)


def _is_login(_content: bytes, match: "re.Match[bytes]") -> bool:
    """Tell whether a value is the Base64 of user:password (Docker's config.json, `auths`)."""
    value = match["value"]
    if value[:2] in (b"ey", b"ew"):  # JSON: a whole config.json in a Kubernetes secret
        return True
    try:
        user, colon, password = b64decode(value, validate=True).partition(b":")
    except ValueError:
        return False
    return bool(user and colon and password) and user.isascii()


_SAMPLES = (b"proxypass", b"repopwd", b"my_password", b"some.passphrase", b"passphrase", b"optional-passphrase")


def _is_no_sample(_content: bytes, match: "re.Match[bytes]") -> bool:
    """Tell whether a value is not one of those in the settings.xml that Maven comes with."""
    return match["value"].lower() not in _SAMPLES


RULES = (
    Rule(
        "private-key",
        "AsymmetricPrivateKey",
        "Asymmetric Private Key",
        "HIGH",
        ("-----BEGIN",),
        r"(?P<value>-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----)",
        probe=r"-----BEGIN [A-Z ]{0,20}PRIVATE",
        shown=64,
        strong=False,
        confirm=_has_body,
    ),
    Rule(
        "gcp-service-account",
        "Google",
        "Google (GCP) Service-account",
        "CRITICAL",
        ("service_account",),
        r'(?P<value>"type"\s{0,8}:\s{0,8}"service_account")',
        probe='"service_account"',
        back=30,
        shown=64,
        strong=False,
        confirm=_has_key,
    ),
    Rule(
        "dockerconfig-secret",
        "Docker",
        "Dockerconfig secret exposed",
        "HIGH",
        ("dockerconfigjson", "dockercfg", '"auth"'),
        r'(?i:"auth"\s{0,8}:\s{0,8}"|\.?(?:dockerconfigjson|dockercfg)["\']?\s{0,8}:\s{0,8}[|>"\']?\s{0,40})'
        r"(?P<value>[A-Za-z0-9+/]{12,2000}={0,2})(?![A-Za-z0-9+/])",
        probe=r"(?i-u:dockerconfigjson|dockercfg|\x22auth\x22)[\x22']?\s*:",
        fold=True,
        back=1,
        reach=2100,
        strong=False,
        confirm=_is_login,
    ),
    Rule(
        "symfony-default-secret",
        "Symfony",
        "Symfony Default Secret",
        "HIGH",
        ("TokenIsNotSoSecret",),
        r"(?P<value>ThisTokenIsNotSoSecretChangeIt)",
        back=4,
        shown=4,
    ),
    Rule(
        "maven-settings-security-master",
        "Maven",
        "Maven settings-security.xml master password",
        "HIGH",
        ("<master>",),
        r"<master>\s{0,20}(?P<value>(?!\$\{)[^<>\s]{1,200})\s{0,20}</master>",
        strong=False,
        files=r"settings-security[^/]{0,40}\.xml",
    ),
    Rule(
        "maven-settings-password",
        "Maven",
        "Maven settings.xml password",
        "HIGH",
        ("<password>",),
        r"<password>\s{0,20}(?P<value>(?!\$\{)[^<>\s]{1,200})\s{0,20}</password>",
        strong=False,
        confirm=_is_no_sample,
        files=r"settings[^/]{0,40}\.xml",
    ),
    Rule(
        "maven-settings-passphrase",
        "Maven",
        "Maven settings.xml passphrase",
        "HIGH",
        ("<passphrase>",),
        r"<passphrase>\s{0,20}(?P<value>(?!\$\{)[^<>\s]{1,200})\s{0,20}</passphrase>",
        strong=False,
        confirm=_is_no_sample,
        files=r"settings[^/]{0,40}\.xml",
    ),
)
