"""Java libraries that GraalVM compiles into native images."""

from analyze.catalogers.graalvm.cataloger import GraalvmCataloger

__all__ = ["GraalvmCataloger"]
