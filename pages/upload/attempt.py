"""One upload through the widget, from the choice of a file to the message how it ended."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import cast

from playwright.sync_api import Locator, TimeoutError, expect

from checklist.words import sentence
from checks.xss import MARK, RAN, expect_shown_as_text
from clients.steps import came_to
from clients.words import cut, lasting
from pages.base import Moodle
from pages.upload import progress
from pages.upload.progress import Message, Recording
from pages.upload.recorder import RECORDED, WARNS
from pages.upload.requests import Receipt, Requests

ENDING = "a message about how the upload ended"

SAID = 160
"""Characters of a message that a step tells."""

FIRST_BYTES = 64 * 1024
"""More than a request to storage sends that carries no file."""


class Upload:
    """One try to upload in a `widget`: the requests that it makes, and what the widget shows meanwhile."""

    def __init__(self, widget: Locator, moodle: Moodle) -> None:
        self.page = widget.page
        self.started_by = "choosing the file"
        self._moodle = moodle
        self._requests = Requests(self.page, moodle.url)
        self._bar = widget.get_by_role("progressbar")
        self._ending = widget.locator(".s3video-status-message:is(.alert-success, .alert-danger):not([data-earlier])")

    # -- what it sends --------------------------------------------------------------------------------

    def expect_started(self, within: float | None = None) -> str:
        """The transfer to storage starts within so many seconds, the budget by default; returns what started it."""
        within = within or self._moodle.start
        if not self._requests.to_storage():
            try:
                with self.page.expect_event("request", self._requests.carries_the_file, timeout=within * 1000):
                    pass
            except TimeoutError:
                raise AssertionError(
                    f"expected the transfer to start within {within:g} s of {self.started_by}, "
                    f"seen no request to storage, and {self._seen()}"
                ) from None
        return self.started_by

    def storage(self) -> str:
        """The address to which the file is sent, or was sent last."""
        return self._requests.to_storage()[-1]

    def expect_sending(self, sent: Callable[[], int]) -> None:
        """The file's bytes go out, by `sent()`, within the upload's time limit, before a percent of them is there."""
        before, deadline = sent(), time.monotonic() + self._moodle.upload
        while (now := sent() - before) < FIRST_BYTES:
            if time.monotonic() > deadline:
                raise AssertionError(f"expected the file to be sent, seen {now} bytes in {self._moodle.upload:g} s")
            self.page.wait_for_timeout(20)

    def expect_confirming(self) -> None:
        """The file is at the storage, and the page asks Moodle to confirm it, within the upload's time limit."""
        self._moodle.step("Wait until the video is on S3.")
        if not self._requests.to_confirm():
            try:
                with self.page.expect_event("request", self._requests.confirms, timeout=self._moodle.upload * 1000):
                    pass
            except TimeoutError:
                raise AssertionError(
                    f"expected the form to have the upload confirmed, seen no request for that, and {self._seen()}"
                ) from None

    def expect_nothing_sent(self) -> None:
        """No request for an upload URL and no byte of the file left the browser."""
        self._requests.expect_none()

    def expect_few_requests(self, most: int) -> int:
        """The page asked Moodle at most so many times while the upload lasted; returns how often it did."""
        return self._requests.expect_few(most)

    def receipt(self) -> Receipt:
        """What Moodle answered to the request for an upload URL."""
        return self._requests.receipt()

    def file_type(self) -> str:
        """The media type that the browser gave to the chosen file, its `File.type`."""
        return str(self._recorded()["type"])

    # -- what the bar shows ---------------------------------------------------------------------------

    def expect_progress(self) -> None:
        """The bar is on the page while the file is on its way."""
        expect(self._bar, "the progress bar").to_be_visible()

    def expect_under_way(self) -> None:
        """A part of the file is at the storage, the rest is not."""
        self._moodle.step("Wait until the progress bar moves.")
        expect(self._bar, "some progress").not_to_have_attribute("aria-valuenow", "0")

    def expect_whole_progress(self, distinct: int, largest_step: float = 100) -> list[float]:
        """The bar went to 100% in at least `distinct` values, never back; returns them, in percent."""
        return progress.expect_whole(self._recorded()["progress"], distinct, largest_step)

    def expect_no_stall(self, stall: float) -> float:
        """The bar never stood still for longer than about `stall` seconds; returns the longest time that it did."""
        return progress.expect_no_stall(self._recorded(), stall)

    def expect_truthful(self, sent: Sequence[tuple[float, int]], size: int, ahead: float) -> float:
        """The bar never showed more than `ahead` points more than what was sent of `size` bytes; returns the most.

        `sent` pairs a time, in seconds since the epoch, with the bytes that had been sent by then.
        """
        return progress.expect_truthful(self._recorded(), sent, size, ahead)

    # -- how long it may take -------------------------------------------------------------------------

    def later(self, span: timedelta) -> None:
        """Put the tab's clock forward while the file is on its way: `Actor.set_clock` comes before its page."""
        self.expect_under_way()
        self._moodle.step(f"Have the tab's clock moved on by {lasting(span)}.")
        self.page.clock.fast_forward(round(span.total_seconds() * 1000))

    def expect_no_time_limit_below(self, span: timedelta) -> None:
        """The browser was not told to give the transfer up within `span`."""
        limits = [timedelta(milliseconds=limit) for limit in self._recorded()["limits"] if limit]
        if short := [limit for limit in limits if limit < span]:
            raise AssertionError(
                f"expected a transfer that may take {lasting(span)}, seen one that the browser gives up after "
                f"{lasting(min(short))}"
            )

    # -- how it ends ----------------------------------------------------------------------------------

    def expect_ended(self) -> None:
        """The upload ends, within its time limit, with a message of either kind.

        Where nothing was sent or asked for meanwhile, it has the time of a page.
        """
        self._moodle.step("Wait for the form's message.")
        if not self._ends_within(self._moodle.page):
            if not self._requests.any:
                raise AssertionError(
                    f"expected {ENDING} within {self._moodle.page:g} s, seen none, and nothing was sent or asked for"
                )
            if not self._ends_within(self._moodle.upload):
                raise AssertionError(f"expected {ENDING} within {self._moodle.upload:g} s, seen {self._seen()}")
        if said := self._recorded()["messages"]:
            came_to(sentence(f"Wait for the form's message: “{cut(_line(said[-1]['text']), SAID)}”"))

    def expect_stored(self) -> None:
        """Storage has said that it has the file."""
        if not self._requests.stored:
            raise AssertionError(f"expected storage to take the file, seen {self._seen()}")

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._ending.filter(has_text=re.compile(r"\S")).wait_for(timeout=seconds * 1000)
        except TimeoutError:
            return False
        return True

    def expect_ended_while(self, sent: Callable[[], int], still: float) -> None:
        """The upload ends, however long it takes, as long as `sent()`, in bytes, goes on within each `still` seconds.

        Once all bytes are sent it has the time limit of an upload.
        """
        before = -1
        while (now := sent()) != before:
            before = now
            try:
                self._ending.wait_for(timeout=still * 1000)
                break
            except TimeoutError:
                continue  # a large file takes longer than that, on its way
        self.expect_ended()

    def expect_success(self, what: str = "") -> str:
        """The success message comes within the upload's time limit; returns its text.

        `what` is uploaded, in words, where that says more than a video.
        """
        last = self._last_message()
        if last is None or not last["success"]:
            wanted = "the message that the upload succeeded"
            wanted = f"{what} to be taken with {wanted}" if what else wanted
            raise AssertionError(f"expected {wanted}, seen {self._seen()}")
        return last["text"]

    def expect_success_after_confirmation(self) -> dict[str, float]:
        """The success message came after storage had answered and Moodle had confirmed.

        Returns milliseconds since the file was chosen: `stored`, `confirmed`, `told`.
        """
        return progress.expect_told_last(self._recorded(), self._requests.to_storage(), self._requests.to_confirm())

    def expect_refused(self, *names: str, so_that_it: str = "") -> str:
        """An error message comes that names the problem: it contains one of `names`. Returns its text.

        “0.5 GB” does not contain “5 GB”.
        `so_that_it` says in words what a message does that has one of them, such as "tells the student the limit".
        """
        last = self._last_message()
        if last is None or last["success"]:
            raise AssertionError(f"expected the file to be refused with an error message, seen {self._seen()}")
        text = last["text"]
        if names and not any(re.search(rf"(?<![\d.,]){re.escape(name)}", text, re.I) for name in names):
            wanted = so_that_it or f"says {' or '.join(names)}"
            raise AssertionError(f"expected an error message that {wanted}, seen: “{_line(text)}”")
        return text

    def expect_warning(self) -> None:
        """Who leaves the page now, while the file is on its way, is asked whether they want to."""
        if not self.page.evaluate(WARNS):
            raise AssertionError("expected a warning before the page is left with an upload under way, seen none")

    def expect_taken_or_refused(self, *reasons: str) -> bool:
        """The file is taken, or refused with one of these reasons; returns whether it is taken."""
        last = self._last_message()
        if last is not None and last["success"]:
            return True
        self.expect_refused(*reasons)
        return False

    def expect_name_not_run(self, when: str) -> None:
        """The name of the file, which is markup, has not run since the page was opened, nor become an element of it."""
        if self.page.evaluate(RAN) or any(MARK in script for script in self._recorded()["handlers"]):
            raise AssertionError(f"expected the upload form to show the file's name as text, seen it run {when}")
        expect_shown_as_text(self.page.content(), "the upload form")

    def _seen(self) -> str:
        """The last message, and who answered with an error, for the message of a failure."""
        last = next(reversed(self._recorded()["messages"]), None)
        return (f"the message: {_line(last['text'])}" if last else "no message") + self._requests.refusals

    def _last_message(self) -> Message | None:
        self.expect_ended()
        messages = self._recorded()["messages"]
        self._moodle.note_texts(self.page.url, "\n".join(message["text"] for message in messages))
        return next(reversed(messages), None)

    def _recorded(self) -> Recording:
        return cast(Recording, self.page.evaluate(RECORDED))


def _line(text: str) -> str:
    return " ".join(text.split())
