"""Linux kernels and their modules, by what is in the files themselves."""

from analyze.catalogers.linux_kernel.cataloger import LinuxKernelCataloger

__all__ = ["LinuxKernelCataloger"]
