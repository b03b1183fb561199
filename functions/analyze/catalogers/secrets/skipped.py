"""Which files are not searched: those in which secrets are samples, and those that are public as they are.

Tests, examples and documentation show keys that open nothing; translations, headers and time zones are
published; lock files and package databases are hashes.
"""

import re
from functools import lru_cache

_DIRECTORIES = (
    rb"tests?|testing|__tests__|testdata|test[_-]data|spec|fixtures?|examples?|samples?|demos?|docs?|documentation|"
    rb"man|manual|locales?|i18n|l10n|translations?|zoneinfo|licen[sc]es?"
)
_SYSTEM = (
    rb"usr/(?:local/)?(?:include|share/(?:info|help|icons|fonts|mime|unicode|X11|perl|perl5|vim|emacs|bash-completion|"
    rb"misc|javascript|texmf|applications|pixmaps|sounds|themes|common-licenses))|"
    rb"var/lib/(?:dpkg|apt|rpm|pacman)|lib/apk|usr/lib/(?:apk|sysimage)|usr/local/go|usr/lib/go(?:-[0-9.]+)?"
)
_EXTENSIONS = rb"md|mdx|rst|adoc|po|pot|mo|tex|texi|svg|css|scss|less|hpp|hxx|snap"
_NAMES = (
    rb"package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|go\.sum|Cargo\.lock|composer\.lock|"
    rb"Gemfile\.lock|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|mix\.lock|pubspec\.lock|packages\.lock\.json|"
    rb"flake\.lock|RECORD|LICEN[SC]E(?:\.txt)?|COPYING|NOTICE(?:\.txt)?|CHANGELOG(?:\.txt)?|README(?:\.txt)?"
)
_SKIPPED_DIRECTORIES = re.compile(
    rb"(?:.*/)?(?:" + _DIRECTORIES + rb")/.*|(?:" + _SYSTEM + rb")/.*|.*\.(?:dist-info|egg-info)/.*",
    re.DOTALL | re.IGNORECASE,
)
_SKIPPED_NAMES = re.compile(rb".*\.(?:" + _EXTENSIONS + rb")|(?:" + _NAMES + rb")", re.DOTALL | re.IGNORECASE)
# Files with bytes that text has not, but strings in them: settings in UTF-16, lists ended by NUL, compiled Python.
_STRINGS = re.compile(
    rb"(?:.*/)?(?:\.[^/]+|[^/]+\.(?:env|conf|cfg|cnf|config|ini|json|ya?ml|toml|xml|properties|plist|pyc|sqlite3?|db|"
    rb"key|pem|p8|history|txt|log|sh|ps1|psm1|reg|cmd|bat|sql|credentials|secrets?)|environ|credentials|config)",
    re.DOTALL | re.IGNORECASE,
)


def is_skipped(path: bytes) -> bool:
    """Tell whether a file is not searched because of its path (no leading "/")."""
    directory, slash, name = path.rpartition(b"/")
    if slash:
        skipped, is_module = _directory(directory)
        # A package from a registry is public; what is named .npmrc or .env was put there.
        if skipped or (is_module and not name.startswith(b".")):
            return True
    return _SKIPPED_NAMES.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _directory(directory: bytes) -> tuple[bool, bool]:
    """Tell whether nothing below a directory is searched, and whether it belongs to a package of node's."""
    inside = directory + b"/"
    return _SKIPPED_DIRECTORIES.fullmatch(inside) is not None, b"/node_modules/" in b"/" + inside.lower()


def has_strings(path: bytes) -> bool:
    """Tell whether a file that is not text is searched all the same."""
    return _STRINGS.fullmatch(path) is not None
