"""The plugin's rate limits, reached on purpose by one person, and how they lift."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from checks.refusals import error_of
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.steps import step
from clients.waits import waiting

MINUTE = 60

CLOCKS = 2
"""Seconds more, as sites count in whole ones."""

MOST_ASKED = 60
"""Requests that are made at most, to find a limit: more would be load."""


class RateLimit:
    """A limit on what `ask` asks for; `what` is its name in messages, `limit` the number a minute in `setting`."""

    def __init__(self, what: str, setting: str, limit: str, ask: Callable[[], HttpResult]) -> None:
        """Raises NotCheckable for a limit that is out of reach."""
        if not limit.isdigit() or not 0 < int(limit) <= MOST_ASKED:
            raise NotCheckable(f"{setting} is {limit or 'empty'}: to reach it would be load")
        self.what, self.limit = what, int(limit)
        self.ask = ask
        self.reached = False
        self._began = 0.0

    def expect_reached(self) -> str:
        """So many are given within a minute, and the next is refused; returns the words, for who has to wait.

        Raises NotCheckable where the site is too slow for that.
        """
        step("the student", f"Ask for {self.what}s, one right after another, until one is refused.")
        self._began = time.monotonic()
        for granted in range(self.limit):
            asked = self.ask()
            if not asked.succeeded:
                raise AssertionError(
                    f"expected {self.limit} {self.what}s within a minute, seen a refusal after {granted}: {asked.seen}"
                )
        asked = self.ask()
        if asked.succeeded:
            self._expect_within_a_minute()
            raise AssertionError(
                f"expected the {self.what} after {self.limit} within a minute to be refused, seen it given"
            )
        self.reached = True
        return " ".join(filter(None, (error_of(asked), str(asked.data.get("guidance") or ""))))

    def expect_in_every_session(self, ask: Callable[[], HttpResult]) -> None:
        """Now that it is reached, the same person is refused as well who asks by `ask`, in another session.

        Raises NotCheckable where the site is too slow for that.
        """
        if ask().succeeded:
            self._expect_within_a_minute()
            raise AssertionError(
                f"expected the {self.what} after {self.limit} within a minute to be refused in every session of one "
                "person, seen it given in another one"
            )

    def _expect_within_a_minute(self) -> None:
        """Since the first request. Raises NotCheckable."""
        if (took := time.monotonic() - self._began) >= MINUTE - CLOCKS:
            raise NotCheckable(f"the site took {took:.0f} s to answer {self.limit + 1} requests: the minute was over")

    def expect_personal(self, ask: Callable[[], HttpResult]) -> None:
        """Now that it is reached, somebody else who asks by `ask` is given one."""
        if not (asked := ask()).succeeded:
            raise AssertionError(
                f"expected another student to be given the {self.what}, seen a refusal after one student has asked for "
                f"{self.limit}: {asked.seen}"
            )


def expect_free(what: str, ask: Callable[[], HttpResult]) -> None:
    """Who asks is given one. Raises NotCheckable where a limit that was reached before keeps it from them."""
    if not (asked := ask()).succeeded:
        raise NotCheckable(f"the {what} is refused before its limit is lowered: {asked.seen}")


def expect_lowered(what: str, limit: int, ask: Callable[[], HttpResult]) -> str:
    """Since the setting says `limit`, no more are given than that; returns the refusal's words.

    What was given within the minute before counts as well. Raises NotCheckable where the site is too slow.
    """
    step("the student", f"Ask for {what}s, one right after another, until one is refused.")
    began = time.monotonic()
    for _ in range(limit + 1):
        if not (asked := ask()).succeeded:
            return error_of(asked)
    if (took := time.monotonic() - began) >= MINUTE - CLOCKS:
        raise NotCheckable(f"the site took {took:.0f} s to answer {limit + 1} requests: the minute was over")
    raise AssertionError(
        f"expected the {what} after {limit} within a minute to be refused, as the settings say, seen it given"
    )


def expect_lifted(limits: Sequence[RateLimit]) -> None:
    """Who has waited for a minute is given one more of each. Raises NotCheckable where no limit was reached."""
    reached = [limit for limit in limits if limit.reached]
    if not reached:
        raise NotCheckable("no limit was reached that could lift")

    def still_refused() -> dict[RateLimit, HttpResult]:
        answers = {limit: limit.ask() for limit in reached}
        return {limit: answer for limit, answer in answers.items() if not answer.succeeded}

    a_minute_later = Retrying(
        retry=retry_if_result(bool),
        wait=wait_fixed(MINUTE + CLOCKS),
        stop=stop_after_attempt(2),
        before_sleep=lambda _: step("", "Wait for a minute."),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    with waiting("for a rate limit to lift", MINUTE + CLOCKS):
        refused = a_minute_later(still_refused)
    if refused:
        raise AssertionError(
            "; ".join(
                f"expected the next {limit.what} a minute later, seen a refusal: {answer.seen}"
                for limit, answer in refused.items()
            )
        )
