"""A replica that stays up, as an environment with short time limits: a check that fails should fail fast."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from runner.configuration.environment_tables import CHANNELS
from runner.configuration.replica import CHECKOUT, started, variables

ENVIRONMENT = """
base_url = "{base_url}"
plain_url = "{plain_url}"
test_site = true
smoke = true
ca_file = "{ca_file}"
accounts.admin = {{ username = "admin", password = "S3V_REPLICA_ADMIN_PASSWORD" }}
[storage]
bucket = "{storage[bucket]}"
region = "{storage[region]}"
endpoint = "{storage[endpoint]}"
access_key = "S3V_REPLICA_STORAGE_KEY"
secret_key = "S3V_REPLICA_STORAGE_SECRET"
[audit]
endpoint = "{audit[endpoint]}"
access_key = "S3V_REPLICA_AUDIT_KEY"
secret_key = "S3V_REPLICA_AUDIT_SECRET"
[monitoring]
monthly_costs = 40
[local]
repository = "{repository}"
key_file = "{cdn[private_key_file]}"
[server]
ssh = "{server[ssh]}"
key = "S3V_REPLICA_SERVER_KEY"
host_key = "{server[host_key]}"
moodle = "/var/www/moodle"
php_log = "/var/log/php.log"
web_log = "/var/log/apache2/error.log"
backups = "/var/backups/moodle"
restored = "moodle_restored"
log_watcher = "promtail"
[cdn]
domain = "{cdn[domain]}"
key_pair_id = "{cdn[key_pair_id]}"
private_key = "S3V_REPLICA_CDN_KEY"
[[targets]]
name = "{browser}"
{engine}
[[targets]]
name = "{phone}"
engine = "chromium"
device = "Pixel 7"
required = false
"""

PHONE = "pixel-7"
"""The target beside Chromium, for what breaks on a small screen or under a finger."""

SMALL = """
[large]
size = "64MiB"
"""

RUSH = 12
"""Students of a rush in the proof."""

DECIDED = f"""
[decided]
plugin_version = "1.0.0"
position = 4
on_by_default = true
release = "{CHECKOUT / "replica" / "static"}"
production = "{CHECKOUT / "environments" / "production.example.toml"}"
"""

IN_A_HURRY = f"""
[budgets]
page = 5
upload = 12
play = 6
invalidation = 3
upload_link_mbit = 128
[rush]
most = {RUSH}
{SMALL}"""


@dataclass(frozen=True, slots=True)
class Warm:
    """`file` describes the environment; `variables` are a process's environment variables that go with it."""

    base_url: str
    ca_file: str
    file: Path
    variables: dict[str, str]


def _engine(browser: str) -> str:
    return f'engine = "{CHANNELS[browser]}"\nchannel = "{browser}"' if browser in CHANNELS else f'engine = "{browser}"'


@contextmanager
def unmeasured() -> Iterator[None]:
    """No coverage is taken of what starts meanwhile: it has no line that counts, and takes half as long without."""
    with patch.dict(os.environ):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
        yield


@contextmanager
def warm_replica(
    folder: Path, browser: str, settings: str = IN_A_HURRY, profiles: Iterable[str] = ()
) -> Iterator[Warm]:
    """A replica of a site with these site profiles, with its state and its run's journals in `folder`."""
    with ExitStack() as replicas:
        with unmeasured():
            options = ("--dir", str(folder / "replica"), *(f"--site={profile}" for profile in profiles))
            ready = replicas.enter_context(started(*options))
        file = folder / "warm.toml"
        repository = folder / "replica" / "repository"
        described = ENVIRONMENT.format(
            browser=browser, engine=_engine(browser), phone=PHONE, repository=repository, **ready
        )
        file.write_text(described + DECIDED + settings, encoding="utf-8")
        own = {**variables(ready), "XDG_STATE_HOME": str(folder / "state"), "GITHUB_STEP_SUMMARY": ""}
        yield Warm(ready["base_url"], ready["ca_file"], file, {**os.environ, **own})
