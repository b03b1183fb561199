"""What Swift's proxy keeps in memcached, in a dictionary: a filter for its pipeline."""

from collections.abc import Callable
from time import time as now
from typing import Any

Application = Callable[[dict[str, Any], Any], Any]


class Cache:
    """As much of `swift.common.memcached.MemcacheRing` as the proxy and tempauth use."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Any, float]] = {}

    def get(self, key: str, *_: Any, **__: Any) -> Any:
        value, until = self._values.get(key, (None, 0.0))
        return value if not until or until > now() else None

    def set(self, key: str, value: Any, *_: Any, time: float = 0, **__: Any) -> None:
        self._values[key] = (value, now() + time if time else 0.0)

    def incr(self, key: str, delta: int = 1, *_: Any, time: float = 0, **__: Any) -> int:
        value = max(0, int(self.get(key) or 0) + int(delta))
        self.set(key, value, time=time)
        return value

    def decr(self, key: str, delta: int = 1, *_: Any, time: float = 0, **__: Any) -> int:
        return self.incr(key, -int(delta), time=time)

    def delete(self, key: str, *_: Any, **__: Any) -> None:
        self._values.pop(key, None)

    def get_multi(self, keys: list[str], *_: Any, **__: Any) -> list[Any]:
        return [self.get(key) for key in keys]

    def set_multi(self, mapping: dict[str, Any], *_: Any, time: float = 0, **__: Any) -> None:
        for key, value in mapping.items():
            self.set(key, value, time=time)


def filter_factory(*_: Any, **__: Any) -> Callable[[Application], Application]:
    """Return the filter, as PasteDeploy calls for it."""
    cache = Cache()

    def wrap(application: Application) -> Application:
        def handle(environment: dict[str, Any], start: Any) -> Any:
            environment["swift.cache"] = cache
            return application(environment, start)

        return handle

    return wrap
