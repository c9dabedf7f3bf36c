"""The plugin's upload widget in the submission form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from playwright.sync_api import FileChooser, FilePayload, Page, Route, TimeoutError, expect

from clients.addresses import CONFIRMATION
from clients.errors import NotCheckable
from clients.steps import aside
from pages.base import Moodle, expect_on_screen, has_touch, press
from pages.texts import in_words
from pages.upload.attempt import Upload
from pages.upload.recorder import RECORD, SAID, SPOIL

CAPTURE = "(field) => field.hasAttribute('capture')"

LONGEST_NAME = 60
"""Characters of a file's name that a step tells."""


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
        with aside():
            self.moodle.step("Press the button to choose a file, and choose none.")
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
                f"expected the student to be told the limit of {wanted}, seen on the form: “{' '.join(shown.split())}”"
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

    def expect_any_source(self) -> None:
        """Where there is a camera, as on a phone, the button lets choose a video that is there already."""
        expect_any_source(touch=has_touch(self.page), capture=self.field.evaluate(CAPTURE))

    def choose(self, file: Path | FilePayload) -> Upload:
        """Choose a file, press Upload if there is such a button, and watch what happens.

        A browser that is elsewhere gets a copy first, which may take as long as an upload.
        """
        self.moodle.step(f"Choose {named(file)}.")
        return self._choose(lambda: self.field.set_input_files(file, timeout=self.moodle.upload * 1000))

    def choose_in_dialogue(self, file: Path) -> Upload:
        """As `choose`, by the widget's own button and the browser's dialogue for files."""

        self.moodle.step(f"Choose {named(file)} in the browser's dialogue, by the button to choose a file.")
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
        upload = self.watched()
        choose()
        button = self.root.get_by_role("button", name=re.compile(r"^\s*(start )?upload\b", re.I)).filter(visible=True)
        if button.count():
            self.moodle.step("Press “Upload”.")
            button.first.click()
            upload.started_by = "the Upload button"
        return upload

    def try_again(self, file: Path) -> Upload:
        """After a failure, press the button that offers another try; without one, choose the file again."""
        button = self.message.get_by_role("button")
        if not button.count():
            return self.choose(file)
        upload = self.watched()
        upload.started_by = "the button to try again"
        self.moodle.step("Press the button to try again.")
        button.click()
        return upload

    def expect_another_try(self) -> None:
        """Raises NotCheckable where the message of a failure has no button: people choose the file again."""
        if not self.message.get_by_role("button").count():
            raise NotCheckable("the message of a failed upload has no button to try again")

    def watched(self) -> Upload:
        """From now on what the widget does is watched, whoever chooses the file."""
        upload = Upload(self.root, self.moodle)
        self.root.evaluate(RECORD)
        return upload

    @contextmanager
    def confirmation_fails(self) -> Iterator[None]:
        """Meanwhile Moodle breaks down whenever the widget confirms an upload."""
        self.moodle.step(f"Have the site answer 500 Internal Server Error to {CONFIRMATION}, until a step ends that.")
        address = f"**{CONFIRMATION}*"
        self.page.route(
            address, lambda route: route.fulfill(status=500, content_type="text/plain", body="Internal Server Error")
        )
        yield
        self.page.unroute(address)
        self.moodle.step("Let the site answer to it again.")

    @contextmanager
    def confirmation_waits(self) -> Iterator[None]:
        """Meanwhile no confirmation of the widget's comes to Moodle; afterwards those that it asked for do."""
        self.moodle.step(f"Hold back what the form sends to {CONFIRMATION}, until a step lets it go.")
        address, held = f"**{CONFIRMATION}*", list[Route]()

        def hold(route: Route) -> None:
            held.append(route)

        self.page.route(address, hold)
        yield
        for route in held:
            route.continue_()
        self.page.unroute(address)
        self.moodle.step("Let what was held back go.")

    def storage_refuses(self) -> None:
        """From now on, until the page is left, storage gets every form with a signature that is not its own."""
        self.moodle.step("Have S3 refuse the upload: change the signature of the form that is sent there.")
        self.page.evaluate(SPOIL)

    def said(self) -> str:
        """The message in full, what it folds away included, without its buttons."""
        return str(self.message.evaluate(SAID))


def expect_any_source(*, touch: bool, capture: bool) -> None:
    """With the attribute `capture` a phone opens its camera, and nothing else: W3C HTML Media Capture."""
    if touch and capture:
        raise AssertionError(
            "expected the button to let choose a video that is on the phone, seen it open the camera alone "
            "(attribute capture)"
        )


def named(file: Path | FilePayload) -> str:
    """A file by its name and size; of one that a person has, its folder is nobody's business."""
    name, size = (file.name, file.stat().st_size) if isinstance(file, Path) else (file["name"], len(file["buffer"]))
    told = (
        name
        if len(name) <= LONGEST_NAME
        else f"{name[:LONGEST_NAME]}…{Path(name).suffix}, a name of {len(name)} characters"
    )
    return f"{told or 'a file without a name'} ({in_words(size)})"
