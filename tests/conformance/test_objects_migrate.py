"""Migration between every kind of store, on real services."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from tests.harness.stores import bucket

from cargohold.objects.migrate import Migration
from cargohold.objects.open import open_driver, open_store
from cargohold.objects.store import CHUNK
from cargohold.objects.wrappers.retried import RetriedStore

SIZES = (0, 1, 600, 100_000, CHUNK, 17 * CHUNK + 3)


@pytest.fixture
def urls(database_url: str, swift_user, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty store of every kind that can be moved to."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return [
        "postgres:",
        f"swift://{swift_user.new_container()}/p",
        bucket(aws, ""),
        (tmp_path / "objects").as_uri(),
        "postgres:again",
    ]


def moved(source: str, target: str, **options):
    return Migration(RetriedStore(open_driver(source)), RetriedStore(open_driver(target)), **options).run()


def test_objects_go_round_and_come_back_the_same(urls):
    contents = {f"analyses/x/{size}": os.urandom(size // 2) + bytes(size - size // 2) for size in SIZES}
    for key, content in contents.items():
        open_store(urls[0]).put(key, [content])
    for source, target in pairwise(urls):
        report = moved(source, target, delete_source=True)
        assert (report.moved, report.deleted, report.failed) == (len(SIZES), len(SIZES), 0), report.failures
        assert list(open_driver(source).list()) == []
        store = open_store(target)
        assert [info.key for info in store.list()] == sorted(contents)
        for key, content in contents.items():
            with store.get(key) as reader:
                assert reader.read() == content
