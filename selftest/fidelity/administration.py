"""What administrators have of the plugin: its list and its dashboard, and its places in Moodle's own pages."""

from __future__ import annotations

from secrets import token_hex

from checks.installation import TASK
from clients.addresses import COMPONENT, DASHBOARD, MANAGE_VIDEOS, SETTINGS, SETTINGS_CATEGORY
from clients.http_result import HttpResult
from clients.moodle.html import text
from clients.plugin.api import Video
from selftest.fidelity.asked import ADMIN, Asked
from selftest.fidelity.hooks import HOOKS

MANAGER = 1
"""Moodle's id of the role, since it was installed."""


def row_of(asked: Asked, when: str, key: str) -> None:
    """A video's row in the list."""
    page = HttpResult.of(asked.admin.get(MANAGE_VIDEOS, search=key)).page
    cell = next((cell for cell in page.select("tbody td") if text(cell) == key), None)
    row = cell.find_parent("tr") if cell else None
    told = " | ".join(text(one) for one in row.select("td")) if row else "none"
    asked.book.note("list of videos", f"row of a video that is {when}", told)


def list_of_videos(asked: Asked, video: Video) -> None:
    admin, book, what = asked.admin, asked.book, "list of videos"
    row_of(asked, "ready", video.key)
    page = book.page(what, HttpResult.of(admin.get(MANAGE_VIDEOS, search=video.key)))
    book.hooks(what, page, HOOKS[what])
    book.texts(
        what,
        page,
        columns="thead th",
        labels=".video-filters label",
        statuses="[name=status] option",
        sizes="[name=perpage] option",
        every_course="[name=courseid] option[value='0']",
        reset=".video-filters a",
    )
    field = page.select_one("[name=search]")
    book.note(what, "placeholder", field.get("placeholder", "none") if field else "no field")
    nothing = HttpResult.of(admin.get(MANAGE_VIDEOS, search=token_hex(8))).page
    book.texts(what, nothing, introduction_and_nothing_found="[role=main] .alert-info")
    what = "question before a deletion"
    page = book.page(what, HttpResult.of(admin.get(MANAGE_VIDEOS, action="delete", s3key=video.key)))
    book.hooks(what, page, HOOKS[what])
    book.texts(what, page, words="[role=alertdialog] .modal-body", buttons="[role=alertdialog] button")
    form = page.select_one("[role=alertdialog] form:has([name=confirm])")
    book.note(what, "method", str(form.get("method", "get")).lower() if form else "no form")
    unknown = HttpResult.of(admin.get(MANAGE_VIDEOS, action="delete", s3key="videos/1/none.mp4")).page
    book.texts("deletion of no video", unknown, words="#user-notifications .alert")


def dashboard(asked: Asked) -> None:
    book, what = asked.book, "dashboard"
    page = book.page(what, HttpResult.of(asked.admin.get(DASHBOARD, range=3650)))
    book.hooks(what, page, HOOKS[what])
    book.texts(
        what,
        page,
        title="[role=main] h2",
        blocks="[role=main] h3",
        cards="[role=main] .card-title",
        ranges="#range-select option",
        columns="[role=main] thead th",
    )


def for_administrators(asked: Asked) -> None:
    """Who else tries these pages."""
    for who, site in asked.sites.items():
        if who != ADMIN:
            asked.book.page(f"dashboard, {who}", HttpResult.of(site.get(DASHBOARD)))
            asked.book.page(f"list of videos, {who}", HttpResult.of(site.get(MANAGE_VIDEOS)))
            asked.book.page(f"settings, {who}", HttpResult.of(site.get(SETTINGS, section=COMPONENT)))


def moodle(asked: Asked) -> None:
    """The plugin's places in Moodle's pages."""
    admin, book = asked.admin, asked.book
    what = "submission plugins"
    page = book.page(what, HttpResult.of(admin.get("/mod/assign/adminmanageplugins.php", subtype="assignsubmission")))
    row = next((row for row in page.select("table tr") if row.select_one("[href*='plugin=s3video']")), None)
    if row is not None:
        book.note(what, "row", " | ".join(text(cell) for cell in row.select("td")[:2]))
        switch = [str(link["href"]) for link in row.select("a[href*='action=hide'], a[href*='action=show']")]
        book.note(what, "eye", " | ".join(link.partition("?")[2] for link in switch))
        book.hooks(what, page, ["a[href*='section=assignsubmission_s3video']"])
    what = "menu of submission plugins"
    page = book.page(what, HttpResult.of(admin.get(SETTINGS_CATEGORY, category="assignsubmissionplugins")))
    book.hooks(what, page, HOOKS[what])
    for path in (DASHBOARD, MANAGE_VIDEOS):
        link = page.select_one(f"[role=main] a[href*='{path}']")
        book.note(what, f"link to {path.rpartition('/')[2]}", text(link))
    what = "scheduled tasks"
    page = book.page(what, HttpResult.of(admin.get("/admin/tool/task/scheduledtasks.php")))
    row = next((row for row in page.select("table tr") if TASK in text(row)), None)
    if row is not None:
        cells = [text(cell) for cell in row.select("th, td")]
        book.note(what, "name and component", " | ".join(cells[:2]))
        book.note(what, "schedule", " ".join(text(cell) for cell in row.select("td.text-ltr")))
        book.note(what, "run now", "there" if row.select_one("a[href*='schedule_task']") else "not there")
    what = "plugins overview"
    page = book.page(what, HttpResult.of(admin.get("/admin/plugins.php")))
    names = ("displayname", "release", "versionnumber", "componentname", "availability")
    book.texts(what, page, **{name: f".name-{COMPONENT} .{name}" for name in names})
    page = book.page("roles", HttpResult.of(admin.get("/admin/roles/define.php", action="view", roleid=MANAGER)))
    named = sorted(text(one) for one in page.select(".cap-name") if "s3video" in text(one))
    book.note("roles", "capabilities of the plugin", ", ".join(named))
