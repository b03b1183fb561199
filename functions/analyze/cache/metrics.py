"""The cache as metrics: what its use added since it was reported last."""

from analyze.cache.records import RecordCache
from cargohold.telemetry import logger, metrics

NAMES = {
    "hits": "CacheHits",
    "misses": "CacheMisses",
    "bytes_read": "CacheBytesRead",
    "bytes_written": "CacheBytesWritten",
    "evictions": "CacheEvictions",
    "corrupt": "CacheCorrupt",
    "errors": "CacheErrors",
    "store_hits": "CacheStoreHits",
    "store_misses": "CacheStoreMisses",
    "store_errors": "CacheStoreErrors",
}


class CacheMetrics:
    """Reports one cache, once after each request."""

    def __init__(self, records: RecordCache) -> None:
        self._records = records
        self._reported: dict[str, int] = {}

    def report(self) -> None:
        """Add a metric for every count that grew; errors of the file system are logged by name."""
        counts = self._records.snapshot()
        for name, metric in NAMES.items():
            if more := counts[name] - self._reported.get(name, 0):
                unit = "Bytes" if name.startswith("bytes") else "Count"
                metrics.add_metric(name=metric, unit=unit, value=more)
        if counts["errors"] > self._reported.get("errors", 0):
            logger.warning("the layer cache did not help", extra={"errors": dict(self._records.counters.errors)})
        self._reported = counts
