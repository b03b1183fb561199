"""Cargohold beside Syft: what each finds in the same images, and what an independent tool says of the difference."""
