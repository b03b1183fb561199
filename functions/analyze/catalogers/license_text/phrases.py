"""Phrases that only one licence has, in the form of `normal`: its title, or the terms by which it is known.

A line is `EXPRESSION: phrase & phrase ! phrase`: all phrases before "!", none behind; it goes on where the next one
is indented. Written for this program from
the texts of the SPDX list. Licences that share most of their words (MIT, BSD, ISC, GNU) are in
`families` and `gnu`.
"""

PHRASES = """
AFL-2.1: academic free license version 2 1
AFL-3.0: academic free license afl v 3 0
AFL-3.0: academic free license version 3 0
Apache-1.1: apache software license version 1 1
Apache-2.0: apache license version 2 0 january 2004 ! llvm exceptions to the apache 2 0 license & solderpad hardware
Apache-2.0: licensed under the apache license version 2 0
Apache-2.0: under the terms of the apache license version 2 0
Apache-2.0 WITH LLVM-exception: apache license version 2 0 january 2004 & llvm exceptions to the apache 2 0 license
Artistic-1.0-Perl OR GPL-1.0-or-later: same terms as perl itself
Artistic-1.0-Perl OR GPL-1.0-or-later: same terms as the perl 5 programming language system itself
Artistic-1.0-Perl OR GPL-1.0-or-later: same terms as perl 5 itself
Artistic-1.0: the artistic license preamble the intent of this document is to state the conditions under which a
  package may be copied ! as specified below & clarified artistic license & aggregation of this package with a
  commercial distribution is always
Artistic-1.0-cl8: the artistic license preamble the intent of this document is to state the conditions under
  which a package may be copied & aggregation of this package with a commercial distribution is always permitted !
  as specified below & clarified artistic
Artistic-1.0-Perl: the artistic license preamble the intent of this document is to state the conditions under
  which a package may be copied & in accordance with the wishes of the copyright holder as specified below !
  clarified artistic license
Artistic-2.0: the artistic license 2 0
Beerware: beer ware license & you can buy me a beer in return
BlueOak-1.0.0: blue oak model license version 1 0 0
blessing: may you do good and not evil may you find forgiveness for yourself
BSL-1.0: boost software license version 1 0
BUSL-1.1: business source license 1 1 & license grants you the right to copy modify create derivative works
CC0-1.0: cc0 1 0 universal
CDDL-1.0: common development and distribution license cddl version 1 0
CDDL-1.1: common development and distribution license cddl version 1 1
CECILL-2.0: cecill free software license agreement & version 2 0 dated 2006
CECILL-2.1: cecill free software license agreement & version 2 1 dated 2013
ClArtistic: the clarified artistic license
CPL-1.0: common public license version 1 0
ECL-2.0: educational community license version 2 0
Elastic-2.0: elastic license 2 0 & by using the software you agree to all of the terms and conditions below
EPL-1.0: eclipse public license v 1 0
EPL-1.0: eclipse public license version 1 0
EPL-2.0: eclipse public license v 2 0
EPL-2.0: eclipse public license version 2 0
EUPL-1.1: european union public licence v 1 1
EUPL-1.2: european union public licence v 1 2
FSL-1.1-ALv2: functional source license version 1 1 & alv2 future license
FSL-1.1-MIT: functional source license version 1 1 & mit future license
FTL: the freetype project license
IJG: this readme file must be included with this copyright and no warranty notice unaltered & independent jpeg group
Info-ZIP: in no event shall info zip or its contributors be held liable & compiled executables
IPL-1.0: ibm public license version 1 0
libpng-2.0: png reference library license version 2
libtiff: sam leffler and silicon graphics may not be used in any advertising
MIT-CMU: by obtaining using and or copying this software & copy modify and distribute this software and its associated
MPL-1.0: mozilla public license version 1 0 ! mozilla public license version 1 1 & erlang public license
MPL-1.1: mozilla public license version 1 1 ! netscape public license version 1 1 & common public attribution &
  sugarcrm
MPL-2.0: mozilla public license version 2 0
MPL-2.0: mozilla public license v 2 0
MS-PL: microsoft public license ms pl
MulanPSL-2.0: mulan permissive software license version 2
NAIST-2003: nara institute of science and technology & use reproduction and distribution of this software is permitted
OFL-1.1: sil open font license version 1 1
OLDAP-2.8: the openldap public license version 2 8
OSL-3.0: open software license v 3 0
PSF-2.0: python software foundation license version 2 ! beopen python open source license agreement
Python-2.0: python software foundation license version 2 & beopen python open source license agreement
QPL-1.0: the q public license version 1 0 ! inria
Ruby: you may make and give away verbatim copies of the source form of the software without restriction ! the
  artistic license
SSPL-1.0: server side public license version 1
TCL: sun microsystems inc scriptics corporation & the authors hereby grant permission to use copy modify
  distribute and license this software and its documentation
Unicode-3.0: unicode license v3
Unlicense: this is free and unencumbered software released into the public domain & anyone is free to copy
  modify publish
UPL-1.0: universal permissive license & larger work
Vim: there are no restrictions on distributing unmodified copies of vim
W3C: w3c software notice and license & permission to copy modify and distribute this software and its
  documentation with or without modification
WTFPL: do what the fuck you want to public license
WTFPL: you just do what the fuck you want to
zlib-acknowledgement: this notice may not be removed or altered from any source distribution & an acknowledgment
  see the following in the product documentation is required
Zlib: the origin of this software must not be misrepresented & altered source versions must be plainly marked &
  this notice may not be removed or altered from any source distribution ! an acknowledgment see the following in
  the product documentation is required
ZPL-2.1: zope public license zpl version 2 1
"""
