"""Puts a site's settings back when their run was killed: a small process of the run's own that outlives it.

It holds the run's journal and one session on the site, and nothing else: no password, no key. What it knows comes
through its standard input, which the kernel closes when the run is gone, however that ended. A run that ended well has
left no journal, and there is nothing to do. Where the watchdog dies too, the next run or `--restore` does it, as ever.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict
from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from clients.addresses import OWN
from clients.ca_bundle import authorities
from clients.errors import ConfigurationError, SiteError, Unreachable
from clients.http import jar
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from redaction.environment import without_secrets
from runner.configuration.environment import Environment
from runner.reservation.changed_settings import Note, undo
from runner.reservation.clean_up import SETTING
from runner.reservation.journal import Journal

CHECKOUT = Path(__file__).resolve().parents[2]

ALIVE = 60
"""Seconds after which the session is used, so that the site does not end it."""

ENDS = 10
"""Seconds that it may take to end after a run that ended well."""

AFTER = 30
"""Seconds in which a request of the killed run may still come to its end on the site."""


class Cookie(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    name: str
    value: str
    domain: str
    path: str


class Watched(BaseModel):
    """A run, and a session on its site, as they are handed over."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    run_id: str
    lock: int
    timeout: float
    ca_file: Path | None
    verified: bool
    headers: dict[str, str]
    basic_auth: tuple[str, str] | None
    cookies: tuple[Cookie, ...]

    @classmethod
    def of(cls, environment: Environment, run_id: str, lock: int, site: MoodleClient) -> Self:
        basic = environment.basic_auth
        return cls(
            base_url=environment.base_url,
            run_id=run_id,
            lock=lock,
            timeout=environment.budgets.page,
            ca_file=environment.ca_file,
            verified=not environment.ignore_https_errors,
            headers={"User-Agent": str(site.session.headers["User-Agent"])},
            basic_auth=(basic.username, basic.password.get_secret_value()) if basic else None,
            cookies=tuple(
                Cookie(name=one.name, value=one.value or "", domain=one.domain, path=one.path)
                for one in site.session.cookies
            ),
        )

    def site(self) -> MoodleClient:
        """The session, which cannot be begun again."""
        verify = authorities(self.ca_file) if self.ca_file else self.verified
        site = MoodleClient(self.base_url, verify, self.timeout)
        site.session.headers.update(self.headers)
        site.session.auth = self.basic_auth
        site.session.cookies = jar(cookie.model_dump() for cookie in self.cookies)
        return site


@contextmanager
def watching(watched: Watched, secrets: list[str]) -> Iterator[None]:
    """Meanwhile a process watches over the run; its variables hold none of the `secrets`."""
    with without_secrets(secrets):
        process = subprocess.Popen(
            [sys.executable, "-m", "runner.reservation.watchdog"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends all processes of a terminal, or of a run, does not end this one
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(watched.model_dump_json().encode() + b"\n")
        process.stdin.flush()
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):  # it is at work, on what the run could not put back
            process.wait(ENDS)


def put_back(watched: Watched) -> None:
    """Undoes what the journal says is changed, and takes the note out of the site's lock."""
    journal, site = Journal(watched.base_url, watched.run_id), watched.site()

    def something_is_left() -> bool:
        for entry in journal.entries(SETTING):
            # What is as it was may have been changed by a request that is still on its way: that stays noted.
            if undo(site, Note.parse(entry.get("note")), entry):
                Courses(site).write_idnumber(watched.lock, "")
                journal.settle(entry["id"])
        return bool(journal.entries(SETTING))

    if journal.entries(SETTING):
        with journal.turns().write_lock():  # no worker that outlives its run is at work
            Retrying(
                retry=retry_if_result(bool) | retry_if_exception_type((SiteError, Unreachable)),
                stop=stop_after_delay(AFTER),
                wait=wait_fixed(1),
                retry_error_callback=lambda _: None,
            )(something_is_left)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its run
    line = sys.stdin.buffer.readline()
    if not line:
        return
    watched = Watched.model_validate_json(line)
    site = watched.site()
    while not select.select([sys.stdin], [], [], ALIVE)[0]:
        with suppress(SiteError, Unreachable, ConfigurationError):
            site.get(OWN)
    os.chdir("/")
    put_back(watched)


if __name__ == "__main__":
    main()
