"""Course categories and courses, by the forms that an administrator's browser uses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from bs4 import BeautifulSoup
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from clients.addresses import CATEGORIES, COURSE, COURSE_SETTINGS
from clients.errors import ConfigurationError, SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import field_value, plain, query, quote, text
from clients.moodle.model import Course

DELETING_A_COURSE = 120
"""Seconds."""


class Courses:
    """What the administrator, whose session `site` is, does with courses."""

    def __init__(self, site: MoodleClient) -> None:
        self.site = site
        self._contexts: dict[int, int] = {}

    def category(self, idnumber: str) -> int | None:
        """Id of the course category with this id number, at whatever depth."""
        step = "Looking for the course category"
        waiting: list[dict[str, str]] = [{}]
        seen: set[str] = set()
        while waiting:
            page = self.site.open(step, CATEGORIES, **waiting.pop(0))
            for shown in page.select("li.listitem-category .idnumber"):
                item = shown.find_parent("li")
                if item is not None and text(shown) == idnumber:
                    return int(str(item["data-id"]))
            for item in page.select("li.listitem-category[data-expandable='1'][data-expanded='0']"):
                if (inside := str(item["data-id"])) not in seen:
                    seen.add(inside)
                    waiting.append({"categoryid": inside})
        return None

    def category_settings(self, category: int) -> tuple[str, str]:
        """A category's ID number, and its description as text."""
        step = f"Opening the course category {category}"
        page = self.site.open(step, "/course/editcategory.php", id=category)
        idnumber, description = (
            field_value(page, name, step, self.site.where) for name in ("idnumber", "description_editor[text]")
        )
        return idnumber, plain(description)

    def is_hidden(self, category: int) -> bool:
        """Whether only who may see hidden categories can see this one."""
        page = self.site.open("Looking for the course category", CATEGORIES, categoryid=category)
        item = page.select_one(f"li.listitem-category[data-id='{category}']")
        return item is not None and item.get("data-visible") == "0"

    def within(self, category: int) -> dict[int, str]:
        """Full names by id of every course in the category, hidden ones too."""
        courses: dict[int, str] = {}
        number: int | None = 0
        while number is not None:
            page = self.site.open("Listing the courses", CATEGORIES, categoryid=category, page=number)
            for item in page.select("li.listitem-course[data-id]"):
                courses[int(str(item["data-id"]))] = text(item.select_one(".coursename"))
            pages = {query(str(link["href"])).get("page") for link in page.select("a[href*='page=']")}
            number = number + 1 if str(number + 1) in pages else None
        return courses

    def create(self, category: int, name: str, short_name: str, summary: str = "") -> Course:
        """Raises SiteError with `refused["shortname"]` when the site already has the short name, and
        ConfigurationError when it requires what the suite does not know.
        """
        today = datetime.now()
        try:
            where = self.site.submit(
                f"Creating the course {name}",
                COURSE_SETTINGS,
                {"fullname": name, "shortname": short_name, "summary_editor[text]": summary},
                if_there={
                    "startdate[day]": str(today.day),
                    "startdate[month]": str(today.month),
                    "startdate[year]": str(today.year),
                    "visible": "1",  # whatever the site's default is
                },
                button="saveanddisplay",
                category=category,
            )
        except SiteError as error:
            if not error.refused or "shortname" in error.refused:
                raise
            raise ConfigurationError(
                f"{self.site.base_url} refuses a course that has no more than a name: {_complaints(error.refused)}. "
                "Make these fields optional, or give them defaults, under Site administration > Courses."
            ) from error
        return Course(int(query(where)["id"]), name, short_name)

    def summary(self, course: int) -> str:
        """A course's summary, as text."""
        return plain(self._field("Reading a course's summary", course, "summary_editor[text]"))

    def write_summary(self, course: int, summary: str) -> None:
        self._write("Writing a course's summary", course, "summary_editor[text]", summary)

    def keep(self, course: int, name: str, summary: str) -> None:
        """Gives a course another name and summary."""
        values = {"fullname": name, "summary_editor[text]": summary}
        self.site.submit("Renaming a course", COURSE_SETTINGS, values, button="saveanddisplay", id=course)

    def _field(self, step: str, course: int, name: str) -> str:
        return field_value(self.site.open(step, COURSE_SETTINGS, id=course), name, step, self.site.where)

    def _write(self, step: str, course: int, name: str, value: str) -> None:
        self.site.submit(step, COURSE_SETTINGS, {name: value}, button="saveanddisplay", id=course)

    def idnumber(self, course: int) -> str:
        """The course's ID number, which its people do not see; empty without one."""
        return self._field("Reading a course's ID number", course, "idnumber")

    def write_idnumber(self, course: int, idnumber: str) -> None:
        self._write("Writing a course's ID number", course, "idnumber", idnumber)

    def delete(self, course: int) -> None:
        """Deletes the course with all that is in it, at once unless the site has a task for that."""
        step = f"Deleting course {course}"
        page = self.site.open(step, "/course/delete.php", id=course)
        confirmation = page.select_one("form[action*='/course/delete.php'] input[name=delete]")
        if confirmation is None:
            raise SiteError(f"{step} failed at {self.site.where}. {quote(page)}")
        data = {"id": course, "delete": confirmation["value"]}
        self.site.send(step, "/course/delete.php", data, timeout=DELETING_A_COURSE)

    def still_open(self, courses: Collection[int]) -> set[int]:
        """Those that can be opened although they were deleted; a site that leaves that to a task has two minutes."""
        left = set(courses)

        def look() -> set[int]:
            left.difference_update([course for course in left if not self._opens(course)])
            return left

        retrying = Retrying(
            retry=retry_if_result(bool),
            stop=stop_after_delay(DELETING_A_COURSE),
            wait=wait_fixed(1),
            retry_error_callback=lambda _: left,
        )
        retrying(look)
        return left

    def _opens(self, course: int) -> bool:
        try:
            self.site.open("Looking for a deleted course", COURSE, id=course)
        except SiteError:
            return False
        return True

    def empty_recycle_bin(self, category: int, name: re.Pattern[str]) -> None:
        """Removes deleted courses with such a name from the category's recycle bin, if the site keeps one."""
        response = self.site.get("/admin/tool/recyclebin/index.php", contextid=self.context(category))
        if not response.ok:
            return
        for row in BeautifulSoup(response.text, "lxml").select("#recycle-bin-table tbody tr"):
            if name.match(text(row.select_one("td"))):
                for link in (query(str(link["href"])) for link in row.select("a[href]")):
                    if link.get("action") == "delete":
                        self.site.get("/admin/tool/recyclebin/index.php", **link)

    def context(self, category: int) -> int:
        """Moodle's id of the category's context."""
        if category not in self._contexts:
            self.site.open("Opening the course category", "/course/index.php", categoryid=category)
            self._contexts[category] = int(self.site.config["contextid"])
        return self._contexts[category]


def _complaints(refused: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({said.lstrip('- ')})" for name, said in refused.items())
