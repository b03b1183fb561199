"""Terraform providers that lock files declare."""

from analyze.catalogers.terraform_lock.cataloger import TerraformLockCataloger

__all__ = ["TerraformLockCataloger"]
