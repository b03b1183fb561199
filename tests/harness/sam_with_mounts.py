"""`sam`, with the writable mounts that `sam local` lacks: run by the Python that aws-sam-cli is installed in.

`SAM_LOCAL_MOUNTS=/host/directory:/mnt/cache,/host/other:/mnt/other` stands in for EFS, which `sam local`
ignores, and lends Unix sockets. `SAM_LOCAL_IMAGE=built` takes the image that an earlier invocation made of the
template's layers; without it `sam` makes it every time, which takes longer than the invocation. The version of
aws-sam-cli is pinned, because this reaches into it.
"""

import os
from typing import Any

from samcli.cli.main import cli
from samcli.local.docker.lambda_container import LambdaContainer
from samcli.local.docker.lambda_image import LambdaImage

_volumes = LambdaContainer._get_additional_volumes


def _volumes_and_mounts(runtime: Any, debug_options: Any) -> dict[str, dict[str, str]]:
    volumes: dict[str, dict[str, str]] = dict(_volumes(runtime, debug_options))
    for mount in filter(None, os.environ.get("SAM_LOCAL_MOUNTS", "").split(",")):
        source, target = mount.split(":")
        volumes[os.path.realpath(source)] = {"bind": target, "mode": "rw"}
    return volumes


LambdaContainer._get_additional_volumes = staticmethod(_volumes_and_mounts)
if os.environ.get("SAM_LOCAL_IMAGE") == "built":
    LambdaImage._build_image = lambda *_arguments, **_named: None
cli(prog_name="sam")
