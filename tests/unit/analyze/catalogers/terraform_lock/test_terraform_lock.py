"""What Terraform locks."""

from tests.harness.fixtures import tree
from tests.harness.views import packages

from analyze.catalogers.terraform_lock import TerraformLockCataloger


def test_providers():
    (provider,) = packages([tree("terraform_lock")], TerraformLockCataloger()).values()
    assert (provider.name, provider.version) == ("registry.example.org/hashicorp/random", "3.5.1")
    assert provider.purl == "pkg:generic/registry.example.org/hashicorp/random@3.5.1"
    assert (provider.type, provider.metadata_type) == ("terraform", "terraform-lock-provider-entry")
    assert provider.metadata["constraints"] == "~> 3.5"
    assert [one[:3] for one in provider.metadata["hashes"]] == ["h1:", "zh:"]
