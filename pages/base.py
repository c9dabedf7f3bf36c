"""What every Moodle page has in common: how it is reached, when it is idle, and how it says that it broke.

Page objects find things by role and label first, where these are the same over Moodle's versions and languages; else by
the names of form fields, `data-*`, and the parameters of links. Moodle translates most labels and keeps most classes:
where its own tests rely on a class or an id (`#id_submitbutton`, `.submissionstatussubmitted`, `.modal.show`), or the
plugin's scripts on one of theirs (`.s3video-…`), that is the steadier hook, and is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from playwright.sync_api import Error, Locator, Page, Response, TimeoutError, expect

from checks.message_quality import unfinished
from clients.addresses import LOGIN
from clients.ignored_errors import is_others_notice
from clients.moodle.html import EXCEPTION, NOTICE
from clients.steps import step
from clients.words import answered
from pages.script import scripts

SCRIPTS = scripts(__file__)

PLACE = SCRIPTS["place"]

REFUSED = "refused"
"""What base.js says of a page with an error that is not Moodle's."""

STILL = 5
"""Seconds that Moodle's scripts may be busy with the same before a step goes on without them.

Being idle is a help: what a step needs it waits for. Some keys of `M.util.pending_js` Moodle itself never settles; that
of an editor (`editor_tiny/editor:setupForTarget`) stays where its frame is moved while it loads.
"""


@dataclass(frozen=True, slots=True)
class Moodle:
    """The site a page belongs to, how long its users may have to wait, in seconds, and where its log-in form is.

    `restless` are keys of its scripts that did not settle once, and are not waited for again; `warnings` what was seen
    that is no failure, to be kept as evidence.
    """

    url: str
    page: float
    upload: float
    play: float
    mark: str = ""
    """What stands in every name that the run gives."""
    start: float = 5
    """How soon after choosing a file the transfer begins, where there is no Upload button (2.7.14)."""
    login_path: str = LOGIN
    restless: set[str] = field(default_factory=set, compare=False)
    warnings: list[str] = field(default_factory=list, compare=False)
    untranslated: dict[str, list[str]] = field(default_factory=dict, compare=False)
    """Texts that nobody translated, by the address of the page that showed them."""
    who: str = "somebody"
    """Who is at its pages, such as "the student"."""

    def step(self, what: str) -> None:
        """Tell what is about to be done at a page, in the imperative, for whoever wants to see the same again."""
        step(self.who, what)

    def note_texts(self, address: str, text: str) -> None:
        """Keep what nobody translated of what stands at an address; each look there adds to it."""
        if left := unfinished(text):
            self.untranslated[address] = sorted({*self.untranslated.get(address, ()), *left})


class MoodleBroke(AssertionError):
    """A page shows an exception, a debugging message or a PHP notice."""


TOUR = "[data-flexitour=container] [data-role=end]"

QUESTION = ".modal.show:has([data-action=save]):has([data-action=cancel]):not(:has(form))"
"""A dialogue that wants a yes or a no."""


def clear_the_way(page: Page) -> None:
    """From now on, what Moodle lays over a page by itself is dealt with before each action, as a person would."""
    # The first time an account meets certain pages, a tour lies over them and swallows clicks.
    page.add_locator_handler(page.locator(TOUR).first, lambda end: end.click())

    def stay(dialogue: Locator) -> None:
        with suppress(Error):  # it was answered meanwhile, and the page has moved on
            dialogue.evaluate_all(SCRIPTS["stay"])

    # A session that will soon be over is one of them; other questions are for whoever expects them.
    page.add_locator_handler(page.locator(QUESTION).first, stay, no_wait_after=True)


def has_touch(page: Page) -> bool:
    return bool(page.evaluate("() => matchMedia('(pointer: coarse)').matches"))


def press(control: Locator, what: str = "a button") -> None:
    """Tap with a finger where the browser has a touch screen, else click, once the control `what` can be used."""
    expect(control, f"{what} that can be used").to_be_enabled()
    if has_touch(control.page):
        control.tap()
    else:
        control.click()


def expect_on_screen(part: Locator, what: str) -> None:
    """`part` is seen, and whole: it sticks out of the screen at neither side."""
    expect(part, what).to_be_visible()
    expect_fits(part.evaluate(PLACE), what)


def expect_fits(place: Mapping[str, Any], what: str) -> None:
    """What is at this `place`, by base.js, sticks out of the screen at neither side."""
    if not place["fits"]:
        raise AssertionError(
            f"expected {what} to fit on the screen, seen it reach from {place['left']} to "
            f"{place['right']} px where the screen has {place['width']}"
        )


class MoodlePage:
    """A page in a browser tab. `path` stands for its address below the site, for classes that can be opened by it."""

    path = "/"

    def __init__(self, page: Page, moodle: Moodle) -> None:
        self.page = page
        self.moodle = moodle

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def open(self, **parameters: object) -> Self:
        """Go to the page by its address and wait until it is idle."""
        self.go(self.path, parameters)
        return self.ready()

    def go(self, path: str, parameters: Mapping[str, object] | None = None) -> Response | None:
        """Go to an address below the site without expecting anything of what answers; returns that."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.page.goto(f"{self.moodle.url}{path}{query}", wait_until="domcontentloaded")

    def ready(self) -> Self:
        """Give Moodle's scripts time to become idle, and fail on what Moodle prints when it breaks."""
        self.idle()
        self.expect_sound()
        self.note_texts()
        return self

    def note_texts(self) -> None:
        """Keep what is unfinished in the page's texts as they are now."""
        self.moodle.note_texts(self.page.url, self._texts())

    def idle(self) -> None:
        """Wait until Moodle's scripts are idle, or are busy with the same for STILL seconds, which is remarked.

        Fails where none of Moodle's scripts come within the time limit of a page.
        """
        known = [*self.moodle.restless]
        try:
            ended = self.page.wait_for_function(SCRIPTS["rest"], arg=[STILL, known]).json_value()
            busy = None if ended == REFUSED else self.page.evaluate(SCRIPTS["stayed"])
        except TimeoutError:
            busy = self.page.evaluate(SCRIPTS["busy"], known)
        if busy is None:
            status, text = self.page.evaluate(SCRIPTS["answered"])
            refused = f"{answered(status)}, " if status >= 400 else ""
            raise AssertionError(
                f"expected a page of Moodle at {self.page.url} within {self.moodle.page:g} s, "
                f"seen {refused}none of its scripts, and {f'the text: {text}' if text else 'an empty page'}"
            )
        if busy:
            self.moodle.restless.update(busy)
            self.moodle.warnings.append(f"{self.page.url} stayed busy with {', '.join(busy)}")

    def arrive(self, where: str, at: Callable[[str], bool]) -> None:
        """Wait until the address satisfies `at`; `where` is what people call that page."""
        try:
            self.page.wait_for_url(at, wait_until="domcontentloaded")
        except TimeoutError:
            raise AssertionError(
                f"expected to arrive at {where} within {self.moodle.page:g} s, seen {self.page.url}{self._notices()}"
            ) from None

    def _notices(self) -> str:
        """What the page tells its reader in its boxes, as the end of a failure's message."""
        told = self.page.evaluate(SCRIPTS["notices"])
        return f", which says: {'; '.join(told)}" if told else ""

    def expect_sound(self) -> None:
        """No exception box on the page, and no debugging message or PHP notice but of others: that is remarked."""
        boxes = self.page.locator(f"{EXCEPTION}, {NOTICE}").filter(visible=True)
        exceptions, notices = boxes.evaluate_all(SCRIPTS["said"], EXCEPTION)
        if broken := [*exceptions, *(said for said in notices if not is_others_notice(said))]:
            status, _ = self.page.evaluate(SCRIPTS["answered"])
            refused = f", which came with {answered(status)}" if status >= 400 else ""
            raise MoodleBroke(
                f"expected a working page, seen Moodle's own error on {self.page.url}{refused}: {broken[0][:500]}"
            )
        self.moodle.warnings.extend(f"{self.page.url} shows a notice of others: {said[:200]}" for said in notices)

    def expect_translated(self) -> None:
        """No untranslated `[[string]]` and no template placeholder in what a person can read."""
        if left := unfinished(self._texts()):
            raise AssertionError(f"expected finished texts on {self.page.url}, seen {', '.join(left)}")

    def _texts(self) -> str:
        return str(self.page.evaluate(SCRIPTS["texts"]))
