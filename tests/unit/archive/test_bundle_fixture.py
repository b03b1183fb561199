"""A bundle of an older release is read for ever: this file was made once and is not made again."""

from hashlib import sha256
from pathlib import Path

from tests.harness.analyses import EPOCH, analysis_id, digest

from archive import bundle

BUNDLE = Path(__file__).parent / "data" / "bundle-format-1.tar.zst"


def test_a_bundle_of_format_1_is_read() -> None:
    content = BUNDLE.read_bytes()
    assert sha256(content).hexdigest() == "b485c9b8574f4b810885dd91624acf5a5628e48587c41b05f8f45f0a95fe7b81"
    verified = bundle.verify([content], BUNDLE.name)
    assert verified.manifest.image == digest("image of format 1")
    assert verified.manifest.analysis_id == analysis_id(EPOCH)
    assert verified.analysis.packages == {"npm": 2}
    assert [known.tag for known in verified.history.references] == ["v1"]
