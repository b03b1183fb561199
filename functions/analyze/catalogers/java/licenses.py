"""Licences of Java archives: what manifests, poms and licence files say, as SPDX expressions where they are one.

Manifests and poms name licences by URL or by a title of their own (OSGi Core 3.2.1.10 "Bundle-License",
Maven's "POM Reference"). A licence file tells by an SPDX tag, by its name or by its heading; texts are not
compared.
"""

import re

from analyze.catalogers.spdx import expression
from analyze.catalogers.text import clean, decoded
from cargohold.model import License

_FILE = re.compile(rb"/?(?:META-INF/)?(?:un)?(?:licen[cs]e|copying)[^/]{0,80}", re.IGNORECASE)
_NAME_PARTS = re.compile(r"^(?:licen[cs]e|copying)[-_. ]*|[-_. ]*(?:licen[cs]e)?(?:\.(?:txt|md|html))?$", re.IGNORECASE)
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,200})")
_URLS = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "opensource.org/licenses/apache-2.0": "Apache-2.0",
    "opensource.org/licenses/apache2.0": "Apache-2.0",
    "opensource.org/licenses/mit": "MIT",
    "opensource.org/licenses/mit-license": "MIT",
    "opensource.org/license/mit": "MIT",
    "opensource.org/licenses/bsd-3-clause": "BSD-3-Clause",
    "opensource.org/licenses/bsd-2-clause": "BSD-2-Clause",
    "eclipse.org/legal/epl-v10": "EPL-1.0",
    "eclipse.org/legal/epl-1.0": "EPL-1.0",
    "eclipse.org/legal/epl-v20": "EPL-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/epl-v10": "EPL-1.0",
    "eclipse.org/org/documents/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/edl-v10": "BSD-3-Clause",
    "mozilla.org/mpl/2.0": "MPL-2.0",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
    "mozilla.org/mpl/mpl-1.1": "MPL-1.1",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "unlicense.org": "Unlicense",
    "json.org/license": "JSON",
}
_TITLES = {
    "apache software license, version 2.0": "Apache-2.0",
    "apache software license - version 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache public license 2.0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "mit license": "MIT",
    "mit license (mit)": "MIT",
    "eclipse public license 1.0": "EPL-1.0",
    "eclipse public license v1.0": "EPL-1.0",
    "eclipse public license - v 1.0": "EPL-1.0",
    "eclipse public license, version 1.0": "EPL-1.0",
    "eclipse public license 2.0": "EPL-2.0",
    "eclipse public license v2.0": "EPL-2.0",
    "eclipse public license v. 2.0": "EPL-2.0",
    "eclipse public license, version 2.0": "EPL-2.0",
    "eclipse public license - v 2.0": "EPL-2.0",
    "eclipse distribution license - v 1.0": "BSD-3-Clause",
    "edl 1.0": "BSD-3-Clause",
    "epl 2.0": "EPL-2.0",
    "mozilla public license version 2.0": "MPL-2.0",
    "mozilla public license, version 2.0": "MPL-2.0",
    "bsd license 3": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "common development and distribution license (cddl) version 1.0": "CDDL-1.0",
    "cddl 1.1": "CDDL-1.1",
    "bouncy castle licence": "MIT",
}
_HEADINGS = {
    "apache license version 2.0, january 2004": "Apache-2.0",
    "eclipse public license - v 1.0": "EPL-1.0",
    "eclipse public license - v 2.0": "EPL-2.0",
    "mozilla public license version 2.0": "MPL-2.0",
    "mit license": "MIT",
    "the mit license (mit)": "MIT",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "cc0 1.0 universal": "CC0-1.0",
}


def is_license_file(name: bytes) -> bool:
    """Tell whether an entry's name is that of a licence of the whole archive."""
    return _FILE.fullmatch(name) is not None


def of_file(name: str, data: bytes) -> list[str]:
    """Return the SPDX expressions that a licence file surely stands for."""
    text = decoded(data)
    tags = [found for tag in _TAG.findall(text) if (found := expression(tag.strip(" \t*/#->")))]
    if tags:
        return list(dict.fromkeys(tags))
    if found := _in_name(name.rpartition("/")[2]):
        return [found]
    heading = " ".join(text[:400].lower().split()).lstrip("=-#* ")
    return [found for title, found in _HEADINGS.items() if heading.startswith(title)][:1]


def _in_name(base: str) -> str:
    found = _NAME_PARTS.sub("", base)
    return expression(found) if found else ""


def license_of(record: dict[str, str], path: str) -> License:
    """Return the licence of a record: its `value`, with a `url` where there is one, and a `type`."""
    value = record["value"]
    return License(
        value=value,
        spdx_expression=_expression(value) or _expression(record.get("url", "")),
        type=record.get("type", "declared"),
        path=path,
    )


def _expression(value: str) -> str:
    """Return what a URL, a title or an expression means; OSGi's attributes behind a semicolon are left out."""
    clauses = (
        {_clause(clause) for clause in re.split(r",\s*(?=https?:)", value)} if "://" in value else {_clause(value)}
    )
    return clauses.pop() if len(clauses) == 1 else ""


def _clause(clause: str) -> str:
    text = clean(clause).partition(";")[0].strip(" \"'")
    if "://" in text:
        address = text.partition("://")[2].lower().removeprefix("www.").rstrip("/")
        return _URLS.get(re.sub(r"\.(?:txt|html|php)$", "", address), "")
    title = " ".join(text.lower().split()).removeprefix("the ")
    return _TITLES.get(title, "") or expression(text)
