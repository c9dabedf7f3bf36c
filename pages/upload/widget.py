"""The plugin's upload widget in the submission form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from playwright.sync_api import FileChooser, FilePayload, Page, TimeoutError, expect

from clients.addresses import CONFIRMATION
from pages.base import Moodle, expect_on_screen, press
from pages.upload.attempt import Upload
from pages.upload.recorder import RECORD, SAID, SPOIL


class UploadWidget:
    """`.s3video-upload-interface` in the submission form."""

    def __init__(self, page: Page, moodle: Moodle) -> None:
        self.page = page
        self.moodle = moodle
        self.root = page.locator(".s3video-upload-interface")
        self.message = self.root.locator(".s3video-status-message")
        self.field = self.root.locator("input[type=file]")

    def expect_ready(self) -> None:
        """The widget is there, and its script has taken hold: its button opens the dialogue for files."""
        expect(self.root, "the upload widget").to_be_visible()
        expect(self.field, "the widget's file input").to_be_attached()
        self._open_dialogue()

    def expect_on_screen(self) -> None:
        """The widget and its button are seen whole."""
        expect_on_screen(self.root, "the upload widget")
        expect_on_screen(self.root.locator(".s3video-select-btn"), "the button to choose a file")

    def expect_limit(self, size: int) -> None:
        """The limit in force is `size` bytes, and the student can read it, in the unit people use."""
        expect(self.root, f"the limit in force to be {size} bytes").to_have_attribute("data-max-file-size", str(size))
        shown = self.root.inner_text()
        wanted = f"{size // 1024**3} GB"
        if not re.search(rf"\b{size // 1024**3}([.,]0+)?\s*(GB|GiB)\b", shown):
            raise AssertionError(
                f"expected the student to be told the limit of {wanted}, seen: {' '.join(shown.split())}"
            )

    def expect_offered(self, types: Mapping[str, str]) -> None:
        """The student's dialogue for files is enabled, and shows files of these types, by how they end."""
        expect(self.field, "the widget's file input").to_be_enabled()
        accepted = [part.strip() for part in (self.field.get_attribute("accept") or "*/*").lower().split(",")]
        missing = [
            mime
            for extension, mime in types.items()
            if not any(fnmatch(mime, pattern) or pattern == extension for pattern in accepted)
        ]
        if missing:
            raise AssertionError(
                f"expected the dialogue for files to show {', '.join(missing)}, seen only {', '.join(accepted)}"
            )

    def choose(self, file: Path | FilePayload) -> Upload:
        """Choose a file, press Upload if there is such a button, and watch what happens.

        A browser that is elsewhere gets a copy first, which may take as long as an upload.
        """
        return self._choose(lambda: self.field.set_input_files(file, timeout=self.moodle.upload * 1000))

    def choose_in_dialogue(self, file: Path) -> Upload:
        """As `choose`, by the widget's own button and the browser's dialogue for files."""

        return self._choose(lambda: self._open_dialogue().set_files(file, timeout=self.moodle.upload * 1000))

    def _open_dialogue(self) -> FileChooser:
        button, start = self.root.locator(".s3video-select-btn"), self.moodle.start
        expect(button, "the button to choose a file").to_be_visible()
        try:
            with self.page.expect_file_chooser(timeout=start * 1000) as opened:
                press(button, "the button to choose a file")
        except TimeoutError:
            raise AssertionError(
                f"expected the button to open the dialogue for files, seen none within {start:g} s: "
                "the widget's script does not work"
            ) from None
        return opened.value

    def _choose(self, choose: Callable[[], None]) -> Upload:
        upload = self._watched()
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
        upload = self._watched()
        upload.started_by = "the button to try again"
        button.click()
        return upload

    def _watched(self) -> Upload:
        upload = Upload(self.root, self.moodle)
        self.root.evaluate(RECORD)
        return upload

    @contextmanager
    def confirmation_fails(self) -> Iterator[None]:
        """Meanwhile Moodle breaks down whenever the widget confirms an upload."""
        address = f"**{CONFIRMATION}*"
        self.page.route(
            address, lambda route: route.fulfill(status=500, content_type="text/plain", body="Internal Server Error")
        )
        yield
        self.page.unroute(address)

    def storage_refuses(self) -> None:
        """From now on, until the page is left, storage gets every form with a signature that is not its own."""
        self.page.evaluate(SPOIL)

    def said(self) -> str:
        """The message in full, what it folds away included, without its buttons."""
        return str(self.message.evaluate(SAID))
