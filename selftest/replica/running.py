"""A replica of our own as a process, and what it answers to those who know no Moodle."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import boto3
import psutil
import requests

from runner.configuration.replica import CHECKOUT
from selftest.proof.warm import unmeasured

VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 40


STARTED_WITHIN = 15
"""Seconds; alone on two cores it takes 4."""


@dataclass
class Running:
    """A replica of our own; `ready` is what it said, `seconds` how long it took to say it."""

    process: subprocess.Popen[str]
    folder: Path
    ready: dict[str, Any]
    seconds: float

    @property
    def tree(self) -> list[psutil.Process]:
        replica = psutil.Process(self.ready["pid"])
        return [replica, *replica.children(recursive=True)]


PARENT = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()"


def start(folder: Path, parent: bool = False, options: Sequence[str] = ()) -> Running:
    """Start a replica, or with `parent` a process that starts it and holds its standard input, as the suite does."""
    command = [
        sys.executable,
        "-m",
        "replica",
        "--json",
        "--dir",
        str(folder),
        *options,
    ]
    began = monotonic()
    with unmeasured():
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT, *command] if parent else command,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    assert process.stdout is not None
    return Running(process, folder, json.loads(process.stdout.readline()), monotonic() - began)


def end(running: Running) -> int:
    assert running.process.stdin is not None
    running.process.stdin.close()
    return running.process.wait(10)


def sockets_of_weed(running: Running) -> list[Path]:
    """What this replica's weed has made in /tmp, named by its ports."""
    told = [option[1:].split("=") for one in running.tree for option in one.cmdline() if ".port" in option]
    names = [f"{option.replace('.port', '').replace('.', '-')}-{port}" for option, port in told]
    return [path for name in names if (path := Path(f"/tmp/seaweedfs-{name}.sock")).exists()]


def control(replica: Running, what: str, value: dict[str, Any]) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.put(
            f"{replica.ready['base_url']}/__replica__/{what}", json=value, verify=replica.ready["ca_file"]
        )


def switch(replica: Running, **profiles: Any) -> requests.Response:
    """Switches these site profiles on, and all others off."""
    return control(replica, "site", {name.replace("_", "-"): value for name, value in profiles.items()})


def send_to_s3(replica: Running, form: dict[str, Any], content: bytes = VIDEO) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            form["url"],
            data=form["fields"],
            files={"file": ("clip.mp4", content)},
            headers={"Origin": replica.ready["base_url"]},
            verify=replica.ready["ca_file"],
        )


def fetch(replica: Running, url: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, verify=replica.ready["ca_file"])


def client_of(replica: Running) -> Any:
    storage = replica.ready["storage"]
    return boto3.client(
        "s3",
        endpoint_url=storage["endpoint"],
        region_name=storage["region"],
        aws_access_key_id=storage["access_key"],
        aws_secret_access_key=storage["secret_key"],
        verify=replica.ready["ca_file"],
    )


def keys(replica: Running, bucket: Any) -> set[str]:
    found = bucket.list_objects_v2(Bucket=replica.ready["storage"]["bucket"]).get("Contents", [])
    return {entry["Key"] for entry in found}
