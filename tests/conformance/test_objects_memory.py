"""Large objects stream: the memory of a process does not grow with them."""

import subprocess
import sys

import pytest

SIZES = [pytest.param(40 << 20, id="40 MiB"), pytest.param(1 << 30, marks=pytest.mark.slow, id="1 GiB")]
ALLOWED = 64 << 20  # parts of 8 MiB, several times: in the buffer, in the request, in the client

SCRIPT = """
import hashlib, os, resource, sys
from cargohold.objects.open import open_store

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

def content():
    for number in range(int(sys.argv[2]) >> 20):
        part = os.urandom(1 << 19) + bytes(1 << 19)
        digest.update(part)
        yield part

store = open_store(sys.argv[1])
digest = hashlib.sha256()
store.put("small", [b"x" * 5000])
with store.get("small") as reader:
    reader.read()
before = peak()
info = store.put("large", content())
assert info.sha256 == digest.hexdigest()
read = hashlib.sha256()
with store.get("large") as reader:
    for part in reader:
        read.update(part)
assert read.hexdigest() == digest.hexdigest()
print(peak() - before)
"""


@pytest.mark.parametrize("size", SIZES)
def test_memory_is_bounded(driver_url, size):
    if driver_url == "memory:":
        pytest.skip("this store is memory")
    command = [sys.executable, "-c", SCRIPT, driver_url, str(size)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < ALLOWED
