"""Addresses that stand for a licence: without scheme, "www.", the suffix of a page and a slash at the end.

Maven's poms and OSGi's manifests name licences so; SPDX's own addresses end in an identifier and are not listed.
An address whose content changes with time, or that is a list (opensource.org/licenses/bsd-license,
gnu.org/licenses/gpl.html), is no licence.
"""

URLS = """
AGPL-3.0-only: opensource.org/licenses/agpl-3.0 | gnu.org/licenses/agpl-3.0
Apache-1.1: apache.org/licenses/license-1.1 | opensource.org/licenses/apache-1.1
Apache-2.0: apache.org/licenses/license-2.0 | apache.org/licenses/apache-2.0 | opensource.org/licenses/apache-2.0
Apache-2.0: opensource.org/licenses/apache2.0 | opensource.org/license/apache-2-0
Artistic-2.0: opensource.org/licenses/artistic-license-2.0 | opensource.org/licenses/artistic-2.0
BSD-2-Clause: opensource.org/licenses/bsd-2-clause | opensource.org/license/bsd-2-clause
BSD-3-Clause: opensource.org/licenses/bsd-3-clause | opensource.org/license/bsd-3-clause
BSD-3-Clause: eclipse.org/org/documents/edl-v10 | eclipse.org/legal/edl-v10
BSL-1.0: boost.org/license_1_0 | opensource.org/licenses/bsl-1.0
CC-BY-3.0: creativecommons.org/licenses/by/3.0
CC-BY-4.0: creativecommons.org/licenses/by/4.0
CC-BY-SA-3.0: creativecommons.org/licenses/by-sa/3.0
CC-BY-SA-4.0: creativecommons.org/licenses/by-sa/4.0
CC0-1.0: creativecommons.org/publicdomain/zero/1.0
CDDL-1.0: opensource.org/licenses/cddl-1.0
EPL-1.0: eclipse.org/legal/epl-v10 | eclipse.org/legal/epl-1.0 | eclipse.org/org/documents/epl-v10
EPL-1.0: opensource.org/licenses/epl-1.0 | opensource.org/licenses/eclipse-1.0
EPL-2.0: eclipse.org/legal/epl-v20 | eclipse.org/legal/epl-2.0 | eclipse.org/org/documents/epl-2.0
EPL-2.0: opensource.org/licenses/epl-2.0 | eclipse.org/org/documents/epl-v20
EUPL-1.2: opensource.org/licenses/eupl-1.2
GPL-2.0-only: gnu.org/licenses/old-licenses/gpl-2.0 | opensource.org/licenses/gpl-2.0 | gnu.org/licenses/gpl-2.0
GPL-2.0-only WITH Classpath-exception-2.0: openjdk.java.net/legal/gplv2+ce | openjdk.org/legal/gplv2+ce
GPL-3.0-only: gnu.org/licenses/gpl-3.0 | opensource.org/licenses/gpl-3.0
ISC: opensource.org/licenses/isc | opensource.org/licenses/isc-license
JSON: json.org/license
LGPL-2.1-only: gnu.org/licenses/old-licenses/lgpl-2.1 | gnu.org/licenses/lgpl-2.1
LGPL-2.1-only: opensource.org/licenses/lgpl-2.1
LGPL-3.0-only: gnu.org/licenses/lgpl-3.0 | opensource.org/licenses/lgpl-3.0
MIT: opensource.org/licenses/mit | opensource.org/licenses/mit-license | opensource.org/license/mit
MPL-1.1: mozilla.org/mpl/mpl-1.1 | mozilla.org/mpl/1.1 | opensource.org/licenses/mpl-1.1
MPL-2.0: mozilla.org/mpl/2.0 | mozilla.org/en-us/mpl/2.0 | opensource.org/licenses/mpl-2.0
OFL-1.1: scripts.sil.org/ofl | openfontlicense.org
PHP-3.01: php.net/license/3_01
Unlicense: unlicense.org | opensource.org/licenses/unlicense
UPL-1.0: oss.oracle.com/licenses/upl | opensource.org/licenses/upl
W3C: w3.org/consortium/legal/copyright-software-19980720
WTFPL: wtfpl.net | sam.zoy.org/wtfpl
Zlib: opensource.org/licenses/zlib
"""
