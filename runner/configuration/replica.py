"""The one place that knows the replica: it is started as a program of its own, before its environment is read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tomlkit

from checklist.tables import validated
from clients.errors import ConfigurationError
from runner.configuration.environment import ENVIRONMENTS, Environment
from runner.configuration.environment_values import Source

NAME = "replica"

CHECKOUT = Path(__file__).resolve().parents[2]

STOP_SECONDS = 10


@contextmanager
def started(*options: str) -> Iterator[dict[str, Any]]:
    """A replica with these options of its command line is up; yields what it says of itself with `--json`.

    Raises ConfigurationError when it cannot start.
    """
    if find_spec("starlette") is None:
        raise ConfigurationError(
            "The replica's packages are not installed here. Run make .venv/ready, which brings them, or test a site: "
            "pytest --env NAME takes none of them."
        )
    # It ends when its standard input does, so it cannot outlive this process, however that ends.
    process = subprocess.Popen(
        [sys.executable, "-m", "replica", "--json", *options],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        told = process.stdout.readline()
        if not told:
            raise ConfigurationError(f"The replica did not start (exit code {process.wait(STOP_SECONDS)}), see above.")
        yield json.loads(told)
    finally:
        process.stdin.close()
        process.wait(STOP_SECONDS)


def expect_known(*options: str) -> None:
    """Raises ConfigurationError for options of which a replica would not start; none is started."""
    if not options:
        return
    command = [sys.executable, "-m", "replica", "--list-faults", *options]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        *_, told = done.stderr.splitlines() or [f"replica: exit code {done.returncode}"]
        raise ConfigurationError(told)


def variables(ready: dict[str, Any]) -> dict[str, str]:
    """A started replica's secrets, as the variables that its environment file names."""
    return {
        "S3V_REPLICA_ADMIN_PASSWORD": ready["accounts"]["admin"]["password"],
        "S3V_REPLICA_STORAGE_KEY": ready["storage"]["access_key"],
        "S3V_REPLICA_STORAGE_SECRET": ready["storage"]["secret_key"],
        "S3V_REPLICA_AUDIT_KEY": ready["audit"]["access_key"],
        "S3V_REPLICA_AUDIT_SECRET": ready["audit"]["secret_key"],
        "S3V_REPLICA_SERVER_KEY": ready["server"]["key"],
        "S3V_REPLICA_CDN_KEY": ready["cdn"]["private_key"],
    }


def describe(ready: dict[str, Any], folder: Path) -> Path:
    """Writes `environments/replica.toml` with a started replica's addresses into `folder`; returns the file."""
    environment = tomlkit.parse((ENVIRONMENTS / f"{NAME}.toml").read_text(encoding="utf-8"))
    environment |= {name: ready[name] for name in ("base_url", "plain_url", "ca_file")}
    environment["storage"] |= {"endpoint": ready["storage"]["endpoint"]}
    environment["audit"] |= {"endpoint": ready["audit"]["endpoint"]}
    environment["server"] |= {name: ready["server"][name] for name in ("ssh", "host_key")}
    environment["cdn"] |= {"domain": ready["cdn"]["domain"]}
    of_replica = Path(ready["ca_file"]).parent
    environment["local"] |= {"repository": str(of_replica / "repository"), "key_file": ready["cdn"]["private_key_file"]}
    beside = {name: str((ENVIRONMENTS / environment["decided"][name]).resolve()) for name in ("release", "production")}
    environment["decided"] |= beside
    file = folder / f"{NAME}.toml"
    file.write_text(tomlkit.dumps(environment), encoding="utf-8")
    return file


def described() -> Environment:
    """What its file says while it is not up: targets and limits, and nothing that takes its keys."""
    file = ENVIRONMENTS / f"{NAME}.toml"
    text = file.read_text(encoding="utf-8")
    content = {name: table for name, table in tomllib.loads(text).items() if name not in ("audit", "server")}
    content["cdn"] = {"domain": content["cdn"]["domain"]}
    secrets = dict.fromkeys(re.findall(r"S3V_REPLICA_\w+", text), "known once it is up")
    return validated(Environment, content, Source(file, secrets))


@contextmanager
def running_replica(*options: str) -> Iterator[Path]:
    """A replica is up, and its secrets stand in this process's variables; yields the file of its environment."""
    with started("--site=expired-video", *options) as ready:  # else step 4.2 would have nothing to clean up
        os.environ |= variables(ready)
        yield describe(ready, Path(ready["ca_file"]).parent)
