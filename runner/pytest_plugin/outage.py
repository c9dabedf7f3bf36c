"""Tells an outage of the environment from a defect of the plugin, by asking its three hosts independently."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from checklist.verdicts import Check, Verdict
from clients.errors import ConfigurationError, SiteError, Unreachable
from clients.probes import APART, silence
from clients.s3 import Bucket
from runner.configuration.connect import new_bucket, new_cdn, new_site
from runner.configuration.environment import Environment
from runner.pytest_plugin import compat
from runner.pytest_plugin.state import State

BAD = (Verdict.FAILED, Verdict.NOT_REACHED)


def outage(environment: Environment, apart: float = APART) -> str:
    """Which hosts of the environment do not answer, in a sentence each; empty when all do.

    GET of the log-in page, HeadBucket, and the first byte of an object by the CDN; `apart` in seconds.
    """

    def bucket() -> Bucket:
        """One for each thread: botocore has OpenSSL read the authorities anew for each connection, and two threads that
        do so at a time in one context broke the process (a segmentation fault in X509_STORE_free)."""
        return new_bucket(environment, attempts=1, timeout=environment.budgets.probe)

    def site() -> None:
        new_site(environment, environment.budgets.probe).probe()

    def storage() -> None:
        bucket().probe()

    def cdn() -> None:
        key = ""
        with suppress(Unreachable, ConfigurationError):  # that is storage's own word to say
            key = bucket().first("videos/")
        new_cdn(environment).probe(key)

    return silence((site, storage, cdn), apart)


class Watch:
    """Looks for an outage when something goes wrong while tests run, and stops the run there."""

    def __init__(self, config: pytest.Config, state: State) -> None:
        self._config = config
        self._state = state

    def stop(self, why: str) -> None:
        """Lets no further test start."""
        self._state.stopped = True
        compat.stop(self._config, why)

    def still_silent(self) -> bool:
        return bool(self._seen())

    def judged(self, found: list[Check], broken: bool) -> list[Check]:
        """The checks; those that failed because the environment does not answer are not reached, and the run stops.

        `broken` when their test failed outside them too.
        """
        state = self._state
        if broken or any(check.verdict in BAD for check in found):
            self.look()
        if not (state.outage or state.interrupted):
            return found
        why = f"outage: {state.outage}" if state.outage else "the run was told to stop"
        return [
            replace(check, verdict=Verdict.NOT_REACHED, message=why) if check.verdict in BAD else check
            for check in found
        ]

    def keep_lock(self) -> None:
        """A run that has lost its lock on the site stops."""
        state = self._state
        if state.reservation is None or state.outage or state.interrupted:
            return
        try:
            state.reservation.expect_kept()
        except (SiteError, Unreachable, ConfigurationError) as reason:
            self.look()
            if not state.outage:
                state.misconfigured = f"The site's lock was lost: {reason} See who else works there, and run again."
                self.stop("the site's lock was lost")

    def look(self) -> None:
        """Something went wrong: where a host of the environment is silent, that is an outage, and the run stops."""
        state = self._state
        if state.outage or state.interrupted or state.environment is None:
            return
        state.outage = self._seen()
        if state.outage:
            self.stop(f"OUTAGE: {state.outage}")

    def _seen(self) -> str:
        assert self._state.environment is not None
        return outage(self._state.environment)
