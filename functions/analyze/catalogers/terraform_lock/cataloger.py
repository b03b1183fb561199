"""The format of Terraform."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger
from analyze.catalogers.terraform_lock import hcl


class TerraformLockCataloger(LockfileCataloger):
    """.terraform.lock.hcl."""

    name: ClassVar[str] = "terraform_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name=".terraform.lock.hcl",
            read=hcl.read,
            type="terraform",
            language="go",
            purl_type="generic",
            basenames=frozenset({b".terraform.lock.hcl"}),
            metadata_type="terraform-lock-provider-entry",
        ),
    )
