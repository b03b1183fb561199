"""Facts of a config: what is there, bounded to what is as it should be, and no value of a variable."""

import json

from hypothesis import given
from hypothesis import strategies as st

from api.image_config import ConfigFacts, config_facts

CONFIG = {
    "config": {
        "User": "app:app",
        "WorkingDir": "/srv",
        "Env": ["B=2", "A=1", "ODD"],
        "Entrypoint": ["/run"],
        "Cmd": ["--fast"],
        "ExposedPorts": {"9/udp": {}, "80/tcp": {}},
        "Volumes": {"/data": {}},
        "Labels": {"z": "1", "a": "2"},
    }
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_facts_of_a_config() -> None:
    assert config_facts(json.dumps(CONFIG).encode()) == ConfigFacts(
        user="app:app",
        working_directory="/srv",
        entrypoint=("/run",),
        command=("--fast",),
        exposed_ports=("80/tcp", "9/udp"),
        volumes=("/data",),
        environment=("A", "B", "ODD"),
        labels=(("a", "2"), ("z", "1")),
    )


def test_every_string_passes_through_the_redaction() -> None:
    facts = config_facts(json.dumps(CONFIG).encode(), lambda _: "*")
    assert facts.labels == (("*", "*"), ("*", "*"))
    assert {facts.user, *facts.entrypoint, *facts.command, *facts.environment, *facts.exposed_ports} == {"*"}


@given(st.dictionaries(st.sampled_from(list(CONFIG["config"])), json_values))
def test_anything_else_is_left_out(settings: dict[str, object]) -> None:
    config_facts(json.dumps({"config": settings}).encode())


def test_no_config_has_no_facts() -> None:
    assert {config_facts(content) for content in (b"", b"[]", b"{}", b'{"config": null}')} == {ConfigFacts()}
