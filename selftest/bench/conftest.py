"""What is measured belongs to a run against an environment, not to the replica of the selftests."""

import pytest

from runner.configuration.context import RunContext
from runner.configuration.environment import Environment


@pytest.fixture(scope="session")
def environment(run: RunContext) -> Environment:
    return run.environment
