"""Plugins and themes of WordPress."""

from analyze.catalogers.wordpress.cataloger import WordpressCataloger

__all__ = ["WordpressCataloger"]
