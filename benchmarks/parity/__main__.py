"""Compares Cargohold with Syft over a set of images: `make parity`.

Prints per image and ecosystem what both, only Syft and only Cargohold find (sets of type, name and
version), and for every difference what an independent tool says and which row of docs/parity.md explains
it. Exits with 1 when something that only Syft finds is confirmed or not explained.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from benchmarks.parity import independent, verdicts
from benchmarks.parity.images import Case, cases

Set = set[tuple[str, str, str]]


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".build/parity"), help="directory for images and results")
    parser.add_argument("--syft", type=Path, default=Path(".parity/bin/syft"), help="Syft to compare with")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("TEST_CORPUS"), help="the test corpus")
    parser.add_argument("--only", metavar="NAME", action="append", help="only this image; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args()
    if options.corpus is None:
        print("TEST_CORPUS names no corpus: only the Debian image is compared", file=sys.stderr)
    explanations = verdicts.read()
    rows = []
    for case in cases(options.work.resolve(), options.corpus):
        if not options.only or case.name in options.only:
            rows += compare(case, options, explanations)
    print(json.dumps(rows, indent=1) if options.json else report(rows))
    return any(row["bad"] for row in rows)


def compare(case: Case, options: argparse.Namespace, explanations: list[verdicts.Verdict]) -> list[dict]:
    """Return one row a type of package."""
    print(f"comparing {case.name}", file=sys.stderr)
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false", "CACHE_ROOT": ""}
    theirs = artifacts([options.syft, "-q", "scan", case.syft, "-o", "syft-json"], environment)
    command = [Path(sys.executable).parent / "cargohold", "analyze", case.reference, "--no-persist"]
    ours = artifacts([*command, "-o", "syft-json"], environment)
    unpacked = options.work.resolve() / f"{case.name}.unpacked"
    root = independent.unpack(case.path, unpacked) if case.is_layout else None
    judged, asked = independent.ask(root) if root else (set(), {})
    rows = []
    for kind in sorted({one[0] for one in theirs | ours | judged}):
        sides = {"syft": of(theirs - ours, kind), "cargohold": of(ours - theirs, kind)}
        row = {"image": case.name, "type": kind, "both": len(of(theirs & ours, kind)), "judge": asked.get(kind, "")}
        row |= {"syft": [], "cargohold": [], "bad": False}
        for side, different in sides.items():
            for _, name, version in sorted(different):
                found = next((v for v in explanations if v.covers(case.name, side, kind, name, version)), None)
                confirmed = (kind, name, version) in judged if kind in asked else None
                row[side].append({"name": name, "version": version, "confirmed": confirmed, "explained": bool(found)})
                row["bad"] |= side == "syft" and (confirmed is True or found is None)
        row["missed"] = sorted(f"{name} {version}" for _, name, version in of(judged, kind) - ours)
        rows.append(row)
    return rows


def artifacts(command: list, environment: dict[str, str]) -> Set:
    """Return the packages of a run that writes Syft's JSON."""
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return {(one["type"], one["name"], one["version"]) for one in json.loads(done.stdout)["artifacts"]}


def of(packages: Set, kind: str) -> Set:
    """Return the packages of one type."""
    return {one for one in packages if one[0] == kind}


def report(rows: list[dict]) -> str:
    """Return the rows for people: a table, then every difference."""
    lines = [f"{'IMAGE':<28}{'TYPE':<22}{'BOTH':>6}{'ONLY SYFT':>11}{'ONLY OURS':>11}  JUDGE"]
    details: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        counts = f"{row['both']:>6}{len(row['syft']):>11}{len(row['cargohold']):>11}"
        lines.append(f"{row['image']:<28}{row['type']:<22}{counts}  {row['judge']}{'  <-' if row['bad'] else ''}")
        for side in ("syft", "cargohold"):
            for one in row[side]:
                says = {True: f"{row['judge']} has it", False: f"{row['judge']} has it not", None: "no judge"}
                explained = "explained" if one["explained"] else "NOT EXPLAINED"
                line = f"  {row['type']} {one['name']} {one['version']}: {says[one['confirmed']]}, {explained}"
                details[f"{row['image']}: only {side}"].append(line)
        if row["missed"]:
            details[f"{row['image']}: the judge alone"] += [f"  {row['type']} {name}" for name in row["missed"]]
    for title, found in details.items():
        lines += ["", title, *found[:200]]
        if len(found) > 200:
            lines.append(f"  and {len(found) - 200} more")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
