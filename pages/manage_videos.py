from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, expect

from clients.addresses import MANAGE_VIDEOS
from clients.plugin.object_key import made_at
from clients.words import counted, listed
from pages.base import MoodlePage
from pages.texts import MOMENT, shown_time
from pages.third_party import own

KEY = re.compile(r"^\s*videos/\d+/")
FILTERS = ("courseid", "status", "search")

WITHOUT_BUTTON = "box => [...box.childNodes].map(node => node.nodeName === 'BUTTON' ? '' : node.textContent).join(' ')"


class ManageVideos(MoodlePage):
    """The plugin's list of videos at `videomanagement.php`, newest first, with its filters."""

    path = MANAGE_VIDEOS

    def _rows(self) -> Locator:
        return self.main.locator("tbody tr")

    def _row(self, key: str) -> Locator:
        return self._rows().filter(has=self.page.get_by_role("cell", name=key, exact=True))

    @property
    def _filters(self) -> Locator:
        return self.main.locator("form:has([name=search])")

    def keys(self) -> list[str]:
        """The keys of the videos on this page of the list."""
        return [text.strip() for text in self._rows().get_by_role("cell").filter(has_text=KEY).all_inner_texts()]

    def expect_listed(self, key: str) -> None:
        if key not in self.keys():
            raise AssertionError(f"expected {key} in {self._list()}, seen {self._seen()}")

    def expect_not_listed(self, key: str) -> None:
        if key in self.keys():
            raise AssertionError(f"expected {key} not to be in {self._list()}, seen it there")

    def _list(self) -> str:
        """What is shown, in words: the whole list, or what it was narrowed to."""
        asked = dict(parse_qsl(urlsplit(self.page.url).query))
        narrowed = [f"{name} “{value}”" for name in FILTERS if (value := asked.get(name, "0")) != "0"]
        return f"the list for {', '.join(narrowed)}" if narrowed else "the list"

    def _seen(self) -> str:
        return own((" ".join(row.split()) for row in self._rows().all_inner_texts()), self.moodle.mark, "no video")

    def expect_newest_first(self) -> None:
        """The videos stand in the order in which they were asked for, the last one on top."""
        times = [made_at(key) for key in self.keys()]
        if times != sorted(times, reverse=True):
            raise AssertionError(f"expected the newest video on top of the list, seen {self._seen()}")

    def expect_nothing_listed(self) -> None:
        if self.keys():
            raise AssertionError(f"expected no video in the list, seen {self._seen()}")

    def expect_row(self, key: str, *, status: str, **texts: str) -> None:
        """The video's row has cells with just these texts, the name of `status`, and a date within a day of now."""
        self.expect_listed(key)
        cells = [" ".join(text.split()) for text in self._row(key).get_by_role("cell").all_inner_texts()]
        named = self._filters.locator(f"[name=status] option[value={status}]").inner_text()
        wanted = {**texts, "key": key, "status": named}
        if missing := [f"the {name} “{text}”" for name, text in wanted.items() if text not in cells]:
            raise AssertionError(f"expected the row to show {', '.join(missing)}, seen {' | '.join(cells)}")
        at = shown_time(next((text for text in cells if MOMENT.search(text)), " | ".join(cells)))
        if abs(at - datetime.now()) > timedelta(days=1):
            raise AssertionError(f"expected a video of today, seen the date {at:%d %B %Y %H:%M}")

    def time_of(self, key: str) -> datetime:
        """When the video was asked for, in the site's local time, to the minute."""
        self.expect_listed(key)
        return shown_time(self._row(key).inner_text())

    def others_since(self, since: datetime, besides: str) -> int:
        """How many videos on this page were asked for not before `since`, and have not `besides` in their row."""
        rows = [text for text in self._rows().all_inner_texts() if MOMENT.search(" ".join(text.split()))]
        return len([text for text in rows if besides not in text and shown_time(text) >= since])

    def search(self, text: str = "", *, course: int = 0, status: str = "") -> Self:
        """Fill in all the filters, and press Search."""
        asked = {"course": str(course or ""), "status": status, "text": text}
        narrowed = ", ".join(f"the {name} “{value}”" for name, value in asked.items() if value)
        self.moodle.step(f"Search for {narrowed or 'all videos'}.")
        self._choose("courseid", str(course))
        self._choose("status", status)
        self._filters.locator("[name=search]").fill(text)
        with self.page.expect_event("domcontentloaded"):
            self._filters.locator("[type=submit]").click()
        return self.ready()

    def _choose(self, name: str, value: str) -> None:
        field = self._filters.locator(f"[name={name}]")
        options = field.locator("option").evaluate_all("all => all.map(option => [option.value, option.label])")
        offered = dict(options)
        if value not in offered:
            # Courses are other people's; the statuses are the plugin's own words.
            labels = listed([*offered.values()]) if name == "status" else counted(len(offered), "other choice")
            raise AssertionError(f"expected the filter {name} to offer “{value}”, seen {labels}")
        field.select_option(value)

    def expect_filter(self, text: str) -> None:
        """The search field still holds `text`, and every row has it."""
        if (held := self._filters.locator("[name=search]").input_value()) != text:
            raise AssertionError(
                f"expected the search for “{text}” to be kept, seen {f'“{held}”' if held else 'an empty field'}"
            )
        if strangers := [row for row in self._rows().all_inner_texts() if text.casefold() not in row.casefold()]:
            seen = own(strangers, self.moodle.mark, "")
            raise AssertionError(f"expected only videos with “{text}”, seen: {seen}")

    def reset(self) -> Self:
        """Press Reset, and find the whole list: no filter holds what was asked for."""
        self.moodle.step("Press “Reset”.")
        with self.page.expect_event("domcontentloaded"):
            self._filters.get_by_role("link").click()
        self.ready()
        held = {name: self._filters.locator(f"[name={name}]").input_value() for name in FILTERS}
        if kept := [f"{name} {value!r}" for name, value in held.items() if value not in ("", "0")]:
            raise AssertionError(f"expected Reset to clear every filter, seen {', '.join(kept)}")
        return self

    def next_page(self) -> Self:
        pages = self.main.locator(".pagination")
        current = pages.locator(".active[data-page-number]")
        if not current.count():
            raise AssertionError("expected the list to have pages, seen one page")
        self.moodle.step("Go to the next page of the list.")
        number = int(current.get_attribute("data-page-number") or 0)
        with self.page.expect_event("domcontentloaded"):
            pages.locator(f"[data-page-number='{number + 1}'] a").first.click()
        return self.ready()

    def delete(self, key: str) -> DeleteQuestion:
        """Press Delete in the video's row."""
        self.moodle.step("Press “Delete” in the video's row.")
        self.expect_listed(key)
        with self.page.expect_event("domcontentloaded"):
            self._row(key).locator("a[href*='action=delete']").click()
        return DeleteQuestion(self.page, self.moodle).ready()

    def notice(self) -> Notice:
        """What the page says of the deletion."""
        notices = self.page.locator("#user-notifications .alert")
        expect(notices.first, "a message about the deletion").to_be_visible()
        said = " ".join(notices.first.evaluate(WITHOUT_BUTTON).split())
        return Notice(said, bool(notices.and_(self.page.locator(".alert-success")).count()))


@dataclass(frozen=True, slots=True)
class Notice:
    """What a page says after it has done something, and whether as a success."""

    text: str
    is_success: bool

    def expect_success(self) -> None:
        if not self.is_success:
            raise AssertionError(f"expected the message that the video was deleted, seen: {self.text}")


class DeleteQuestion(MoodlePage):
    """What the plugin asks before it deletes a video."""

    @property
    def dialogue(self) -> Locator:
        return self.page.get_by_role("alertdialog")

    def expect_named(self, *texts: str) -> None:
        """The question names all of `texts`."""
        if not self.dialogue.count():
            raise AssertionError(
                f"expected a question before the video is deleted, seen: {self.main.inner_text()[:300]}"
            )
        said = self.dialogue.inner_text()
        if missing := [text for text in texts if text not in said]:
            raise AssertionError(f"expected the question to name {', '.join(missing)}, seen: {said}")

    def _answer(self, form: str) -> ManageVideos:
        with self.page.expect_event("domcontentloaded"):
            self.dialogue.locator(form).get_by_role("button").click()
        return ManageVideos(self.page, self.moodle).ready()

    def cancel(self) -> ManageVideos:
        self.moodle.step("Answer the question with no.")
        return self._answer("form:not(:has([name=confirm]))")

    def confirm(self) -> ManageVideos:
        self.moodle.step("Answer the question with yes.")
        return self._answer("form:has([name=confirm])")
