"""Java packages that Gradle's lock files and Maven's pom.xml files declare."""

from analyze.catalogers.java_lock.cataloger import JavaLockCataloger

__all__ = ["JavaLockCataloger"]
