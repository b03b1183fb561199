"""What an extracting runtime makes of layers, one entry at a time: the slow and obvious way."""

from dataclasses import dataclass, field

from analyze.layer.entries import Entries, EntryType

Place = tuple[int, int] | None  # None: a directory that only its children imply
_LINKS = 255


class Refused(Exception):
    """A runtime would give up."""


@dataclass
class Extracted:
    """A file system in a dictionary. `refused` tells what a runtime would not have done."""

    layers: list[Entries]
    files: dict[bytes, Place] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def kind(self, path: bytes) -> EntryType | None:
        if path == b"":
            return EntryType.DIRECTORY
        if path not in self.files:
            return None
        place = self.files[path]
        return EntryType.DIRECTORY if place is None else EntryType(self.layers[place[0]].types[place[1]])

    def remove(self, path: bytes, *, keep: bool = False) -> None:
        for other in list(self.files):
            if other.startswith(path + b"/" if path else b"") or (other == path and not keep):
                del self.files[other]

    def real(self, path: bytes) -> bytes:
        """Follow every symbolic link of a path; what does not exist stays."""
        todo, current, links = path.split(b"/"), b"", 0
        while todo:
            name = todo.pop(0)
            if name in (b"", b"."):
                continue
            if name == b"..":
                current = current.rpartition(b"/")[0]
                continue
            step = current + b"/" + name if current else name
            if self.kind(step) == EntryType.SYMLINK:
                links += 1
                if links > _LINKS:
                    raise Refused(f"{path!r} is a loop")
                place = self.files[step]
                target = self.layers[place[0]].links[place[1]]
                todo = target.split(b"/") + todo
                current = b"" if target.startswith(b"/") else current
            else:
                current = step
        return current

    def located(self, path: bytes) -> bytes:
        directory, _, name = path.rpartition(b"/")
        real = self.real(directory)
        return _join(real, name)

    def directory(self, path: bytes, layer: Entries) -> bytes:
        """Return where a directory as the layer writes it is: one that the layer has itself is no link."""
        if not path:
            return b""
        above, _, name = path.rpartition(b"/")
        there = _join(self.directory(above, layer), name)
        # What is not a directory above a real path is what the layer is about to replace by one.
        parts = there.split(b"/")[:-1]
        replaced = any(
            self.kind(b"/".join(parts[: end + 1])) not in (None, EntryType.DIRECTORY) for end in range(len(parts))
        )
        return there if replaced or path in layer.paths else self.real(there)

    def _comes_later(self, path: bytes, place: tuple[int, int]) -> bool:
        """Tell whether the layer has the directory itself, after what is in it: Docker accepts that."""
        layer = self.layers[place[0]]
        return path in layer.paths and layer.types[layer.paths.index(path)] == EntryType.DIRECTORY

    def write(self, path: bytes, place: tuple[int, int]) -> None:
        target = self.located(path)
        directory = target.rpartition(b"/")[0]
        parts = directory.split(b"/") if directory else []
        for depth in range(len(parts)):
            above = b"/".join(parts[: depth + 1])
            if self.kind(above) is None:
                self.files[above] = None
            elif self.kind(above) != EntryType.DIRECTORY:
                if self._comes_later(above, place):
                    self.remove(above)
                    self.files[above] = None
                    continue
                raise Refused(f"{above!r} is not a directory")
        kind = EntryType(self.layers[place[0]].types[place[1]])
        if not (kind == EntryType.DIRECTORY and self.kind(target) == EntryType.DIRECTORY):
            self.remove(target)
        self.files[target] = place


def _join(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name


def extracted(layers: list[Entries]) -> Extracted:
    """Apply layers in order, each one's whiteouts first, as the image specification has it."""
    state = Extracted(layers)
    for number, layer in enumerate(layers):
        for opaque in layer.opaques:
            try:
                state.remove(state.directory(opaque, layer), keep=True)
            except Refused as error:
                state.refused.append(str(error))
        for whiteout in layer.whiteouts:
            try:
                directory, _, name = whiteout.rpartition(b"/")
                state.remove(_join(state.directory(directory, layer), name))
            except Refused as error:
                state.refused.append(str(error))
        for entry, path in enumerate(layer.paths):
            try:
                state.write(path, (number, entry))
            except Refused as error:
                state.refused.append(str(error))
    return state
