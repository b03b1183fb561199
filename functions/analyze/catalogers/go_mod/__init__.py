"""Go modules that go.mod files declare."""

from analyze.catalogers.go_mod.cataloger import GoModCataloger

__all__ = ["GoModCataloger"]
