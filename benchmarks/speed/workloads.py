"""The images: the one of `benchmarks.image`, that one with another 20 MB layer, and 100 applications on 5 bases."""

import io
import os
import random
import tarfile
from pathlib import Path

from benchmarks import image

_FILES = 400


def with_new_layer(work: Path) -> Path:
    """Return an image whose base is the large one and whose last layer nobody has seen."""
    tar = work / "new.tar"
    if not tar.exists():
        write_application(tar, seed=os.urandom(8), size=20 << 20)
    image.layout(work / "new", [image.debian(work), image.pypi(work), image.npm(work), tar])
    return work / "new"


def fleet(work: Path, bases: int = 5, applications: int = 100) -> list[Path]:
    """Return images that share bases: each has the layers of one of them and a layer of 2 MB of its own."""
    pool = [image.debian(work), image.pypi(work), image.npm(work)]
    choices = [[pool[0]], [pool[1]], [pool[2]], [pool[0], pool[1]], [pool[0], pool[2]]][:bases]
    layouts = []
    for number in range(applications):
        tar = work / "fleet" / f"{number}.tar"
        tar.parent.mkdir(exist_ok=True)
        if not tar.exists():
            write_application(tar, seed=str(number).encode(), size=2 << 20)
        layout = work / "fleet" / f"image-{number}"
        image.layout(layout, [*choices[number % len(choices)], tar])
        layouts.append(layout)
    return layouts


def write_application(tar: Path, *, seed: bytes, size: int) -> None:
    """Write a layer of sources, data and a few packages, `size` bytes in all, half of it compressible."""
    chance = random.Random(seed)
    with tarfile.open(tar, "w") as archive:
        for number in range(_FILES):
            half = size // _FILES // 2
            content = chance.randbytes(half).hex().encode()[:half] + chance.randbytes(half)
            _add(archive, f"srv/data/{number % 20}/{number}.bin", content)
        for number in range(20):
            manifest = b'{"name": "own-%d", "version": "1.%d.0", "license": "MIT"}' % (number, chance.randrange(1000))
            _add(archive, f"srv/node_modules/own-{number}/package.json", manifest)


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
