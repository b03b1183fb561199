"""What licences are called in package metadata: the one place for names that mean one licence, whoever writes them.

Names are compared by `names.key`: without case, quotes, commas and "the", a version without the "v" before it
and a trailing "license" left out. So `The Apache License, Version 2.0` and `apache 2.0` are one key, and
names that differ from an identifier in no more than that need no line here. What one ecosystem alone means
by a name is in `dialects`; names of the GNU licences are read by `gnu`. Families without a version or a
variant ("BSD", "Apache", "LGPL", "Artistic", "public domain") mean no one licence and are not here.
Sources: PyPI's classifiers, npm's and Maven's most frequent names, the titles of the licences themselves.
"""

TITLES = """
0BSD: zero-clause bsd | bsd zero clause | free public license 1.0.0
AFL-2.1: academic free license 2.1
AFL-3.0: academic free license 3.0
Apache-1.1: apache software license 1.1 | asl 1.1
Apache-2.0: apache license 2.0 | apache software license 2.0 | apache software license 2 | apache public license 2.0
Apache-2.0: apache2 | apache2.0 | asl 2.0 | asl2 | alv2 | apache license 2 | apache open source license 2.0
Artistic-1.0-Perl: artistic-perl | perlartistic
Artistic-2.0: artistic license 2.0 | artistic2
BlueOak-1.0.0: blue oak model license 1.0.0
BSD-1-Clause: 1-clause bsd
BSD-2-Clause: 2-clause bsd | simplified bsd | bsd simplified | freebsd | bsd-2 | bsd2 | bsd 2-clause simplified
BSD-2-Clause: 2-clause bsdl
BSD-3-Clause: 3-clause bsd | new bsd | modified bsd | revised bsd | bsd new | bsd-3 | bsd3 | bsd license 3
BSD-3-Clause: bsd 3-clause new or revised | 3-clause revised bsd | new bsd license 3-clause
BSD-3-Clause: eclipse distribution license 1.0 | edl 1.0 | eclipse distribution license (edl) 1.0 | bsd new or revised
BSD-4-Clause: 4-clause bsd | original bsd | bsd 4-clause original or old
BSL-1.0: boost software license 1.0 | boost software license | boost
CC-BY-3.0: creative commons attribution 3.0 | creative commons attribution 3.0 unported
CC-BY-4.0: creative commons attribution 4.0 | creative commons attribution 4.0 international
CC-BY-SA-3.0: creative commons attribution-sharealike 3.0 | creative commons attribution-sharealike 3.0 unported
CC-BY-SA-4.0: creative commons attribution-sharealike 4.0 | creative commons attribution-sharealike 4.0 international
CC-BY-SA-4.0: creative commons attribution share alike 4.0 international
CC-BY-NC-4.0: creative commons attribution-noncommercial 4.0 international
CC0-1.0: cc0 | cc0 1.0 universal | creative commons zero 1.0 universal | cc0 1.0 universal public domain dedication
CC0-1.0: creative commons zero | creative commons cc0 1.0 universal
CDDL-1.0: common development and distribution license 1.0 | common development and distribution license (cddl) 1.0
CDDL-1.1: common development and distribution license 1.1 | common development and distribution license (cddl) 1.1
CECILL-2.1: cea cnrs inria logiciel libre license 2.1 | cecill free software license agreement 2.1
CECILL-B: cecill-b free software license agreement
CECILL-C: cecill-c free software license agreement
ClArtistic: clarified artistic | artistic clarified
CPL-1.0: common public license 1.0
ECL-2.0: educational community license 2.0
Elastic-2.0: elastic license 2.0
EPL-1.0: eclipse public license 1.0 | eclipse public license (epl) 1.0
EPL-2.0: eclipse public license 2.0 | eclipse public license (epl) 2.0
EUPL-1.1: european union public license 1.1
EUPL-1.2: european union public license 1.2
FTL: freetype license | freetype project license
HPND: historical permission notice and disclaimer
ISC: iscl | isc license (iscl)
LPL-1.02: lucent public license 1.02
MIT: expat | mit/x11 | mit/expat | mit x11 | x11/mit | mit licensed | expat/mit | mit (x11)
MIT-0: mit no attribution
MPL-1.1: mozilla public license 1.1 | mpl1.1
MPL-2.0: mozilla public license 2.0 | mozilla public license 2 | mpl2 | mpl2.0
MS-PL: microsoft public license
MS-RL: microsoft reciprocal license
MulanPSL-2.0: mulan permissive software license 2
NCSA: university of illinois/ncsa open source license
Nokia: nokia open source license
OFL-1.1: sil open font license 1.1 | open font license 1.1 | sil ofl 1.1
OLDAP-2.8: openldap public license 2.8
OSL-3.0: open software license 3.0
PHP-3.01: php license 3.01
PSF-2.0: python software foundation license | psf license | psfl | python software foundation license 2
QPL-1.0: qt public license 1.0
Ruby: ruby's | same as ruby | same as ruby's
SSPL-1.0: server side public license 1
Unlicense: unlicense (unlicense)
UPL-1.0: universal permissive license | universal permissive license 1.0
W3C: w3c software license
WTFPL: do what the fuck you want to public license | do what the f*ck you want to public license | wtfpl 2
Xnet: x.net license
Zlib: zlib/libpng | zlib libpng
ZPL-2.1: zope public license 2.1
Artistic-1.0-Perl OR GPL-1.0-or-later: perl | perl_5 | same as perl | same terms as perl itself
Artistic-1.0-Perl OR GPL-1.0-or-later: same terms as perl 5 itself | same as perl 5
GPL-2.0-only WITH Classpath-exception-2.0: gpl2 w/ cpe | gplv2+ce | gpl-2.0-ce | gplv2 with classpath exception
GPL-2.0-only WITH Classpath-exception-2.0: gnu general public license 2 with the gnu classpath exception
GPL-2.0-only WITH Classpath-exception-2.0: gnu general public license 2 with the classpath exception
GPL-2.0-only WITH Classpath-exception-2.0: gnu general public license (gpl) 2 with the classpath exception
"""
