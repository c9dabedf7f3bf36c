"""A Moodle site as its forms show it: set-up and clean-up by request, without a browser.

Only pages and ajax functions that an administrator's browser uses too, so any Moodle 4.x will do
as it stands: no web service, no token, nothing to install.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mechanicalsoup  # type: ignore[import-untyped]
import requests
from bs4 import BeautifulSoup, Tag

from services.addresses import COMPONENT, LOGIN
from services.errors import ConfigurationError, LoginRefused, SiteError, Unreachable, root_of
from services.moodle.model import Account, Assignment, Course, Person, Plugin

SETTING = f"s_{COMPONENT}_"

DELETING_A_COURSE = 120

HURDLES = {
    "/login/change_password.php": "must change its password first: log in by hand once and set one",
    "/admin/tool/policy/": "must accept the site's policies first: log in by hand once and agree",
    "/user/policy.php": "must accept the site policy first: log in by hand once and agree",
    "/user/edit.php": "has an incomplete profile: log in by hand once and fill in what is missing",
    "/admin/tool/mfa/": "is asked for a second factor: exempt it, a test cannot answer",
    "/admin/index.php": "meets a pending upgrade: finish it under Site administration > Notifications",
}


class _Session(requests.Session):
    """Gives every request its time limit in seconds and its trust, and names an outage one."""

    def __init__(self, verify: bool | str, timeout: float) -> None:
        super().__init__()
        self.limits = {"verify": verify, "timeout": timeout}

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        options = {**self.limits, **kwargs}
        address = str(url)
        host = urlsplit(address).netloc
        try:
            return super().request(method, address, *args, **options)
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(
                f"The certificate of {host} is not trusted: {root_of(error)}. "
                "Set ca_file in the environment file to the authority that issued it."
            ) from error
        except requests.exceptions.Timeout as error:
            raise Unreachable(f"{host} did not answer within {options['timeout']} s ({address}).") from error
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise Unreachable(f"{host} cannot be reached ({address}): {root_of(error)}.") from error
        except requests.exceptions.RequestException as error:
            raise SiteError(f"{host} gives an answer that cannot be followed ({address}): {root_of(error)}.") from error


class Site:
    """One session on a Moodle site; `verify` and `timeout` (seconds) as requests takes them."""

    def __init__(self, base_url: str, verify: bool | str = True, timeout: float = 10) -> None:
        self.base_url = base_url.rstrip("/")
        self.session = _Session(verify, timeout)
        self._browser = mechanicalsoup.StatefulBrowser(session=self.session)
        self._config: dict[str, Any] = {}
        self._contexts: dict[int, int] = {}
        self._enrol_ids: dict[int, int] = {}
        self._role_ids: dict[str, int] = {}

    # -- requests ---------------------------------------------------------------------------------

    def url(self, path: str) -> str:
        return f"{self.base_url}/{path.lstrip('/')}"

    @property
    def sesskey(self) -> str:
        """Moodle's token against forged requests, of the page seen last."""
        return str(self._config.get("sesskey", ""))

    @property
    def own_url(self) -> str:
        """What Moodle takes for its own address, empty before the first page."""
        return str(self._config.get("wwwroot", ""))

    @property
    def user_id(self) -> int:
        return int(self._config.get("userId", 0))

    def get(self, path: str, **params: Any) -> requests.Response:
        """The answer whatever its status, after redirects."""
        return self.session.get(self.url(path), params=params)

    def post(self, path: str, data: Mapping[str, Any]) -> requests.Response:
        """As `get`; the session's sesskey is sent unless `data` brings its own."""
        return self.session.post(self.url(path), data={"sesskey": self.sesskey, **data})

    def call(self, function: str, **args: Any) -> requests.Response:
        """The raw answer of a Moodle external function, exceptions included."""
        return self.session.post(
            self.url("/lib/ajax/service.php"),
            params={"sesskey": self.sesskey, "info": function},
            json=[{"index": 0, "methodname": function, "args": args}],
        )

    def ajax(self, function: str, **args: Any) -> Any:
        """What a Moodle external function answers. Raises SiteError when it answers an exception."""
        step = f"Calling {function}"
        response = self.call(function, **args)
        try:
            answer = response.json()
            answer = answer[0] if isinstance(answer, list) else answer
        except ValueError:
            raise _failure(step, response) from None
        if answer["error"]:
            said = answer.get("exception", {}).get("message") or answer["error"]
            raise SiteError(f"{step} failed at {response.url}: the site said “{said}”.")
        return answer["data"]

    def _open(self, step: str, path: str, **params: Any) -> BeautifulSoup:
        response = self._browser.open(self.url(path), params=params)
        return self._page(step, response)

    def _page(self, step: str, response: requests.Response) -> BeautifulSoup:
        page: BeautifulSoup | None = getattr(response, "soup", None)
        if page is None or not response.ok or page.select_one("[data-rel=fatalerror]"):
            raise _failure(step, response)
        self._config = _config(response.text) or self._config
        return page

    def _submit(
        self,
        step: str,
        path: str,
        values: Mapping[str, Any],
        *,
        button: str = "submitbutton",
        if_there: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> str:
        """Fills in a Moodle form and gives the address it leads to: Moodle redirects only when it accepts.

        The form is the one that holds the first of `values`; fields in `if_there` may be missing.
        """
        page = self._open(step, path, **params)
        held = page.find(attrs={"name": next(iter(values))})
        form = held.find_parent("form") if isinstance(held, Tag) else None
        if not isinstance(form, Tag):
            raise SiteError(f"{step} failed at {self._browser.url}: the form is not there. {_quote(page)}")
        self._browser.select_form(form)
        for name, value in values.items():
            if form.find(attrs={"name": name}) is None:
                raise SiteError(f"{step} failed at {self._browser.url}: the form has no field {name}.")
            self._browser[name] = value
        for name, value in (if_there or {}).items():
            if form.find(attrs={"name": name}) is not None:
                self._browser[name] = value
        response = self._browser.submit_selected(btnName=button, update_state=False, allow_redirects=False)
        if response.is_redirect:
            return str(response.headers["Location"])
        raise _failure(step, response)

    def probe(self) -> None:
        """Raises Unreachable unless the log-in page answers without an error of the server."""
        answer = self.get(LOGIN)
        if answer.status_code >= 500:
            raise Unreachable(f"The log-in page of {self.base_url} answers {answer.status_code}.")

    # -- the session ------------------------------------------------------------------------------

    def login(self, username: str, password: str) -> None:
        """Raises LoginRefused when the site says no or puts a hurdle before the first page."""
        step = f"Logging in as {username}"
        self.session.cookies.clear()
        page = self._open(step, LOGIN)
        if page.find(id="password") is None:
            raise LoginRefused(
                f"{step} failed at {self._browser.url}: no log-in form with a user name and a password. "
                "Give the suite a site with manual accounts."
            )
        self._browser.select_form("form#login")
        self._browser["username"] = username
        self._browser["password"] = password
        response = self._browser.submit_selected(update_state=False)
        if "loginredirect=1" in response.url or response.soup.find(id="loginerrormessage"):
            raise LoginRefused(
                f"{step} failed at {response.url}. {_quote(response.soup)} Check the user name and the password."
            )
        response = self._browser.open(self.url("/my/"))
        path = urlsplit(response.url).path
        for hurdle, sentence in HURDLES.items():
            if hurdle in path:
                raise LoginRefused(f"{username} {sentence} ({response.url}).")
        if self._page(step, response).select_one("body.notloggedin"):
            raise LoginRefused(f"{step} failed at {response.url}: the site did not keep the session.")

    def visit(self) -> None:
        """Come without logging in: a session, and a sesskey, that belong to nobody."""
        self.session.cookies.clear()
        self._open("Visiting the site", LOGIN)

    def login_as_guest(self) -> None:
        """Raises LoginRefused where the site offers no guest access."""
        self.session.cookies.clear()
        page = self._open("Entering as a guest", LOGIN)
        if page.select_one("form#guestlogin") is None:
            raise LoginRefused(f"{self.base_url} offers no guest access on its log-in page.")
        self._browser.select_form("form#guestlogin")
        self._page("Entering as a guest", self._browser.submit_selected(update_state=False))

    # -- what the site is -------------------------------------------------------------------------

    def release(self) -> str:
        """Moodle's release, such as "4.5.6"; needs an administrator."""
        page = self._open("Reading Moodle's release", "/admin/index.php")
        found = re.search(r"\d+\.\d+(\.\d+)?", _text(page.select_one(".copyright")))
        if found is None:
            raise SiteError(
                f"Moodle's release is not shown at {self._browser.url}. {_quote(page)} "
                "Use an administrator, and finish a pending upgrade."
            )
        return found.group()

    def plugin(self) -> Plugin | None:
        """The S3 Video plugin as the list of submission plugins shows it, None if it is not installed."""
        page = self._open(
            "Listing the submission plugins", "/mod/assign/adminmanageplugins.php", subtype="assignsubmission"
        )
        for row in page.select("table tbody tr"):
            links = [_query(str(link["href"])) for link in row.select("a[href]")]
            switches = [link["action"] for link in links if link.get("plugin") == "s3video" and "action" in link]
            if switches:
                version = re.search(r"\b20\d{8}\b", _text(row))
                return Plugin(version.group() if version else "", "hide" in switches)
        return None

    def plugin_settings(self) -> dict[str, str]:
        """The plugin's settings by short name, secrets included."""
        page = self._open("Reading the plugin's settings", "/admin/settings.php", section=COMPONENT)
        settings = {}
        for control in page.select(f"#adminsettings [name^={SETTING}]"):
            name = str(control["name"]).removeprefix(SETTING)
            # HTML drops a newline right after <textarea>; the parser does not.
            text = control.get_text().removeprefix("\n")
            settings[name] = text if control.name == "textarea" else str(control.get("value", ""))
        if not settings:
            raise SiteError(f"No settings of {COMPONENT} at {self._browser.url}. {_quote(page)} Is it installed?")
        return settings

    def save_plugin_settings(self, changes: Mapping[str, str]) -> None:
        """Saves these settings, leaves the others alone, and reads them back."""
        step = f"Saving the plugin's settings {', '.join(sorted(changes))}"
        response = self.post(
            f"/admin/settings.php?section={COMPONENT}",
            {
                "section": COMPONENT,
                "action": "save-settings",
                **{SETTING + name: value for name, value in changes.items()},
            },
        )
        if not response.ok:
            raise _failure(step, response)
        stored = self.plugin_settings()
        lost = [name for name, value in changes.items() if _lines(stored.get(name, "")) != _lines(value)]
        if lost:
            raise SiteError(f"{step} failed at {response.url}: the site did not keep {', '.join(lost)}.")

    # -- courses ----------------------------------------------------------------------------------

    def category(self, idnumber: str) -> int | None:
        """Id of the course category with this id number, at whatever depth."""
        step = "Looking for the course category"
        waiting: list[dict[str, str]] = [{}]
        seen: set[str] = set()
        while waiting:
            page = self._open(step, "/course/management.php", **waiting.pop(0))
            for shown in page.select("li.listitem-category .idnumber"):
                item = shown.find_parent("li")
                if item is not None and _text(shown) == idnumber:
                    return int(str(item["data-id"]))
            for item in page.select("li.listitem-category[data-expandable='1'][data-expanded='0']"):
                if (inside := str(item["data-id"])) not in seen:
                    seen.add(inside)
                    waiting.append({"categoryid": inside})
        return None

    def courses_in(self, category: int) -> dict[int, str]:
        """Full names by id of every course in the category, hidden ones too."""
        courses: dict[int, str] = {}
        number: int | None = 0
        while number is not None:
            page = self._open("Listing the courses", "/course/management.php", categoryid=category, page=number)
            for item in page.select("li.listitem-course[data-id]"):
                courses[int(str(item["data-id"]))] = _text(item.select_one(".coursename"))
            pages = {_query(str(link["href"])).get("page") for link in page.select("a[href*='page=']")}
            number = number + 1 if str(number + 1) in pages else None
        return courses

    def create_course(self, category: int, name: str, short_name: str, summary: str = "") -> Course:
        """Raises SiteError with `refused["shortname"]` when the site already has the short name."""
        today = datetime.now()
        where = self._submit(
            f"Creating the course {name}",
            "/course/edit.php",
            {"fullname": name, "shortname": short_name, "summary_editor[text]": summary},
            if_there={
                "startdate[day]": str(today.day),
                "startdate[month]": str(today.month),
                "startdate[year]": str(today.year),
            },
            button="saveanddisplay",
            category=category,
        )
        return Course(int(_query(where)["id"]), name, short_name)

    def course_summary(self, course: int) -> tuple[str, str]:
        """Short name and summary (as text) of a course."""
        page = self._open("Reading a course's summary", "/course/edit.php", id=course)
        short_name = page.find("input", attrs={"name": "shortname"})
        summary = page.find("textarea", attrs={"name": "summary_editor[text]"})
        if not isinstance(short_name, Tag) or not isinstance(summary, Tag):
            raise SiteError(f"Course {course} cannot be edited at {self._browser.url}. {_quote(page)}")
        return str(short_name["value"]), BeautifulSoup(summary.get_text(), "lxml").get_text(" ", strip=True)

    def write_course_summary(self, course: int, summary: str) -> None:
        self._submit(
            "Writing a course's summary",
            "/course/edit.php",
            {"summary_editor[text]": summary},
            button="saveanddisplay",
            id=course,
        )

    def delete_course(self, course: int) -> None:
        """Deletes the course with all that is in it, now and not by cron, past the recycle bin."""
        step = f"Deleting course {course}"
        page = self._open(step, "/course/delete.php", id=course)
        confirmation = page.select_one("form[action*='/course/delete.php'] input[name=delete]")
        if confirmation is None:
            raise SiteError(f"{step} failed at {self._browser.url}. {_quote(page)}")
        response = self._browser.post(
            self.url("/course/delete.php"),
            data={"id": course, "delete": confirmation["value"], "sesskey": self.sesskey},
            timeout=DELETING_A_COURSE,
        )
        self._page(step, response)

    def empty_recycle_bin(self, category: int, name: re.Pattern[str]) -> None:
        """Removes deleted courses with such a name from the category's recycle bin, if the site keeps one."""
        response = self.get("/admin/tool/recyclebin/index.php", contextid=self._context(category))
        if not response.ok:
            return
        for row in BeautifulSoup(response.text, "lxml").select("#recycle-bin-table tbody tr"):
            if name.match(_text(row.select_one("td"))):
                for link in (_query(str(link["href"])) for link in row.select("a[href]")):
                    if link.get("action") == "delete":
                        self.get("/admin/tool/recyclebin/index.php", **link)

    def create_assignment(self, course: Course, name: str, due: datetime) -> Assignment:
        """An assignment that takes S3 Video and nothing else, open now, due at `due` (the site's local time)."""
        where = self._submit(
            f"Creating the assignment {name}",
            "/course/modedit.php",
            {
                "name": name,
                f"{COMPONENT}_enabled": "1",
                "duedate[enabled]": True,
                "duedate[day]": str(due.day),
                "duedate[month]": str(due.month),
                "duedate[year]": str(due.year),
                "duedate[hour]": str(due.hour),
                "duedate[minute]": str(due.minute // 5 * 5),
            },
            if_there={
                "introeditor[text]": "Hand in a video.",
                "assignsubmission_onlinetext_enabled": False,
                "assignsubmission_file_enabled": False,
                "allowsubmissionsfromdate[enabled]": False,
                "cutoffdate[enabled]": False,
                "gradingduedate[enabled]": False,
                "submissiondrafts": "0",
            },
            add="assign",
            course=course.id,
            section=0,
        )
        cmid = int(_query(where)["id"])
        page = self._open("Reading the assignment's id", "/mod/assign/view.php", id=cmid, action="grader")
        shown = page.select_one("[data-assignmentid][data-contextid]")
        if shown is None:
            raise SiteError(f"The assignment's id is not shown at {self._browser.url}. {_quote(page)}")
        id_, context = int(str(shown["data-assignmentid"])), int(str(shown["data-contextid"]))
        return Assignment(cmid, id_, name, course, context)

    def save_submission(self, assignment: Assignment, key: str, size: int, mime: str) -> None:
        """Saves the submission form of whoever is logged in, as the widget fills it in after an upload."""
        self._submit(
            f"Saving a submission to {assignment.name}",
            "/mod/assign/view.php",
            {"s3video_s3_key": key},
            if_there={"s3video_file_size": str(size), "s3video_mime_type": mime, "s3video_status": "ready"},
            id=assignment.cmid,
            action="editsubmission",
        )

    # -- people -----------------------------------------------------------------------------------

    def accounts(self, usernames: Sequence[str]) -> list[Account]:
        """Those of these user names that the site knows."""
        found = self.ajax("core_user_get_users_by_field", field="username", values=list(usernames))
        return [
            Account(
                id=one["id"],
                username=one["username"],
                email=one["email"],
                name=one["fullname"],
                suspended=one["suspended"],
            )
            for one in found
        ]

    def create_person(self, username: str, email: str, first_name: str, last_name: str, password: str) -> Person:
        """Raises SiteError with `refused` when the site has the user name or the address already."""
        self._submit(
            f"Creating the account {username}",
            "/user/editadvanced.php",
            {
                "username": username,
                "auth": "manual",
                "newpassword": password,
                "firstname": first_name,
                "lastname": last_name,
                "email": email,
            },
            id=-1,
        )
        return self._person(username, password)

    def change_person(
        self, account: Account, first_name: str, last_name: str, password: str, *, suspended: bool
    ) -> Person:
        """Renames an account, sets its password and lets it in or shuts it out; its open sessions end with that."""
        self._submit(
            f"Changing the account {account.username}",
            "/user/editadvanced.php",
            {"firstname": first_name, "lastname": last_name, "newpassword": password, "suspended": suspended},
            if_there={"preference_auth_forcepasswordchange": False},
            id=account.id,
        )
        return self._person(account.username, password)

    def enrol(self, course: Course, person: Account, role: str) -> None:
        """`role` is a role's short name: "student", "editingteacher", "teacher"."""
        step = f"Enrolling {person.username} in {course.name}"
        self._choose(
            step,
            "/enrol/manual/manage.php",
            {"enrolid": self._enrol_id(course)},
            {"add": "1", "addselect[]": person.id, "roleid": self._role_id(role), "extendbase": 3},
            held=person.id,
        )

    def suspend_enrolment(self, course: Course, person: Account) -> None:
        step = f"Suspending the enrolment of {person.username} in {course.name}"
        page = self._open(step, "/user/index.php", id=course.id, perpage=5000)
        for row in page.select("#participants tbody tr"):
            links = [str(link["href"]) for link in row.select("a[href]")]
            if any(_query(a).get("id") == str(person.id) for a in links if "/user/view.php" in a):
                enrolment = next(_query(a)["ue"] for a in links if "/enrol/editenrolment.php" in a)
                self._submit(step, "/enrol/editenrolment.php", {"status": "1"}, ue=enrolment)
                return
        raise SiteError(f"{step} failed at {self._browser.url}: nobody of that id is enrolled there.")

    def assign_role(self, category: int, person: Account, role: str) -> None:
        """Gives a role (by its short name) in a course category and so in all its courses."""
        step = f"Making {person.username} {role} in category {category}"
        where = {"contextid": self._context(category), "roleid": self._role_id(role)}
        self._choose(step, "/admin/roles/assign.php", where, {"add": "1", "addselect[]": person.id}, held=person.id)

    def remove_role(self, category: int, person: Account, role: str) -> None:
        step = f"Taking the role {role} in category {category} from {person.username}"
        where = {"contextid": self._context(category), "roleid": self._role_id(role)}
        self._choose(
            step, "/admin/roles/assign.php", where, {"remove": "1", "removeselect[]": person.id}, gone=person.id
        )

    def role_holders(self, category: int, role: str) -> set[int]:
        """Ids of those who have the role in this very category."""
        where = {"contextid": self._context(category), "roleid": self._role_id(role)}
        return _members(self._open("Listing who has a role", "/admin/roles/assign.php", **where))

    def _person(self, username: str, password: str) -> Person:
        (account,) = self.accounts([username])
        return Person(**vars(account), password=password)

    def _choose(
        self,
        step: str,
        path: str,
        where: Mapping[str, Any],
        choice: Mapping[str, Any],
        *,
        held: int | None = None,
        gone: int | None = None,
    ) -> None:
        """Moves somebody between the two lists of Moodle's user selector, and looks whether that happened."""
        response = self._browser.post(self.url(path), params=where, data={"sesskey": self.sesskey, **choice})
        page = self._page(step, response)
        members = _members(page)
        if (held is not None and held not in members) or gone in members:
            raise SiteError(f"{step} had no effect at {response.url}. {_quote(page)}")

    def _enrol_id(self, course: Course) -> int:
        if course.id not in self._enrol_ids:
            page = self._open("Looking for manual enrolment", "/enrol/instances.php", id=course.id)
            link = page.select_one("a[href*='/enrol/manual/manage.php?enrolid=']")
            if link is None:
                raise SiteError(
                    f"{course.name} has no manual enrolment ({self._browser.url}). "
                    "Enable it under Site administration > Plugins > Enrolments, also for new courses."
                )
            self._enrol_ids[course.id] = int(_query(str(link["href"]))["enrolid"])
        return self._enrol_ids[course.id]

    def _role_id(self, short_name: str) -> int:
        if not self._role_ids:
            page = self._open("Listing the roles", "/admin/roles/manage.php")
            for row in page.select("table tbody tr"):
                link = row.select_one("a[href*='roleid=']")
                if link is not None:
                    for cell in row.select("td"):
                        self._role_ids[cell.get_text(strip=True)] = int(_query(str(link["href"]))["roleid"])
        if short_name not in self._role_ids:
            raise SiteError(f"The site has no role with the short name {short_name} (/admin/roles/manage.php).")
        return self._role_ids[short_name]

    def _context(self, category: int) -> int:
        if category not in self._contexts:
            self._open("Opening the course category", "/course/index.php", categoryid=category)
            self._contexts[category] = int(self._config["contextid"])
        return self._contexts[category]


def _config(html: str) -> dict[str, Any]:
    """`M.cfg`, which Moodle writes into the head of every page."""
    start = html.find("M.cfg = ")
    return json.JSONDecoder().raw_decode(html, start + len("M.cfg = "))[0] if start >= 0 else {}


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _members(page: BeautifulSoup) -> set[int]:
    return {int(str(option["value"])) for option in page.select("select#removeselect option[value]")}


def _text(tag: Tag | None) -> str:
    return tag.get_text(" ", strip=True) if tag is not None else ""


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


def _refusals(page: BeautifulSoup) -> dict[str, str]:
    complaints = {str(tag["id"]).removeprefix("id_error_"): _text(tag) for tag in page.select("[id^=id_error_]")}
    return {name: said for name, said in complaints.items() if said}


def _quote(page: BeautifulSoup) -> str:
    """What the page complains about, else its title."""
    said = [f"{name}: {complaint}" for name, complaint in _refusals(page).items()]
    for box in page.select(".errormessage, .errorbox, .alert-danger, .loginerrors, .error"):
        if (text := _text(box)) and not any(text in other for other in said):
            said.append(text)
    return f"The page said “{' / '.join(said)[:500] or _text(page.title)}”."


def _failure(step: str, response: requests.Response) -> SiteError:
    where = f"{step} failed at {response.url} (HTTP {response.status_code})."
    if "html" not in response.headers.get("Content-Type", ""):
        return SiteError(f"{where} It answered “{response.text[:100]}”, which is no page of Moodle.")
    page = BeautifulSoup(response.text, "lxml")
    return SiteError(f"{where} {_quote(page)}", _refusals(page))
