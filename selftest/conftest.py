"""A replica for the tests that need a site."""

import gc
from collections.abc import Iterator

import pytest

from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment, load
from runner.configuration.naming import CATEGORY, POOL
from selftest.proof.warm import Warm, warm_replica
from selftest.runs.checkout import Checkout


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: takes patience; make test leaves it out, make test-all has it")


def pytest_collection_finish() -> None:
    gc.freeze()  # inner runs collect garbage again and again, and what was imported and collected until now is none


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """A replica of this process's own; it stops with the session."""
    with warm_replica(tmp_path_factory.mktemp("replica"), "chromium", settings="") as warm:
        yield warm


@pytest.fixture(scope="session")
def environment(warm: Warm) -> Environment:
    with pytest.MonkeyPatch.context() as process:
        for name, value in warm.variables.items():
            process.setenv(name, value)
        return load(str(warm.file))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, warm: Warm, environment: Environment) -> Checkout:
    """A copy of the project whose runs are pointed at the replica."""
    return Checkout(tmp_path_factory.mktemp("checkout"), environment, warm.variables)


@pytest.fixture(scope="module")
def site(environment: Environment) -> MoodleClient:
    """The administrator's session on the replica."""
    site = MoodleClient(environment.base_url, environment.verify)
    site.login(environment.accounts.admin.username, environment.accounts.admin.password.get_secret_value())
    return site


@pytest.fixture
def nothing_left(checkout: Checkout, environment: Environment, site: MoodleClient) -> Iterator[None]:
    """The test's runs leave neither courses, people nor videos on the site, nor files, nor processes."""
    category = Courses(site).category(CATEGORY)
    assert category is not None
    bucket = new_bucket(environment)

    def seen() -> tuple[object, ...]:
        awake = [account.username for account in Accounts(site, Courses(site)).find(POOL) if not account.suspended]
        return Courses(site).within(category), bucket.keys("videos/"), awake

    before = seen()
    yield
    assert seen() == before
    assert [path for path in checkout.state.rglob("*") if path.is_file()] == []
    assert checkout.processes() == []
