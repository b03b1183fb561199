import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cargohold.contracts import Reference
from cargohold.errors import InvalidReference
from cargohold.registry.reference import check_name, named_in_archive, parse_reference, split_location, to_text

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("ubuntu", "docker.io/library/ubuntu:latest"),
        ("docker://ubuntu:22.04", "docker.io/library/ubuntu:22.04"),
        ("team/app", "docker.io/team/app:latest"),
        ("index.docker.io/ubuntu", "docker.io/library/ubuntu:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("docker://registry.example.com:5000/a/b/c:v1", "registry.example.com:5000/a/b/c:v1"),
        ("Registry.Example.com/app", "registry.example.com/app:latest"),
        (f"registry.example.com/app@{DIGEST}", f"registry.example.com/app@{DIGEST}"),
        (f"registry.example.com/app:v1@{DIGEST}", f"registry.example.com/app:v1@{DIGEST}"),
        ("[::1]:5000/app:v1", "[::1]:5000/app:v1"),
        ("a__b/c--d.e_f", "docker.io/a__b/c--d.e_f:latest"),
        ("oci:/tmp/layout", "oci:/tmp/layout"),
        ("oci:layout:1.0", "oci:layout:1.0"),
        ("docker-archive:x.tar:team/app:1", "docker-archive:x.tar:team/app:1"),
    ],
)
def test_names_get_dockers_defaults(text: str, canonical: str) -> None:
    reference = parse_reference(text)
    assert to_text(reference) == canonical
    assert parse_reference(canonical) == reference


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("docker://", "missing"),
        ("registry.example.com/", "missing"),
        ("registry.example.com/App", "lower case"),
        ("UPPER", "lower case"),
        ("a" * 256, "longer"),
        ("0" * 64, "identifier"),
        ("app:", "tag"),
        ("app:a/b:c d", "tag"),
        ("app:" + "t" * 129, "tag"),
        ("app@sha256:12", "'@'"),
        (f"app@sha512:{'a' * 128}", "'@'"),
        (f"app@{DIGEST}@{DIGEST}", "'@'"),
        ("a..b", "components"),
        ("registry.example.com//app", "components"),
        ("-host.example.com/app", "host"),
        ("host:port/app", "host"),
        ("https://registry.example.com/app", "transport"),
        ("docker-daemon://app", "transport"),
        ("oci:", "path"),
        ("oci-archive::tag", "path"),
        ("app\n", "control"),
        ("x" * 5000, "longer"),
    ],
)
def test_what_is_no_reference_says_why(text: str, reason: str) -> None:
    with pytest.raises(InvalidReference, match=reason):
        parse_reference(text)


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_is_a_reference_or_an_invalid_one(text: str) -> None:
    try:
        reference = parse_reference(text)
    except InvalidReference:
        return
    assert parse_reference(to_text(reference)) == reference


@pytest.mark.parametrize(
    ("text", "repository", "tag"),
    [
        ("oci:/images/app:1.0", "app", "1.0"),
        ("oci:/images/app", "app", ""),
        ("oci-archive:/images/app.tar.gz", "app", ""),
        ("docker-archive:app.tar:registry.example.com:5000/team/app:1.0", "registry.example.com:5000/team/app", "1.0"),
        ("docker-archive:/images/app.tar:@1", "app", ""),
    ],
)
def test_files_name_their_repository_and_no_registry(text: str, repository: str, tag: str) -> None:
    reference = parse_reference(text)
    assert (reference.registry, reference.repository, reference.tag) == ("", repository, tag)
    assert f"{reference.transport}:{reference.location}" == text


@pytest.mark.parametrize(
    "parts",
    [
        {"registry": "registry.example.com/v2/other"},
        {"registry": "user@registry.example.com"},
        {"registry": ""},
        {"repository": "../../v2/other"},
        {"repository": "app?x="},
        {"tag": "1.0/../../blobs"},
        {"tag": "a\r\nX-Header: b"},
    ],
)
def test_a_reference_from_a_message_is_checked_before_it_is_a_url(parts: dict[str, str]) -> None:
    good = {"registry": "registry.example.com", "repository": "team/app", "tag": "1.0"}
    check_name(Reference.model_validate(good))
    with pytest.raises(InvalidReference):
        check_name(Reference.model_validate(good | parts))


def test_names_inside_archives() -> None:
    assert split_location("/a/b.tar:c:d") == ("/a/b.tar", "c:d")
    assert named_in_archive("sample:latest", "x.tar") == ("sample", "latest")
    assert named_in_archive("host:5000/app", "x.tar") == ("host:5000/app", "")
    assert named_in_archive("v1", "/y/x.tar") == ("x", "v1")
    assert named_in_archive("not a tag", "/y/x.tar") == ("x", "")
    assert named_in_archive("", "/y/x.tgz") == ("x", "")
    assert Reference(repository="x").registry == ""
