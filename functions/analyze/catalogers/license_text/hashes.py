"""The texts of the SPDX License List, and of Debian's common licences, by their hashes: no text is shipped.

`IDENTIFIER:HASH,HASH`, the first 12 hexadecimal digits of the SHA-256 of the normal form (`normal`). Where the list has
one text under several identifiers (with and without "-or-later"), the one that grants less stands here.
Source: spdx/license-list-data (CC0-1.0) as the npm package spdx-license-list 6.12.0 has it, and
`/usr/share/common-licenses` of Debian's base-files.
"""

HASHES = """
0BSD:25a274d52b30 3D-Slicer-1.0:f97a607af6c8 AAL:3b7c6e13c974 Abstyles:c66d4ae0c82b AdaCore-doc:d4bf5386a860
Adobe-2006:3196a564062c Adobe-Display-PostScript:52fbcf04bcc9 Adobe-Glyph:6f3838d1f758 Adobe-Utopia:908b60ed28c1
ADSL:5f777fb36402 AFL-1.1:4f8e80a56484 AFL-1.2:2be5048652f6 AFL-2.0:1e3dfb914d27 AFL-2.1:14b74592c1b1
AFL-3.0:c9fe767a537a Afmparse:74bab1e6a33c AGPL-1.0-only:66001c89b8ea AGPL-3.0-only:4852776855bb Aladdin:e5000ebd999b
AMD-newlib:7bd00bcf613f AMDPLPA:f8fbbded50f0 AML:de6cab703e50 AML-glslang:b1f7dc08f41b AMPAS:8a928da25124
ANTLR-PD:72587be527f3 ANTLR-PD-fallback:23b1bf6ffebe any-OSI:a52bf8c415d9 any-OSI-perl-modules:40c0e23a982a
Apache-1.0:5b58a3c72097 Apache-1.1:757374a1c53f Apache-2.0:e87dea5078ce APAFML:e580ca8c94d7 APL-1.0:eb21979e0f3c
App-s2p:e5ea3c7b2bf7 APSL-1.0:cda27034cfce APSL-1.1:737b1ee8cd87 APSL-1.2:bc36507b362c APSL-2.0:a8c3a6581c89
Arphic-1999:e62aebe412fb Artistic-1.0:ecec2b0aeb5a Artistic-1.0-cl8:340582d98c0b Artistic-1.0-Perl:08f1dc258c8f
Artistic-2.0:ef673bda60ff Artistic-dist:b1e48f5523f7 Aspell-RU:88543ace897e ASWF-Digital-Assets-1.0:5d5e85e0889c
ASWF-Digital-Assets-1.1:3bd73e097e21 Baekmuk:c73560dea806 Bahyph:ba06c20c842f Barr:a9850b9bc6c2
bcrypt-Solar-Designer:dedccf585249 Beerware:49f899264ab1 Bitstream-Charter:fbff85293342 Bitstream-Vera:757851846bb0
BitTorrent-1.0:701d1cbebd4a BitTorrent-1.1:71237e748878 blessing:9deba8b24dba BlueOak-1.0.0:6cffa606d496
Boehm-GC:997c429b60ff Boehm-GC-without-fee:5231a0cf07b5 Borceux:b48067376d7b Brian-Gladman-2-Clause:8ea5430a303c
Brian-Gladman-3-Clause:054dbb7d803f BSD-1-Clause:7a77297bfe19 BSD-2-Clause:770e4cf42164,a56fee4b2f66
BSD-2-Clause-Darwin:3c40083f3e57 BSD-2-Clause-first-lines:f3c816d281ee BSD-2-Clause-Patent:3bb305a8df79
BSD-2-Clause-pkgconf-disclaimer:8d56bfd89485 BSD-2-Clause-Views:275439a677a8,574380985301
BSD-3-Clause:21ce5e311a0e,9b83d3dee061 BSD-3-Clause-acpica:2923a75d3e1f BSD-3-Clause-Attribution:c2598534746a
BSD-3-Clause-Clear:ceaf155caff7 BSD-3-Clause-flex:fbb16ef85b7e BSD-3-Clause-HP:d2272601dd8f
BSD-3-Clause-LBNL:90d4d93039b4 BSD-3-Clause-Modification:3d7e7c10c4bd BSD-3-Clause-No-Military-License:104b59c3cec6
BSD-3-Clause-No-Nuclear-License:7d0bac42af84 BSD-3-Clause-No-Nuclear-License-2014:c7eed7801d91
BSD-3-Clause-No-Nuclear-Warranty:b14c8a545c35 BSD-3-Clause-Open-MPI:ed4a46ae86ae BSD-3-Clause-Sun:aa221a987925
BSD-4-Clause:6c2e9ebbe953 BSD-4-Clause-Shortened:eb22c060079c BSD-4-Clause-UC:41a9a7199ddf BSD-4.3RENO:94a45df01db5
BSD-4.3TAHOE:4680868d4498 BSD-Advertising-Acknowledgement:89c6afe3eb19 BSD-Attribution-HPND-disclaimer:ec24cd914a17
BSD-Inferno-Nettverk:8ed64b7b4704 BSD-Protection:a1f147333a0a BSD-Source-beginning-file:18872d6ec836
BSD-Source-Code:382e68373791 BSD-Systemics:da96e9cccbfa BSD-Systemics-W3Works:e75b21906e9b BSL-1.0:5fcf89bde8c0
BUSL-1.1:71322bc73a27 bzip2-1.0.6:0f19d898b54c,ef0c7b623997 C-UDA-1.0:a23b26a91545 CAL-1.0:cbc1bbd1bb9f
Caldera:a3b0cc748ca8 Caldera-no-preamble:98b04f757928 Catharon:b63ab2588c0a CATOSL-1.1:0b3639c2ce82
CC-BY-1.0:24d3cba8f3e6 CC-BY-2.0:36c534351d30 CC-BY-2.5:12bd458a7eaf CC-BY-2.5-AU:d03bd395839c CC-BY-3.0:cadde0a666fb
CC-BY-3.0-AT:828ba5c884b5 CC-BY-3.0-AU:a629a4b19274 CC-BY-3.0-DE:ed387181f3a1 CC-BY-3.0-IGO:b0f3f04fb9fc
CC-BY-3.0-NL:6c979c8ea612 CC-BY-3.0-US:9ea0238f7af0 CC-BY-4.0:b94bf421a55f CC-BY-NC-1.0:06e29ee19489
CC-BY-NC-2.0:6c6744095a62 CC-BY-NC-2.5:05d1fe819ce8 CC-BY-NC-3.0:a094061e2e5d CC-BY-NC-3.0-DE:7438f2c76dcb
CC-BY-NC-4.0:2134e9eb3c4e CC-BY-NC-ND-1.0:a7e17de58cc1 CC-BY-NC-ND-2.0:12b7b5ba2557 CC-BY-NC-ND-2.5:ebed1b28d703
CC-BY-NC-ND-3.0:443b250ce583 CC-BY-NC-ND-3.0-DE:f92b6e01280a CC-BY-NC-ND-3.0-IGO:189ef6e1ca54
CC-BY-NC-ND-4.0:e9d03d5d201f CC-BY-NC-SA-1.0:3cc20a4191d6 CC-BY-NC-SA-2.0:368bfa65616f CC-BY-NC-SA-2.0-DE:3785abaee93a
CC-BY-NC-SA-2.0-FR:76d43dc75172 CC-BY-NC-SA-2.0-UK:af2dc4b03f1a CC-BY-NC-SA-2.5:812fb28cee0d
CC-BY-NC-SA-3.0:3236094de4c9 CC-BY-NC-SA-3.0-DE:cce3492fd811 CC-BY-NC-SA-3.0-IGO:9d6c69630b23
CC-BY-NC-SA-4.0:5bd87a7d4b22 CC-BY-ND-1.0:f35517823963 CC-BY-ND-2.0:414f3c4e37e4 CC-BY-ND-2.5:1273b9eb789c
CC-BY-ND-3.0:bb8735eeef37 CC-BY-ND-3.0-DE:ef7627bf9a11 CC-BY-ND-4.0:f38fae8b933d CC-BY-SA-1.0:8715e97d6d2d
CC-BY-SA-2.0:08a10b375cf8 CC-BY-SA-2.0-UK:fd54d0634019 CC-BY-SA-2.1-JP:f403ae07c30c CC-BY-SA-2.5:2d6f96e8b9fd
CC-BY-SA-3.0:8abcf54e1f9e CC-BY-SA-3.0-AT:068cd826461d CC-BY-SA-3.0-DE:3bd07a7e57a0 CC-BY-SA-3.0-IGO:302042d08130
CC-BY-SA-4.0:e45e5ebe59ff CC-PDDC:e071037a4ca9 CC-PDM-1.0:852d51621f34 CC-SA-1.0:4a696999dce0 CC0-1.0:96bdc7f63190
CDDL-1.0:f113c5f9b7db CDDL-1.1:465dcb932b85 CDL-1.0:1718e6b5fdfa CDLA-Permissive-1.0:d3fab9254932
CDLA-Permissive-2.0:fa5002c8ad14 CDLA-Sharing-1.0:3058765ec995 CECILL-1.0:18f4ea4d8f8a CECILL-1.1:e6f4540f9114
CECILL-2.0:968517c2a240 CECILL-2.1:c34f32c69e4f CECILL-B:d9934ab608b8 CECILL-C:dc99bf1545bc CERN-OHL-1.1:23f24eb81294
CERN-OHL-1.2:af95f6b104a3 CERN-OHL-P-2.0:e1a9479f5571 CERN-OHL-S-2.0:944bc617ad74 CERN-OHL-W-2.0:96b56ed0b51d
CFITSIO:0975f094f797 check-cvs:64aef4f52afa checkmk:65b753db2feb ClArtistic:6e2a9405e906 Clips:0d3cfa6d8988
CMU-Mach:f6768491ac8c CMU-Mach-nodoc:a8415594b8f3 CNRI-Jython:ed8d7f52a51f CNRI-Python:466467b104d3
CNRI-Python-GPL-Compatible:c316746c41cc COIL-1.0:0525bc59b12c Community-Spec-1.0:1be59149af0c Condor-1.1:e64e63b09dd5
copyleft-next-0.3.0:2ef6172d7080 copyleft-next-0.3.1:a6549bc454c8 Cornell-Lossless-JPEG:8aaece3ecaae
CPAL-1.0:cb4207ff8eb1 CPL-1.0:8dc7192c79ef CPOL-1.02:bab4c7328b0c Cronyx:4b815e6b00e2 Crossword:80989fb092a2
CryptoSwift:6046866e80f1 CrystalStacker:2495c49e3bb7 CUA-OPL-1.0:9bf004e569e5 Cube:522b9ace8908 curl:893dfab8e588
cve-tou:fcccf46284c4 D-FSL-1.0:c3c94912a86d DEC-3-Clause:ea969c3fa78b diffmark:e8476ce03c63 DL-DE-BY-2.0:cd26aabd95b4
DL-DE-ZERO-2.0:2154f2f03d1e DOC:1f1b966a7581 DocBook-DTD:a745984a5b43 DocBook-Schema:bab73c4a2dcf
DocBook-Stylesheet:a17fd0c788ea DocBook-XML:10c5be089af2 Dotseqn:dbf097d6585f DRL-1.0:6848d3813f75
DRL-1.1:4af4d127b6a7 DSDP:a6472dba50d7 dtoa:4de5e4a61077 dvipdfm:4862db989df1 ECL-1.0:59746945fea1
ECL-2.0:6fcfefb3c28d EFL-1.0:ac65e7e92768 EFL-2.0:27418947ac94 eGenix:971f521106ae Elastic-2.0:39c7268402d5
Entessa:1dfe9d3d5da6 EPICS:6d2eb6bdc910 EPL-1.0:0a2cb0bcdde4 EPL-2.0:8fbb910251c2 ErlPL-1.1:655d813eba36
etalab-2.0:16156101a914 EUDatagrid:0a69c067444b EUPL-1.0:acacf0f49ffb EUPL-1.1:56d834bb422c EUPL-1.2:13b591e570fc
Eurosym:a1fa5e7338d2 Fair:e7a309085e10 FBM:c56d77d6bd7d FDK-AAC:c461fb46a192 Ferguson-Twofish:62e795466e9d
Frameworx-1.0:0e940d056e7b FreeBSD-DOC:2d086a27b81d FreeImage:6108551730eb FSFAP:83f0a3922ebb
FSFAP-no-warranty-disclaimer:13ee61830db0 FSFUL:355d801f5e74 FSFULLR:89faaf9b33d5 FSFULLRSD:126240ae6aa2
FSFULLRWD:b00aa326a8d6 FSL-1.1-ALv2:a6838150f52d FSL-1.1-MIT:e3196622e055 FTL:cf3f593898db Furuseth:8f8877621ad1
fwlw:0bb4a19a0806 Game-Programming-Gems:91657e391010 GCR-docs:63ba4ebcc314 GD:179f72fa6e47 generic-xts:7a099c2b7983
GFDL-1.1-only:0e638fcf698c GFDL-1.2-only:5379e6f33e82,592cebad6a17 GFDL-1.3-only:450e95951a65,93d6108daecd
Giftware:ea1fb63b6d92 GL2PS:abe40b47d946 Glide:e4b46498df96 Glulxe:6a497f129376 GLWTPL:bc135a5bc76a
gnuplot:0db27c55e41d GPL-1.0-only:6d232de2b5d1,8f586b09c093,a07830be0e7d
GPL-2.0-only:5cb6370ac801,d60889bd6f67,efe73660e547 GPL-3.0-only:45d55e6a1f1d,a8cd54d6683a Graphics-Gems:fb8a383fb29d
gSOAP-1.3b:b413dd8e23ba gtkbook:cbbbeab69988 Gutmann:5f3edfeff40d HaskellReport:2d9013d3c029 HDF5:561c0020f275
hdparm:ebadbe9af555 HIDAPI:70eaec661ccf Hippocratic-2.1:f21bd9abc6e9 HP-1986:a2a7dc477a8b HP-1989:698e74bd4ffd
HPND:bc6402d5d7a7 HPND-DEC:56b4d9334583 HPND-doc:070f9d72a0da HPND-doc-sell:f1556d702d1f HPND-export-US:673550200549
HPND-export-US-acknowledgement:b1fc8e8d405d HPND-export-US-modify:627ef7f848b1 HPND-export2-US:778ab1d1ae24
HPND-Fenneberg-Livingston:643dc0abad1c HPND-INRIA-IMAG:1d26afa90d77 HPND-Intel:9acd57e5b2cd
HPND-Kevlin-Henney:22e8615014fd HPND-Markus-Kuhn:53992d69b755 HPND-merchantability-variant:1cb63ddf36ac
HPND-MIT-disclaimer:d2b076645c15 HPND-Netrek:62ebcb25167b HPND-Pbmplus:f302cfe387da
HPND-sell-MIT-disclaimer-xserver:458bedc695bf HPND-sell-regexpr:67088f990dde HPND-sell-variant:efe19e775ed2
HPND-sell-variant-MIT-disclaimer:5c21aba01dd0 HPND-sell-variant-MIT-disclaimer-rev:d6bba8a4d1a3 HPND-UC:2913fe1b93e6
HPND-UC-export-US:409e1c9bf3f1 HTMLTIDY:c65caf81871b IBM-pibs:7cc129f9c9ad ICU:1724afb6515e
IEC-Code-Components-EULA:d3de19dab637 IJG:75c1748e54c4 IJG-short:c2065e2b9ef0 ImageMagick:c58dfced9cf2
iMatix:489178ec9d88 Imlib2:df879f1cd614 Info-ZIP:2ba2fa2fdc27 Inner-Net-2.0:3ec4bdbd3961 InnoSetup:9353a5fdf4df
Intel:7e23f8c68e9b Intel-ACPI:399dd770df95 Interbase-1.0:57043165e9aa IPA:44b45683f9b9 IPL-1.0:b42c8d5ac9ef
ISC:3d522e40b21f ISC-Veillard:cfbe3e57ea8b Jam:f76ff0c48dbc JasPer-2.0:84c33ee76d89 jove:c4e0295eeeec
JPL-image:f927d4a0068b JPNIC:6ee21597417d JSON:ed76b9572f1e Kastrup:cd1d412f8173 Kazlib:15e256d8f4ba
Knuth-CTAN:e72a18ccd3a3 LAL-1.2:80ac3f6e8769 LAL-1.3:2116e61642e9 Latex2e:531d8145da5e
Latex2e-translated-notice:b749cb4eccf2 Leptonica:6370741ede43 LGPL-2.0-only:61af4dcea4e4,cf1df24881a3
LGPL-2.1-only:256d923cbf76,4d55922bdeaf LGPL-3.0-only:71a84d700088,aae2b2224771,f59560b50f89 LGPLLR:ff0b23a8acd2
Libpng:c6e08dc26ee5 libpng-1.6.35:ec6402a05872 libpng-2.0:a61b90c6f15d libselinux-1.0:6c9faaaf36a5
libtiff:534ef07cd0ca libutil-David-Nugent:a1fdc16a3003 LiLiQ-P-1.1:5e52a0fb07a3 LiLiQ-R-1.1:eec87a8e44aa
LiLiQ-Rplus-1.1:8239958f0b05 Linux-man-pages-1-para:64ccaeefa071 Linux-man-pages-copyleft:898e617f6d49
Linux-man-pages-copyleft-2-para:8de46d166d74 Linux-man-pages-copyleft-var:47f23a3c1fc9 Linux-OpenIB:de3a5e4fef47
LOOP:40e8e291ad0b LPD-document:91ea6894ed86 LPL-1.0:edd36aaf6a53 LPL-1.02:a6c5ba404329 LPPL-1.0:83c193f058f4
LPPL-1.1:64ad2a8f268a LPPL-1.2:ef6cf0f444ff LPPL-1.3a:f882b1ffe7bb LPPL-1.3c:a8b29314bcb6 lsof:df9ffc57ace7
Lucida-Bitmap-Fonts:2f669f947ea7 LZMA-SDK-9.11-to-9.20:eee1f85354eb LZMA-SDK-9.22:408eff4db8de
Mackerras-3-Clause:f735dc4fb36c Mackerras-3-Clause-acknowledgment:edd629880a8a magaz:13bb6ead0f82
mailprio:d2d73c46b846 MakeIndex:40be0b7b1181 man2html:c0302ae742d5 Martin-Birgmeier:b272ff6654de
McPhee-slideshow:40a7d49d5906 metamail:241992c687ce Minpack:64c9835eacfb MIPS:a2193a073dfc MirOS:0593d1d0c282
MIT:35a446201226 MIT-0:f02e38ce878a MIT-advertising:dd72c0830229 MIT-Click:f1916417310b MIT-CMU:6d0ef8239985
MIT-enna:1829cdf1c504 MIT-feh:93b540de157e MIT-Festival:1dfabc5090f1 MIT-Khronos-old:1e2f55ed2806
MIT-Modern-Variant:273eb9aea8a2 MIT-open-group:e1c866ee2949 MIT-testregex:70391bd1bf5f MIT-Wu:c8d2831db553
MITNFA:236b2e6751a5 MMIXware:31ba531fc2e8 Motosoto:3f3722225b43 MPEG-SSG:6ffede7e26e1 mpi-permissive:5d1d4e0a4f42
mpich2:d7b0dad03d9c MPL-1.0:a47e462bfe67 MPL-1.1:3f0343dd4f3b,8fa3a14889c2 MPL-2.0:9eab7902f21b,f82071285728
mplus:87b95e8d123a MS-LPL:ba465fb744de MS-PL:4fd6c217837b MS-RL:8d0011ec5a56 MTLL:58049d4fe51a
MulanPSL-1.0:97a294352e46 MulanPSL-2.0:46bef967ac73 Multics:9d1d45c2b949 Mup:acac13131154 NAIST-2003:71bafed8074a
NASA-1.3:70b13d731f4a Naumen:8917e060fff4 NBPL-1.0:84dc491a85e6 NCBI-PD:6a2e512ad71c NCGL-UK-2.0:d38d1a8996d7
NCL:5a25326e2a92 NCSA:a98ada310016 Net-SNMP:b5b2f1cf789b NetCDF:edf47f16d226 Newsletr:c6526dc00f31 NGPL:e3e0c8cfbd9d
ngrep:1b7aeef347aa NICTA-1.0:f7ac20ca0376 NIST-PD:8338e2648524 NIST-PD-fallback:b38bd02cffc3
NIST-Software:5ad93e17b03a NLOD-1.0:1bac4a64d78e NLOD-2.0:0bc750dc8b30 NLPL:e2cb474e2606 Nokia:87373219a93e
NOSL:d189094aed2a Noweb:bb2248a0e61e NPL-1.0:7a1766d8e6ea NPL-1.1:10c161e79508 NPOSL-3.0:fa1d90743348 NRL:274910d27608
NTIA-PD:16773cb73734 NTP:e5fc0815323a NTP-0:00362069bf27 O-UDA-1.0:08707c4f7e0d OAR:5e4d345d9fed OCCT-PL:43f9651fce42
OCLC-2.0:61ee2160e247 ODbL-1.0:4f4829dd5f76 ODC-By-1.0:a71e62fa8d36 OFFIS:7448fcf26cc5 OFL-1.0:542e10125251
OFL-1.1:a4915a2dcd67 OGC-1.0:734556fc69f1 OGDL-Taiwan-1.0:4f100bef4475 OGL-Canada-2.0:1ea4e17a7fae
OGL-UK-1.0:0dc5e08daf8a OGL-UK-2.0:7f95375094b4 OGL-UK-3.0:0124b0e3627e OGTSL:5a167ef84794 OLDAP-1.1:33671f3ff56f
OLDAP-1.2:cef5d1d2bf27 OLDAP-1.3:2bb65d2b1305 OLDAP-1.4:67af5cd7d586 OLDAP-2.0:daedca6fa4cd OLDAP-2.0.1:c6addb5a0510
OLDAP-2.1:8136b25d1664 OLDAP-2.2:db3abe900295 OLDAP-2.2.1:92c3aff2efc2 OLDAP-2.2.2:25776f4fc1ad OLDAP-2.3:a01c6e1e2599
OLDAP-2.4:df64aefa9e49 OLDAP-2.5:ccdc7e76df64 OLDAP-2.6:5d0411777281 OLDAP-2.7:ad9117280da6 OLDAP-2.8:eacdee6c34d1
OLFL-1.3:8095e1d5ebb7 OML:f74fce90352b OpenPBS-2.3:2753b26ec225 OpenSSL:a5ef23592a92 OpenSSL-standalone:8978e71769d8
OpenVision:a2733e66642f OPL-1.0:dd24f684e366 OPL-UK-3.0:1bfd6915f100 OPUBL-1.0:223f838c22e0 OSET-PL-2.1:d03b79d5b676
OSL-1.0:498ae51927fd OSL-1.1:8ef109ca4c6f OSL-2.0:4a0c2c9d725a OSL-2.1:4812ab843db0 OSL-3.0:b64bd9c17ad6
PADL:af6fbe0f5c56 Parity-6.0.0:3f331ebd01fa Parity-7.0.0:ef426c14fd70 PDDL-1.0:2274c43e8b9b PHP-3.0:d7f9eae5b040
PHP-3.01:1250b80fa31e Pixar:47389007228d pkgconf:eeca338125bf Plexus:ecb47e1a73f7 pnmstitch:1e1926efd079
PolyForm-Noncommercial-1.0.0:9fe6f11dc24f PolyForm-Small-Business-1.0.0:f351fbe15358 PostgreSQL:3811c6a42bc9
PPL:04bf78cb200f PSF-2.0:670bd93c1e6f psfrag:7471baabca8f psutils:b941f48a6d69 Python-2.0:35557cf35df2
Python-2.0.1:b3cf5f122b47 python-ldap:6a86b1355ee5 Qhull:681b3d24ad69 QPL-1.0:85d4e1a1b7fe
QPL-1.0-INRIA-2004:fac6934102b5 radvd:7e168151fb99 Rdisc:f20670d9cd0a RHeCos-1.1:309374e1bd5f RPL-1.1:1d96a80f61ae
RPL-1.5:c87749a58c98 RPSL-1.0:88fa35d87e62 RSA-MD:7a6051292041 RSCPL:9126abb8f961 Ruby:e18df0d20563
Ruby-pty:62e63663d2df SAX-PD:58ba6935ad40 SAX-PD-2.0:2f22ebea9045 Saxpath:732a1c88538e SCEA:259e475cda44
SchemeReport:16202b030e55 Sendmail:a2990951f32a Sendmail-8.23:1634f36ef630 Sendmail-Open-Source-1.1:25d8f29beb5e
SGI-B-1.0:f042ad8803fd SGI-B-1.1:337692c5cc09 SGI-B-2.0:145d33a4f985 SGI-OpenGL:9c9581b25109 SGP4:53814fd6993c
SHL-0.5:9ce9bcfab7fa SHL-0.51:db652d51cf33 SimPL-2.0:cdbd55aaa384 SISSL:8adb8fb2eed9 SISSL-1.2:6ac0c27818fb
SL:24f3478dc64c Sleepycat:1e861854f204 SMAIL-GPL:3f679e680ab5 SMLNJ:6b873e33a104 SMPPL:7264f8cf5707 SNIA:bc68d48f0e4e
snprintf:8c8431eefc18 SOFA:a6a507b5a0c0 softSurfer:809142d51cc8 Soundex:ab3aea8f1ee5 Spencer-86:fdda0af67a26
Spencer-94:5fba3f127d8e Spencer-99:ac727b3ec21e SPL-1.0:d38029941a2e ssh-keyscan:bc189caf3bd0 SSH-OpenSSH:ac45220326ec
SSH-short:6031a824dd50 SSLeay-standalone:02b116941a64 SSPL-1.0:3d70a5064332 SugarCRM-1.1.3:fcdc376f74ee
SUL-1.0:9762eb62eb2b Sun-PPP:3174eb52643c Sun-PPP-2000:f0264f1c2337 SunPro:9cd66feaf5c2 SWL:2ad45381fb8d
swrule:d699f2202b64 Symlinks:c056dfdbdfe1 TAPR-OHL-1.0:bced040b6143 TCL:5b4afafb8638 TCP-wrappers:ca839cad96e7
TermReadKey:8579b5844c75 TGPPL-1.0:620755dffaa5 ThirdEye:b73b876e45d6 threeparttable:3cfbdca09a52 TMate:4319ca773dcb
TORQUE-1.1:d1330137ea9e TOSL:88f31118ee97 TPDL:29214fb3db19 TPL-1.0:510aec210f01 TrustedQSL:e57e6c604ff6
TTWL:a3ca9a79bec1 TTYP0:4560c7e089e7 TU-Berlin-1.0:2383d64af048 TU-Berlin-2.0:fcf02d2c6de1
Ubuntu-font-1.0:1993af0b1a43 UCAR:60977562a132 UCL-1.0:710aa4267b8a ulem:c4392aa2ee32 UMich-Merit:8abf7c32cd9f
Unicode-3.0:53113a39b792 Unicode-DFS-2015:3be9d8e0d661 Unicode-DFS-2016:4994799e7210 Unicode-TOU:99d6faf59c99
UnixCrypt:e770214d57f6 Unlicense:7a4d92cdb11d Unlicense-libtelnet:c65c7d29735e Unlicense-libwhirlpool:67b6033b84e7
UPL-1.0:f63895027e0a URT-RLE:61ee9b0d7d98 Vim:a084f4bd7318 VOSTROM:76a42dd88d04 VSL-1.0:974d19148662 W3C:af9590065937
W3C-19980720:3f8a0cfd2ce6 W3C-20150513:39da24cf6c69 w3m:b2ac0bd5b91e Watcom-1.0:60c8d7a8a0ec
Widget-Workshop:3892fb6d36d6 Wsuipa:25bd4fd39c7b WTFPL:a9f26b707eee wwl:fd1046b11f69 X11:bb8f1f1f40ca
X11-distribute-modifications-variant:7bce3a7ae8c0 X11-swapped:7cd966025093 Xdebug-1.03:170911666f55 Xerox:40ca6e66876a
Xfig:648e0bd96130 XFree86-1.1:ef2562652a9b xinetd:680f4c4c5e3e xkeyboard-config-Zinoviev:6815a21d2fde
xlock:cba55b0561f9 Xnet:c6a731876fbd xpp:14f0fa01f108 XSkat:8ae3d0554fb8 xzoom:269d3813762d YPL-1.0:711ea4ac8425
YPL-1.1:84b9ece401cb Zed:0fdb09139469 Zeeff:a071ec93d86e Zend-2.0:d6161ac72051 Zimbra-1.3:419665db360d
Zimbra-1.4:3ff419bd2b84 Zlib:99618428d879 zlib-acknowledgement:4526dfce6315 ZPL-1.1:1052a044b75d ZPL-2.0:389e74552e4e
ZPL-2.1:ccdae1c70061
"""
