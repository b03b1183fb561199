"""Appends to the columns of `Entries` and closes the gaps that replaced slots leave."""

from array import array
from collections.abc import Sequence

from analyze.layer.entries import Entries, EntryType
from analyze.layer.headers import Member

_NO_DIGEST = bytes(32)
_MAX_UINT32 = (1 << 32) - 1


def append(entries: Entries, kind: EntryType, member: Member) -> int:
    """Add a slot with what its header says and return its number; the path is kept by the tree."""
    slot = len(entries.types)
    entries.types.append(kind)
    entries.modes.append(member.mode & 0o7777)
    entries.uids.append(member.uid if 0 <= member.uid <= _MAX_UINT32 else _MAX_UINT32)
    entries.gids.append(member.gid if 0 <= member.gid <= _MAX_UINT32 else _MAX_UINT32)
    entries.sizes.append(member.size)
    entries.mtimes.append(member.mtime)
    entries.classes.append(0)
    entries.digests += _NO_DIGEST
    if member.capability:
        entries.capabilities[slot] = member.capability
    return slot


def share(entries: Entries, slot: int, holder: int) -> None:
    """Give a hard link the inode of the slot it links to: content, type and attributes."""
    entries.types[slot] = entries.types[holder]
    entries.modes[slot] = entries.modes[holder]
    entries.uids[slot] = entries.uids[holder]
    entries.gids[slot] = entries.gids[holder]
    entries.sizes[slot] = entries.sizes[holder]
    entries.mtimes[slot] = entries.mtimes[holder]
    entries.classes[slot] = entries.classes[holder]
    entries.digests[32 * slot : 32 * slot + 32] = entries.digests[32 * holder : 32 * holder + 32]
    if holder in entries.capabilities:
        entries.capabilities[slot] = entries.capabilities[holder]


def compact(entries: Entries, live: Sequence[tuple[bytes, int]]) -> tuple[dict[int, int], dict[int, int]]:
    """Keep the live slots only, in their order; return new numbers by old ones, and the heirs.

    A hard link whose content's first name is gone becomes the file itself, the heir, and the other
    links to that content bind to it. Heirs are given by the slot that is gone.
    """
    slots = [slot for _, slot in live]
    numbers = {slot: number for number, slot in enumerate(slots)}
    entries.paths = [path for path, _ in live]
    entries.types = bytearray(entries.types[slot] for slot in slots)
    entries.classes = bytearray(entries.classes[slot] for slot in slots)
    entries.modes = _picked("I", entries.modes, slots)
    entries.uids = _picked("I", entries.uids, slots)
    entries.gids = _picked("I", entries.gids, slots)
    entries.sizes = _picked("Q", entries.sizes, slots)
    entries.mtimes = _picked("q", entries.mtimes, slots)
    entries.digests = bytearray(b"".join(entries.digests[32 * slot : 32 * slot + 32] for slot in slots))
    links, bound, capabilities = entries.links, entries.bound, entries.capabilities
    entries.capabilities = {numbers[slot]: value for slot, value in capabilities.items() if slot in numbers}
    entries.links, entries.bound = {}, {}
    heirs: dict[int, int] = {}
    for slot, number in list(numbers.items()):
        if slot not in links:
            continue
        holder = bound.get(slot)
        if holder is not None and holder >= 0 and holder not in numbers:
            if holder not in heirs:
                heirs[holder] = number
                continue
            entries.bound[number] = heirs[holder]
        elif holder is not None:
            entries.bound[number] = numbers[holder] if holder >= 0 else -1
        entries.links[number] = links[slot]
    return numbers, heirs


def _picked(code: str, column: "array[int]", slots: Sequence[int]) -> "array[int]":
    return array(code, (column[slot] for slot in slots))
