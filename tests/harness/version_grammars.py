"""How the ecosystems write versions, and which of them their own comparison has an order for."""

import re

from tests.harness.version_pairs import Grammar

DEB = Grammar(
    "#.#.#-# #.#.#-#+deb#u# #:#.#-#ubuntu#.# #.#+dfsg-# #.#~rc#-# #+git#.abcdef-#~bpo#+# # #.#a-# #-#-#",
    "~ ~rc# ~beta + +b# . a Z - -# # ~~ +dfsg deb#u# .a ~0 ubuntu# : #:",
    re.compile(r"(?:[0-9]{1,9}:)?[0-9][A-Za-z0-9.+~-]*(?<!-)").fullmatch,
)
RPM = Grammar(
    "#.#.#-#.el# #:#.#-#.fc# #.#~rc#-# #.#^#git#-# #.# #.#.a-# #a-#_#.el#_# #.#.#-#.module_el#+#+abc",
    "~ ^ ~rc# ^git# . _ + a Z el# # - -# .. .a ~~ ^^ ~^ ^~ #:",
    # With one hyphen, before the release: no package has another.
    re.compile(r"(?:[0-9]{1,9}:)?[^:-]+(?:-[^:-]+)?").fullmatch,
)
NPM = Grammar(
    "#.#.# #.#.#-# #.#.#-beta.# v#.#.# #.#.#+build.# #.#.#-alpha #.#.#-rc.#+a #.#.#-canary-#.a #.#.#beta#",
    "- -a .a .# -# +b -alpha.# x .- A -0 # beta",
    lambda version: re.search("[0-9]{16}", version) is None,  # JavaScript counts to 2^53
)
PEP440 = Grammar(
    "#.# #.#.# #!#.# #.#a# #.#rc# #.#.post# #.#.dev# #.#a#.dev# #.#rc#.post#.dev# #.#+local.# #.#-# v#.#beta",
    ".dev# a# b rc# .post# +abc +# .# _ - .0 .abc c# -preview-# rev r# #! -# DEV",
)
GEM = Grammar(
    "#.#.# #.# #.#.#.pre# #.#.#.rc.# #.#.a.# #.#.0.0 #.0.0.# #.#-x86 #.#.beta# #.#.0.a.0.# #a",
    ".a .0 .0.0 .# a B - -a .rc# .0.a .pre 0 z#",
)
# The apk at hand is of version 2. It has other rules than 3 for leading zeros, and numbers of 32 bits.
APK = Grammar(
    "#.#.#-r# #.#-r# #.#a-r# #.#_rc#-r# #.#_p#-r# #.#_git#-r# # #.#_alpha_pre# #.#.#_beta# #.#_hg#_p#-r#",
    "_alpha _beta# _pre# _rc# _cvs# _svn _git# _hg _p# _p .# .0 a -r# # _rc#_p#",
    re.compile(
        r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))*[a-z]?"
        r"(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)([0-9]{1,9})?)*(-r[0-9]{1,9})?"
    ).fullmatch,
    odd_numbers=False,
)
ALPM = Grammar(
    "#.#.#-# #:#.#-# #.#a-# #.#.r#.gabc-# #.#rc#-# #.#_#-#.# #+#+gabc-#",
    "a .a rc# .# _ + r# z . # #:",
    # Without separators side by side or at an end, for which libalpm has no order.
    re.compile(r"(?:[0-9]{1,9}:)?[0-9A-Za-z]+(?:[._+~][0-9A-Za-z]+)*-[0-9A-Za-z]+(?:[._][0-9A-Za-z]+)*").fullmatch,
)
COMPOSER = Grammar(
    "#.#.# v#.#.# #.# #.#.#-beta# #.#.#-RC# #.#.#-alpha.# #.#.#.# #.#.#-p# #.#.#-dev #.#-rc-#-dev #",
    "-beta -a# RC# -dev -p# .# -stable -patch# pl# b +abc .0 _alpha #",
    # Without what may be a date: those have no key.
    lambda version: re.match(r"v?(?:[0-9]{6}|[0-9]{4}[.:-]?[0-9]{2})", version) is None,
    odd_numbers=False,
)
_MAVEN_PARTS = re.compile(r"[0-9]+|[^0-9.-]+|[.-]")
_MAVEN_NOTHING = re.compile(r"0+|final|ga|release", re.IGNORECASE)


def maven_orders(version: str) -> bool:
    """Tell whether every `ComparableVersion` that there is has one and the same order for a version.

    They have none for what stands between dots and is no number (`1.x.1`, see `cargohold.versions.maven`),
    and differ with each other where nothing (`0`, `ga`) comes before something.
    """
    parts = _MAVEN_PARTS.findall(version)
    return all(map(_maven_orders_part, ["", *parts], parts, [*parts[1:], ""]))


def _maven_orders_part(before: str, part: str, after: str) -> bool:
    if part in ".-":
        return bool(before) and before not in ".-" and bool(after) and after not in ".-"
    number = part.isdigit()
    if not number and (not before or after == "." or (before == "." and after == "-")):
        return False
    if _MAVEN_NOTHING.fullmatch(part) is None:
        return True
    if len(part) > 9:  # a `long` that is 0 is more than an `int` that is 1
        return False
    return not (before and after) or (number and before == ".")


MAVEN = Grammar(
    "#.#.# #.# #.#.#-SNAPSHOT #.#.#.Final #.#.#.RELEASE #.#-rc# #.#.#-M# #.#.#-alpha-# #.#.Beta# #-jre #.#.#-b# "
    "#.#.#-cr# #.#-sp-# #.#.#-# #.#-foo-#.# #.#a",
    "-rc -alpha a# -b# -m# .# -# -SNAPSHOT .Final -ga -sp -foo x -X# .0 .0.0 -rc-# -cr# _ .#-jre",
    maven_orders,
)
