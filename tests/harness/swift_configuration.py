"""The files that make Swift and Keystone run on one directory. Source: their sample configurations."""

import base64
import os
from pathlib import Path

RINGS = ("account", "container", "object")
REGION = "region-one"

_HOST = "127.0.0.1"


def write(directory: Path, ports: dict[str, int]) -> None:
    """Write what the servers read; raises `OSError` where the file system takes no extended attributes."""
    etc, device = directory / "etc", directory / "srv" / "d1"
    etc.mkdir()
    device.mkdir(parents=True)
    os.setxattr(device, "user.swift.probe", b"x" * 512)
    (etc / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_prefix = local\nswift_hash_path_suffix = local\n"
        "[storage-policy:0]\nname = one\ndefault = yes\n"
    )
    for name in RINGS:
        (etc / f"{name}-server.conf").write_text(
            f"[DEFAULT]\n{_common(directory, ports[name])}devices = {device.parent}\nmount_check = false\n"
            "disable_fallocate = true\n"
            f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n"
        )
    tempauth = (
        "[filter:tempauth]\nuse = egg:swift#tempauth\n"
        f"user_test_tester = testing .admin http://{_HOST}:{ports['proxy']}/v1/AUTH_test\n"
        "[filter:tempurl]\nuse = egg:swift#tempurl\nmethods = GET HEAD\n"
        "[filter:s3api]\nuse = egg:swift#s3api\nlocation = eu-west-1\n"
    )
    pipeline = "catch_errors gatekeeper healthcheck cache bulk tempurl s3api tempauth slo dlo proxy-server"
    (etc / "proxy-server.conf").write_text(_proxy(directory, ports["proxy"], pipeline) + tempauth)


def write_keystone_proxy(directory: Path, port: int, keystone: int, password: str) -> None:
    """Write the configuration of a second proxy, whose users are Keystone's."""
    filters = (
        "[filter:authtoken]\npaste.filter_factory = keystonemiddleware.auth_token:filter_factory\n"
        f"www_authenticate_uri = http://{_HOST}:{keystone}\nauth_url = http://{_HOST}:{keystone}\n"
        "auth_type = password\nproject_domain_id = default\nuser_domain_id = default\nproject_name = admin\n"
        f"username = admin\npassword = {password}\ndelay_auth_decision = true\ntoken_cache_time = -1\n"
        "[filter:keystoneauth]\nuse = egg:swift#keystoneauth\noperator_roles = admin\n"
    )
    pipeline = "catch_errors gatekeeper healthcheck cache bulk authtoken keystoneauth slo dlo proxy-server"
    (directory / "etc" / "keystone-proxy.conf").write_text(_proxy(directory, port, pipeline) + filters)


def write_keystone(directory: Path, port: int) -> Path:
    """Write Keystone's configuration and keys; return the file."""
    root = directory / "keystone"
    for keys in ("fernet", "credential"):
        (root / keys).mkdir(parents=True)
        for number in (0, 1):
            (root / keys / str(number)).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
    file = root / "keystone.conf"
    file.write_text(
        f"[DEFAULT]\nlog_file = {root}/log\npublic_endpoint = http://{_HOST}:{port}\n"
        f"[database]\nconnection = sqlite:///{root}/keystone.db\n"
        f"[token]\nprovider = fernet\n[fernet_tokens]\nkey_repository = {root}/fernet\n"
        f"[fernet_receipts]\nkey_repository = {root}/fernet\n"
        f"[credential]\nkey_repository = {root}/credential\n[cache]\nenabled = false\n"
    )
    return file


def _proxy(directory: Path, port: int, pipeline: str) -> str:
    filters = "".join(
        f"[filter:{name}]\nuse = egg:swift#{name}\n"
        for name in ("catch_errors", "gatekeeper", "healthcheck", "bulk", "slo", "dlo")
    )
    return (
        f"[DEFAULT]\n{_common(directory, port)}[pipeline:main]\npipeline = {pipeline}\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\nallow_account_management = true\naccount_autocreate = true\n"
        "[filter:cache]\npaste.filter_factory = tests.harness.swift_cache:filter_factory\n" + filters
    )


def _common(directory: Path, port: int) -> str:
    return (
        f"bind_ip = {_HOST}\nbind_port = {port}\nuser = {_user()}\nswift_dir = {directory}/etc\n"
        f"log_address = {directory}/no-syslog\nlog_level = WARNING\nworkers = 0\n"
    )


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name
