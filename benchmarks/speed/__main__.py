"""Measures an analysis of a real image of 1.3 GB beside Syft's, in alternating order: `make bench`.

Prints medians, ratios and their targets. With --check (`make bench CHECK=1`) a missed target is exit status 1.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import image
from benchmarks.speed import workloads
from benchmarks.speed.floor import layers
from benchmarks.speed.measure import Run, run

BIN = Path(sys.executable).parent
GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}  # US dollars, us-east-1, without the free tier
REQUEST = 0.0000002


@dataclass(frozen=True, slots=True)
class Result:
    """One line: what was measured, against what, the ratio and the target it should not exceed."""

    what: str
    ours: str
    against: str
    ratio: float
    target: float

    @property
    def met(self) -> bool:
        """Tell whether the target is met; 0 means that there is none."""
        return not self.target or self.ratio <= self.target


class Bench:
    """The runs of one image, with its layer cache in a temporary directory."""

    def __init__(self, work: Path, syft: Path, runs: int) -> None:
        self.work, self.syft, self.runs = work, syft, runs
        self.layout = work / "image"
        self.reference = f"oci:{self.layout}:latest"
        self.results: list[Result] = []
        self.cold: list[Run] = []

    def measure(self) -> list[Result]:
        """Run everything."""
        image.build(self.work)
        self._cold()
        with tempfile.TemporaryDirectory(prefix="bench-cache-") as cache:
            self._warm(Path(cache))
        return self.results

    def _ours(self, cache: str = "", secrets: str = "off", reference: str = "") -> Run:
        command = [BIN / "cargohold", "analyze", reference or self.reference, "-o", "syft-json", "--no-persist"]
        return run([*command, "--progress", "none"], CACHE_ROOT=cache, SECRETS=secrets)

    def _cold(self) -> None:
        theirs, floor, secret = [], [], []
        self._ours()  # once unmeasured, so that all have the image in the page cache, and bytecode
        for _ in range(self.runs):
            theirs.append(
                run(
                    [self.syft, "-q", "scan", f"oci-dir:{self.layout}", "-o", "syft-json"],
                    SYFT_CHECK_FOR_APP_UPDATE="false",
                )
            )
            self.cold.append(self._ours())
            floor.append(run([sys.executable, "-m", "benchmarks.speed.floor", str(self.layout)]))
            secret.append(self._ours(secrets="on"))
        self.theirs = theirs
        self._add("cold, wall", "wall", "s", self.cold, theirs, 1 / 10)
        self._add("cold, CPU", "cpu", "s", self.cold, theirs, 0)
        self._add("cold, peak memory", "memory", "MiB", self.cold, theirs, 1 / 5)
        self._add("cold, scratch", "scratch", "MiB", self.cold, theirs, 0)
        self._add("cold against the floor, wall", "wall", "s", self.cold, floor, 1.4)
        self._add("with secrets against without, wall", "wall", "s", secret, self.cold, 1.15)

    def _warm(self, cache: Path) -> None:
        self._ours(str(cache))
        warm = [self._ours(str(cache)) for _ in range(self.runs)]
        self._add("warm, whole process, wall", "wall", "s", warm, self.theirs, 1 / 50)
        theirs = statistics.median(one.wall for one in self.theirs)
        took = self._inside(cache, *[self.reference] * (self.runs + 1))[1:]
        self._say("warm, in a warm function", statistics.median(took), theirs, 1 / 150)
        new = f"oci:{workloads.with_new_layer(self.work)}:latest"
        alone = self._inside(Path(tempfile.mkdtemp(dir=cache)), f"oci:{self._alone()}:latest")[0]
        took = self._inside(cache, self.reference, new)[1:]
        self._say("one new layer of 20 MB, less its own pass", max(0.0, took[0] - alone), theirs, 1 / 150)
        took = self._inside(cache, self.reference, changed="npm")
        self._say("one changed cataloger (npm)", took[0], theirs, 0)
        layouts = [f"oci:{layout}:latest" for layout in workloads.fleet(self.work)]
        shared = cache / "fleet"
        took = self._inside(shared, *layouts)
        self._say("100 images on 5 bases, an image", sum(took) / len(took), theirs, 0)
        shutil.rmtree(shared)

    def _alone(self) -> Path:
        image.layout(self.work / "alone", [self.work / "new.tar"])
        return self.work / "alone"

    def _inside(self, cache: Path, *references: str, changed: str = "") -> list[float]:
        command = [sys.executable, "-m", "benchmarks.speed.warm", *references]
        done = run(command, keep=True, CACHE_ROOT=str(cache), SECRETS="off", CHANGED=changed)
        return json.loads(done.output.splitlines()[-1])  # the lines before are the log

    def _add(self, what: str, field: str, unit: str, ours: list[Run], against: list[Run], target: float) -> None:
        mine, other = (statistics.median(getattr(one, field) for one in runs) for runs in (ours, against))
        ratio = mine / other if other else 0.0
        self.results.append(Result(what, f"{mine:.2f} {unit}", f"{other:.2f} {unit}", ratio, target))

    def _say(self, what: str, mine: float, other: float, target: float) -> None:
        self.results.append(Result(what, f"{mine:.3f} s", f"{other:.2f} s", mine / other, target))

    def cost(self) -> list[str]:
        """Return what Lambda bills for a cold analysis: seconds × GB × price, and the request."""
        seconds = statistics.median(one.wall for one in self.cold)
        lines = []
        for memory in (1769, 3538):
            # CPU grows with memory, one virtual CPU at 1,769 MB; two threads of ours are busy at once.
            took = seconds * (2 if memory < 3538 else 1)
            dollars = took * memory / 1024 * GB_SECOND["arm64"] + REQUEST
            price = GB_SECOND["arm64"]
            bill = f"{took:.1f} s × {memory / 1024:.2f} GB × {price} $ = {dollars:.6f} $ an image"
            lines.append(f"{memory} MB, arm64: {bill}")
        return lines


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".build/bench"), help="directory for the images")
    parser.add_argument("--syft", type=Path, default=Path(".parity/bin/syft"), help="Syft to compare with")
    parser.add_argument("--runs", type=int, default=3, help="how often each is run (default 3)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args()
    bench = Bench(options.work.resolve(), options.syft, options.runs)
    results = bench.measure()
    if options.json:
        print(json.dumps([asdict(one) | {"met": one.met} for one in results], indent=1))
    else:
        print(f"{len(layers(bench.layout))} layers, median of {options.runs} runs")
        for one in results:
            ratio = f"1/{1 / one.ratio:.1f}" if 0 < one.ratio < 0.5 else f"{one.ratio:.2f}"
            wanted = (
                "" if not one.target else f"  target {'1/%.0f' % (1 / one.target) if one.target < 0.5 else one.target}"
            )
            verdict = "" if not one.target else "  met" if one.met else "  MISSED"
            print(f"{one.what:<44}{one.ours:>14}{one.against:>14}  {ratio:>8}{wanted}{verdict}")
        print("\n".join(bench.cost()))
    return options.check and not all(one.met for one in results)


if __name__ == "__main__":
    sys.exit(main())
