"""Interpreters, compilers and what they bring.

Source of every clue: the version strings that the product's own build puts into its files.
"""

from analyze.catalogers.binary.clues import (
    NULS,
    THREE,
    TWO,
    TWO_OR_THREE,
    Classifier,
    Clue,
    Elsewhere,
    dotted,
    ended,
    following,
    near,
    version,
)

_PYTHON_PATCH = rb"%b\.[0-9]{1,3}[-+._a-zA-Z0-9]{0,24}"  # 3.11.2, 3.12.0rc1, 3.7.4+; %b is the X.Y of the name
# Linkers merge the version with a longer string that ends so, such as the prefix of the installation.
_PYTHON = (ended(_PYTHON_PATCH), ended(_PYTHON_PATCH, rb"(?<![0-9.])"))
_LIBPYTHON = r"libpython[0-9]+(?:\.[0-9]+)+[a-z]{0,3}\.so.*"
_RUBY = following(b"ruby ", THREE + rb"(?:(?:p|preview|rc|dev)[0-9]{0,6})?", rb" \(2[0-9]{3}-[0-9]{2}-")
_OTP = TWO + rb"(?:\.[0-9]{1,5}){0,2}(?:-rc[0-9])?"
_ERLANG = (
    near(b"/erts/", rb"/otp[-_](?:src_)?" + version(_OTP) + rb"/erts/", before=48),
    near(b"Erlang/OTP", ended(_OTP) + rb"\x00{0,32}Erlang/OTP", before=96),
    Clue(b"Erlang/OTP", rb"Erlang/OTP [^\x00]{1,200}" + NULS + version(_OTP) + rb"\x00"),
)
_JULIA = THREE + rb"(?:-[a-z]{1,8}\.?[0-9]{0,4})?"
_ELIXIR = THREE + rb"(?:-[a-z0-9]{1,16}(?:\.[0-9]{1,5})?)?"
_RUSTC = rb" \([0-9a-f]{6,12} [0-9]{4}-[0-9]{2}-[0-9]{2}\)"
_DART = THREE + rb"(?:-[0-9]{1,5}(?:\.[0-9]{1,5})?\.(?:beta|dev))?"

CLASSIFIERS = (
    Classifier(
        "python-binary",
        "python",
        "generic/python",
        ("python#", "python#?"),
        branch="python",
        elsewhere=Elsewhere("python", imports=_LIBPYTHON),
    ),
    Classifier(
        "python-binary",
        "python",
        "generic/python",
        ("python#", "python#?"),
        branch="python",
        template=(r"python(?P<version>[0-9]+(?:\.[0-9]+)+)[a-z]{0,3}", _PYTHON),
    ),
    Classifier(
        "python-binary-lib",
        "python",
        "generic/python",
        ("libpython*.so*",),
        template=(r"libpython(?P<version>[0-9]+(?:\.[0-9]+)+)[a-z]{0,3}\.so.*", _PYTHON),
        provides="python",
    ),
    Classifier("pypy-binary-lib", "pypy", "generic/pypy", ("libpypy*.so*",), (following(b"[PyPy ", THREE),)),
    Classifier(
        "go-binary",
        "go",
        "generic/go",
        ("go", "go.exe"),
        (
            Clue(rb"go1\.", rb"go" + version(TWO + rb"(?:\.[0-9]{1,3}|(?:alpha|beta|rc)[0-9]{1,2})") + rb"\x00"),
            # A release without a third number; single NULs are between the names of release tags.
            Clue(rb"go1\.", rb"go" + version(TWO) + rb"\x00\x00"),
        ),
        branch="go",
    ),
    Classifier(
        "go-binary",
        "go",
        "generic/go",
        ("go", "go.exe"),
        branch="go",
        elsewhere=Elsewhere("go", siblings=("VERSION", "VERSION.cache", "../VERSION", "../VERSION.cache")),
    ),
    Classifier(
        "go-version",
        "",
        "",
        ("VERSION", "VERSION.cache"),
        (following(b"go", TWO + rb"(?:\.[0-9]{1,5}|(?:alpha|beta|rc)[0-9]{1,2})?(?:-[_0-9a-z]{1,24})?"),),
        provides="go",
    ),
    Classifier(
        "julia-binary",
        "julia",
        "generic/julia",
        ("julia",),
        elsewhere=Elsewhere(
            "julia",
            imports=r"libjulia(?:-internal)?\.so.*",
            siblings=("../lib/julia/libjulia-internal.so", "../lib/libjulia-internal.so"),
        ),
    ),
    Classifier(
        "julia-binary",
        "julia",
        "generic/julia",
        ("libjulia-internal.so*",),
        (
            near(b"\0branch\0commit", ended(_JULIA) + rb"branch\x00commit", before=40),
            near(b"__init__\0", rb"__init__\x00" + version(THREE) + rb"\x00verify"),
        ),
        provides="julia",
    ),
    Classifier(
        "nodejs-binary",
        "node",
        "generic/node",
        ("node", "nodejs"),
        (
            following(b"node.js/v", THREE),
            dotted(ended(rb"[0456]\.[0-9]{1,2}\.[0-9]{1,3}", rb"\x00(?:node )?v")),
        ),
    ),
    Classifier(
        "perl-binary",
        "perl",
        "generic/perl",
        ("perl",),
        (near(b"/perl", rb"/perl5?/" + version(rb"5\.[0-9]{1,3}\.[0-9]{1,3}")),),
    ),
    Classifier(
        "php-composer-binary",
        "composer",
        "generic/composer",
        ("composer", "composer#", "composer-#", "composer*.phar"),
        (
            near(
                b"'pretty_version'",
                rb"'pretty_version'\s{0,8}=>\s{0,8}'" + version(THREE + rb"(?:-?(?:alpha|beta|RC)[0-9]{1,3})?") + rb"'",
            ),
        ),
    ),
    Classifier(
        "rust-standard-library-linux",
        "rust",
        "generic/rust",
        ("libstd-????????????????.so",),
        (following(b"rustc version ", TWO_OR_THREE, _RUSTC),),
    ),
    Classifier(
        "rust-standard-library-macos",
        "rust",
        "generic/rust",
        ("libstd-????????????????.dylib",),
        (dotted(rb"c " + version(TWO_OR_THREE) + _RUSTC),),
    ),
    Classifier("ruby-binary", "ruby", "generic/ruby", ("ruby", "ruby#"), (_RUBY,), branch="ruby"),
    Classifier(
        "ruby-binary",
        "ruby",
        "generic/ruby",
        ("ruby", "ruby#"),
        branch="ruby",
        elsewhere=Elsewhere("ruby", imports=r"libruby[^/]*\.so.*"),
    ),
    Classifier("ruby-library", "", "", ("libruby*.so*",), (_RUBY,), provides="ruby"),
    Classifier("erlang-binary", "erlang", "generic/erlang", ("erlexec",), _ERLANG),
    Classifier("erlang-alpine-binary", "erlang", "generic/erlang", ("beam.smp",), _ERLANG),
    Classifier(
        "erlang-library",
        "erlang",
        "generic/erlang",
        ("liberts_internal.a",),
        _ERLANG,
    ),
    Classifier("swipl-binary", "swipl", "generic/swipl", ("swipl",), (following(b"swipl-", THREE, rb"/"),)),
    Classifier(
        "dart-binary",
        "dart",
        "generic/dart",
        ("dart",),
        (
            Clue(
                rb"\((?:stable|beta|dev)\) \(",
                rb"\x00" + version(_DART) + rb" \((?:stable|beta|dev)\) \(",
                before=40,
            ),
        ),
    ),
    Classifier(
        "deno-binary",
        "deno",
        "generic/deno",
        ("deno",),
        (
            near(b"Deno/", rb"(?<!-)Deno/" + version(THREE)),  # not the version of OTel-OTLP-Exporter-Deno
            # cli/tools/standalone.rs: the name of the file to download, then the version without a separator
            near(b"deno-", rb"deno-(?:canary/)?[0-9a-f]{40}(?:release/v)?" + version(THREE)),
        ),
    ),
    Classifier("bun-binary", "bun", "generic/bun", ("bun",), (following(b"Bun v", THREE), following(b"bun-v", THREE))),
    Classifier(
        "haskell-ghc-binary",
        "haskell/ghc",
        "generic/haskell/ghc",
        ("ghc", "ghc-#"),
        (
            near(b"\0GHC ", ended(THREE, rb"\x00GHC ")),
            near(
                b"\0libHSghc-",
                rb"\x00libHSghc-" + version(THREE) + rb"-(?:[a-zA-Z0-9]{1,32}-)?ghc" + THREE + rb"\.so\x00",
            ),
        ),
    ),
    Classifier(
        "haskell-cabal-binary",
        "haskell/cabal",
        "generic/haskell/cabal",
        ("cabal",),
        (
            near(b"\0Cabal-", rb"\x00Cabal-" + version(THREE + rb"(?:\.[0-9]{1,5})?") + rb"-"),
            near(
                b"cabal-install-",
                rb"cabal-install-" + version(THREE + rb"(?:\.[0-9]{1,5})?") + rb"-[a-zA-Z0-9]",
            ),
        ),
    ),
    Classifier(
        "haskell-stack-binary",
        "haskell/stack",
        "generic/haskell/stack",
        ("stack",),
        (near(b"Version", rb"Version\s{0,4}" + version(THREE) + rb",\s{0,4}Git"),),
    ),
    Classifier("elixir-binary", "elixir", "generic/elixir", ("elixir",), (following(b"ELIXIR_VERSION=", _ELIXIR),)),
    Classifier(
        "elixir-library",
        "elixir",
        "generic/elixir",
        ("elixir.app",),
        (near(b"{vsn,", rb'\{vsn,\s{0,4}"' + version(_ELIXIR) + rb'"\}'),),
        path=r"(?:^|/)elixir/ebin/elixir\.app$",
    ),
    Classifier("gcc-binary", "gcc", "generic/gcc", ("gcc",), (following(b"GCC: (GNU) ", THREE),)),
    Classifier(
        "qt-qtbase-lib",
        "qtbase",
        "generic/qtbase",
        ("libQt*Core.so*",),
        (
            near(b"\0Qt ", rb"\x00Qt " + version(THREE) + rb" \("),
            following(b"QtCore library version ", THREE),
        ),
    ),
)
