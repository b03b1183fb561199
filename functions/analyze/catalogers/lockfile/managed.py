"""Which lock files speak of what an image declares.

A package that a package manager unpacked, or that a project keeps a copy of, may bring the lock file that its
own developers work with: it says nothing of what the image needs. So lock files below directories for such
packages are left out. All others count, those of tests and examples too: a path says what they are.
"""

_DIRECTORIES = (
    b"node_modules",
    b"bower_components",
    b".yarn",
    b".pnpm-store",
    b"site-packages",
    b"dist-packages",
    b"vendor",
    b"vendored",
    b"_vendor",
    b"third_party",
    b"gems",
    b"pkg/mod",  # of GOPATH
    b"registry/src",  # of CARGO_HOME
    b"git/checkouts",
    b"META-INF",  # of unpacked Java archives
    b".m2",
    b".gradle",
    b".nuget",
    b"Pods",
    b"Carthage",
    b".build/checkouts",  # of SwiftPM
    b".pub-cache",
    b"deps",  # of Mix
    b"_build",
    b".stack-work",
    b".opam",
    b".conan",
    b".conan2",
    b".terraform",
)


def is_managed(path: bytes) -> bool:
    """Tell whether a file lies below a directory for packages of others."""
    directories = b"/" + path[: path.rfind(b"/") + 1]
    return any(b"/" + directory + b"/" in directories for directory in _DIRECTORIES)
