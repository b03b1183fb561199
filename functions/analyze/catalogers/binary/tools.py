"""Command-line tools and libraries."""

from analyze.catalogers.binary.clues import (
    THREE,
    TWO_OR_THREE,
    Classifier,
    dotted,
    following,
    near,
    point,
    version,
)

CLASSIFIERS = (
    Classifier(
        "busybox-binary",
        "busybox",
        "generic/busybox",
        ("busybox",),
        (near(b"BusyBox", rb"BusyBox\s{1,4}v" + version(THREE)),),
    ),
    Classifier(
        "util-linux-binary",
        "util-linux",
        "generic/util-linux",
        ("getopt",),
        (near(b"\0util-linux ", rb"\x00util-linux " + version(TWO_OR_THREE) + rb"\x00"),),
    ),
    Classifier(
        "bash-binary",
        "bash",
        "generic/bash",
        ("bash",),
        (
            near(
                b"@(#)Bash version ",
                rb"@\(#\)Bash version " + version(THREE) + rb"\([0-9]{1,3}\) [a-z0-9]{1,16} GNU",
            ),
        ),
    ),
    Classifier(
        "openssl-binary-aws-lc",
        "aws-lc",
        "generic/aws-lc",
        ("openssl",),
        (following(b"AWS-LC ", THREE, rb"\)\x00"),),
        branch="openssl",
    ),
    Classifier(
        "openssl-binary",
        "openssl",
        "generic/openssl",
        ("openssl",),
        (
            near(
                b"\0OpenSSL ",
                rb"\x00OpenSSL " + version(THREE + rb"(?:[a-z]{1,3}|-(?:alpha|beta|rc|pre)[0-9]{1,2})?"),
            ),
        ),
        branch="openssl",
    ),
    Classifier(
        "openldap-search-binary",
        "openldap",
        "generic/openldap",
        ("ldapsearch",),
        (following(b"$OpenLDAP: ldapsearch ", THREE),),
    ),
    Classifier(
        "fluent-bit-binary",
        "fluent-bit",
        "github/fluent/fluent-bit",
        ("fluent-bit",),
        (near(b"Fluent Bit", rb"\x00" + version(THREE) + rb"\x00{1,8}(?:\x1b\[1m\x00)?(?:%s)?Fluent Bit", before=48),),
    ),
    Classifier("wordpress-cli-binary", "wp-cli", "generic/wp-cli", ("wp",), (following(b"wp-cli/wp-cli ", THREE),)),
    Classifier(
        "curl-binary", "curl", "generic/curl", ("curl",), (following(b"curl/", THREE), following(b"libcurl/", THREE))
    ),
    Classifier("zstd-binary", "zstd", "generic/zstd", ("zstd",), (dotted(rb"\x00v" + version(THREE) + rb"\x00"),)),
    Classifier(
        "xz-binary",
        "xz",
        "generic/xz",
        ("xz",),
        (following(b"xz (XZ Utils) ", THREE + rb"(?:alpha|beta)?", rb"[\x00\n]"),),
    ),
    Classifier(
        "gzip-binary",
        "gzip",
        "generic/gzip",
        ("gzip",),
        (point(rb"\x00" + version(rb"1\.[0-9]{1,3}(?:\.[0-9]{1,3})?") + rb"\x00"),),
    ),
    Classifier(
        "jq-binary",
        "jq",
        "generic/jq",
        ("jq",),
        # jq 1.x; other numbers are of the libraries inside
        (point(rb"\x00" + version(rb"1\.[0-9]{1,3}(?:\.[0-9]{1,3})?(?:rc[0-9])?") + rb"\x00"),),
    ),
    Classifier("ffmpeg-binary", "ffmpeg", "generic/ffmpeg", ("ffmpeg",), (following(b"%s version ", TWO_OR_THREE),)),
    Classifier(
        "ffmpeg-library",
        "ffmpeg",
        "generic/ffmpeg",
        tuple(f"libav{part}*.so*" for part in ("codec", "device", "filter", "format", "resample", "util")),
        (following(b"FFmpeg version ", TWO_OR_THREE),),
    ),
    Classifier(
        "ffmpeg-library",
        "ffmpeg",
        "generic/ffmpeg",
        ("libswresample*.so*", "libswscale*.so*", "libpostproc*.so*"),
        (following(b"FFmpeg version ", TWO_OR_THREE),),
    ),
    Classifier(
        "krb5-library",
        "krb5",
        "generic/krb5",
        ("libkrb5.so*",),
        (
            near(
                b"KRB5_BRAND: krb5-",
                rb"KRB5_BRAND: krb5-" + version(TWO_OR_THREE + rb"(?:-(?:alpha|beta|prerelease)[0-9]{0,2})?"),
            ),
        ),
    ),
    Classifier(
        "heimdal-krb5-library",
        "heimdal-krb5",
        "generic/heimdal-krb5",
        ("libkrb5.so*",),
        (following(b"Heimdal ", THREE),),
    ),
)
