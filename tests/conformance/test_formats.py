"""Every format can hold what every cataloger finds in its fixtures."""

import pytest
from tests.harness.fixtures import tree
from tests.harness.renderings import MemoryAnalysis, head, rendered
from tests.harness.sbom_validators import cyclonedx, spdx, spdx3, spdx_tag_value, syft
from tests.harness.views import View, findings

from analyze.catalogers import CATALOGERS
from analyze.catalogers.contract import Cataloger
from cargohold.model import Distro


@pytest.mark.parametrize("cataloger", CATALOGERS, ids=lambda one: one.name)
def test_every_format_takes_what_a_cataloger_finds(cataloger: Cataloger) -> None:
    view = View([tree(cataloger.name)], cataloger, Distro(id="debian", version_id="12"))
    packages = [finding.package for finding in findings(view, cataloger)]
    reader = MemoryAnalysis(head(), packages, list(cataloger.relate(view, packages)))
    found = cyclonedx(rendered(reader, "cyclonedx-json", scope="all"))["components"]
    assert len(found) == len(packages) + 1
    syft(rendered(reader, "syft-json", scope="all"))
    spdx(rendered(reader, "spdx-json", scope="all"))
    spdx3(rendered(reader, "spdx-json@3.0.1", scope="all"))
    spdx_tag_value(rendered(reader, "spdx-tag-value", scope="all"))
