"""A `<video>` with the browser's own controls, wherever the plugin shows one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Request, Response, TimeoutError, expect

from clients.addresses import PLAYBACK_URL
from clients.errors import NotCheckable
from clients.words import lasting
from media import Clip, mark
from pages.base import PLACE, Moodle, expect_fits, has_touch
from pages.controls import Controls
from pages.script import scripts

TOLERANCE = 0.5
"""Seconds a seek may land beside where it was asked to."""

SCRIPTS = scripts(__file__)

FULL_SCREEN = "() => document.fullscreenEnabled"


class Player:
    """`video` is the locator of the element; times are in seconds, volume goes from 0 to 1."""

    def __init__(self, video: Locator, moodle: Moodle) -> None:
        self.video = video
        self.moodle = moodle
        self.seek_times: list[float] = []

    @property
    def controls(self) -> Controls:
        """What the browser draws into the player, to be used as a person does."""
        return Controls(self)

    def _run(self, script: str, argument: object = None) -> Any:
        return self.video.evaluate(SCRIPTS[script], argument)

    def expect_loaded(self, seconds: float | None = None) -> None:
        """The element is there, has a source, and knows the video's length: `seconds`, within half a second."""
        try:
            self._expect_there()
            state = self._run("loaded", self.moodle.play)
        except (AssertionError, TimeoutError) as missing:  # a message may take its place while it loads
            raise AssertionError(f"expected the video player, seen {self._said()}") from missing
        if state["error"] or state["ready"] < 1:
            nothing = f"nothing of it within {self.moodle.play:g} s" if state["taken"] else "a player without a source"
            if not state["taken"] and state["offered"]:
                nothing = f"a source that the browser does not take ({', '.join(state['offered'])})"
            raise AssertionError(f"expected the video to load, seen {state['error'] or nothing} and {self._said()}")
        if seconds is not None and abs(state["duration"] - seconds) > TOLERANCE:
            raise AssertionError(f"expected a video of {seconds:.1f} s, seen one of {state['duration']:.1f} s")

    def _expect_there(self) -> None:
        expect(self.video, "the video player").to_be_visible()

    def _said(self) -> str:
        told = " ".join(" ".join(self.video.page.get_by_role("alert").filter(visible=True).all_inner_texts()).split())
        return f'the message "{told}"' if told else "no message"

    def source(self) -> str:
        """The address the element plays from."""
        return str(self._run("source"))

    def expect_offered_as(self, mime: str) -> None:
        """Where the page tells the browser a type, it is the video's: some play nothing else than they are told."""
        seen = self._run("types")
        if any(told != mime for told in seen):
            told = ", ".join(told or "no type" for told in seen)
            raise AssertionError(f"expected the video to be offered as {mime}, seen {told}")

    def _toggle(self) -> None:
        """Press on the picture; where a finger only brings out the controls, press the key of their play button.

        Where a page may not fill the screen, Chromium takes no click on the picture, and its play button is pressed.
        """
        page = self.video.page
        if not has_touch(page):
            pictured = page.evaluate(FULL_SCREEN)
            try:
                if pictured:
                    self.video.click()
                else:
                    self.controls.press_play()
            except TimeoutError:
                where = "the picture" if pictured else "the play button"
                raise AssertionError(
                    f"expected a click on {where} to reach the player, seen it reach {self._run('reached')}"
                ) from None
            return
        paused = self.video.evaluate("video => video.paused")
        self.video.tap()
        if self._run("pausedSoon") == paused:
            self.video.press("Space")

    def play(self) -> None:
        """Press play on the picture, as the browser's own controls understand it, and see it hold for half a second."""
        self.moodle.step("Press play on the video.")
        self._run("timed")
        self._toggle()
        if not self._run("becomes", [False, self.moodle.page]):
            bare = "" if self._run("hasControls") else ", and a player without controls"
            raise AssertionError(f"expected the video to play after a click on it, seen the video stay paused{bare}")
        # Pressed, a player says that it plays at once; a page that stops it does so from its `play` event on.
        if self._run("pausedSoon"):
            raise AssertionError("expected playback to go on after a click, seen it paused half a second later")

    def expect_playing(self, seconds: float = 1.5) -> None:
        """Playback advances by `seconds` since its start, with pictures decoded and without an error."""
        state = self._run("advance", [seconds, self.moodle.play])
        if state["error"] or state["paused"] or state["to"] - state["from"] < seconds:
            raise AssertionError(
                f"expected playback to advance by {seconds} s within {self.moodle.play:g} s, "
                f"seen it go from {state['from']:.1f} to {state['to']:.1f} s{_trouble(state)}"
            )
        if not state["frames"]:
            raise AssertionError("expected moving pictures, seen playback without a single decoded frame")

    def first_frame(self) -> float | None:
        """Seconds from the last start until a picture was shown; None when there was none yet."""
        seconds = self._run("firstFrame")
        return None if seconds is None else round(seconds, 3)

    def expect_smooth(self, seconds: float, stalled_percent: float) -> dict[str, float]:
        """For `seconds` from now the video stands still for at most so many percent of the time it plays.

        Returns the seconds played, stalled, and loaded ahead at the least (a stall with much loaded is this machine's),
        how often playback waited, and frames shown and dropped.
        """
        state = self._run("smoothness", seconds)
        stalled = max(0.0, state["passed"] - state["played"])
        if state["error"] or state["paused"] or stalled > state["played"] * stalled_percent / 100:
            raise AssertionError(
                f"expected {seconds:g} s of playback that stalls for at most {stalled_percent:g}% of it, "
                f"seen {state['played']:.1f} s played and {stalled:.1f} s stalled{_trouble(state)}"
            )
        return {
            "played": round(state["played"], 2),
            "stalled": round(stalled, 2),
            "loaded ahead": round(state["ahead"], 2),
            "waits": state["waits"],
            "frames": state["frames"],
            "dropped frames": state["dropped"],
        }

    def expect_to_wait(self) -> float:
        """The video, which plays, comes to where nothing more is loaded; returns that place.

        Raises NotCheckable where it does not within its time limit.
        """
        state = self._run("comesToWait", self.moodle.play)
        if state["error"] or state["farthest"] < 1:
            raise AssertionError(
                f"expected the video to play on a slow line, seen it come to {state['farthest']:.1f} s within "
                f"{self.moodle.play:g} s{_trouble(state)}"
            )
        if not state["waiting"]:
            raise NotCheckable(f"the browser had loaded enough to play for {self.moodle.play:g} s on a slow line")
        return round(float(state["farthest"]), 1)

    def expect_to_go_on(self, at: float) -> None:
        """Now that more can be loaded, the video goes on where it had to wait: `at`."""
        state = self._run("goesOn", [at, self.moodle.play])
        if state["error"] or state["nearest"] < at - TOLERANCE or state["at"] <= at:
            raise AssertionError(
                f"expected the video to go on where it waited, at {at:.1f} s, seen it at {state['nearest']:.1f} s and "
                f"later at {state['at']:.1f} s{_trouble(state)}"
            )

    def pause(self) -> None:
        """Press pause, and see it hold for a second."""
        self.moodle.step("Press pause.")
        self._toggle()
        if not self._run("becomes", [True, self.moodle.page]):
            raise AssertionError("expected the video to pause after a click on it, seen it play on")
        self.expect_held()

    def expect_held(self) -> None:
        """It is paused, and stays so for a second."""
        held = self._run("aSecond")
        if held["to"] != held["from"] or not held["paused"]:
            raise AssertionError(
                f"expected pause to hold at {held['from']:.2f} s, seen {held['to']:.2f} s a second later"
            )

    def seek(self, seconds: float) -> float:
        """Move to `seconds` and stay there; returns where it landed. `seek_times` tells how long each one took."""
        self.moodle.step(f"Move the video to {seconds:.0f} s.")
        state = self._run("seek", [seconds, self.moodle.play])
        if state["error"] or abs(state["at"] - seconds) > TOLERANCE or state["ready"] < 2:
            raise AssertionError(
                f"expected the seek to {seconds:.1f} s to land there with a picture, "
                f"seen it at {state['at']:.1f} s{_trouble(state)}"
            )
        self.seek_times.append(round(state["took"], 3))
        return float(state["at"])

    def expect_left_alone(self, span: timedelta) -> None:
        """A video that stands still is where it was so much later, and nobody has asked for another address of it.

        Here and in `expect_renewed` the tab's clock is put forward: `Actor.set_clock` comes before its page.
        """
        at, asked = self._at(), self._asked()
        self._later(lasting(span), span)
        self.expect_loaded()
        if asked:
            raise AssertionError(
                f"expected the player to leave the video alone for {lasting(span)}, seen it ask for another address"
            )
        self._expect_at(at, f"{lasting(span)} later")

    def expect_renewed(self, span: timedelta) -> None:
        """So much later the player has asked for another address, once, and the video stands where it stood."""
        at, asked = self._at(), self._asked()
        try:
            with self.video.page.expect_response(_is_address, timeout=self.moodle.page * 1000):
                self._later(f"{lasting(span)} more", span)
        except TimeoutError:
            raise AssertionError(
                f"expected the player to ask for another address within {lasting(span)}, before its own ends, "
                "seen no request for one"
            ) from None
        self.expect_loaded()
        self._expect_at(at, "with another address")
        if len(asked) > 1:
            raise AssertionError(f"expected the player to ask for another address once, seen {len(asked)} requests")

    def _at(self) -> float:
        return float(self.video.evaluate("video => video.currentTime"))

    def _later(self, told: str, span: timedelta) -> None:
        self.moodle.step(f"Leave the page open, the video standing still, and have the tab's clock moved on by {told}.")
        self.video.page.clock.fast_forward(round(span.total_seconds() * 1000))

    def _asked(self) -> list[str]:
        """Gets a line for each request for an address of the video, from now on."""
        asked: list[str] = []

        def note(request: Request) -> None:
            if PLAYBACK_URL in request.url:
                asked.append(request.url)

        self.video.page.on("request", note)
        return asked

    def _expect_at(self, at: float, when: str) -> None:
        now = self._run("arrives", [at, TOLERANCE, self.moodle.play])
        if abs(now - at) > TOLERANCE:
            raise AssertionError(f"expected the video at {at:.1f} s {when}, seen it at {now:.1f} s")

    def set_volume(self, volume: float) -> None:
        self.moodle.step(f"Set the volume to {volume:.0%}.")
        self._set("volume", volume)

    def set_muted(self, muted: bool) -> None:
        self.moodle.step(f"Switch the sound {'off' if muted else 'on'}.")
        self._set("muted", muted)

    def _set(self, name: str, value: float | bool) -> None:
        after = self._run("kept", [name, value])
        if abs(float(after) - float(value)) > 0.01:
            told = f"expected the volume to stay at {value:.0%}, seen {float(after):.0%}"
            if name == "muted":
                told = f"expected the sound to stay {'off' if value else 'on'}, seen it {'off' if after else 'on'}"
            raise AssertionError(told)

    def expect_picture_of(self, clip: Clip) -> None:
        """The picture shows the mark of this clip. What an address says it is, is no proof of what is played."""
        seen = mark.read(self.video.screenshot(), *self._run("picture"))
        if seen != clip.mark:
            other = f"that of another one (mark {seen})" if seen is not None else "one without a mark"
            raise AssertionError(f"expected the picture of this student's video (mark {clip.mark}), seen {other}")

    def expect_controls(self) -> None:
        """The browser draws its controls: without them nobody can pause or seek with a finger."""
        if not self._run("hasControls"):
            raise AssertionError("expected a player with controls, seen one without")

    def expect_in_place(self) -> None:
        """The video plays where it stands on the page; without `playsinline` an iPhone fills the screen with it."""
        if self.video.get_attribute("playsinline") is None:
            raise AssertionError(
                "expected a player that plays in its place on an iPhone, seen it without the attribute playsinline"
            )

    def expect_on_screen(self) -> None:
        """The picture is seen whole."""
        self._expect_there()
        expect_fits(self.video.evaluate(PLACE), "the video player")

    def expect_no_error(self) -> None:
        if error := self._run("loaded", 0)["error"]:
            raise AssertionError(f"expected a video without an error, seen {error}")

    def expect_sound(self) -> None:
        """Whoever plays the video hears it. Raises NotCheckable where the engine does not tell whether it has sound."""
        sound = self._run("sound")
        if sound["muted"] or not sound["volume"]:
            raise AssertionError("expected a video that is heard, seen the player's sound off")
        if sound["there"] is None:
            raise NotCheckable("this browser does not tell whether a video has sound")
        if not sound["there"]:
            raise AssertionError("expected a video with sound, seen one without")


def _is_address(response: Response) -> bool:
    return PLAYBACK_URL in response.url


def _trouble(state: Mapping[str, Any]) -> str:
    """What is wrong with a player, to follow what was seen of it."""
    seen = {
        "paused": state.get("paused"),
        "without a picture": state.get("ready", 2) < 2,
        str(state["error"]): state["error"],
    }
    return "".join(f", {words}" for words, there in seen.items() if there)
