"""What an analysis of known layers in files does not wait for."""

import subprocess
import sys

LATER = {"analyze.layer.walk", "analyze.searches", "analyze.transports.docker", "subprocess", "tarfile", "urllib3"}
PROGRAM = f"""
import sys
import analyze.image.assemble, analyze.options, analyze.pipeline, analyze.transports.oci_layout
print(sorted({LATER} & sys.modules.keys()))
"""


def test_nothing_that_reads_layers_or_registries_is_imported_before_one_is_read() -> None:
    found = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
