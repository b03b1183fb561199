"""What some ecosystems mean by names that mean nothing certain elsewhere. Keys are those of `titles`.

- debian: short names of copyright files (DEP-5 1.0, "Standard short names"), and what lies in
  `/usr/share/common-licenses` (Debian Policy 12.5: Artistic is Perl's).
- rpm: Fedora's short names before 2022 ("Callaway"). Names for a family of licences (BSD, Public Domain,
  "with exceptions") have no entry; Artistic stood beside "GPL+", for Perl. `MIT` is a family there too, and
  SPDX's identifier: taken for the latter.
- alpm: names of Arch Linux before RFC 16 ("(L)GPL: version 2 or any later, 2: only, 3: 3 or any later").
- gentoo: the names of files in Gentoo's `licenses` directory.
- linux: MODULE_LICENSE, as Linux's `process/license-rules` explains it: "GPL" and "GPL v2" are version 2, and
  leave open whether later ones apply too.
- r: "Writing R Extensions" 1.1.2, and R's `share/licenses/license.db`.
"""

DIALECTS = {
    "debian": """
        Artistic-1.0-Perl: artistic | artistic-1
        Artistic-1.0-Perl OR GPL-1.0-or-later: perl
        BSL-1.0: boost-1.0
        OFL-1.1: sil-1.1 | sil-ofl-1.1
        OLDAP-2.8: openldap-2.8
        QPL-1.0: qpl
        ZPL-1.1: zope-1.1
        ZPL-2.0: zope-2.0
        ZPL-2.1: zope-2.1
    """,
    "rpm": """
        AGPL-3.0-only: agplv3
        Artistic-1.0-Perl: artistic
        CDDL-1.0: cddl
        CPL-1.0: cpl
        EPL-1.0: epl
        GPL-1.0-or-later: gpl+
        OFL-1.1: ofl
        OLDAP-2.8: openldap
        QPL-1.0: qpl
        TCL: tcl
        Unicode-DFS-2015: ucd
        W3C: w3c
        ZPL-2.0: zplv2.0
        ZPL-2.1: zplv2.1
    """,
    "alpm": """
        Apache-2.0: apache
        GPL-2.0-only: gpl2
        GPL-2.0-or-later: gpl
        GPL-3.0-or-later: gpl3
        GFDL-1.2-or-later: fdl1.2
        GFDL-1.3-or-later: fdl1.3
        LGPL-2.0-or-later: lgpl
        LGPL-3.0-or-later: lgpl3
    """,
    "gentoo": """
        BSD-1-Clause: bsd-1
        BSD-2-Clause: bsd-2
        BSD-3-Clause: bsd
        BSD-4-Clause: bsd-4
        GFDL-1.1-only: fdl-1.1
        GFDL-1.1-or-later: fdl-1.1+
        GFDL-1.2-only: fdl-1.2
        GFDL-1.2-or-later: fdl-1.2+
        GFDL-1.3-only: fdl-1.3
        GFDL-1.3-or-later: fdl-1.3+
    """,
    "linux": """
        GPL-2.0-only: gpl | gpl v2
        MIT OR GPL-2.0-only: dual mit/gpl
    """,
    "r": """
        BSD-2-Clause: freebsd
        CC-BY-4.0: creative commons attribution 4.0 international
    """,
}
