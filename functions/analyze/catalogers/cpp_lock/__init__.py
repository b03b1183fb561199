"""C and C++ packages that Conan's lock files and vcpkg's manifests declare."""

from analyze.catalogers.cpp_lock.cataloger import CppLockCataloger

__all__ = ["CppLockCataloger"]
