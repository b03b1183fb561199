"""Which files are taken for licences, by their names alone: every file of every image is asked for its name.

Spelt out, so that asking is one look into a table. Names are those that npm-packlist, licensee, wheel and Debian's
policy know, and the most frequent ones beside them.
"""

from itertools import product

EXTENSION = b"license"  # bundlers write `NAME.js.LICENSE`
COPYRIGHT = b"copyright"

_STEMS = ("license", "licence", "copying", "unlicense", "mit-license", "bsdl")
_KINDS = (
    "mit",
    "apache",
    "apache2",
    "apache-2.0",
    "bsd",
    "gpl",
    "lgpl",
    "mpl",
    "isc",
    "psf",
    "python",
    "lesser",
    "lib",
)
_VARIANTS = [
    *_STEMS,
    *("".join(parts) for parts in product(("license", "licence", "copying"), ("-", "_", "."), _KINDS)),
    *(
        "".join(parts)
        for parts in product(("copying",), ("2", "3", "v2", "v3", ".gplv2", ".gplv3", ".lgplv2.1", ".lgplv3"))
    ),
]
_ENDINGS = ("", ".txt", ".md", ".rst", ".markdown")


def _spellings(stem: str, ending: str) -> set[str]:
    head, dash, tail = stem.partition("-")
    capital = head.capitalize() + dash + (tail.capitalize() if dash else "")
    return {
        stem + ending,
        stem.upper() + ending,
        (stem + ending).upper(),
        capital + ending,
        (head.upper() + dash + tail) + ending,
    }


NAMES = frozenset(name.encode() for stem, ending in product(_VARIANTS, _ENDINGS) for name in _spellings(stem, ending))
