"""Course categories and courses, by the forms that an administrator's browser uses."""

from __future__ import annotations

import re
from datetime import datetime

from bs4 import BeautifulSoup, Tag

from services.addresses import CATEGORIES, COURSE_SETTINGS
from services.errors import SiteError
from services.moodle.html import query, quote, text
from services.moodle.model import Course
from services.moodle.site import Site

DELETING_A_COURSE = 120
"""Seconds."""


class Courses:
    """What the administrator, whose session `site` is, does with courses."""

    def __init__(self, site: Site) -> None:
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
        """Raises SiteError with `refused["shortname"]` when the site already has the short name."""
        today = datetime.now()
        where = self.site.submit(
            f"Creating the course {name}",
            COURSE_SETTINGS,
            {"fullname": name, "shortname": short_name, "summary_editor[text]": summary},
            if_there={
                "startdate[day]": str(today.day),
                "startdate[month]": str(today.month),
                "startdate[year]": str(today.year),
            },
            button="saveanddisplay",
            category=category,
        )
        return Course(int(query(where)["id"]), name, short_name)

    def summary(self, course: int) -> tuple[str, str]:
        """Short name and summary (as text) of a course."""
        page = self.site.open("Reading a course's summary", COURSE_SETTINGS, id=course)
        short_name = page.find("input", attrs={"name": "shortname"})
        summary = page.find("textarea", attrs={"name": "summary_editor[text]"})
        if not isinstance(short_name, Tag) or not isinstance(summary, Tag):
            raise SiteError(f"Course {course} cannot be edited at {self.site.where}. {quote(page)}")
        return str(short_name["value"]), BeautifulSoup(summary.get_text(), "lxml").get_text(" ", strip=True)

    def write_summary(self, course: int, summary: str) -> None:
        self.site.submit(
            "Writing a course's summary",
            COURSE_SETTINGS,
            {"summary_editor[text]": summary},
            button="saveanddisplay",
            id=course,
        )

    def delete(self, course: int) -> None:
        """Deletes the course with all that is in it, now and not by cron, past the recycle bin."""
        step = f"Deleting course {course}"
        page = self.site.open(step, "/course/delete.php", id=course)
        confirmation = page.select_one("form[action*='/course/delete.php'] input[name=delete]")
        if confirmation is None:
            raise SiteError(f"{step} failed at {self.site.where}. {quote(page)}")
        data = {"id": course, "delete": confirmation["value"]}
        self.site.send(step, "/course/delete.php", data, timeout=DELETING_A_COURSE)

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
