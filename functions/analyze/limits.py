"""Bounds on what an image may make analyze do. Their values belong to the key of a layer record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """All sizes in bytes.

    Those of a layer bound what a walk takes, those of an image what is held when all layers are read: the function
    has 3538 MB for two walks, all records and their merge (docs/hostile-images.md, "Memory").
    Exceeding one is `ImageTooLarge` or `HostileContent`, or an unknown where the rest stays useful.
    """

    layers: int = 1000
    manifest: int = 8 << 20
    config: int = 16 << 20
    index_depth: int = 4
    index_children: int = 256
    layer_entries: int = 2_000_000
    image_entries: int = 3_000_000  # of all layers together, one that is there twice counted twice
    layer_uncompressed: int = 64 << 30
    image_uncompressed: int = 256 << 30
    ratio: int = 1100  # decompressed to compressed, checked once the output passes `ratio_floor`
    ratio_floor: int = 256 << 20
    layer_names: int = 256 << 20  # of all paths, directories and link targets of one layer
    image_names: int = 384 << 20  # of all layers together
    path_length: int = 8192
    path_depth: int = 4096
    pax_header: int = 1 << 20
    evidence_file: int = 16 << 20  # larger evidence goes to scratch, or is an unknown
    evidence_kept: int = 256 << 10  # raw bytes kept in the record up to this size a file
    evidence_kept_layer: int = 24 << 20  # and in all for one layer
    image_evidence: int = 96 << 20  # raw bytes of all layers in memory; what is over stays in the cache only
    section_facts: int = 64 << 20  # JSON that one cataloger may say of one layer
    layer_facts: int = 128 << 20  # and all of them
    image_facts: int = 192 << 20  # and all of them of all layers
    image_packages: int = 500_000  # visible and declared ones, and what every hidden database says anew
    layer_unknowns: int = 1000  # found by the walker; what is over is counted only
    evidence_memory: int = 48 << 20  # shared by the layers in flight; then scratch
    second_walk_files: int = 20_000


DEFAULT = Limits()
