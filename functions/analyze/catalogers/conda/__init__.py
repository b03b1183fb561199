"""Conda packages: what conda, mamba, micromamba and pixi record of each package of an environment."""

from analyze.catalogers.conda.cataloger import CondaCataloger

__all__ = ["CondaCataloger"]
