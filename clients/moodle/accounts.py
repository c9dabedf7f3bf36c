"""Accounts, enrolments and roles, by the forms that an administrator's browser uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clients import steps
from clients.addresses import ACCOUNT, ENGLISH, PARTICIPANTS
from clients.errors import SiteError
from clients.moodle.ajax import ajax
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.html import members, query, quote
from clients.moodle.model import Account, Course, Person

SERVERS = "99"
"""What Moodle calls the time zone of the server."""


class Accounts:
    """What the administrator, whose session `site` is, does with people."""

    def __init__(self, site: MoodleClient, courses: Courses) -> None:
        self.site = site
        self._courses = courses
        self._enrol_ids: dict[int, int] = {}
        self._role_ids: dict[str, int] = {}
        self.managers: set[int] = set()
        """Whom this session has made managers of a category."""

    def find(self, usernames: Sequence[str]) -> list[Account]:
        """Those of these user names that the site knows."""
        found = ajax(self.site, "core_user_get_users_by_field", field="username", values=list(usernames))
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

    def create(self, username: str, email: str, first_name: str, last_name: str, password: str) -> Person:
        """Raises SiteError with `refused` when the site has the user name or the address already."""
        self.site.submit(
            f"Creating the account {username}",
            ACCOUNT,
            {
                "username": username,
                "auth": "manual",
                "newpassword": password,
                "firstname": first_name,
                "lastname": last_name,
                "email": email,
            },
            fill_in=username,
            if_there=ENGLISH,
            id=-1,
        )
        return self._person(username, password)

    def change(
        self, account: Account, first_name: str, last_name: str, password: str, *, suspended: bool, email: str = ""
    ) -> Person:
        """Renames an account, sets its password and lets it in or shuts it out; its open sessions end with that.

        Like a new one it prefers English and the server's time zone, where the site has a choice. With `email` it gets
        that address.
        """
        address = {"email": email} if email else {}
        self.site.submit(
            f"Changing the account {account.username}",
            ACCOUNT,
            {
                "firstname": first_name,
                "lastname": last_name,
                "newpassword": password,
                "suspended": suspended,
                **address,
            },
            if_there={"preference_auth_forcepasswordchange": False, "timezone": SERVERS, **ENGLISH},
            fill_in=account.username,
            id=account.id,
        )
        return self._person(account.username, password)

    def languages(self) -> list[str]:
        """The codes of those that the site has, English first; one alone where nobody is offered a choice."""
        page = self.site.open("Reading which languages the site has", ACCOUNT, id=-1)
        codes = {str(option["value"]) for option in page.select("select[name=lang] option[value]")}
        return ["en", *sorted(codes - {"en", ""})]

    def time_zones(self) -> list[str]:
        """Those that a person may live in; none where the site has one for everybody."""
        page = self.site.open("Reading which time zones the site has", ACCOUNT, id=-1)
        return [str(option["value"]) for option in page.select("select[name=timezone] option[value]")]

    def set_time_zone(self, account: Account, zone: str) -> None:
        """From their next log-in on somebody lives in another time zone, until `change`."""
        steps.step(self.site.session.sender, f"Set the time zone of the student to {zone}.")
        step = f"Setting the time zone of {account.username}"
        self.site.submit(step, ACCOUNT, {"timezone": zone}, fill_in=account.username, id=account.id)

    def stop_mail(self, account: Account) -> None:
        """Moodle notifies this person of nothing, by mail or otherwise."""
        ajax(self.site, "core_user_update_user_preferences", userid=account.id, emailstop=1, preferences=[])

    def tell_of_submissions(self, account: Account) -> None:
        """Moodle notifies this person of submissions, on its own pages alone, and of no log-in, until `stop_mail`."""
        ways = {"mod_assign_assign_notification": "popup", "moodle_newlogin": "none"}
        preferences = [{"type": f"message_provider_{of}_enabled", "value": way} for of, way in ways.items()]
        ajax(self.site, "core_user_update_user_preferences", userid=account.id, emailstop=0, preferences=preferences)

    def enrol(self, course: Course, person: Account, role: str) -> None:
        """`role` is a role's short name: "student", "editingteacher", "teacher"."""
        step = f"Enrolling {person.username} in {course.name}"
        self._choose(
            step,
            "/enrol/manual/manage.php",
            {"enrolid": self._enrol_id(course)},
            {"add": "1", "addselect[]": person.id, "roleid": self._role_id(role), "extendbase": 3},
            person,
            there=True,
        )

    def participants(self, course: int) -> list[int]:
        """Ids of those who are enrolled in a course."""
        page = self.site.open("Listing a course's participants", PARTICIPANTS, id=course, perpage=5000)
        links = page.select("#participants tbody a[href*='/user/view.php']")
        return sorted({int(query(str(link["href"]))["id"]) for link in links})

    def suspend_enrolment(self, course: Course, person: Account) -> None:
        step = f"Suspending the enrolment of {person.username} in {course.name}"
        page = self.site.open(step, PARTICIPANTS, id=course.id, perpage=5000)
        for row in page.select("#participants tbody tr"):
            links = [str(link["href"]) for link in row.select("a[href]")]
            if any(query(a).get("id") == str(person.id) for a in links if "/user/view.php" in a):
                enrolment = next(query(a)["ue"] for a in links if "/enrol/editenrolment.php" in a)
                self.site.submit(step, "/enrol/editenrolment.php", {"status": "1"}, ue=enrolment)
                return
        raise SiteError(f"{step} failed at {self.site.where}: nobody of that id is enrolled there.")

    def assign_role(self, category: int, person: Account, role: str) -> None:
        """Gives a role (by its short name) in a course category and so in all its courses."""
        step = f"Making {person.username} {role} in category {category}"
        where = {"contextid": self._courses.context(category), "roleid": self._role_id(role)}
        self._choose(step, "/admin/roles/assign.php", where, {"add": "1", "addselect[]": person.id}, person, there=True)
        self.managers.add(person.id)

    def remove_role(self, category: int, person: Account, role: str) -> None:
        self.managers.discard(person.id)
        step = f"Taking the role {role} in category {category} from {person.username}"
        where = {"contextid": self._courses.context(category), "roleid": self._role_id(role)}
        choice = {"remove": "1", "removeselect[]": person.id}
        self._choose(step, "/admin/roles/assign.php", where, choice, person, there=False)

    def role_holders(self, category: int, role: str) -> set[int]:
        """Ids of those who have the role in this very category."""
        where = {"contextid": self._courses.context(category), "roleid": self._role_id(role)}
        return members(self.site.open("Listing who has a role", "/admin/roles/assign.php", **where))

    def _person(self, username: str, password: str) -> Person:
        (account,) = self.find([username])
        return Person(**vars(account), password=password)

    def _choose(
        self, step: str, path: str, where: Mapping[str, Any], choice: Mapping[str, Any], person: Account, *, there: bool
    ) -> None:
        """Moves somebody between the two lists of Moodle's user selector, and looks whether they are `there` then.

        The list of those who are in shows nobody where they are more than a hundred, unless it is searched.
        """
        page = self.site.send(step, path, {**choice, "removeselect_searchtext": person.name}, **where)
        if there and person.id not in members(page):  # a site may show, and search, names the other way round
            page = self.site.send(step, path, {"removeselect_searchtext": person.email}, **where)
        if (person.id in members(page)) is not there:
            raise SiteError(f"{step} had no effect at {self.site.where}. {quote(page)}")

    def _enrol_id(self, course: Course) -> int:
        if course.id not in self._enrol_ids:
            page = self.site.open("Looking for manual enrolment", "/enrol/instances.php", id=course.id)
            link = page.select_one("a[href*='/enrol/manual/manage.php?enrolid=']")
            if link is None:
                raise SiteError(
                    f"{course.name} has no manual enrolment ({self.site.where}). "
                    "Enable it under Site administration > Plugins > Enrolments, also for new courses."
                )
            enrolment = query(str(link["href"]))["enrolid"]
            self.site.submit(
                "Switching off the welcome message of manual enrolment",
                "/enrol/editinstance.php",
                {},
                if_there={"customint1": "0"},
                courseid=course.id,
                id=enrolment,
                type="manual",
            )
            self._enrol_ids[course.id] = int(enrolment)
        return self._enrol_ids[course.id]

    def _role_id(self, short_name: str) -> int:
        if not self._role_ids:
            page = self.site.open("Listing the roles", "/admin/roles/manage.php")
            for row in page.select("table tbody tr"):
                link = row.select_one("a[href*='roleid=']")
                if link is not None:
                    for cell in row.select("td"):
                        self._role_ids[cell.get_text(strip=True)] = int(query(str(link["href"]))["roleid"])
        if short_name not in self._role_ids:
            raise SiteError(f"The site has no role with the short name {short_name} (/admin/roles/manage.php).")
        return self._role_ids[short_name]
