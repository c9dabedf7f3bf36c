"""A replica for the tests that need a site."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.bucket import Bucket
from fixtures.environment import Environment, load
from fixtures.site import Site
from fixtures.stage import CATEGORY, POOL
from selftest.checkout import Checkout

CHECKOUT = Path(__file__).resolve().parents[1]


def _three_free_ports() -> int:
    own = 20443 + os.getpid() % 1000 * 10  # other workers of xdist look elsewhere
    for first in range(own, 32000, 10):
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            try:
                for offset, port in enumerate((one, two, three)):
                    port.bind(("127.0.0.1", first + offset))
            except OSError:
                continue
            return first
    raise OSError("no three free ports in a row")


@pytest.fixture(scope="session")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The environment file of a replica of this process's own; it stops with the session."""
    folder = tmp_path_factory.mktemp("replica")
    port = _three_free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", "replica", "--json", "--port", str(port), "--dir", str(folder / "state")],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        told = process.stdout.readline()
        assert told, "the replica did not start"
        yield _environment_file(folder, json.loads(told))
    finally:
        process.stdin.close()
        process.wait(10)


def _environment_file(folder: Path, ready: dict) -> Path:
    storage, cdn = ready["storage"], ready["cdn"]
    secrets = {
        "S3V_SELFTEST_ADMIN": ready["accounts"]["admin"]["password"],
        "S3V_SELFTEST_KEY": storage["access_key"],
        "S3V_SELFTEST_SECRET": storage["secret_key"],
    }
    folder.joinpath(".env").write_text("".join(f"{name}='{value}'\n" for name, value in secrets.items()), "utf-8")
    file = folder / "environments" / "selftest.toml"
    file.parent.mkdir()
    file.write_text(
        f"""
        base_url = "{ready["base_url"]}"
        ca_file = "{ready["ca_file"]}"
        test_site = true
        [accounts]
        admin = {{ username = "{ready["accounts"]["admin"]["username"]}", password = "S3V_SELFTEST_ADMIN" }}
        [storage]
        bucket = "{storage["bucket"]}"
        region = "{storage["region"]}"
        endpoint = "{storage["endpoint"]}"
        access_key = "S3V_SELFTEST_KEY"
        secret_key = "S3V_SELFTEST_SECRET"
        [cdn]
        domain = "{cdn["domain"]}"
        """,
        encoding="utf-8",
    )
    return file


@pytest.fixture(scope="session")
def environment(replica: Path) -> Environment:
    return load("selftest", replica.parent)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, environment: Environment) -> Checkout:
    """A copy of the project whose runs are pointed at the replica."""
    return Checkout(tmp_path_factory.mktemp("checkout"), environment)


@pytest.fixture(scope="module")
def site(environment: Environment) -> Site:
    """The administrator's session on the replica."""
    site = Site(environment.base_url, environment.verify)
    site.login(environment.accounts.admin.username, environment.accounts.admin.password.get_secret_value())
    return site


@pytest.fixture
def nothing_left(checkout: Checkout, environment: Environment, site: Site) -> Iterator[None]:
    """The test's runs leave neither courses, people nor videos on the site, nor files, nor processes."""
    category = site.category(CATEGORY)
    assert category is not None
    bucket = Bucket(environment.storage, environment.verify)

    def seen() -> tuple[object, ...]:
        awake = [account.username for account in site.accounts(POOL) if not account.suspended]
        return site.courses_in(category), bucket.keys("videos/"), awake

    before = seen()
    yield
    assert seen() == before
    assert [path for path in checkout.state.rglob("*") if path.is_file()] == []
    assert checkout.processes() == []
