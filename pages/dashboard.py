from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Self

from playwright.sync_api import Locator, TimeoutError

from clients.addresses import DASHBOARD
from clients.errors import NotCheckable
from pages.base import MoodlePage
from pages.script import scripts
from pages.texts import MOMENT, ShownSize, shown_size, shown_time
from pages.third_party import own

SCRIPTS = scripts(__file__)

UPLOADS = "Recent Uploads"
FAILURES = "Recent Failures"

ROWS = 10
"""Of the recent failures the plugin shows so many."""

ROUNDED = 0.51
"""How far a percentage may be from what it was made of, rounded to a whole number at worst."""

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

EVERYTHING = {"range": 3650}
"""In days, for figures that are compared: from 30 days an old entry can fall out between two looks."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of the dashboard at one moment: what its cards show, by their titles."""

    cards: Mapping[str, str]

    def card(self, title: str) -> str:
        found = {name.casefold(): text for name, text in self.cards.items()}.get(title.casefold())
        if found is None:
            raise AssertionError(f"expected the dashboard to show “{title}”, seen {', '.join(self.cards) or 'no card'}")
        return found

    def number(self, title: str) -> int:
        text = self.card(title)
        if not re.fullmatch(r"\d+", text):
            raise AssertionError(f"expected a number as “{title}”, seen “{text}”")
        return int(text)

    @property
    def stored(self) -> ShownSize:
        return shown_size(self.card("Total Storage"))

    def expect_growth(self, earlier: Figures, growth: Mapping[str, int], others: Callable[[], int]) -> None:
        """The numbers under these titles are larger than `earlier` by just that much.

        They may have grown by what `others()` says that other people have done meanwhile; it is asked only then.
        """
        seen = {title: self.number(title) - earlier.number(title) for title in growth}
        if seen == growth:
            return
        more = others()
        if any(not count <= seen[title] <= count + more for title, count in growth.items()):
            besides = f" and {more} of other people at most" if more else ""
            raise AssertionError(f"expected the dashboard to count {_told(growth)}{besides}, seen {_told(seen)}")

    def expect_success_rate(self) -> None:
        """It is the share of the requested uploads that were completed, and a percentage from 0 to 100."""
        text = self.card("Success Rate")
        requested, completed = self.number("Total Requested"), self.number("Total Completed")
        counted = f"{completed} of {requested} uploads completed"
        found = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*%", text)
        if found is None or float(found[1].replace(",", ".")) > 100:
            raise AssertionError(f"expected a success rate from 0 % to 100 %, seen {text} for {counted}")
        share = 100 * completed / requested if requested else 0.0
        if abs(float(found[1].replace(",", ".")) - share) > ROUNDED:
            raise AssertionError(f"expected a success rate of {share:.1f} % for {counted}, seen {text}")

    def expect_more_stored(self, earlier: Figures, size: int, others: Callable[[], int]) -> None:
        """The total storage grew by `size` bytes, as exactly as the page tells; by more, if others upload too.

        Raises NotCheckable where the page's number is too rough to show that.
        """
        before, after = earlier.stored, self.stored
        if after.precision > size:
            raise NotCheckable(f"{self.card('Total Storage')} is too rough a number to show {size} bytes more")
        over = after.bytes - before.bytes - size
        rough = (before.precision + after.precision) / 2 + 1
        if over < -rough or (over > rough and not others()):
            shown = [figures.card("Total Storage") for figures in (earlier, self)]
            raise AssertionError(
                f"expected the total storage to grow by {size} bytes, seen it go from {shown[0]} to {shown[1]}"
            )


class Dashboard(MoodlePage):
    """The plugin's statistics, at `dashboard.php`: of the last 30 days, or of so many as `range` says."""

    path = DASHBOARD

    def others_since(self, since: datetime, besides: str) -> int:
        """How many failures were not before `since`, in the site's local time, and have not `besides` in their row."""
        rows = [_text(row) for row in self._rows(FAILURES).all()]
        return len([text for text in rows if besides not in text and shown_time(text) >= since])

    def figures(self) -> Figures:
        return Figures(self.main.locator(".card-body:has(.card-title)").evaluate_all(SCRIPTS["figures"]))

    def expect_ranges(self) -> dict[int, int]:
        """Each choice of a time leads to its figures; a longer one has no fewer uploads, and none is without any.

        The shortest one is compared with a time of a day less. Returns the requested uploads by days. An upload of
        today is a condition.
        """
        self.moodle.step("Open the dashboard anew.")
        self.open()  # with the time that the page chooses by itself: its choice shows no other
        counted: dict[int, int] = {}
        for days in self._choices():
            counted[days] = self._over(str(days)).figures().number("Total Requested")
        if counted and (shorter := min(counted) - 1):
            counted[shorter] = self._requested(shorter)
        found = [counted[days] for days in sorted(counted)]
        if not found or not found[0] or found != sorted(found):
            told = ", ".join(f"{counted[days]} in {days} days" for days in sorted(counted))
            raise AssertionError(
                "expected each time range to count today's upload, and a longer one no fewer than a shorter one, "
                f"seen {told or 'no choice'}"
            )
        return counted

    def _requested(self, days: int) -> int:
        self.moodle.step(f"Open the dashboard with the figures of {days} days, {DASHBOARD}?range={days}.")
        return self.open(range=days).figures().number("Total Requested")

    def expect_counted_in_their_time(self, uploads: Collection[datetime]) -> dict[int, int]:
        """Those of the last day are counted in one day, the oldest one in days that reach back to it, and not in fewer,
        and one that only the longer one of two choices reaches back to, in that alone.

        Returns the requested uploads by days. Raises NotCheckable where there are none, or the oldest is not an hour
        older than a day.
        """
        if not uploads:
            raise NotCheckable("the list of videos shows no upload whose time can be told")
        now = datetime.now(UTC)
        recent = sum(now - then < DAY - HOUR for then in uploads)
        if (counted := self._requested(1)) < recent:
            raise AssertionError(f"expected the last day to count {recent} uploads at least, seen {counted}")
        age = now - min(uploads)
        shorter, longer = (age - HOUR) // DAY, (age + HOUR) // DAY + 1
        if shorter < 1:
            raise NotCheckable("no upload that the list of videos shows is older than a day: run again tomorrow")
        seen = {1: counted}
        for few, many in [(shorter, longer), *pairwise(self._choices())]:
            ages = [old for then in uploads if few * DAY <= (old := now - then) - HOUR and old + HOUR < many * DAY]
            if not ages:
                continue
            seen |= {days: self._requested(days) for days in (few, many)}
            if seen[many] <= seen[few]:
                raise AssertionError(
                    f"expected more uploads in {many} days than in {few}, as one is {max(ages) / DAY:.1f} days old, "
                    f"seen {seen[many]} and {seen[few]}"
                )
        return seen

    def _choices(self) -> list[int]:
        """In days."""
        return sorted(map(int, self._range.locator("option").evaluate_all("all => all.map(option => option.value)")))

    @property
    def _range(self) -> Locator:
        return self.main.locator("#range-select")

    def _over(self, days: str) -> Self:
        """Choose so many days."""
        if self._range.input_value() != days:
            self.moodle.step(f"Choose the figures of {days} days.")
            try:
                with self.page.expect_event("domcontentloaded"):
                    self._range.select_option(days)
            except TimeoutError:
                raise AssertionError(
                    f"expected the choice of {days} days to lead to their figures, seen the page stay"
                ) from None
            self.ready()
        return self

    def expect_recent_upload(self, *texts: str) -> None:
        """A row of the recent uploads holds all of `texts`."""
        self._row(UPLOADS, *texts)

    def expect_failure(self, *texts: str) -> None:
        """A row of the recent failures holds all of `texts`, and says what happened."""
        row = self._row(FAILURES, *texts)
        cells = [text.strip() for text in row.get_by_role("cell").all_inner_texts()]
        if not [text for text in cells if text and text not in texts and not MOMENT.search(text)]:
            raise AssertionError(f"expected the failure to say what happened, seen {' | '.join(cells)}")

    def expect_no_failure(self, *texts: str) -> None:
        """No row of the recent failures holds all of `texts`."""
        if found := [_text(row) for row in _holding(self._rows(FAILURES), texts).all()]:
            seen = own(found, self.moodle.mark, "")
            raise AssertionError(f"expected no error of {' in '.join(texts)}, seen: {seen}")

    def expect_no_failure_since(self, began: datetime, besides: str) -> None:
        """Since `began`, in the site's local time, is no failure but those with `besides` in them.

        Raises NotCheckable where the table, which ends with its tenth row, does not go back so far.
        """
        rows = [_text(row) for row in self._rows(FAILURES).all()]
        if found := [text for text in rows if besides not in text and shown_time(text) > began]:
            seen = own(found, self.moodle.mark, "")
            raise AssertionError(f"expected no other error since {began:%H:%M}, seen: {seen}")
        if len(rows) >= ROWS and (oldest := shown_time(rows[-1])) > began:
            raise NotCheckable(
                f"the dashboard shows the last {len(rows)} errors, back to {oldest:%H:%M}, and the run began at "
                f"{began:%H:%M}: another one may be behind them"
            )

    def _rows(self, block: str) -> Locator:
        """The rows of the table under this heading; none where there is no table."""
        headings = self.main.get_by_role("heading", level=3)
        heading = headings.filter(has_text=re.compile(rf"^\s*{block}\s*$", re.I))
        if not heading.count():
            seen = ", ".join(headings.all_inner_texts()) or "no heading"
            raise AssertionError(f"expected the dashboard to have a block “{block}”, seen {seen}")
        return heading.first.locator("xpath=following::*[self::h3 or self::tbody][1][self::tbody]/tr")

    def _row(self, block: str, *texts: str) -> Locator:
        rows = self._rows(block)
        found = _holding(rows, texts)
        if not found.count():
            seen = own(map(_text, rows.all()), self.moodle.mark, "no row")
            raise AssertionError(f"expected “{block}” to show {', '.join(texts)}, seen: {seen}")
        return found.first


def _holding(rows: Locator, texts: tuple[str, ...]) -> Locator:
    for text in texts:
        rows = rows.filter(has_text=text)
    return rows


def _text(row: Locator) -> str:
    return " ".join(row.inner_text().split())


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{title} {count:+d}" for title, count in counts.items())
