"""What the layer cache did, as CloudWatch gets it: the lines that the handler of analyze prints."""

import importlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.harness.aws_calls import Context

from analyze.cache.directory import SHARDS
from cargohold.contracts import AnalyzeRequest, Reference
from cargohold.telemetry import metrics
from cargohold_cli.sample import build

LAYERS = 4  # of the sample image
SHARE = 4 << 20  # bytes of the quota for a shard


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Any:
    """The module of the handler, on one machine, with a cache."""
    settings = {
        "DATABASE_URL": database_url,
        "OBJECT_STORE": (tmp_path / "objects").as_uri(),
        "MESSAGING": "database",
        "REGISTRIES": "",
        "SCRATCH_ROOT": str(tmp_path / "scratch"),
        "CACHE_ROOT": str(tmp_path / "cache"),
        "CACHE_BYTES": str(SHARDS * SHARE),
        "CACHE_MEMORY_BYTES": "0",
        "POWERTOOLS_METRICS_DISABLED": "false",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    metrics.clear_metrics()
    module = importlib.import_module("analyze.handler")
    yield module
    forget(module)


def forget(handler: Any) -> None:
    """Be a function that starts anew."""
    for kept in (handler.settings, handler.dependencies, handler.cache_metrics):
        kept.cache_clear()


def emitted(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, float], dict[str, str]]:
    """Return the sums and the units of what was printed since as CloudWatch's embedded metrics."""
    values, units = dict[str, float](), dict[str, str]()
    for each in (json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line):
        [directive] = each["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Cargohold"
        assert directive["Dimensions"] == [["service"]], "every further dimension would be billed by its values"
        for metric in directive["Metrics"]:
            units[metric["Name"]] = metric["Unit"]
            values[metric["Name"]] = values.get(metric["Name"], 0) + sum(each[metric["Name"]])
    return values, units


def test_what_the_cache_did_reaches_cloudwatch(
    handler: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "cache"
    build(tmp_path / "image")
    request = AnalyzeRequest(
        correlation_id="c",
        reference=Reference(transport="oci", repository="sample", location=str(tmp_path / "image")),
        force=True,
    )

    def analyze() -> dict[str, float]:
        forget(handler)
        assert handler.handle(request.model_dump(mode="json"), Context(lives_for=600))["outcome"] == "analyzed"
        values, units = emitted(capsys)
        assert all(units[name] == ("Bytes" if "Bytes" in name else "Count") for name in values if "Cache" in name)
        return {name: value for name, value in values.items() if name.startswith("Cache")}

    first = analyze()
    assert first["CacheMisses"] == first["CacheStoreMisses"] == 2 * LAYERS  # once to find it, once to join it
    assert first["CacheBytesWritten"] > 0
    assert "CacheHits" not in first
    again = analyze()
    assert (again["CacheHits"], again["CacheBytesRead"]) == (LAYERS, first["CacheBytesWritten"])
    assert not {"CacheMisses", "CacheStoreMisses", "CacheErrors"} & again.keys()
    for record in root.rglob("*.record"):
        record.write_bytes(b"rubbish")
    damaged = analyze()
    assert damaged["CacheCorrupt"] == damaged["CacheMisses"] == damaged["CacheStoreHits"] == LAYERS
    for record in root.rglob("*.record"):
        record.unlink()
        old = record.with_name("f" * 64 + ".record")
        old.touch()
        os.truncate(old, SHARE)
    evicted = analyze()
    assert evicted["CacheEvictions"] == len({record.parent for record in root.rglob("*.record")})
    shutil.rmtree(root)
    root.write_bytes(b"")  # as a mount that is gone
    assert analyze()["CacheErrors"] > 0
