"""Set-up and clean-up by request: the steps on a site, and what a site that is not well is told to be."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from clients.addresses import OWN
from clients.errors import ConfigurationError, LoginRefused, SiteError, Unreachable
from clients.moodle.accounts import Accounts
from clients.moodle.ajax import ajax
from clients.moodle.assignments import create_assignment
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Course, Person
from clients.plugin.administration import plugin, plugin_settings, release, save_plugin_settings
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, DOMAIN
from selftest.runs.students import PASSWORD, session_of


@pytest.fixture(scope="module")
def course(site: MoodleClient, category: int) -> Iterator[Course]:
    course = Courses(site).create(category, f"Of test_site {os.getpid()}", f"of-test-site-{os.getpid()}", "Old & <new>")
    yield course
    Courses(site).delete(course.id)


# -- steps ----------------------------------------------------------------------------------------


def test_what_the_site_is(site: MoodleClient) -> None:
    assert re.fullmatch(r"\d\.\d+(\.\d+)?", release(site))
    found = plugin(site)
    assert found is not None
    assert found.enabled
    assert found.version.startswith("20")


def test_a_wrong_password_is_told_without_being_shown(environment: Environment) -> None:
    with pytest.raises(LoginRefused, match=r"Logging in as admin failed at .*The page said “.+”.*Check") as refused:
        MoodleClient(environment.base_url, environment.verify).login("admin", "not-the-password")
    assert "not-the-password" not in str(refused.value)


def test_a_guest(environment: Environment) -> None:
    guest = MoodleClient(environment.base_url, environment.verify)
    guest.login_as_guest()
    assert guest.sesskey


def test_the_category_is_found_by_its_id_number(site: MoodleClient) -> None:
    assert Courses(site).category(CATEGORY)
    assert Courses(site).category("no-such-category") is None


def test_a_course_is_made_listed_described_and_deleted(site: MoodleClient, category: int) -> None:
    course = Courses(site).create(category, "Short-lived", f"short-lived-{os.getpid()}", "First words")
    assert Courses(site).within(category)[course.id] == "Short-lived"
    Courses(site).write_summary(course.id, "Other words")
    assert Courses(site).summary(course.id) == "Other words"
    Courses(site).write_idnumber(course.id, "to-be-undone")
    assert Courses(site).idnumber(course.id) == "to-be-undone"
    Courses(site).write_summary(course.id, "More words")
    assert Courses(site).idnumber(course.id) == "to-be-undone"

    Courses(site).delete(course.id)
    assert course.id not in Courses(site).within(category)
    with pytest.raises(SiteError, match=f"Deleting course {course.id} failed at https://"):
        Courses(site).delete(course.id)


def test_a_short_name_comes_once(site: MoodleClient, category: int, course: Course) -> None:
    with pytest.raises(SiteError, match=r"Creating the course Twin failed at .*shortname: ") as refusal:
        Courses(site).create(category, "Twin", course.short_name)
    assert "shortname" in refusal.value.refused
    assert "Twin" not in Courses(site).within(category).values()


def test_a_person_from_account_to_suspension(
    site: MoodleClient, environment: Environment, category: int, course: Course
) -> None:
    assignment = create_assignment(site, course, "A video", datetime.now() + timedelta(days=3))
    username = f"whole-life-{os.getpid()}"
    person = Accounts(site, Courses(site)).create(username, f"{username}@{DOMAIN}", "Ann", "O'Hara & Söhne", PASSWORD)
    assert (
        Accounts(site, Courses(site)).find([username, "nobody-of-that-name"])[0].name
        == person.name
        == "Ann O'Hara & Söhne"
    )
    with pytest.raises(SiteError) as refusal:
        Accounts(site, Courses(site)).create(username, f"{username}@{DOMAIN}", "Ann", "Other", PASSWORD)
    assert {"username", "email"} <= refusal.value.refused.keys()

    theirs = session_of(person, environment)
    page = f"/mod/assign/view.php?id={assignment.cmid}"
    assert "editsubmission" not in theirs.get(page).text
    Accounts(site, Courses(site)).enrol(course, person, "student")
    assert "editsubmission" in theirs.get(page).text
    Accounts(site, Courses(site)).suspend_enrolment(course, person)
    assert "editsubmission" not in theirs.get(page).text

    assert person.id not in Accounts(site, Courses(site)).role_holders(category, "manager")
    Accounts(site, Courses(site)).assign_role(category, person, "manager")
    assert person.id in Accounts(site, Courses(site)).role_holders(category, "manager")
    assert "action=grading" in theirs.get(page).text
    Accounts(site, Courses(site)).remove_role(category, person, "manager")
    assert person.id not in Accounts(site, Courses(site)).role_holders(category, "manager")

    changed = Accounts(site, Courses(site)).change(person, "Idle", "One", PASSWORD + "2", suspended=True)
    assert (changed.name, changed.suspended) == ("Idle One", True)
    assert "/login/" in theirs.get("/my/").url
    with pytest.raises(LoginRefused):
        session_of(changed, environment)


def test_a_weak_password_is_refused_in_the_site_s_words(site: MoodleClient) -> None:
    with pytest.raises(SiteError) as refusal:
        Accounts(site, Courses(site)).create(
            f"weak-{os.getpid()}", f"weak-{os.getpid()}@{DOMAIN}", "Ann", "Weak", "short"
        )
    assert "newpassword" in refusal.value.refused


def test_nobody_is_suspended_in_a_course_they_are_not_in(
    site: MoodleClient, environment: Environment, course: Course
) -> None:
    username = f"outsider-{os.getpid()}"
    outsider = Accounts(site, Courses(site)).create(username, f"{username}@{DOMAIN}", "Out", "Sider", PASSWORD)
    with pytest.raises(SiteError, match="Suspending the enrolment of outsider"):
        Accounts(site, Courses(site)).suspend_enrolment(course, outsider)


def test_settings_are_saved_alone_and_read_back(site: MoodleClient) -> None:
    def settings() -> dict[str, str]:
        return {name: value.strip() for name, value in plugin_settings(site).items()}

    before = settings()
    assert before["aws_secret_key"]
    save_plugin_settings(site, {"upload_rate_limit": "11"})
    assert settings() == before | {"upload_rate_limit": "11"}
    save_plugin_settings(site, {"upload_rate_limit": before["upload_rate_limit"]})
    assert settings() == before


def test_a_setting_that_is_not_kept_is_named_without_its_value(site: MoodleClient) -> None:
    with pytest.raises(SiteError, match="did not keep no_such_setting") as failure:
        save_plugin_settings(site, {"no_such_setting": "a-secret-value"})
    assert "a-secret-value" not in str(failure.value)


def test_an_unknown_function_or_role_is_an_error(site: MoodleClient, course: Course) -> None:
    with pytest.raises(SiteError, match="Calling no_such_function failed"):
        ajax(site, "no_such_function")
    with pytest.raises(SiteError, match="no role with the short name astronaut"):
        Accounts(site, Courses(site)).enrol(course, Person(id=2, username="x", password="x"), "astronaut")


# -- sites that are not well ----------------------------------------------------------------------


@contextmanager
def moodle_that_leads_to(path: str, status: int = 200) -> Iterator[str]:
    """A log-in form on HTTP that takes every password and leads to `path`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] == OWN:
                self.lead(path)
                return
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            form = '<form id="login" method="post"><input name="username"><input id="password" name="password"></form>'
            self.wfile.write(f"<html><title>Moodle</title><body>{form}</body></html>".encode())

        def do_POST(self) -> None:
            self.lead("/")

        def lead(self, where: str) -> None:
            self.send_response(303)
            self.send_header("Location", where)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/login/change_password.php", "must change its password first: log in by hand"),
        ("/admin/tool/policy/index.php", "must accept the site's policies first"),
        ("/user/policy.php", "must accept the site policy first"),
        ("/user/edit.php?id=2", "has an incomplete profile"),
        ("/admin/tool/mfa/auth.php", "is asked for a second factor"),
        ("/admin/index.php", "meets a pending upgrade"),
    ],
)
def test_what_interrupts_the_log_in_has_its_sentence(path: str, sentence: str) -> None:
    with moodle_that_leads_to(path) as url, pytest.raises(LoginRefused, match=f"ann {sentence}"):
        MoodleClient(url).login("ann", "secret")


def test_a_broken_page_is_a_failed_step_and_no_outage() -> None:
    with moodle_that_leads_to("/", status=502) as url, pytest.raises(SiteError, match=r"HTTP 502.*said “Moodle”"):
        MoodleClient(url).login("ann", "secret")


def test_no_answer_is_an_outage() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        refuses = MoodleClient(f"https://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(Unreachable, match=r"cannot be reached .*: Connection refused"):
            refuses.login("ann", "secret")
        deaf.listen()
        hangs = MoodleClient(refuses.base_url, timeout=0.2)
        with pytest.raises(Unreachable, match=r"did not answer within 0\.2 s"):
            hangs.login("ann", "secret")


def test_a_certificate_that_is_not_trusted_is_a_matter_of_configuration(
    environment: Environment, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    with pytest.raises(ConfigurationError, match=r"certificate of .* is not trusted: .*Set ca_file"):
        MoodleClient(environment.base_url, str(tmp_path / "another.pem")).login("admin", "secret")
