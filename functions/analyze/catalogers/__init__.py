"""All catalogers, in the order in which an image is assembled.

Distribution first: the purls of the packages of an operating system name it. Then the package managers
of operating systems, whose packages own files, before those of languages, whose packages they may own.

What reads files that many images do not have is imported for the first of them, so that a cold start does
not wait for it.
"""

from analyze.catalogers.alpm import AlpmCataloger
from analyze.catalogers.apk import ApkCataloger
from analyze.catalogers.binary import BinaryCataloger
from analyze.catalogers.bitnami import BitnamiCataloger
from analyze.catalogers.chisel import ChiselCataloger
from analyze.catalogers.conan import ConanCataloger
from analyze.catalogers.conda import CondaCataloger
from analyze.catalogers.contract import Cataloger
from analyze.catalogers.cpp_lock import CppLockCataloger
from analyze.catalogers.dart_lock import DartLockCataloger
from analyze.catalogers.distro import DistroCataloger
from analyze.catalogers.dotnet import DotnetCataloger
from analyze.catalogers.dotnet_lock import DotnetLockCataloger
from analyze.catalogers.dpkg import DpkgCataloger
from analyze.catalogers.elf_note import ElfNoteCataloger
from analyze.catalogers.go import GoCataloger
from analyze.catalogers.go_mod import GoModCataloger
from analyze.catalogers.graalvm import GraalvmCataloger
from analyze.catalogers.haskell_lock import HaskellLockCataloger
from analyze.catalogers.hex_lock import HexLockCataloger
from analyze.catalogers.java import JavaCataloger
from analyze.catalogers.java_lock import JavaLockCataloger
from analyze.catalogers.javascript_lock import JavascriptLockCataloger
from analyze.catalogers.jvm import JvmCataloger
from analyze.catalogers.license_text import LicenseTextCataloger
from analyze.catalogers.linux_kernel import LinuxKernelCataloger
from analyze.catalogers.lua import LuaCataloger
from analyze.catalogers.nix import NixCataloger
from analyze.catalogers.npm import NpmCataloger
from analyze.catalogers.opam_lock import OpamLockCataloger
from analyze.catalogers.php import PhpCataloger
from analyze.catalogers.php_interpreter import PhpInterpreterCataloger
from analyze.catalogers.php_lock import PhpLockCataloger
from analyze.catalogers.portage import PortageCataloger
from analyze.catalogers.python import PythonCataloger
from analyze.catalogers.python_lock import PythonLockCataloger
from analyze.catalogers.r import RCataloger
from analyze.catalogers.rpm import RpmCataloger
from analyze.catalogers.ruby import RubyCataloger
from analyze.catalogers.ruby_lock import RubyLockCataloger
from analyze.catalogers.rust import RustCataloger
from analyze.catalogers.rust_lock import RustLockCataloger
from analyze.catalogers.sbom import SbomCataloger
from analyze.catalogers.snap import SnapCataloger
from analyze.catalogers.swift_lock import SwiftLockCataloger
from analyze.catalogers.terraform_lock import TerraformLockCataloger
from analyze.catalogers.wordpress import WordpressCataloger

CATALOG_VERSION = 3
"""Of everything that decides what an analysis finds. A test binds it to the versions of the catalogers, of
the layer record and of the limits: a change in one of these without a new number here is red."""

CATALOGERS: tuple[Cataloger, ...] = (
    DistroCataloger(),
    DpkgCataloger(),
    ChiselCataloger(),
    SnapCataloger(),
    ApkCataloger(),
    RpmCataloger(),
    AlpmCataloger(),
    PortageCataloger(),
    NixCataloger(),
    CondaCataloger(),
    ConanCataloger(),
    LinuxKernelCataloger(),
    DotnetCataloger(),
    BitnamiCataloger(),
    PythonCataloger(),
    RubyCataloger(),
    PhpCataloger(),
    RCataloger(),
    LuaCataloger(),
    WordpressCataloger(),
    NpmCataloger(),
    JavaCataloger(),
    JvmCataloger(),
    GoCataloger(),
    RustCataloger(),
    GraalvmCataloger(),
    ElfNoteCataloger(),
    JavascriptLockCataloger(),
    PythonLockCataloger(),
    RubyLockCataloger(),
    RustLockCataloger(),
    GoModCataloger(),
    PhpLockCataloger(),
    JavaLockCataloger(),
    DotnetLockCataloger(),
    SwiftLockCataloger(),
    DartLockCataloger(),
    HexLockCataloger(),
    HaskellLockCataloger(),
    OpamLockCataloger(),
    CppLockCataloger(),
    TerraformLockCataloger(),
    SbomCataloger(),
    BinaryCataloger(),
    PhpInterpreterCataloger(),
    LicenseTextCataloger(),
)
