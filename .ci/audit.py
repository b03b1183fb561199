"""Asks for known vulnerabilities of what is locked, by pip-audit (`make audit`).

Fails on a finding. Says so, and passes, where no index answers or knows the packages: a build must not
depend on a service of somebody else.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = "requirements/command.txt"  # all that is shipped: the layer is part of it
SECONDS = 120


def main() -> int:
    """Return 1 when a locked package has a known vulnerability."""
    command = [".audit/bin/pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "-r", LOCK], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        found = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return skip(f"no answer within {SECONDS} seconds")
    except json.JSONDecodeError:
        return skip((done.stderr.strip().splitlines() or ["no index answers"])[-1])
    audited = [each for each in found if "skip_reason" not in each]
    if not audited:
        return skip("the index that answers knows none of the packages")
    vulnerable = [each for each in audited if each["vulns"]]
    for each in vulnerable:
        for vulnerability in each["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
            sys.stdout.write(f"{each['name']} {each['version']}: {vulnerability['id']}, mended in {fixed}\n")
    sys.stdout.write(f"{len(audited)} of {len(found)} packages of {LOCK} audited, {len(vulnerable)} vulnerable\n")
    return 1 if vulnerable else 0


def skip(reason: str) -> int:
    """Say that nothing was audited, and that this is no failure."""
    sys.stdout.write(f"audit skipped: {reason}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main() if Path(LOCK).exists() else f"run this where {LOCK} is")
