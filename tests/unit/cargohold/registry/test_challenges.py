from hypothesis import given
from hypothesis import strategies as st

from cargohold.registry.authentication import parse_challenges

TOKEN = st.text(st.sampled_from("abcXYZ-_"), min_size=1, max_size=8)


@given(
    st.lists(
        st.tuples(TOKEN, st.dictionaries(TOKEN.map(str.lower), st.text('ab ,="\\:/é', max_size=10), max_size=3)),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_written_is_read(challenges: list[tuple[str, dict[str, str]]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    written = ", ".join(
        f"{scheme} {', '.join(f'{name}={quoted(value)}' for name, value in parameters.items())}".strip()
        for scheme, parameters in challenges
    )
    assert parse_challenges(written) == [(scheme.lower(), parameters) for scheme, parameters in challenges]


@given(st.text(max_size=60))
def test_anything_is_read_to_its_end(text: str) -> None:
    parse_challenges(text)


def test_what_registries_send() -> None:
    assert parse_challenges(
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"'
    ) == [
        (
            "bearer",
            {
                "realm": "https://auth.docker.io/token",
                "service": "registry.docker.io",
                "scope": "repository:a/b:pull",
            },
        )
    ]
    assert parse_challenges("Basic realm=plain") == [("basic", {"realm": "plain"})]
    assert parse_challenges("Negotiate, Basic") == [("negotiate", {}), ("basic", {})]
    assert parse_challenges("") == []
