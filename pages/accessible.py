"""What a page is for people who use no mouse, hear it, or see it large: axe's rules, keyboard, focus, live regions.

Only what lies in the plugin's own markup counts; the rest is Moodle's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import FileChooser, FloatRect, Locator, Page, TimeoutError, ViewportSize, expect

from clients.errors import NotCheckable
from clients.words import counted, listed
from pages.base import Moodle, MoodlePage, expect_on_screen
from pages.script import scripts

SCRIPTS = scripts(__file__)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""What axe calls the rules of WCAG 2.2 AA."""

FORM = ".s3video-upload-interface"

PLAYERS = ".s3video-player-wrapper, .s3video-player-container, .s3video-viewer-container, .s3video-submission-container"

OWN_PAGE = "[role=main]"
"""Of a page that is the plugin's alone."""

TABS = 60
"""Presses of the Tab key within which a page's own part has to be reached."""

AROUND = 6
"""CSS pixels around an element in which the focus may be drawn."""

NARROW: ViewportSize = {"width": 320, "height": 640}
"""CSS pixels: WCAG 2.2, 1.4.10."""

ZOOMED: ViewportSize = {"width": 640, "height": 512}
"""CSS pixels of a window of 1280 by 1024 at a zoom of 200 %: WCAG 2.2, 1.4.4."""


HEADINGS = {
    "Fix any of the following:": "it is enough to mend one of these:",
    "Fix all of the following:": "all of these have to be mended:",
}
"""Of axe-core's `failureSummary`."""


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold: its name, what it asks for, and which elements break it how."""

    rule: str
    asks: str
    seen: str

    def fail(self) -> None:
        raise AssertionError(f"expected axe's rule {self.rule} to hold, “{self.asks}”, seen {self.seen}")


def in_a_line(summary: str) -> str:
    """What axe says of an element in lines under headings: "it is enough to mend one of these: a; b"."""
    told = []
    for line in filter(None, (" ".join(line.split()) for line in summary.splitlines())):
        if line in HEADINGS:
            told.append(HEADINGS[line])
        elif told:
            told[-1] += f"{' ' if told[-1].endswith(':') else '; '}{line}"
        else:
            told.append(line)
    return ", and ".join(told)


class Accessible:
    """Asks a page, and tells each rule once, however many of its states break it."""

    def __init__(self, page: MoodlePage) -> None:
        self.page: Page = page.page
        self.moodle: Moodle = page.moodle
        self._told: set[str] = set()
        self.states: list[str] = []

    def broken(self, part: str, state: str) -> Iterator[Broken]:
        """The rules that `part` of the page breaks in this state, and that were not told before."""
        self.moodle.step(f"Run axe on {state} ({part}).")
        expect(self.page.locator(part).first, state).to_be_attached()
        options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
        found = Axe().run(self.page, {"include": [[one] for one in self._there(part)]}, options).response
        self.states.append(state)
        for one in found["violations"]:
            if one["id"] not in self._told:
                self._told.add(one["id"])
                nodes = one["nodes"]
                where = ", ".join(str(part) for node in nodes[:3] for part in node["target"])
                why = in_a_line(str(nodes[0]["failureSummary"]))
                seen = f"it broken by {counted(len(nodes), 'element')} of {state}, {where}: {why}"
                yield Broken(one["id"], one["help"], seen)

    def _there(self, part: str) -> list[str]:
        return [one for one in part.split(", ") if self.page.locator(one).count()]

    def reach(self, selector: str, what: str) -> Locator:
        """Go by the Tab key from the beginning of the page's own part to an element, which then has the focus."""
        self.moodle.step(f"Press Tab until the focus is on {what}.")
        self.page.evaluate(SCRIPTS["begin"])
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(SCRIPTS["at"], selector):
                return self.page.locator(selector).first
        raise AssertionError(f"expected Tab to lead to {what}, seen {TABS} other stops")

    def expect_focus_seen(self, selector: str, what: str) -> None:
        """Reached by Tab, an element looks otherwise than without the focus."""
        element = self.reach(selector, what)
        focused = self._picture(element)
        element.blur()
        if self._picture(element) == focused:
            raise AssertionError(f"expected the focus to be seen on {what}, seen it look as without")

    def _picture(self, element: Locator) -> bytes:
        """Of an element, and of what is drawn around it: in forced colours its style does not tell how it looks."""
        box = element.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
        around = {"x": box["x"] - AROUND, "y": box["y"] - AROUND}
        around |= {side: box[side] + 2 * AROUND for side in ("width", "height")}
        return self.page.screenshot(clip=cast(FloatRect, around), animations="disabled")

    def expect_focus_kept(self, when: str) -> None:
        """The focus is somewhere on the page, not back at its beginning."""
        if not self.page.evaluate(SCRIPTS["where"]):
            seen = "that nothing on the page has it any more"
            raise AssertionError(f"expected the focus to stay in the form {when}, seen {seen}")

    def dialogue(self, within: float) -> FileChooser:
        """Open the dialogue for files by the Enter key, on what has the focus."""
        self.moodle.step("Press Enter.")
        try:
            with self.page.expect_file_chooser(timeout=within * 1000) as opened:
                # By its element: the browser has heard by then that this dialogue is the suite's.
                self.page.locator(":focus").press("Enter")
        except TimeoutError:
            raise AssertionError("expected Enter to open the dialogue for files, seen none") from None
        return opened.value

    def expect_live(self, part: Locator, what: str) -> None:
        """What is written there is read out to who cannot see it."""
        if not part.first.evaluate(SCRIPTS["live"]):
            raise AssertionError(f"expected {what} in a live region, seen it in none: no screen reader reads it out")

    def expect_fits(self, window: ViewportSize, parts: dict[str, Locator]) -> None:
        """Each part is seen whole in a window of that size, and so are its buttons, and what is written in it."""
        size = self.page.viewport_size
        self.moodle.step(
            f"Make the window {window['width']} CSS pixels wide{', by a zoom of 200 %' * (window is ZOOMED)}."
        )
        self.page.set_viewport_size(window)
        try:
            for what, part in parts.items():
                expect_on_screen(part.first, what)
                for button in part.first.locator("xpath=descendant-or-self::button").filter(visible=True).all():
                    self._expect_whole(button)
                if words := part.first.evaluate(SCRIPTS["cutWords"]):
                    raise AssertionError(
                        f"expected to see all of {listed(words)}, seen a part of it: the rest is cut off"
                    )
        finally:
            if size:
                self.page.set_viewport_size(size)

    def _expect_whole(self, button: Locator) -> None:
        if sides := button.evaluate(SCRIPTS["cut"]):
            raise AssertionError(
                f"expected to see the whole button “{button.inner_text().strip()}”, seen it cut off at its "
                f"{listed(sides)}"
            )

    @contextmanager
    def forced_colours(self) -> Iterator[None]:
        """Meanwhile the system has colours of its own for every page, as "high contrast" of Windows has.

        Raises NotCheckable in a browser that cannot be told so.
        """
        self.moodle.step("Switch the system to forced colours (high contrast).")
        self.page.emulate_media(forced_colors="active")
        try:
            if not self.page.evaluate("() => matchMedia('(forced-colors: active)').matches"):
                raise NotCheckable("this browser cannot be told to force colours; try it in Windows, and sign")
            yield
        finally:
            self.page.emulate_media(forced_colors="none")

    def expect_progress_seen(self, part: str) -> None:
        """A figure, or a bar that stands out, tells how far an upload is."""
        if not self.page.locator(part).first.evaluate(SCRIPTS["progress"]):
            raise AssertionError("expected the progress to be seen, seen neither a figure nor a bar that stands out")

    def expect_words_seen(self, part: str, what: str) -> None:
        """What is written there stands out from what lies behind it."""
        if pale := self.page.locator(part).first.evaluate(SCRIPTS["pale"]):
            raise AssertionError(f"expected the words of {what} to stand out by 4.5 to 1, seen {listed(pale)}")

    def expect_still(self, part: str, what: str) -> None:
        """Nothing moves without an end where somebody's system asks for less motion.

        Raises NotCheckable in a browser that cannot be told so.
        """
        self.moodle.step("Ask the system for less motion.")
        self.page.emulate_media(reduced_motion="reduce")
        told = self.page.evaluate("() => matchMedia('(prefers-reduced-motion: reduce)').matches")
        moving = self.page.locator(part).first.evaluate(SCRIPTS["moving"])
        self.page.emulate_media(reduced_motion="no-preference")
        if not told:
            raise NotCheckable("this browser cannot be told to ask for less motion; ask for it in the system, and sign")
        if moving:
            seen = f"{', '.join(f'“{one}”' for one in moving)} (the classes of what moves)"
            raise AssertionError(f"expected {what} to hold nothing that moves without an end, seen: {seen}")
