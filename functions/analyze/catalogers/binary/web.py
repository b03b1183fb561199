"""Web servers, proxies and browsers."""

from analyze.catalogers.binary.clues import (
    APART,
    FOUR,
    NULS,
    THREE,
    Classifier,
    Elsewhere,
    dotted,
    following,
    near,
    version,
)

_HAPROXY = rb"[0-9]{1,2}\.[0-9]{1,2}(?:\.|-dev|-rc)[0-9]{1,4}"
_ENVOY = rb"\x00" + version(rb"1\.[0-9]{1,2}\.[0-9]{1,2}(?:-dev)?") + rb"\x00"
_BESIDE_ENVOY = rb"(?:envoy[_.]|source/|\(\[\\d\]|Unable to convert|No recorded values|RELEASE)"
_INGRESS = THREE + rb"(?:-(?:alpha|beta)\.[0-9]{1,2})?"
_V = rb"(?<![0-9.])v"  # what is before it may be any constant
_FIREFOX = rb"[0-9]{1,3}(?:\.[0-9]{1,3}){1,3}(?:[ab][0-9]{1,3})?(?:esr)?"

CLASSIFIERS = (
    Classifier(
        "haproxy-binary",
        "haproxy",
        "generic/haproxy",
        ("haproxy",),
        (
            near(
                b", released 20",
                rb"version " + version(_HAPROXY) + rb"(?:-[-0-9A-Za-z.+~]{1,40})?, released 20",
                before=80,
            ),
            following(b"HA-Proxy version ", _HAPROXY),
            near(
                b"HAProxy version",
                APART + version(_HAPROXY) + rb"-[0-9a-zA-Z]{7}[^\n]{0,128}?HAProxy version",
                before=176,
            ),
        ),
    ),
    Classifier("httpd-binary", "httpd", "generic/httpd", ("httpd",), (following(b"Apache/", THREE),)),
    Classifier(
        "nginx-binary",
        "nginx",
        "generic/nginx",
        ("nginx",),
        # 1.25.1; openresty/1.21.4.1 is nginx 1.21.4
        (
            near(
                b"nginx version: ",
                rb"nginx version: [^/\x00]{1,32}/" + version(THREE + rb"(?:\+[0-9]{1,4})?(?:-[0-9]{1,4})?"),
            ),
        ),
    ),
    Classifier(
        "lighttpd-binary",
        "lighttpd",
        "generic/lighttpd",
        ("lighttpd",),
        (near(b"\0lighttpd/", rb"\x00lighttpd/" + version(THREE)),),
    ),
    Classifier(
        "proftpd-binary",
        "proftpd",
        "generic/proftpd",
        ("proftpd",),
        (
            following(b"ProFTPD Version ", THREE + rb"(?:[a-z]|rc[0-9])?", rb"[\x00 ]"),
            following(b"ProFTPD ", THREE + rb"(?:[a-z]|rc[0-9])?", rb"[\x00 ]"),
        ),
    ),
    Classifier(
        "envoy-binary",
        "envoy",
        "generic/envoy",
        ("envoy",),
        (
            dotted(_ENVOY + _BESIDE_ENVOY, before=24),
            dotted(rb"(?:ValidationError|EnvoyException in c-ares callback|\.(?:cc|h):[0-9]{1,5})" + _ENVOY, before=64),
            dotted(_ENVOY, before=24, after=48, beyond=rb"envoy_reloadable|envoy\.[a-z]|ValidationError", reach=1000),
        ),
    ),
    Classifier(
        "ingress-nginx-binary",
        "nginx-ingress-controller",
        "generic/nginx-ingress-controller",
        ("nginx-ingress-controller",),
        (
            following(b"version.RELEASE=v", _INGRESS),
            dotted(_V + version(_INGRESS) + rb"\x00", beyond=rb"go1\.[0-9]{1,3}\.?[0-9]{0,3}\x00", reach=80),
            dotted(rb"\x00go1\.[0-9.]{1,8}" + NULS + rb"v" + version(_INGRESS) + rb"\x00", before=80),
            # constants of runtime and math that are laid out behind the version
            dotted(APART + rb"v?" + version(_INGRESS) + rb"\x00", beyond=rb"S=v<y5", reach=128),
            dotted(_V + version(_INGRESS) + rb"\x00", beyond=rb"\$a|\x9a\x99{5}\xb9\?", reach=900),
            dotted(APART + rb"v" + version(THREE + rb"-(?:alpha|beta)\.[0-9]{1,2}") + rb"\x00"),
        ),
    ),
    Classifier(
        "chrome-binary",
        "chrome",
        "generic/chrome",
        ("chrome",),
        (near(b"\0Default", rb"\x00" + version(FOUR) + rb"\x00Default", before=32),),
    ),
    Classifier(
        "firefox-binary",
        "firefox",
        "generic/firefox",
        ("firefox", "firefox.exe", "firefox-bin"),
        elsewhere=Elsewhere("firefox", siblings=("application.ini", "browser/application.ini")),
    ),
    Classifier(
        "firefox-version",
        "",
        "",
        ("application.ini",),
        (
            near(
                b"\nName=Firefox",
                rb"\nName=Firefox\r?\n(?:[^\n\[]{0,200}\n){0,12}?Version=" + version(_FIREFOX) + rb"\s",
                after=1500,
            ),
        ),
        provides="firefox",
    ),
)
