"""No harm: `python -m selftest.proof.harm --times 30` runs beside another site on its bucket, with a plugin that lies.

The runs change the plugin's credentials and upload. Every third is killed by SIGKILL at a random moment, and every
other time the next one starts with an empty state folder, as on another machine. Every third goes through with a plugin
that lies in one field of its answers: such a run may say what it will, but not break. Every third meets the truth, and
has to be GO. After each run that was let finish the settings are as before, and the other site's objects are there byte
for byte after every run; in the end some lie under the ids of the suite's own people, and others take their part. Exit
code 0 when nothing was harmed, 1 when something was.
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

from checklist.standard_streams import make_safe
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
EARLIEST, LATEST = 4, 20
"""Seconds after its start at which a run is killed: it has begun by then, and has not ended."""
PATIENT = f"[budgets]\npage = 10\nupload = 25\nplay = 10\n{SMALL}"
"""Budgets: a lie may have the browser wait for what never comes."""

GO = 0
BROKEN = (3, -11, -6)
"""Exit codes that no lie may lead to: an error of pytest's, or of a process."""


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

    def a_key(self) -> str:
        return random.choice(list(self._objects))


def lies(other: Bystander) -> Iterator[dict[str, object]]:
    """One after the other, for ever: each field that the plugin's scripts answer, with what it must not lead to."""
    while True:
        key = other.a_key()
        told: dict[str, tuple[object, ...]] = {
            "data.s3_key": (key, "backup.zip", "videos/0/", "", 7, [key], "../" * 40),
            "data.submission_id": (1, "1", -1, "0 OR 1=1", {}, 2**70),
            "data.url": ("https://elsewhere.example.invalid/", "http://127.0.0.1:1/", "javascript:alert(1)", None),
            "data.fields": ({}, [], {"key": key}, "policy"),
            "data.status": ("deleted", 7),
            "data.file_size": (-1, 2**70, "large", [1]),
            "data.content_type": ("text/html", None),
            "data.signed_url": ("https://elsewhere.example.invalid/video.mp4", "file:///etc/passwd", "", {}),
            "data.expires_in": (-1, "never"),
            "data": (None, [], "none"),
            "success": (False, "yes", None),
            "error": ("\x1b[31m##[error] ::set-output name=x::y", ["no"], "x" * 100_000, "\ud800"),
            "error_type": (7, None),
            "guidance": ({}, "<script>alert(1)</script>"),
            "can_retry": ("yes", None),
        }
        every = [(place, lie) for place, values in told.items() for lie in values]
        random.shuffle(every)
        yield from ({place: lie} for place, lie in every)


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
    """Its exit code, and what it said."""
    code = start(warm, folder).wait(400)
    return code, (folder / "pytest.log").read_text(encoding="utf-8", errors="replace")


def expire_lock(admin: MoodleClient) -> None:
    """Twenty minutes later, seen from another machine."""
    courses = Courses(admin)
    for course, name in courses.within(marked_category(courses)).items():
        if name == LOCK_NAME:
            courses.write_summary(course, "Held by somebody, run dead until 2020-01-01T00:00:00Z.")


@contextmanager
def a_site() -> Iterator[tuple[Warm, Environment, MoodleClient, Path]]:
    with tempfile.TemporaryDirectory(prefix="harm-") as name, warm_replica(Path(name), "chromium", PATIENT) as warm:
        os.environ |= warm.variables
        environment = load(str(warm.file))
        admin = new_site(environment)
        admin.login(environment.accounts.admin.username, environment.accounts.admin.password.get_secret_value())
        yield warm, environment, admin, Path(name)


def harm(times: int, seed: int) -> int:
    """Returns how many runs were killed. Raises Harmed."""
    random.seed(seed)
    with a_site() as (warm, environment, admin, folder):
        other = Bystander(environment, admin)
        for user in range(1000, 1300, 7):
            other.upload(user)
        told, deaths, lasted = lies(other), 0, float(LATEST)
        for number in range(times):
            killed, lying, elsewhere = number % 3 == 0, number % 3 != 1, number % 6 == 0
            lie = next(told) if lying else {}
            admin.session.put(environment.url("/__replica__/lies"), json=lie).raise_for_status()
            if killed:
                code = _killed(warm, folder, lasted)
                deaths += code < 0
                if elsewhere:
                    shutil.rmtree(folder / "state", ignore_errors=True)
                    expire_lock(admin)
            else:
                began = time.monotonic()
                code, log = finish(warm, folder)
                lasted = min(LATEST, time.monotonic() - began)
                if (code != GO and not lying) or code in BROKEN or "Traceback" in log:
                    raise Harmed(f"run {number} ended with {code}, told {lie}:\n{log[-3000:]}")
                other.expect_settings()
            other.expect_unharmed()
            ended = "killed" if killed and code < 0 else f"ended with {code}"
            print(f"{number + 1:>4}  {ended}{f', told {str(lie)[:80]!a}' if lie else ''}", flush=True)
        admin.session.put(environment.url("/__replica__/lies"), json={}).raise_for_status()
        theirs = next(one.id for one in Accounts(admin, Courses(admin)).find(POOL) if is_ours(one))
        other.upload(theirs)
        code, log = finish(warm, folder)
        if code != GO or f"videos/{theirs}/" not in log:
            raise Harmed(f"a run did not leave out whose folder another site's objects lie in:\n{log[-2000:]}")
        other.expect_unharmed()
        other.expect_settings()
    return deaths


def _killed(warm: Warm, folder: Path, lasted: float) -> int:
    run = start(warm, folder)
    try:
        return run.wait(random.uniform(EARLIEST, 0.7 * lasted))
    except subprocess.TimeoutExpired:
        run.kill()
        return run.wait()


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(prog="python -m selftest.proof.harm", description="Does a killed run do harm?")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    try:
        deaths = harm(options.times, options.seed)
    except Harmed as reason:
        print(f"HARMED: {reason}", file=sys.stderr)
        return 1
    print(f"{options.times} runs, {deaths} of them killed, nothing harmed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
