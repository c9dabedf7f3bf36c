"""The controls that a browser draws into a `<video controls>` by itself, used as a person uses them.

They are in a tree of the browser's own that no locator reaches: where an engine draws them is known by measuring, in
Chromium 156 and Firefox ESR 153. Where one does not answer, the same is tried on a bare `<video>` of that size: if it
does not answer there either, it is drawn elsewhere, and nothing can be said of the player.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from playwright.sync_api import Locator, Position, TimeoutError

from clients.errors import NotCheckable
from pages.base import Moodle
from pages.script import scripts

SCRIPTS = scripts(__file__)

ANSWER = 5
"""Seconds that a control may take to answer."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in CSS pixels: x from the left edge, or from the right where it is negative; y from the bottom."""

    play: tuple[int, int]
    sound: tuple[int, int]
    early: tuple[float, int]
    late: tuple[float, int]
    """Two places on the timeline; their x is a part of the video's width."""


LAYOUTS = {
    "chromium": Layout(play=(24, 48), sound=(-120, 48), early=(0.25, 22), late=(0.6, 22)),
    "firefox": Layout(play=(24, 20), sound=(-124, 20), early=(0.15, 20), late=(0.4, 20)),
}

Use = Callable[[Locator], None]
Right = Callable[[Any, Any], bool]
"""Whether a value, before and after, has changed as it should."""


class Player(Protocol):
    """What controls belong to. It can be used by script as well, where nobody knows what an engine draws."""

    video: Locator
    moodle: Moodle

    def source(self) -> str: ...

    def play(self) -> None: ...

    def pause(self) -> None: ...

    def expect_held(self) -> None: ...

    def seek(self, seconds: float) -> float: ...

    def set_muted(self, muted: bool) -> None: ...


class Controls:
    """Of the `player`; each use is told in words that follow "expected"."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._video = player.video
        browser = self._video.page.context.browser
        self._layout = LAYOUTS.get(browser.browser_type.name if browser else "")

    def expect_in_reach(self) -> None:
        """Whoever points at a control points at the video: nothing lies over them, wherever the page is scrolled to."""
        if covered := self._video.evaluate(SCRIPTS["covered"]):
            raise AssertionError(f"expected the player's controls to be in reach, seen {', '.join(covered)} over them")

    def press_play(self) -> None:
        """Press the button that plays and pauses, or its key where nobody knows its place. Raises TimeoutError."""
        self._player.moodle.step("Press play in the player's controls.")
        if self._layout is None:
            self._video.press("Space")
        else:
            self._at(*self._layout.play)(self._video)

    def pause(self) -> str:
        """Press pause, see it hold, press play, and see it go on; returns what was pressed."""
        self._player.moodle.step("Press pause, and then play, in the player's controls.")
        if self._layout is None:
            self._player.pause()
            self._player.play()
            return "the picture"
        button = self._at(*self._layout.play)
        self._expect(button, "the pause button to pause the video", "paused", _becomes(True))
        self._player.expect_held()
        self._expect(button, "the play button to play the video", "paused", _becomes(False))
        return "the button"

    def seek(self) -> dict[str, float]:
        """Press on the timeline, far on and back again; returns where the video was then, in seconds."""
        self._player.moodle.step("Press on the timeline, far on, and then nearer to its beginning.")
        if self._layout is None:
            return {"far on": self._player.seek(12), "back": self._player.seek(4)}
        late, early = self._along(*self._layout.late), self._along(*self._layout.early)
        return {
            "far on": self._expect(late, "a click far on the timeline to lead further on", "at", _more_by(2)),
            "back": self._expect(early, "a click nearer to its beginning to lead back", "at", _less_by(2)),
        }

    def sound(self) -> str:
        """Press the loudspeaker twice: sound goes off and on, or on and off; returns what was pressed."""
        self._player.moodle.step("Press the loudspeaker, twice.")
        if self._layout is None:
            self._player.set_muted(True)
            self._player.set_muted(False)
            return "nothing: by script"
        button = self._at(*self._layout.sound)
        for again in ("", " again"):
            self._expect(button, f"the loudspeaker to switch the sound{again}", "muted", operator.ne)
        return "the button"

    def keyboard(self) -> None:
        """With the focus on the video, the space bar pauses and plays it, and an arrow makes it quieter."""
        self._player.moodle.step("Press the space bar twice, and the arrow down, with the focus on the video.")
        space, down = _key("Space"), _key("ArrowDown")
        self._expect(space, "the space bar to pause the video", "paused", _becomes(True))
        self._expect(space, "the space bar to play the video", "paused", _becomes(False))
        self._expect(down, "the arrow down to make it quieter", "volume", _less_by(0))

    def _at(self, x: int, y: int) -> Use:
        return lambda video: _press(video, x if x >= 0 else _size(video)[0] + x, y)

    def _along(self, part: float, y: int) -> Use:
        return lambda video: _press(video, _size(video)[0] * part, y)

    def _expect(self, use: Use, words: str, name: str, right: Right) -> Any:
        """`use` changes the video's property `name` in the right way; returns what it is then."""
        before, after = self._tried(use, self._video, name)
        if right(before, after):
            return after
        if not self._answers_elsewhere(use, name, right):
            raise NotCheckable(f"this browser draws its controls in another way than is known here: {words}")
        raise AssertionError(f"expected {words}, seen it {_told(name, before)} before and {_told(name, after)} after")

    def _tried(self, use: Use, video: Locator, name: str) -> tuple[Any, Any]:
        before = video.evaluate(SCRIPTS["state"])[name]
        try:
            use(video)
        except TimeoutError:
            return before, before  # something lies over it
        return before, video.evaluate(SCRIPTS["changed"], [name, before, ANSWER])[name]

    def _answers_elsewhere(self, use: Use, name: str, right: Right) -> bool:
        """Whether a bare player of this size, in this browser and of this video, answers to the same use."""
        state = self._video.evaluate(SCRIPTS["state"])
        page = self._video.page.context.new_page()
        try:
            page.set_content("<video controls></video>")
            bare = page.locator("video")
            bare.evaluate(SCRIPTS["alike"], [self._player.source(), *_size(self._video), state, ANSWER])
            return right(*self._tried(use, bare, name))
        finally:
            page.close()


def _press(video: Locator, x: float, y: int) -> None:
    """`y` is counted from the bottom."""
    place: Position = {"x": x, "y": _size(video)[1] - y}
    video.hover(position=place, timeout=ANSWER * 1000)  # controls may hide until then
    video.click(position=place, timeout=ANSWER * 1000)


def _key(name: str) -> Use:
    return lambda video: video.press(name)


def _becomes(value: bool) -> Right:
    return lambda before, after: after is value


def _more_by(distance: float) -> Right:
    return lambda before, after: after > before + distance


def _less_by(distance: float) -> Right:
    return lambda before, after: after < before - distance


def _size(video: Locator) -> tuple[float, float]:
    width, height = video.evaluate(SCRIPTS["size"])
    return float(width), float(height)


def _told(name: str, value: Any) -> str:
    match name:
        case "paused":
            return "paused" if value else "playing"
        case "muted":
            return "silent" if value else "heard"
        case "volume":
            return f"at a volume of {value:.0%}"
    return f"at {value:.1f} s"
