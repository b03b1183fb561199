"""Monitoring, and tokens that many products issue."""

from analyze.catalogers.secrets.rule import LEFT, Rule, assigned, token

_PART = r"[A-Za-z0-9_\-]"

RULES = (
    token(
        "dynatrace-api-token", "Dynatrace", "Dynatrace API token", "MEDIUM",
        ("dt0c01.", "dt0s01."), r"[A-Z0-9]{24}\.[A-Z0-9]{64}", probe=r"dt0[cs]01\.[A-Z0-9]{16}",
    ),
    # Before the service accounts of version 9 (`glsa_`), the Base64 of a JSON object that begins with "k".
    Rule(
        "grafana-api-token", "Grafana", "Grafana API token", "MEDIUM",
        ("eyJrIjoi", "glsa_", "glc_"),
        rf"{LEFT}(?P<value>eyJrIjoi[A-Za-z0-9+/]{{50,400}}={{0,2}}|glsa_[A-Za-z0-9]{{32}}_[a-f0-9]{{8}}|glc_[A-Za-z0-9+/]{{32,400}}={{0,2}})"
        r"(?![A-Za-z0-9+/=.])",
        probe=r"(?:eyJrIjoi[A-Za-z0-9]{16}|glsa_[A-Za-z0-9]{32}|glc_[A-Za-z0-9+/]{32})", shown=4, entropy=3.0,
    ),
    token(
        "new-relic-user-api-key", "NewRelic", "New Relic user API Key", "MEDIUM", ("NRAK-",), r"[A-Z0-9]{27}",
        probe=r"NRAK-[A-Z0-9]{16}",
    ),
    token(
        "new-relic-browser-api-token", "NewRelic", "New Relic ingest browser API token", "MEDIUM",
        ("NRJS-",), r"[a-f0-9]{19}", probe=r"NRJS-[a-f0-9]{16}",
    ),
    assigned(
        "new-relic-user-api-id", "NewRelic", "New Relic user API ID", "MEDIUM",
        ("newrelic", "new_relic", "new-relic"), r"[A-Z0-9]{64}", entropy=3.0,
    ),
    # RFC 7519: header and claims are JSON objects, so both begin with eyJ in Base64. Unsigned ones are no secret.
    Rule(
        "jwt-token", "JWT", "JWT token", "MEDIUM",
        ("eyJ",), rf"(?<![A-Za-z0-9_\-.])(?P<value>eyJ{_PART}{{10,1000}}\.eyJ{_PART}{{10,4000}}\.{_PART}{{20,1000}})",
        probe=rf"eyJ{_PART}+\.eyJ", reach=6100, shown=3, entropy=3.5,
    ),
)  # fmt: skip
