"""No harm: `python -m selftest.proof.harm --times 20` runs on a bucket that another site uses too; half the runs die.

The runs change the plugin's credentials and upload; half of them die by SIGKILL at a random moment, and every other
time the next run starts with an empty state folder, as on another machine. After each run that was let finish the
settings are as before, and the other site's objects are there byte for byte after every run. In the end some of them
lie under the ids of the suite's own people: then no run begins. Exit code 0 when nothing was harmed, 1 when something
was.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import plugin_settings
from runner.configuration.connect import new_bucket, new_site
from runner.configuration.environment import Environment, load
from runner.configuration.naming import LOCK_NAME, POOL, is_ours, marked_category
from runner.configuration.replica import CHECKOUT
from selftest.proof.warm import SMALL, Warm, warm_replica

TESTS = ("tests/test_2_11_errors.py", "tests/test_2_11_interrupted.py", "-k", "wrong_credentials or confirmation_fails")
EARLIEST, LATEST = 4, 30
"""Seconds after its start at which a run is killed."""
GO, WRONG = 0, 4


class Harmed(Exception):
    """Something is not as it was before."""


class Bystander:
    """Another site that has the same bucket, and the plugin's settings of this one."""

    def __init__(self, environment: Environment, admin: MoodleClient) -> None:
        self._bucket = new_bucket(environment)
        self._admin = admin
        self._objects: dict[str, str] = {}
        self._settings = plugin_settings(admin)
        settings, storage = self._settings, environment.storage
        self._plugin = boto3.client(
            "s3",
            region_name=storage.region,
            endpoint_url=storage.endpoint,
            aws_access_key_id=settings["aws_access_key"],
            aws_secret_access_key=settings["aws_secret_key"],
            verify=environment.verify,
        )

    def upload(self, user: int) -> None:
        """One of its students, who has that id there, hands in a video."""
        key = f"videos/{user}/{int(time.time())}_{random.randbytes(4).hex()}/clip.mp4"
        content = random.randbytes(1000)
        self._plugin.put_object(Bucket=self._bucket.name, Key=key, Body=content)
        self._objects[key] = self._bucket.digest(key)

    def expect_unharmed(self) -> None:
        for key, digest in self._objects.items():
            if not self._bucket.keys(key) or self._bucket.digest(key) != digest:
                raise Harmed(f"the other site's {key} is gone or changed")

    def expect_settings(self) -> None:
        now = plugin_settings(self._admin)
        # What a browser's form writes anew has its line ends.
        if changed := [name for name, value in self._settings.items() if now[name].split() != value.split()]:
            raise Harmed(f"the settings {', '.join(changed)} are not as before")

    def sweep(self, users: list[int]) -> int:
        """What an administrator does who is told that the bucket is shared: deletes what a dead run left there."""
        left = [key for user in users for key in self._bucket.keys(f"videos/{user}/") if key not in self._objects]
        self._bucket.delete(left)
        return len(left)


def start(warm: Warm, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "pytest.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *TESTS, f"--env={warm.file}", "--browser=chromium", f"--reports={folder}"],
            cwd=CHECKOUT,
            env=warm.variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def finish(warm: Warm, folder: Path) -> tuple[int, str]:
    code = start(warm, folder).wait(300)
    return code, (folder / "pytest.log").read_text(encoding="utf-8", errors="replace")


def expire_lock(admin: MoodleClient) -> None:
    """Twenty minutes later, seen from another machine."""
    courses = Courses(admin)
    for course, name in courses.within(marked_category(courses)).items():
        if name == LOCK_NAME:
            courses.write_summary(course, "Held by somebody, run dead until 2020-01-01T00:00:00Z.")


@contextmanager
def a_site() -> Iterator[tuple[Warm, Environment, MoodleClient, Path]]:
    with tempfile.TemporaryDirectory(prefix="harm-") as name, warm_replica(Path(name), "chromium", SMALL) as warm:
        os.environ |= warm.variables
        environment = load(str(warm.file))
        admin = new_site(environment)
        admin.login(environment.accounts.admin.username, environment.accounts.admin.password.get_secret_value())
        yield warm, environment, admin, Path(name)


def harm(times: int, seed: int) -> None:
    """Raises Harmed."""
    random.seed(seed)
    with a_site() as (warm, environment, admin, folder):
        other = Bystander(environment, admin)
        for user in range(100, 400, 7):
            other.upload(user)
        for number in range(times):
            killed, elsewhere = number % 2 == 0, number % 4 == 0
            told = ""
            if killed:
                run = start(warm, folder)
                try:
                    code = run.wait(random.uniform(EARLIEST, LATEST))
                except subprocess.TimeoutExpired:
                    run.kill()
                    code = run.wait()
                if elsewhere:
                    shutil.rmtree(folder / "state", ignore_errors=True)
                    expire_lock(admin)
            else:
                code, log = finish(warm, folder)
                people = [one.id for one in Accounts(admin, Courses(admin)).find(POOL) if is_ours(one)]
                if code == WRONG and "is shared" in log:
                    told = f"told that the bucket is shared; {other.sweep(people)} objects swept; "
                    code, log = finish(warm, folder)
                if code != GO:
                    raise Harmed(f"run {number} ended with {code}:\n{log[-3000:]}")
                other.expect_settings()
            other.expect_unharmed()
            print(f"{number + 1:>4}  {told}{'killed' if killed and code < 0 else f'ended with {code}'}", flush=True)
        theirs = next(one.id for one in Accounts(admin, Courses(admin)).find(POOL) if is_ours(one))
        other.upload(theirs)
        code, log = finish(warm, folder)
        if code != WRONG or "is shared" not in log:
            raise Harmed(f"a run began where another site's objects lie under its people's ids:\n{log[-2000:]}")
        other.expect_unharmed()
        other.expect_settings()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m selftest.proof.harm", description="Does a killed run do harm?")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    try:
        harm(options.times, options.seed)
    except Harmed as reason:
        print(f"HARMED: {reason}", file=sys.stderr)
        return 1
    print(f"{options.times} runs, nothing harmed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
