"""Installed Ruby gems: the specifications that RubyGems writes."""

from analyze.catalogers.ruby.cataloger import RubyCataloger

__all__ = ["RubyCataloger"]
