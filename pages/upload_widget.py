"""The plugin's upload widget in the submission form, and one upload through it."""

from __future__ import annotations

import base64
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import Any, TypedDict, cast

from playwright.sync_api import FilePayload, Locator, Page, Request, Response, TimeoutError, expect

from pages.base import Moodle, expect_on_screen, press
from services.addresses import PLUGIN

START_SECONDS = 5
"""How soon after choosing a file the transfer must start, where there is no Upload button (contract, 2.7.14)."""

FIRST_BYTES = 64 * 1024
"""More than a request to storage sends that carries no file."""

RECORD = """widget => {
  const seen = window.s3videoSeen = {chosen: performance.now(), type: null, progress: [], messages: []};
  widget.querySelector("input[type=file]").addEventListener(
    "change", ({target}) => { seen.type = target.files[0] && target.files[0].type; }, {capture: true, once: true});
  widget.querySelector(".s3video-status-message")?.setAttribute("data-earlier", "");
  const look = changes => {
    const bar = widget.querySelector("[role=progressbar]");
    const message = widget.querySelector(".s3video-status-message");
    if (message && changes.some(({target}) => message.contains(target))) message.removeAttribute("data-earlier");
    const shown = element => element && element.getClientRects().length > 0;
    if (shown(bar)) {
      const value = Number(bar.getAttribute("aria-valuenow"));
      if (!seen.progress.length || seen.progress.at(-1).value !== value)
        seen.progress.push({at: performance.now(), value});
    }
    if (shown(message) && message.textContent.trim() && !message.hasAttribute("data-earlier")) {
      const success = message.classList.contains("alert-success"), text = message.innerText.trim();
      const last = seen.messages.at(-1);
      if (!last || last.text !== text || last.success !== success)
        seen.messages.push({at: performance.now(), success, text});
    }
  };
  window.s3videoObserver?.disconnect();
  window.s3videoObserver = new MutationObserver(look);
  window.s3videoObserver.observe(
    widget, {subtree: true, childList: true, characterData: true, attributes: true});
}"""
"""Records what the widget shows, by observer and not by polling, so that no short-lived state is missed.

A message of an earlier try is marked `data-earlier` until it changes: it may stay for a moment.
"""

SAID = """message => {
  const words = [], texts = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
  while (texts.nextNode())
    if (!texts.currentNode.parentElement.closest("button")) words.push(texts.currentNode.data.trim());
  return words.filter(Boolean).join(" ");
}"""

ENDED = "() => performance.getEntriesByType('resource').map(({name, responseEnd}) => ({name, at: responseEnd}))"


class Progress(TypedDict):
    """`at` in milliseconds since the page was opened, `value` in percent."""

    at: float
    value: float


class Message(TypedDict):
    at: float
    success: bool
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Moodle promised for an upload: the object's key, the submission's id, and the presigned POST."""

    key: str
    submission: int
    url: str
    fields: dict[str, str]

    @property
    def sizes(self) -> tuple[int, int]:
        """The fewest and the most bytes that the form's policy takes, its `content-length-range`.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        policy = next(value for name, value in self.fields.items() if name.casefold() == "policy")
        for condition in json.loads(base64.b64decode(policy))["conditions"]:
            if isinstance(condition, list) and condition[0] == "content-length-range":
                return int(condition[1]), int(condition[2])
        raise AssertionError("expected a presigned form that limits the file's size, seen no content-length-range")


class UploadWidget:
    """`.s3video-upload-interface` in the submission form."""

    def __init__(self, page: Page, moodle: Moodle) -> None:
        self.page = page
        self.moodle = moodle
        self.root = page.locator(".s3video-upload-interface")
        self.message = self.root.locator(".s3video-status-message")
        self.progress = self.root.get_by_role("progressbar")

    def expect_ready(self) -> None:
        expect(self.root, "the upload widget").to_be_visible()
        expect(self.root.locator("input[type=file]"), "the widget's file input").to_be_attached()

    def expect_on_screen(self) -> None:
        """The widget and its button are seen whole."""
        expect_on_screen(self.root, "the upload widget")
        expect_on_screen(self.root.locator(".s3video-select-btn"), "the button to choose a file")

    def expect_limit(self, size: int) -> None:
        """The limit in force is `size` bytes, and the student can read it, in the unit people use."""
        expect(self.root, "the limit in force").to_have_attribute("data-max-file-size", str(size))
        shown = self.root.inner_text()
        wanted = f"{size // 1024**3} GB"
        if not re.search(rf"\b{size // 1024**3}([.,]0+)?\s*(GB|GiB)\b", shown):
            raise AssertionError(
                f"expected the student to be told the limit of {wanted}, seen: {' '.join(shown.split())}"
            )

    def expect_offered(self, mime: str) -> None:
        """The student's dialogue for files is enabled, and shows files of this type."""
        field = self.root.locator("input[type=file]")
        expect(field, "the widget's file input").to_be_enabled()
        accepted = [part.strip() for part in (field.get_attribute("accept") or "*/*").split(",")]
        if not any(fnmatch(mime, pattern) for pattern in accepted):
            raise AssertionError(f"expected the dialogue for files to show {mime}, seen only {', '.join(accepted)}")

    def choose(self, file: Path | FilePayload) -> Upload:
        """Choose a file, press Upload if there is such a button, and watch what happens."""
        return self._choose(lambda: self.root.locator("input[type=file]").set_input_files(file))

    def choose_in_dialogue(self, file: Path) -> Upload:
        """As `choose`, by the widget's own button and the browser's dialogue for files."""

        def press_and_choose() -> None:
            try:
                with self.page.expect_file_chooser() as opened:
                    press(self.root.locator(".s3video-select-btn"))
            except TimeoutError:
                raise AssertionError("expected the button to open the dialogue for files, seen none") from None
            opened.value.set_files(file)

        return self._choose(press_and_choose)

    def _choose(self, choose: Callable[[], None]) -> Upload:
        upload = Upload(self)
        self.root.evaluate(RECORD)
        choose()
        button = self.root.get_by_role("button", name=re.compile(r"^\s*(start )?upload\b", re.I)).filter(visible=True)
        if button.count():
            button.first.click()
            upload.started_by = "the Upload button"
        return upload

    def try_again(self, file: Path) -> Upload:
        """After a failure, press the button that offers another try; without one, choose the file again."""
        button = self.message.get_by_role("button")
        if not button.count():
            return self.choose(file)
        upload = Upload(self)
        upload.started_by = "the button to try again"
        self.root.evaluate(RECORD)
        button.click()
        return upload

    @contextmanager
    def confirmation_fails(self) -> Iterator[None]:
        """Meanwhile Moodle breaks down whenever the widget confirms an upload."""
        address = "**/confirm_upload.php*"
        self.page.route(address, lambda route: route.fulfill(status=500, body="Internal Server Error"))
        yield
        self.page.unroute(address)

    def said(self) -> str:
        """The message in full, what it folds away included, without its buttons."""
        return str(self.message.evaluate(SAID))


class Upload:
    """One try to upload: the requests that it makes, and what the widget shows meanwhile."""

    def __init__(self, widget: UploadWidget) -> None:
        self.widget = widget
        self.page = widget.page
        self.moodle = widget.moodle
        self.started_by = "choosing the file"
        self.requests: list[Request] = []
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method in ("POST", "PUT"):
            self.requests.append(request)

    def asked(self) -> list[Request]:
        """The requests for an upload URL so far."""
        return [request for request in self.requests if "get_upload_url.php" in request.url]

    def sent(self) -> list[Request]:
        """The requests so far that carry a file somewhere else than to Moodle."""
        return [request for request in self.requests if not request.url.startswith(self.moodle.url)]

    def expect_started(self, within: float = START_SECONDS) -> str:
        """The transfer to storage starts within so many seconds; returns what started it."""

        def carries_the_file(request: Request) -> bool:
            return request.method in ("POST", "PUT") and not request.url.startswith(self.moodle.url)

        if not self.sent():
            try:
                with self.page.expect_event("request", carries_the_file, timeout=within * 1000):
                    pass
            except TimeoutError:
                said = [message["text"] for message in self.messages()] or "no message"
                raise AssertionError(
                    f"expected the transfer to start within {within:g} s of {self.started_by}, "
                    f"seen no request to storage, and {said}"
                ) from None
        return self.started_by

    def expect_progress(self) -> None:
        """The bar is on the page while the file is on its way."""
        expect(self.widget.progress, "the progress bar").to_be_visible()

    def expect_under_way(self) -> None:
        """A part of the file is at the storage, the rest is not."""
        expect(self.widget.progress, "some progress").not_to_have_attribute("aria-valuenow", "0")

    def expect_sending(self, sent: Callable[[], int]) -> None:
        """The file's bytes go out, by `sent()`, within the upload's time limit, before a percent of them is there.

        Chromium waits for ever where an HTTP/2 connection breaks between the start of a transfer and its first byte.
        """
        before, deadline = sent(), time.monotonic() + self.moodle.upload
        while (now := sent() - before) < FIRST_BYTES:
            if time.monotonic() > deadline:
                raise AssertionError(f"expected the file to be sent, seen {now} bytes in {self.moodle.upload:g} s")
            self.page.wait_for_timeout(20)

    def expect_ended(self) -> None:
        """The upload ends, within its time limit, with a message of either kind."""
        self._settle()

    def expect_ended_while(self, sent: Callable[[], int], still: float) -> None:
        """The upload ends, however long it takes, as long as `sent()`, in bytes, goes on within each `still` seconds.

        Once all bytes are sent it has the time limit of an upload.
        """
        before = -1
        while (now := sent()) != before:
            before = now
            try:
                self._settled().wait_for(timeout=still * 1000)
                break
            except TimeoutError:
                continue  # a large file takes longer than that, on its way
        self._settle()

    def expect_few_requests(self, most: int) -> int:
        """The widget asked the plugin at most so many times, however long the upload took; returns how often it did."""
        asked = [request.url.split("?")[0] for request in self.requests if PLUGIN in request.url]
        if len(asked) > most:
            raise AssertionError(f"expected at most {most} requests of the upload to Moodle, seen {Counter(asked)}")
        return len(asked)

    def expect_nothing_sent(self) -> None:
        """No request for an upload URL and no byte of the file left the browser."""
        if self.requests:
            raise AssertionError(
                f"expected no request, seen {[request.url.split('?')[0] for request in self.requests]}"
            )

    def expect_success(self) -> str:
        """The success message comes within the upload's time limit; returns its text."""
        self._settle()
        messages = self.messages()
        if not messages or not messages[-1]["success"]:
            seen = messages[-1]["text"] if messages else "no message at all"
            raise AssertionError(f"expected the message that the upload succeeded, seen: {seen}")
        return messages[-1]["text"]

    def expect_refused(self, *names: str) -> str:
        """An error message comes that names the problem: it contains one of `names`. Returns its text."""
        self._settle()
        messages = self.messages()
        if not messages or messages[-1]["success"]:
            seen = f"the message {messages[-1]['text']!r}" if messages else "no message"
            raise AssertionError(f"expected the file to be refused with an error message, seen {seen}")
        text = messages[-1]["text"]
        if names and not any(name.casefold() in text.casefold() for name in names):
            raise AssertionError(f"expected an error message that says {' or '.join(names)}, seen: {text}")
        return text

    def _settled(self) -> Locator:
        return self.widget.root.locator(".s3video-status-message:is(.alert-success, .alert-danger):not([data-earlier])")

    def _settle(self) -> None:
        settled = self._settled()
        expect(settled, "a message about how the upload ended").to_be_visible(timeout=self.moodle.upload * 1000)
        expect(settled).not_to_be_empty()

    def messages(self) -> list[Message]:
        return cast(list[Message], self.page.evaluate("() => window.s3videoSeen.messages"))

    def progress(self) -> list[Progress]:
        """What the bar showed while it was visible, in order, each change once."""
        return cast(list[Progress], self.page.evaluate("() => window.s3videoSeen.progress"))

    def expect_whole_progress(self, distinct: int, largest_step: float = 100) -> list[float]:
        """The bar went from near 0 to 100% in at least `distinct` values, never back; returns them, in percent."""
        values = [step["value"] for step in self.progress()]
        told = ", ".join(f"{value:g}" for value in values) or "nothing"
        if any(later < earlier for earlier, later in pairwise(values)):
            raise AssertionError(f"expected progress that never goes back, seen {told}")
        if not values or values[-1] != 100:
            raise AssertionError(f"expected progress up to 100%, seen {told}")
        if len(set(values)) < distinct:
            raise AssertionError(f"expected at least {distinct} distinct values of progress, seen {told}")
        gap = max(later - earlier for earlier, later in pairwise([0.0, *values]))
        if gap > largest_step:
            raise AssertionError(f"expected no step over {largest_step:g} points, seen one of {gap:g} in {told}")
        return values

    def expect_no_stall(self, stall: float) -> float:
        """On its way to 100% the bar never stood still for longer than `stall` and one percent's time; returns seconds.

        A percent takes its time on a slow link, and the bar shows whole ones.
        """
        chosen = float(self.page.evaluate("() => window.s3videoSeen.chosen"))
        changes = [chosen, *(step["at"] for step in self.progress())]
        longest = max((later - earlier for earlier, later in pairwise(changes)), default=0.0) / 1000
        allowed = stall + (changes[-1] - chosen) / 1000 / 100
        if longest > allowed:
            raise AssertionError(f"expected progress without a stall over {allowed:.1f} s, seen one of {longest:.1f} s")
        return round(longest, 2)

    def expect_truthful(self, sent: Sequence[tuple[float, int]], size: int, ahead: float) -> float:
        """The bar never showed more than `ahead` points more than what was sent of `size` bytes; returns the most.

        `sent` pairs a time, in seconds since the epoch, with the bytes that had been sent by then.
        """
        origin = float(self.page.evaluate("() => performance.timeOrigin"))
        worst, told = 0.0, "nothing"
        for step in self.progress():
            at = (origin + step["at"]) / 1000
            share = next((bytes_ for time, bytes_ in sent if time >= at), sent[-1][1]) * 100 / size
            if step["value"] - share > worst:
                worst, told = step["value"] - share, f"{step['value']:g}% with {share:.0f}% of the file sent"
        if worst > ahead:
            raise AssertionError(f"expected a bar that shows what has been sent, seen {told}")
        return round(worst, 1)

    def file_type(self) -> str:
        """The media type that the browser gave to the chosen file, its `File.type`."""
        return str(self.page.evaluate("() => window.s3videoSeen.type"))

    def expect_success_after_confirmation(self) -> dict[str, float]:
        """The success message came after storage had answered and Moodle had confirmed.

        Returns milliseconds since the file was chosen: `stored`, `confirmed`, `told`.
        """
        ended = cast(list[dict[str, Any]], self.page.evaluate(ENDED))
        seen = self.page.evaluate("() => window.s3videoSeen")
        stored = self._last(ended, (request.url for request in self.sent()), "the transfer to storage")
        confirmed = self._last(ended, (r.url for r in self.requests if "confirm_upload.php" in r.url), "confirm_upload")
        told = next((message["at"] for message in seen["messages"] if message["success"]), None)
        if told is None:
            raise AssertionError("expected a success message, seen none")
        times = {name: round(at - seen["chosen"]) for name, at in
                 (("stored", stored), ("confirmed", confirmed), ("told", told))}  # fmt: skip
        if told < stored or told < confirmed:
            raise AssertionError(
                f"expected the success message after storage had the file and Moodle had confirmed it, "
                f"seen it too early: {times} (milliseconds after the file was chosen)"
            )
        return times

    @staticmethod
    def _last(ended: list[dict[str, Any]], urls: Iterable[str], what: str) -> float:
        wanted = set(urls)
        times = [entry["at"] for entry in ended if entry["name"] in wanted]
        if not times:
            raise AssertionError(f"expected {what} to have ended before the success message, seen no such request end")
        return float(max(times))

    def response(self, script: str) -> Response:
        """The answer of the plugin's `script`, such as `get_upload_url.php`, to this upload's last such request."""
        for request in reversed(self.requests):
            if script in request.url and (response := request.response()):
                return response
        raise AssertionError(f"expected a request to {script}, seen {[r.url.split('?')[0] for r in self.requests]}")

    def receipt(self) -> Receipt:
        """What Moodle answered to the request for an upload URL."""
        answer = self.response("get_upload_url.php").json()
        if not answer.get("success"):
            raise AssertionError(f"expected an upload URL, seen the refusal {answer.get('error')!r}")
        data = answer["data"]
        return Receipt(data["s3_key"], int(data["submission_id"]), data["url"], dict(data["fields"]))
