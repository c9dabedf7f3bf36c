"""The replica's AWS account: there when somebody asks, as the checklist says, and with each fault as it says."""

import subprocess
import sys

import pytest
import requests

from checks.aws.bucket import BucketConfiguration
from checks.aws.distribution import Distribution
from runner.configuration.connect import new_access
from runner.configuration.environment import Environment
from runner.configuration.replica import CHECKOUT


def switch(environment: Environment, *faults: str) -> None:
    url = environment.url("/__replica__/fault")
    requests.put(url, json={"faults": faults}, verify=environment.verify, timeout=30).raise_for_status()


def test_a_fault_of_the_account_comes_and_goes(environment: Environment) -> None:
    s3 = BucketConfiguration(new_access(environment), environment.storage.bucket)
    s3.expect_versioning(False)
    switch(environment, "bucket-versioned")
    with pytest.raises(AssertionError, match="seen Enabled"):
        s3.expect_versioning(False)
    switch(environment)
    s3.expect_versioning(False)


def test_a_distribution_that_is_in_progress_stays_so_until_the_fault_goes(environment: Environment) -> None:
    def distribution() -> Distribution:
        return Distribution(new_access(environment), environment.cdn.domain)

    switch(environment, "distribution-in-progress")
    for _ in range(3):
        with pytest.raises(AssertionError, match="seen InProgress"):
            distribution().expect_deployed()
    switch(environment)
    distribution().expect_deployed()


def test_the_replica_starts_without_moto() -> None:
    code = "import sys, replica.__main__; sys.exit('moto' in sys.modules or 'flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0
