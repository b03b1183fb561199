"""The deps.json of the corpus, against what Syft 1.18.1 finds in it."""

import json

from tests.harness.fixtures import corpus
from tests.harness.views import packages

from analyze.catalogers.dotnet import DotnetCataloger

WITHOUT_FILES = {("System.Diagnostics.DiagnosticSource", "6.0.0"), ("System.Runtime.CompilerServices.Unsafe", "6.0.0")}
OTHER_PROJECT = {("TestCommon", "1.0.0")}


def test_a_library_with_a_project_reference():
    """Syft 1.18.1 finds all 14 entries.

    Newer ones, and this, leave out the project that TestLibrary refers to, and the two packages that
    bring no file: the framework has them.
    """
    content = corpus("dotnet", "TestLibrary.deps.json").read_bytes()
    found = packages([{b"app/TestLibrary.deps.json": content}], DotnetCataloger())
    libraries = {tuple(key.split("/")) for key in json.loads(content)["libraries"]}
    assert len(libraries) == 14
    assert {(one.name, one.version) for one in found.values()} == libraries - WITHOUT_FILES - OTHER_PROJECT
    assert found["TestLibrary"].metadata["type"] == "project"
