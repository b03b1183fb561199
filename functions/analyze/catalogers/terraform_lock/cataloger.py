"""The format of Terraform."""

from typing import ClassVar

from analyze.catalogers.lockfile import Format, LockfileCataloger, reader


class TerraformLockCataloger(LockfileCataloger):
    """.terraform.lock.hcl."""

    name: ClassVar[str] = "terraform_lock"
    version: ClassVar[int] = 1
    formats: ClassVar[tuple[Format, ...]] = (
        Format(
            name=".terraform.lock.hcl",
            read=reader("analyze.catalogers.terraform_lock.hcl"),
            type="terraform",
            language="go",
            purl_type="generic",
            basenames=frozenset({b".terraform.lock.hcl"}),
            metadata_type="terraform-lock-provider-entry",
        ),
    )
