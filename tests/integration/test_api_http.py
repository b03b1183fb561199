"""The API over HTTP, on rows and documents that the other functions wrote."""

import gzip
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.harness import one_machine
from tests.harness.analyses import EPOCH, SECRET, analysis_id, digest, package, pushed, store_analysis
from tests.harness.api import Client
from tests.harness.rows import execute

from api import answers, documents
from api.queries.paging import make_cursor
from cargohold.contracts import AnalysisFailed, AnalyzeRequest, TransitionRequest
from cargohold.model import License, Scope
from persist.messages import handle_message


def analyzed(client: Client, minutes: float, packages: Any = (), **fields: Any) -> str:
    at = EPOCH + timedelta(minutes=minutes)
    name = digest(f"image {minutes}")
    fields = {"references": (pushed(at, f"v{minutes}"),)} | fields
    handle_message(store_analysis(client.to.store, name, analysis_id(at), packages, **fields), client.to)
    return name


def everything(client: Client, path: str, limit: int, **parameters: Any) -> list[Any]:
    found: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = client.get(path, limit=limit, **parameters, **after).json
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def test_images_are_listed_page_by_page_and_found_by_what_they_are(client: Client) -> None:
    names = [analyzed(client, number, [package(f"p{number}")]) for number in range(5)]
    for limit in (1, 2, 500):
        assert [image["digest"] for image in everything(client, "/v1/images", limit)] == names[::-1]
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({"repository": "shop/checkout", "tag": "v3"}, [names[3]]),
        ({"registry": "elsewhere"}, []),
        ({"package": "p2"}, [names[2]]),
        ({"purl": "pkg:npm/p1@1"}, [names[1]]),
        ({"distro": "debian", "distro_version": "12", "status": "active"}, names[::-1]),
        ({"os": "windows"}, []),
    ]
    for wanted, expected in cases:
        assert [image["digest"] for image in client.get("/v1/images", **wanted).json["items"]] == expected, wanted


def test_one_image(client: Client) -> None:
    name = analyzed(client, 1, [package("a"), package("b", scope=Scope.HIDDEN)], layers=("base", "app"))
    for path in (f"/v1/images/{name}", f"/v1/images/{name.replace(':', '%3A')}"):
        found = client.get(path)
        assert found.status == 200
        assert found.json["image"]["digest"] == name
        assert [layer["diff_id"] for layer in found.json["layers"]] == [digest("base"), digest("app")]
    layers = client.get(f"/v1/images/{name}/layers").json["items"]
    assert [layer["size"] for layer in layers] == [100, 100]
    assert client.get(f"/v1/images/{name}/analysis").json["distro"]["id"] == "debian"
    packages = client.get(f"/v1/images/{name}/packages", scope="all").json["items"]
    assert [(item["package"]["name"], item["scope"]) for item in packages] == [("a", "visible"), ("b", "hidden")]
    assert client.get("/v1/lookup", name="shop/checkout:v1").json == {"digest": name}
    assert client.get("/v1/lookup", name=name[7:15]).json == {"digest": name}
    assert client.get(f"/v1/images/{digest('unknown')}").problem == (404, "image_unknown")
    assert client.get("/v1/images/latest").problem == (400, "invalid_request")
    assert client.get("/v1/lookup", name="shop/checkout", **{"in": "archives"}).problem == (404, "archive_unknown")


def test_several_images_of_one_name_are_told_apart_by_their_digests(client: Client) -> None:
    analyzed(client, 1)
    analyzed(client, 2)
    assert client.get("/v1/lookup", name="shop/checkout").problem == (409, "ambiguous_name")


def test_content_by_type(client: Client) -> None:
    found = [
        package("left-pad", licenses=(License("MIT", "MIT"),)),
        package("lib", type="deb", cataloger="dpkg", purl="pkg:deb/debian/lib@1", licenses=(License("MIT", "MIT"),)),
        package("gone", scope=Scope.HIDDEN),
        package("lock", scope=Scope.DECLARED),
    ]
    name = analyzed(client, 1, found)
    path = f"/v1/images/{name}/content"
    types = {item["type"]: item["count"] for item in client.get(path).json["items"]}
    assert (types["os"], types["npm"], types["packages"], types["files"]) == (1, 1, 2, 3)
    assert {"secrets", "hidden", "licenses", "retrieved"} <= set(types)

    def names(kind: str, **parameters: str) -> list[str]:
        return [item["name"] for item in client.get(f"{path}/{kind}", **parameters).json["items"]]

    assert names("os") == ["lib"]
    assert names("npm") == ["left-pad"]
    assert names("packages") == ["left-pad", "lib"]
    assert names("hidden") == ["gone"]
    assert names("npm", scope="all") == ["left-pad", "gone", "lock"]
    assert names("gem") == []
    assert client.get(f"{path}/licenses").json["items"] == [
        {"license": "MIT", "spdx_expression": "MIT", "packages": ["left-pad 1", "lib 1"]}
    ]
    (secret,) = client.get(f"{path}/secrets").json["items"]
    assert (secret["rule"], secret["path"], secret["snippet"]) == (SECRET.rule, "/k", "-----BEGIN")
    assert client.get(f"{path}/manifest").body == b"{}"
    assert client.get(f"{path}/config").headers["content-type"] == "application/vnd.oci.image.config.v1+json"
    for kind in ("files", "unknowns", "relationships", "retrieved", "history"):
        assert client.get(f"{path}/{kind}").json == {"items": [], "next": None}, kind
    assert client.get(f"{path}/retrieved/file", path="/etc/passwd").problem == (404, "content_unknown")


def test_what_nobody_looked_for_is_not_an_empty_list(client: Client) -> None:
    name = analyzed(client, 1, secrets=None)
    assert client.get(f"/v1/images/{name}/content/secrets").problem == (404, "not_collected")
    assert client.get(f"/v1/images/{name}/content/retrieved").problem == (404, "not_collected")


def test_rows_of_documents_come_in_pages_that_end_with_their_analysis(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = analyzed(client, 1, [package(f"p{number:02}") for number in range(10)])
    path = f"/v1/images/{name}/content/npm"
    for limit in (1, 3, 10, 5000):
        assert [row["name"] for row in everything(client, path, limit)] == [f"p{number:02}" for number in range(10)]
    monkeypatch.setattr(documents, "ROWS", 700)
    assert len(client.get(path).json["items"]) < 10
    assert len(everything(client, path, 100)) == 10
    after = client.get(path, limit=1).json["next"]
    handle_message(
        store_analysis(
            client.to.store, name, analysis_id(EPOCH + timedelta(minutes=9)), [package("new")], catalog_version=2
        ),
        client.to,
    )
    assert client.get(path, after=after).problem == (400, "invalid_query")


def test_what_has_not_changed_is_not_sent_again(client: Client) -> None:
    name = analyzed(client, 1, [package("a")])
    paths = ["", "/layers", "/content/npm", "/content/manifest", "/content/secrets", "/content/history", "/sbom"]
    tags = {}
    for path in paths:
        first = client.get(f"/v1/images/{name}{path}")
        tags[path] = first.headers["etag"]
        again = client.get(f"/v1/images/{name}{path}", headers={"if_none_match": f'"other", {tags[path]}'})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tags[path]), path
    assert client.get(f"/v1/images/{name}", headers={"if_none_match": '"other"'}).status == 200
    handle_message(
        store_analysis(
            client.to.store, name, analysis_id(EPOCH + timedelta(minutes=9)), [package("b")], catalog_version=2,
            references=(pushed(EPOCH),),
        ),
        client.to,
    )  # fmt: skip
    for path in ("", "/content/npm", "/sbom"):
        assert client.get(f"/v1/images/{name}{path}", headers={"if_none_match": tags[path]}).status == 200, path


MEDIA_TYPES = [
    ("syft-json", "application/vnd.syft+json"),
    ("cyclonedx-json@1.5", "application/vnd.cyclonedx+json"),
    ("spdx-json@3.0.1", "application/spdx+json"),
    ("spdx-tag-value", "text/spdx; charset=utf-8"),
    ("table", "text/plain; charset=utf-8"),
    ("json", "application/json"),
]


def test_sboms(client: Client) -> None:
    name = analyzed(client, 1, [package("left-pad", id="1"), package("gone", id="2", scope=Scope.HIDDEN)])
    path = f"/v1/images/{name}/sbom"
    for output, media_type in MEDIA_TYPES:
        found = client.get(path, format=output)
        assert (found.status, found.headers["content-type"]) == (200, media_type)
        assert b"left-pad" in found.body
        assert b"gone" not in found.body
        assert b"gone" in client.get(path, format=output, scope="all").body
        packed = client.get(path, format=output, headers={"accept_encoding": "br, gzip;q=0.5"})
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["etag"] != found.headers["etag"]
        assert gzip.decompress(packed.body) == found.body
        assert (
            "content-encoding" not in client.get(path, format=output, headers={"accept_encoding": "gzip;q=0"}).headers
        )


def test_a_large_sbom_is_had_compressed_or_in_parts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PART", 5_000)
    name = analyzed(client, 1, [package(f"package-{number}", id=str(number)) for number in range(60)])
    path = f"/v1/images/{name}/sbom"
    assert client.get(path, format="json").problem == (413, "answer_too_large")
    whole = gzip.decompress(client.get(path, format="json", headers={"accept_encoding": "gzip"}).body)
    parts, etag = b"", ""
    while len(parts) < len(whole):
        headers = {"range": f"bytes={len(parts)}-"} | ({"if_range": etag} if etag else {})
        part = client.get(path, format="json", headers=headers)
        assert part.status == 206
        end = len(parts) + len(part.body) - 1
        assert part.headers["content-range"] == f"bytes {len(parts)}-{end}/{len(whole)}"
        parts, etag = parts + part.body, part.headers["etag"]
    assert parts == whole
    assert client.get(path, format="json", headers={"range": "bytes=2-11"}).body == whole[2:12]
    last = client.get(path, format="json", headers={"range": "bytes=-10"})
    assert (last.body, last.headers["content-range"]) == (
        whole[-10:],
        f"bytes {len(whole) - 10}-{len(whole) - 1}/{len(whole)}",
    )
    beyond = client.get(path, format="json", headers={"range": f"bytes={len(whole)}-"})
    assert beyond.problem == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"
    stale = {"range": "bytes=0-9", "if_range": '"another"', "accept_encoding": "gzip"}
    assert client.get(path, format="json", headers=stale).status == 200


def test_packages_across_the_fleet(client: Client) -> None:
    first = analyzed(client, 1, [package("left-pad", "1"), package("lib", type="deb", source_name="libsource")])
    second = analyzed(client, 2, [package("left-pad", "2")])
    found = everything(client, "/v1/packages", 1, contains="ft-pa")
    assert [(one["name"], one["version"], one["first_seen"]) for one in found] == [
        ("left-pad", "1", "2026-01-01T00:01:00Z"),
        ("left-pad", "2", "2026-01-01T00:02:00Z"),
    ]
    matches = client.get("/v1/packages/images", name="left-pad").json["items"]
    assert [match["image"]["digest"] for match in matches] == [second, first]
    assert [match["packages"][0]["version"] for match in matches] == ["2", "1"]
    assert client.get("/v1/packages/images", source="libsource").json["items"][0]["image"]["digest"] == first
    assert client.get("/v1/packages/images", type="deb").problem == (400, "invalid_query")
    assert client.get("/v1/packages/seen", name="left-pad").json == {
        "packages": 2, "first_seen": "2026-01-01T00:01:00Z", "last_seen": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    assert client.get("/v1/packages/seen", name="nowhere").json["packages"] == 0
    assert client.get("/v1/packages/seen", type="deb").problem == (400, "invalid_query")


def test_images_by_layer_and_age(client: Client) -> None:
    first = analyzed(client, 1, [], layers=("base", "one"))
    second = analyzed(client, 2, [], layers=("base", "two"))

    def images(**wanted: str) -> list[str]:
        return [image["digest"] for image in everything(client, "/v1/images", 1, **wanted)]

    assert images(layer=digest("base")) == [second, first]
    assert images(layer=digest("one")) == [first]
    assert images(layer=digest("blob base")) == []
    assert images(layer=digest("base"), since="2026-01-01T00:02:00Z") == [second]
    assert images(before="2026-01-01T02:02:00+02:00") == [first]
    assert client.get("/v1/images", layer="sha256:1").status == 400
    assert client.get("/v1/images", since="yesterday").status == 400


def test_packages_by_range_and_licence(client: Client) -> None:
    for number, version in enumerate(["1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0"]):
        licenses = (License("MIT"),) if number % 2 else (License("ISC"), License("MIT"))
        analyzed(client, number, [package("left-pad", version, licenses=licenses), package("other", version)])

    def versions(path: str = "/v1/packages", **wanted: str) -> list[str]:
        return [item["version"] for item in everything(client, path, 1, **wanted)]

    assert versions(version=">=1.9,<2", type="npm", name="left-pad") == ["1.9.0", "1.10.0", "2.0.0-rc.1"]
    assert versions(version="1.10.0", name="left-pad") == ["1.10.0"]
    assert versions(license="ISC") == ["1.9.0", "2.0.0-rc.1"]
    assert versions(license="isc") == []
    matches = client.get("/v1/packages/images", name="left-pad", version=">1.9.0,<=1.10.0", type="npm").json["items"]
    assert [match["packages"][0]["version"] for match in matches] == ["1.10.0"]
    path = f"/v1/images/{digest('image 3')}/packages"
    found = client.get(path, version="=2.0.0", type="npm").json["items"]
    assert [item["package"]["name"] for item in found] == ["left-pad", "other"]
    for wrong in ({"version": ">=1"}, {"version": ">", "type": "npm"}, {"version": ">=1", "type": "no-such-type"}):
        assert client.get("/v1/packages", **wrong).problem == (400, "invalid_query"), wrong


def test_two_images_are_compared(client: Client) -> None:
    first = analyzed(client, 1, [package("a", "1.0.0"), package("gone")], layers=("base", "one"))
    second = analyzed(client, 2, [package("a", "1.1.0"), package("new")], layers=("base", "two"))
    found = client.get("/v1/differences", first=first, second=second).json
    assert [(one["change"], one["name"]) for one in found["packages"]] == [
        ("upgraded", "a"), ("removed", "gone"), ("added", "new"),
    ]  # fmt: skip
    assert found["layers"] == {"first": 2, "second": 2, "base": 1, "shared": [digest("base")]}
    unknown = client.get("/v1/differences", first=first, second=digest("unknown"))
    assert unknown.problem == (404, "image_unknown")


def test_secrets_and_references_and_failures(client: Client) -> None:
    name = analyzed(client, 1)
    (secret,) = client.get("/v1/secrets", severity="HIGH", rule="private-key", visible="true").json["items"]
    assert (secret["image"], secret["digest"]) == (name, "")
    assert client.get("/v1/secrets", visible="false", image=name).json["items"] == []
    assert client.get("/v1/secrets", image=digest("unknown")).problem == (404, "image_unknown")
    (reference,) = client.get("/v1/references", digest=name).json["items"]
    assert (reference["repository"], reference["tag"]) == ("shop/checkout", "v1")
    for number in range(3):
        at = EPOCH + timedelta(hours=number)
        handle_message(
            AnalysisFailed(reference=pushed(None, f"bad{number}"), analysis_id=analysis_id(at),
                           error_code="unauthorized", error_message="no", final=True, failed_at=at),
            client.to,
        )  # fmt: skip
    failures = everything(client, "/v1/failures", 1)
    assert [(one["tag"], one["error_code"]) for one in failures] == [
        (f"bad{number}", "unauthorized") for number in (2, 1, 0)
    ]


def test_an_analysis_is_asked_for_by_a_message(client: Client) -> None:
    answer = client.ask("POST", "/v1/images", {"reference": "registry.example/team/app:2", "force": True})
    (sent,) = client.messages("analyze")
    request = AnalyzeRequest.model_validate(sent)
    assert (answer.status, answer.json["correlation_id"]) == (202, request.correlation_id)
    assert datetime.fromisoformat(answer.json["requested_at"]) == request.reference.pushed_at
    assert (request.reference.repository, request.reference.tag, request.reason, request.force) == (
        "team/app", "2", "manual", True,
    )  # fmt: skip
    for wrong in ("oci:/etc", "docker-archive:/proc/self/environ", "http://169.254.169.254/x", "A B", ""):
        assert client.ask("POST", "/v1/images", {"reference": wrong}).status == 400, wrong
    assert client.messages("analyze") == []


def test_an_image_is_analyzed_again_by_its_newest_name(client: Client) -> None:
    index = digest("index")
    name = analyzed(client, 1, parents=(index,), references=(pushed(EPOCH, "multi"),))
    assert client.ask("POST", f"/v1/images/{name}/analyze").status == 202
    request = AnalyzeRequest.model_validate(client.messages("analyze")[0])
    assert (request.reference.tag, request.reference.digest, request.reference.pushed_at) == ("multi", index, EPOCH)
    assert (request.image, request.parents, request.reason, request.force) == (name, (index,), "reanalyze", True)
    local = analyzed(client, 2, references=(pushed(None, registry=""),))
    assert client.ask("POST", f"/v1/images/{local}/analyze").problem == (400, "invalid_reference")
    assert client.ask("POST", f"/v1/images/{digest('unknown')}/analyze").problem == (404, "image_unknown")


def test_through_the_archive_and_back(client: Client) -> None:
    name = analyzed(client, 1, [package("a")])
    before = client.get(f"/v1/images/{name}/content/npm").body
    asked = client.ask("POST", f"/v1/images/{name}/archive")
    assert asked.status == 202
    assert client.get("/v1/archives").json["items"] == []
    assert client.drain() == 1
    assert client.get(f"/v1/images/{name}").problem == (404, "image_unknown")
    assert client.get("/v1/images").json["items"] == []
    (listed,) = client.get("/v1/images", include="archived").json["items"]
    assert client.get("/v1/images", status="archived").json["items"] == [listed]
    assert listed["image_status"] == "archived"
    (archived,) = client.get("/v1/archives", repository="shop/checkout").json["items"]
    assert archived == client.get(f"/v1/archives/{name}").json
    assert client.ask("POST", f"/v1/images/{name}/archive").problem == (404, "image_unknown")
    wrong = client.ask("POST", f"/v1/archives/{name}/restore?revision={archived['revision'] + 1}")
    assert wrong.problem == (409, "transition_conflict")
    assert client.ask("POST", f"/v1/archives/{name}/cancel").problem == (409, "transition_conflict")
    assert client.ask("POST", f"/v1/archives/{name}/restore?revision={archived['revision']}").status == 202
    assert client.drain() == 2
    assert client.get(f"/v1/images/{name}/content/npm").body == before
    assert client.ask("DELETE", f"/v1/archives/{name}").status == 202
    assert client.drain() == 1
    assert client.get(f"/v1/archives/{name}").problem == (404, "archive_unknown")
    assert client.ask("DELETE", f"/v1/images/{name}").status == 202
    (sent,) = client.messages("archive")
    assert TransitionRequest.model_validate(sent).requested_by == "api"


def test_a_bundle_is_had_whole_in_parts_or_not_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    name = analyzed(client, 1, [package("a")])
    assert client.get(f"/v1/archives/{name}/bundle").problem == (404, "archive_unknown")
    client.ask("POST", f"/v1/images/{name}/archive")
    client.drain()
    view = client.get(f"/v1/archives/{name}").json
    whole = client.get(f"/v1/archives/{name}/bundle")
    assert (whole.status, whole.headers["content-type"]) == (200, "application/zstd")
    assert len(whole.body) == view["bundle_size"]
    assert sha256(whole.body).hexdigest() == view["bundle_sha256"]
    etag = whole.headers["etag"]
    assert client.get(f"/v1/archives/{name}/bundle", {"if_none_match": etag}).status == 304
    part = client.get(f"/v1/archives/{name}/bundle", {"range": "bytes=10-19"})
    assert (part.status, part.body) == (206, whole.body[10:20])
    monkeypatch.setattr(answers, "PART", 100)
    assert client.get(f"/v1/archives/{name}/bundle").problem == (413, "answer_too_large")


def test_a_move_that_is_under_way_is_not_asked_for_twice(client: Client) -> None:
    name = analyzed(client, 1)
    execute(client.database, "UPDATE image SET status = 'archiving'")
    assert client.ask("DELETE", f"/v1/images/{name}").problem == (409, "transition_conflict")
    assert client.ask("POST", f"/v1/archives/{name}/cancel").status == 202


RULE = {"transition": "archive", "analysis_age_days": 90}


def test_rules(client: Client) -> None:
    assert client.ask("POST", "/v1/rules", {"name": "old", "rule": RULE}).status == 201
    assert client.ask("POST", "/v1/rules", {"name": "old", "rule": RULE}).problem == (409, "rule_exists")
    assert client.get("/v1/rules/old").json["rule"]["analysis_age_days"] == 90
    changed = client.ask("PUT", "/v1/rules/old", RULE | {"analysis_age_days": 30})
    assert (changed.status, changed.json["rule"]["analysis_age_days"]) == (200, 30)
    wrong: list[Any] = [
        {"transition": "archive"}, RULE | {"selector": {"tag": "a\u0000"}}, RULE | {"surprise": 1}, [], None, "x",
    ]  # fmt: skip
    for rule in wrong:
        assert client.ask("PUT", "/v1/rules/old", rule).problem == (400, "invalid_request"), rule
    assert client.ask("PUT", "/v1/rules/new", RULE).problem == (404, "rule_unknown")
    assert [rule["name"] for rule in client.get("/v1/rules").json["items"]] == ["old"]
    assert client.ask("DELETE", "/v1/rules/old").status == 200
    assert client.ask("DELETE", "/v1/rules/old").problem == (404, "rule_unknown")


def test_a_dry_run_is_asked_for_and_read(client: Client) -> None:
    name = analyzed(client, 1)
    client.ask("POST", "/v1/rules", {"name": "old", "rule": RULE | {"analysis_age_days": 0}})
    asked = client.ask("POST", "/v1/rule-runs")
    assert asked.status == 202
    assert client.drain() == 1
    (run,) = client.get("/v1/rule-runs", execution_id=asked.json["execution_id"]).json["items"]
    assert (run["rule_name"], run["dry_run"], run["selected"], run["requested"]) == ("old", True, 1, 0)
    assert run["detail"]["decisions"][0]["image"] == name
    other = digest("unknown")
    assert client.ask("POST", f"/v1/rule-runs?image={other}").problem == (404, "image_unknown")
    assert client.ask("POST", f"/v1/rule-runs?mode=run&image={name}").problem == (400, "invalid_query")
    client.ask("POST", "/v1/rule-runs?mode=run")
    client.drain()
    assert [one["dry_run"] for one in everything(client, "/v1/rule-runs", 1)] == [False, True]
    assert client.get(f"/v1/archives/{name}").status == 200


def test_status_usage_and_description(client: Client) -> None:
    analyzed(client, 1, [package("a")])
    assert client.get("/v1/status").json["database"] == "available"
    found = client.get("/v1/usage").json
    assert (found["images"]["images"], found["images"]["size"], found["packages"], found["tags"]) == (1, 100, 1, 1)
    assert found["archives"]["bytes"] == 0
    assert client.get("/v1/transitions").json["items"] == client.get("/v1/audits").json["items"] == []
    assert client.get("/v1/openapi.json").json["openapi"] == "3.1.0"


NEW_YEAR = "2026-01-01T00:00:00+00:00"
WRONG: list[tuple[str, str, tuple[int, str]]] = [
    ("GET", "/v1/nothing", (404, "route_unknown")),
    ("GET", "/nothing", (404, "route_unknown")),
    ("GET", "/v1/images/../rules", (404, "route_unknown")),
    ("GET", "/v1/images/sha256:..%2f..", (404, "route_unknown")),
    ("PATCH", "/v1/images", (405, "method_not_allowed")),
    ("DELETE", "/v1/usage", (405, "method_not_allowed")),
    ("GET", "/v1/images?limit=0", (400, "invalid_request")),
    ("GET", "/v1/images?limit=501", (400, "invalid_request")),
    ("GET", "/v1/images?limit=1&limit=2", (400, "invalid_request")),
    ("GET", "/v1/images?repositroy=x", (400, "invalid_request")),
    ("GET", "/v1/images?repository=", (400, "invalid_request")),
    ("GET", "/v1/images?repository=a%00b", (400, "invalid_request")),
    ("GET", "/v1/images?status=%27%20OR%201=1", (400, "invalid_request")),
    ("GET", "/v1/images?after=x", (400, "invalid_query")),
    ("GET", "/v1/images?after=" + make_cursor("references", ["a", "b", "c", b""]), (400, "invalid_query")),
    ("GET", "/v1/failures?after=" + make_cursor("attempts", [NEW_YEAR, "' OR 1"]), (400, "invalid_query")),
    ("GET", "/v1/secrets?after=" + make_cursor("secrets", [1, "0); DROP"]), (400, "invalid_query")),
    ("GET", "/v1/packages/images", (400, "invalid_query")),
    ("POST", "/v1/images", (400, "invalid_request")),
]


def test_what_is_not_as_it_should_be_is_a_problem(client: Client) -> None:
    for method, path, expected in WRONG:
        assert client.ask(method, path).problem == expected, (method, path)


def test_times_of_any_zone_are_times(client: Client) -> None:
    name = analyzed(client, 1)
    for since in ("2025-12-31T00:00:00-17:03", "2026-01-01T14:00:00+14:00", "1926-01-01T00:00:00Z"):
        assert [item["digest"] for item in client.get("/v1/images", since=since).json["items"]] == [name]
    assert client.get("/v1/images", since="0001-01-01T00:00:00+17:03").problem == (400, "invalid_request")


def test_cursors_that_were_tampered_with_find_nothing_else(client: Client) -> None:
    analyzed(client, 1, [package("a"), package("b")])
    for path, kind, keys in [
        ("/v1/packages", "packages", [["z", "", 2**63 - 1], ["", "", -(2**63)], ["'; DROP TABLE package; --", "", 1]]),
        ("/v1/packages/images", "fleet", [[2**63 - 1], [-1]]),
        ("/v1/secrets", "secrets", [[2**63 - 1, -(2**63)]]),
        ("/v1/images", "images", [[NEW_YEAR, ""], ["0001-01-01T00:00:00+00:00", "ff" * 64]]),
    ]:
        for key in keys:
            answer = client.get(path, after=make_cursor(kind, key), **({"name": "a"} if kind == "fleet" else {}))
            assert answer.status == 200, (path, key, answer.body)
            assert set(answer.json) == {"items", "next"}
    assert client.get("/v1/packages").json["items"]


def test_text_that_looks_like_sql_is_text(client: Client) -> None:
    analyzed(client, 1, [package("a")])
    for text in ("'", "''; DROP TABLE image; --", "%", "\\", "$$", "a' OR 'a'='a", "%(name)s", "{0}", "ß𝄞"):
        for path, parameter in [
            ("/v1/images", "repository"), ("/v1/images", "package"), ("/v1/packages", "contains"),
            ("/v1/packages", "purl"), ("/v1/archives", "tag"), ("/v1/failures", "registry"), ("/v1/lookup", "name"),
            ("/v1/secrets", "rule"), ("/v1/rule-runs", "rule"), ("/v1/references", "tag"),
        ]:  # fmt: skip
            answer = client.get(path, **{parameter: text})
            assert answer.status in (200, 404), (path, parameter, text, answer.body)
            if answer.status == 200:
                assert answer.json["items"] == [], (path, parameter, text)
    assert len(client.get("/v1/images").json["items"]) == 1


def test_bodies_that_are_none(client: Client) -> None:
    for raw in (b"{", b"\xff", b'{"reference": "\\ud800"}', b"[" * 60_000, b'{"a":1}' + b" " * 70_000):
        assert client.ask("POST", "/v1/images", raw=raw).problem == (400, "invalid_request"), raw[:20]


def test_headers_do_not_get_into_answers(client: Client) -> None:
    name = analyzed(client, 1)
    for header in ("if_none_match", "range", "accept_encoding", "if_range"):
        answer = client.get(f"/v1/images/{name}/sbom", headers={header: 'x\r\nSet-Cookie: a=b; bytes=0-1"\0'})
        assert answer.status == 200
        assert not any("\n" in value for value in answer.headers.values())
        assert "set-cookie" not in answer.headers


def test_a_database_that_is_away_is_worth_another_try(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql:///cargohold?host={tmp_path}&user=secret-name")
    one_machine.forget()
    answer = client.get("/v1/images")
    assert answer.problem == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert str(tmp_path).encode() not in answer.body


def test_a_document_that_is_damaged_is_our_fault(client: Client) -> None:
    name = analyzed(client, 1)
    execute(client.database, "UPDATE image SET analysis_sha256 = sha256('other')")
    answer = client.get(f"/v1/images/{name}/layers")
    assert answer.problem == (500, "object_corrupt")
    assert b"analyses/" not in answer.body


def test_the_api_may_change_rules_only(client: Client) -> None:
    import psycopg2

    from api.services import services

    client.get("/v1/status")
    for statement in ("DELETE FROM image", "INSERT INTO tombstone VALUES ('', now(), 'deleted')", "TABLE message"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), services().database.transaction() as cursor:
            cursor.execute(statement)
