"""Programs written in Go, with their own version variable.

Link flags that the build recorded say it best (`-X PACKAGE.VARIABLE=VERSION`); programs built without
them have the variable's value among the read-only data, with constants of the runtime around it.
"""

from analyze.catalogers.binary.clues import APART, NULS, THREE, TWO, Classifier, Clue, dotted, following, near, version

_HELM = THREE + rb"(?:-(?:alpha|beta|rc)\.[0-9]{1,2})?"
_TRAEFIK = THREE + rb"(?:-(?:alpha|beta|rc|ea)\.?[0-9]{1,2})?"
_ISTIO = THREE + rb"(?:-(?:alpha|beta|rc|snapshot)\.[0-9]{1,3}|-dev)?"
_PILOT = (
    following(b"version.buildVersion=", _ISTIO),
    # twice in a row: of the module istio.io/istio and of istio.io/pkg
    dotted(APART + _ISTIO + NULS + version(_ISTIO) + rb"\x00"),
    near(b"Clean\0", rb"Clean" + NULS + version(_ISTIO) + rb"\x00"),
    near(b"Modified\0", rb"Modified" + NULS + version(TWO + rb"-dev") + rb"\x00"),
    dotted(APART + version(_ISTIO) + rb"\x00", beyond=rb"S=v<y5", reach=128),
    dotted(APART + version(THREE + rb"-(?:alpha|beta|rc|snapshot)\.[0-9]{1,3}") + rb"\x00"),
)
_GRAFANA_SUFFIX = rb"(?:-(?:beta[0-9]{1,2}|test|preview|[0-9]{5,12}))?(?:\+security-[0-9]{1,3})?"
_GRAFANA = rb"(?:[4-9]|1[0-9])\.[0-9]{1,2}\.[0-9]{1,3}" + _GRAFANA_SUFFIX
_GRAFANAS = (
    following(b"main.version=", _GRAFANA),
    near(b"release-", rb"\x00release-" + version(_GRAFANA) + rb"\x00", before=1),
    dotted(
        APART + version(_GRAFANA) + rb"\x00",
        beyond=rb"\$a\xcdc|\x00go1\.[0-9]{2}|\x00/usr/local/go|\x00v[0-9]{1,2}\.[0-9]{1,2}\.x\x00",
        reach=80,
    ),
    dotted(
        rb"(?:HEAD\x00(?s:.){0,24}?|\x00go1\.[0-9.]{2,8}" + NULS + rb")" + APART + version(_GRAFANA) + rb"\x00",
        before=80,
    ),
    dotted(
        APART
        + version(THREE + rb"(?:-(?:beta[0-9]{1,2}|test|preview)(?:\+security-[0-9]{1,3})?|\+security-[0-9]{1,3})")
        + rb"\x00"
    ),
)
_GO_STRINGS = rb"(?:plugin|create|config|export|stdin|setup|Test )"


def _beat(name: str) -> Classifier:
    # Strings of one length stand together, without separators, in the order in which packages use them.
    clue = dotted(_GO_STRINGS + version(rb"[5-9]\.[0-9]{1,2}\.[0-9]{1,2}") + rb"(?=[a-z%*A-Z])", before=16)
    return Classifier(f"{name}-binary", name, f"generic/{name}", (name,), (clue,))


CLASSIFIERS = (
    Classifier(
        "helm",
        "helm",
        "golang/helm.sh/helm",
        ("helm",),
        (
            following(b"internal/version.version=v", _HELM),
            dotted(rb"\x00v" + version(_HELM) + rb"\x00"),
            dotted(rb"(?<![0-9A-Za-z./_-])v" + version(_HELM) + rb"\x00"),
        ),
    ),
    Classifier(
        "traefik-binary",
        "traefik",
        "generic/traefik",
        ("traefik",),
        (
            Clue(rb"/version\.Version=", rb"/version\.Version=v?" + version(_TRAEFIK)),
            dotted(rb"\x00v?" + version(_TRAEFIK) + rb"\x00"),
            dotted(APART + rb"v?" + version(_TRAEFIK) + rb"\x00"),
        ),
    ),
    Classifier(
        "consul-binary",
        "consul",
        "golang/github.com/hashicorp/consul",
        ("consul",),
        (
            following(b"GitDescribe=", THREE, rb"\""),
            following(b"CONSUL_VERSION: ", THREE),
            dotted(rb"\x00v" + version(THREE) + rb"\x00"),
        ),
    ),
    Classifier(
        "hashicorp-vault-binary",
        "github.com/hashicorp/vault",
        "golang/github.com/hashicorp/vault",
        ("vault",),
        (
            following(b"revoke", rb"1\.[0-9]{1,2}\.[0-9]{1,2}"),
            dotted(rb"state" + version(THREE + rb"-rc[0-9]"), before=16),
            following(b"0x%016x", rb"1\.[0-9]{1,2}\.[0-9]{1,2}"),
            dotted(rb"\x00" + version(rb"[01]\.[0-9]{1,2}\.[0-9]{1,2}") + rb"\x00"),
        ),
    ),
    Classifier("istio-binary", "pilot-discovery", "generic/istio", ("pilot-discovery",), _PILOT),
    Classifier("istio-binary", "pilot-agent", "generic/istio", ("pilot-agent",), _PILOT),
    Classifier("grafana-binary", "grafana", "generic/grafana", ("grafana",), _GRAFANAS),
    Classifier("grafana-binary", "grafana", "generic/grafana", ("grafana-server",), _GRAFANAS),
    _beat("filebeat"),
    _beat("metricbeat"),
    _beat("heartbeat"),
    _beat("packetbeat"),
    _beat("auditbeat"),
    Classifier(
        "elastic-agent-binary",
        "elastic-agent",
        "generic/elastic-agent",
        ("elastic-agent",),
        (
            dotted(rb"enroll(?:: true)?" + version(THREE) + rb"-?header", before=24),
            dotted(rb"PM" + version(THREE) + rb":https", before=12),
        ),
    ),
)
