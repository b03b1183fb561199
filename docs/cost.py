"""The cost model of `docs/cost.md`: `python -m docs.cost` prints the page, `make docs` writes it.

List prices of us-east-1 without any free tier, as AWS's price pages had them in November 2026; measured
figures are those of `docs/benchmarks.md`; the rest is said to be assumed. Months have 730 hours.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from docs import template_facts

PRICES = {  # dollars
    "Lambda, arm64, a GB-second": 0.0000133334,
    "Lambda, a request": 0.20 / 1e6,
    "Lambda, scratch above 512 MB, a GB-second": 0.0000000309,
    "SQS, a request": 0.40 / 1e6,
    "EventBridge, an event of our own": 1.00 / 1e6,
    "S3, a PUT": 0.005 / 1e3,
    "S3, a GET": 0.0004 / 1e3,
    "S3 Standard, a GB and month": 0.023,
    "S3 Glacier Instant Retrieval, a GB and month": 0.004,
    "Aurora, an ACU-hour": 0.12,
    "Aurora, storage, a GB and month": 0.10,
    "EFS, a GB and month": 0.30,
    "EFS, a GB written": 0.06,
    "EFS, a GB read": 0.03,
    "CloudWatch, a GB of logs": 0.50,
    "CloudWatch, a metric and month": 0.30,
    "CloudWatch, an alarm and month": 0.10,
    "X-Ray, a trace": 5.00 / 1e6,
    "KMS, a key and month": 1.00,
    "Secrets Manager, a secret and month": 0.40,
    "NAT, an hour": 0.045,
    "a public IPv4 address, an hour": 0.005,
    "NAT, a GB": 0.045,
    "interface endpoint, an hour and zone": 0.01,
    "Inspector, an image": 0.09,
}

HOURS = 730
MONTH = HOURS * 3600  # seconds

# Measured (docs/benchmarks.md): all catalogers, hashes and secrets, 2 processors, 1.4 GB uncompressed in 4.2 s.
SECONDS_PER_GB = 4.2 / 1.4

# Assumed.
NEW_GB = 0.4  # uncompressed bytes of an image that no earlier image had
OVERHEAD = 2.0  # seconds of an analysis beside: registry, claims, documents, a share of cold starts
PERSIST = 0.4  # seconds of a message of persist
DOCUMENTS_GB = 0.0015  # documents of an image, compressed
RECORDS_GB = 0.004  # layer records of its new layers
KEPT_MONTHS = 12  # until a rule archives it
POLLS = 5 / 20  # requests a second of an idle event source: five pollers of Lambda that wait for 20 s each
AWAKE = 360  # seconds for which a message keeps Aurora awake: its pause after 300, a connection's end after 60
WAKES = 4 + 3  # a day, by schedules: transitions four times; rules, collection and reconcile
ACTIVE_ACU = 0.5

VOLUMES = (0, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Line:
    """One line of the table: dollars a month by images a month."""

    name: str
    cost: Callable[[int], float]


def analyze_seconds() -> float:
    """Return the seconds of one analysis."""
    return OVERHEAD + NEW_GB * SECONDS_PER_GB


def lambda_cost(images: int) -> float:
    """Return what the functions cost; scheduled ones are too little to count."""
    functions = template_facts.resources("AWS::Serverless::Function")
    gigabytes = {name: each["Properties"]["MemorySize"] / 1024 for name, each in functions.items()}
    scratch = functions["AnalyzeFunction"]["Properties"]["EphemeralStorage"]["Size"] / 1024 - 0.5
    compute = gigabytes["AnalyzeFunction"] * analyze_seconds() + gigabytes["PersistFunction"] * 2 * PERSIST
    each = compute * PRICES["Lambda, arm64, a GB-second"] + 3 * PRICES["Lambda, a request"]
    return images * (each + scratch * analyze_seconds() * PRICES["Lambda, scratch above 512 MB, a GB-second"])


def aurora_hours(images: int) -> float:
    """Return the hours that Aurora is awake when pushes come at random: at any moment someone came just before."""
    wakes = images + WAKES * HOURS / 24
    return HOURS * (1 - math.exp(-wakes / MONTH * AWAKE))


def aurora_cost(images: int) -> float:
    """Return what Aurora costs; a unit more for every 100,000 images, and 2.5 KB of rows for each."""
    units = ACTIVE_ACU + images / 100_000
    storage = 1 + images * KEPT_MONTHS * 2.5e-6
    return (
        aurora_hours(images) * units * PRICES["Aurora, an ACU-hour"]
        + storage * PRICES["Aurora, storage, a GB and month"]
    )


def messages_cost(images: int) -> float:
    """Return what SQS and EventBridge cost, the polling of idle queues included."""
    polled = sum("Dlq" not in name for name in template_facts.resources("AWS::SQS::Queue"))
    requests = polled * POLLS * MONTH + images * 3 * 3
    return requests * PRICES["SQS, a request"] + images * PRICES["EventBridge, an event of our own"]


def buckets_cost(images: int) -> float:
    """Return what the buckets cost when every analysis stays for a year and lies in the archive for another."""
    requests = images * (12 * PRICES["S3, a PUT"] + 12 * PRICES["S3, a GET"])
    kept = images * KEPT_MONTHS * DOCUMENTS_GB
    archived = kept * PRICES["S3 Glacier Instant Retrieval, a GB and month"]
    return requests + kept * PRICES["S3 Standard, a GB and month"] + archived


def cache_cost(images: int) -> float:
    """Return what the layer cache costs: full after a year, at most its 20 GB, read three times as often as written."""
    held = min(20.0, images * KEPT_MONTHS * RECORDS_GB)
    used = images * RECORDS_GB * (PRICES["EFS, a GB written"] + 3 * PRICES["EFS, a GB read"])
    return held * PRICES["EFS, a GB and month"] + used


def watching_cost(images: int) -> float:
    """Return what logs, traces, alarms and metrics cost. A metric is billed for the hours in which it is sent."""
    alarms = len(template_facts.alarms()) * PRICES["CloudWatch, an alarm and month"]
    names = sum(5 if "*" in name else 1 for name in template_facts.metrics())
    busy = 1 - math.exp(-images / HOURS)  # hours with an image
    metrics = names * 0.5 * busy * PRICES["CloudWatch, a metric and month"]
    logs = images * 20e-6 * PRICES["CloudWatch, a GB of logs"]
    return alarms + metrics + logs + images * 3 * PRICES["X-Ray, a trace"]


LINES = (
    Line("functions", lambda_cost),
    Line("Aurora", aurora_cost),
    Line("messages", messages_cost),
    Line("buckets", buckets_cost),
    Line("layer cache", cache_cost),
    Line("logs, metrics, alarms, traces", watching_cost),
    Line("key", lambda _: PRICES["KMS, a key and month"]),
)


def total(images: int) -> float:
    """Return the sum of all lines."""
    return sum(line.cost(images) for line in LINES)


def page() -> str:
    """Return `docs/cost.md`."""
    rows = [f"| {line.name} | {' | '.join(_money(line.cost(images)) for images in VOLUMES)} |" for line in LINES]
    sums = " | ".join(f"**{_money(total(images))}**" for images in VOLUMES)
    each = " | ".join(f"{total(images) / images * 100:.2f} ¢" if images else "" for images in VOLUMES)
    inspector = " | ".join(_money(images * PRICES["Inspector, an image"]) if images else "0" for images in VOLUMES)
    zones = 2 * PRICES["interface endpoint, an hour and zone"] * HOURS
    nat = (PRICES["NAT, an hour"] + PRICES["a public IPv4 address, an hour"]) * HOURS
    heads = " | ".join(f"{images:,} images" for images in VOLUMES)
    prices = "\n".join(f"| {name} | {f'{price:.12f}'.rstrip('0')} |" for name, price in PRICES.items())
    return f"""# What it costs

Made by `python -m docs.cost` from the template, {len(PRICES)} list prices and the assumptions below; nobody has been billed for
it yet. us-east-1, November 2026, dollars a month, without any free tier. Look up your region's prices.

## Fixed costs first

A default stack in which nothing happens costs about **{_money(total(0))} $ a month**, not nothing:

- {_money(PRICES["KMS, a key and month"])} $ the key; {_money(watching_cost(0))} $ alarms, of which there are {len(template_facts.alarms())}.
- {_money(messages_cost(0))} $ the long polls by which Lambda looks at the queues.
- {_money(aurora_cost(0))} $ Aurora: it pauses at 0 units, and {WAKES} runs of schedules a day wake it for some minutes each.
  `Schedules=DISABLED` spares most of it, and stops rules, collection and reconcile.

It has no NAT gateway, no interface endpoint, no server that runs on, no load balancer. What you can add:

| choice | dollars a month |
|---|---|
| `RegistriesSecret` | {_money(PRICES["Secrets Manager, a secret and month"])} |
| `Egress=nat` | {_money(nat)}, and {PRICES["NAT, a GB"]} a GB |
| `Egress=endpoints` | {_money(zones)} for each of 2 to 5 endpoints |
| `DatabaseMinCapacity=0.5`: no query waits for a paused database | {_money(0.5 * HOURS * PRICES["Aurora, an ACU-hour"])} instead of Aurora's line at little use |
| `ExistingDatabaseSecret`: a Postgres that you have | Aurora's line less |
| `LayerCache=disabled` | the cache's line less; known layers come from the bucket, more slowly |

## By images a month

| | {heads} |
|---|{"---|" * len(VOLUMES)}
{chr(10).join(rows)}
| **sum** | {sums} |
| an image | {each} |
| Inspector, first scans alone | {inspector} |

Inspector finds vulnerabilities, which Cargohold does not; the last line is there to compare sizes, not products.

## What goes in

- Measured ([benchmarks](benchmarks.md)): {SECONDS_PER_GB:.1f} s for a GB of uncompressed layers on 2 processors, which analyze has at its
  memory size. Known layers cost next to nothing.
- Assumed: {NEW_GB} GB of an image are new and {OVERHEAD:.0f} s go by beside ({analyze_seconds():.1f} s in all); persist takes {PERSIST} s for each of
  two messages; documents of {DOCUMENTS_GB * 1000:.1f} MB stay for {KEPT_MONTHS} months, then as long in the archive; {RECORDS_GB * 1000:.0f} MB of layer records
  are cached, up to 20 GB; {ACTIVE_ACU} units of Aurora while awake, and one more for every 100,000 images a month.
- Pushes come at random over the month. Yours come in bursts, which lets Aurora sleep for longer.
- Half of the metrics are sent in an hour in which something happens. Metrics are billed by name and hour.
- Not in it: questions to the API (1 $ a million, and its function), traffic out of the region, pulls that a registry bills.

To try other figures, change them in `docs/cost.py`.

## Prices

| price | dollars |
|---|---|
{prices}
"""  # noqa: E501


def _money(dollars: float) -> str:
    return f"{dollars:,.2f}" if dollars < 100 else f"{dollars:,.0f}"


if __name__ == "__main__":
    sys.stdout.write(page())
