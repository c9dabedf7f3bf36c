"""Set-up and clean-up by request: the steps on a site, a run's workspace, and what a dead run leaves."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import trustme
from pydantic import SecretStr

from runner.connect import new_bucket
from runner.environment import Environment
from runner.environment_tables import Account as GivenAccount
from runner.environment_tables import GivenAccounts
from runner.journal import folder
from runner.lock import Locked
from runner.ours import CATEGORY, COURSE_NAME, DOMAIN, LOCK_NAME, POOL
from runner.workspace import Workspace
from selftest.proof.warm import Warm
from services.errors import ConfigurationError, LoginRefused, SiteError, Unreachable
from services.moodle.accounts import Accounts
from services.moodle.assignments import create_assignment
from services.moodle.courses import Courses
from services.moodle.model import Assignment, Person
from services.moodle.plugin import plugin, plugin_settings, release, save_plugin_settings
from services.moodle.site import Site

PASSWORD = "Right-Horse-7-Battery"
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 1000


@pytest.fixture(scope="module")
def category(site: Site) -> int:
    category = Courses(site).category(CATEGORY)
    assert category is not None
    return category


@pytest.fixture(scope="module")
def course(site, category):
    course = Courses(site).create(category, f"Of test_site {os.getpid()}", f"of-test-site-{os.getpid()}", "Old & <new>")
    yield course
    Courses(site).delete(course.id)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def open_workspace(environment):
    """`Workspace.open`, with the lock given back even when the test fails."""
    workspaces = []

    def open_workspace(run_id: str, environment: Environment = environment, pool: tuple[str, ...] = POOL) -> Workspace:
        workspaces.append(Workspace.open(environment, run_id, pool))
        return workspaces[-1]

    yield open_workspace
    for workspace in workspaces:
        if workspace._lock is not None:
            workspace.close()


def session_of(person: Person, environment: Environment) -> Site:
    site = Site(environment.base_url, environment.verify)
    site.login(person.username, person.password)
    return site


def upload(site: Site, assignment: Assignment, environment: Environment) -> str:
    """Uploads a video as the widget does, up to its confirmation; gives the key on S3."""
    ajax = "/mod/assign/submission/s3video/ajax"
    asked = site.post(
        f"{ajax}/get_upload_url.php",
        {
            "assignmentid": assignment.id,
            "submissionid": 0,
            "filename": "clip.mp4",
            "filesize": len(VIDEO),
            "mimetype": "video/mp4",
        },
    ).json()["data"]
    sent = requests.post(
        asked["url"],
        data=asked["fields"],
        files={"file": ("clip.mp4", VIDEO, "video/mp4")},
        verify=environment.verify,
        timeout=10,
    )
    assert sent.status_code == 204, sent.text
    confirmation = {"s3_key": asked["s3_key"], "submissionid": asked["submission_id"]}
    assert site.post(f"{ajax}/confirm_upload.php", confirmation).json()["success"]
    return str(asked["s3_key"])


# -- steps ----------------------------------------------------------------------------------------


def test_what_the_site_is(site):
    assert re.fullmatch(r"\d\.\d+(\.\d+)?", release(site))
    found = plugin(site)
    assert found is not None
    assert found.enabled
    assert found.version.startswith("20")


def test_a_wrong_password_is_told_without_being_shown(environment):
    with pytest.raises(LoginRefused, match=r"Logging in as admin failed at .*The page said “.+”.*Check") as refused:
        Site(environment.base_url, environment.verify).login("admin", "not-the-password")
    assert "not-the-password" not in str(refused.value)


def test_a_guest(environment):
    guest = Site(environment.base_url, environment.verify)
    guest.login_as_guest()
    assert guest.sesskey


def test_the_category_is_found_by_its_id_number(site):
    assert Courses(site).category(CATEGORY)
    assert Courses(site).category("no-such-category") is None


def test_a_course_is_made_listed_described_and_deleted(site, category):
    course = Courses(site).create(category, "Short-lived", f"short-lived-{os.getpid()}", "First words")
    assert Courses(site).within(category)[course.id] == "Short-lived"
    Courses(site).write_summary(course.id, "Other words")
    assert Courses(site).summary(course.id) == (course.short_name, "Other words")

    Courses(site).delete(course.id)
    assert course.id not in Courses(site).within(category)
    with pytest.raises(SiteError, match=f"Deleting course {course.id} failed at https://"):
        Courses(site).delete(course.id)


def test_a_short_name_comes_once(site, category, course):
    with pytest.raises(SiteError, match=r"Creating the course Twin failed at .*shortname: ") as refusal:
        Courses(site).create(category, "Twin", course.short_name)
    assert "shortname" in refusal.value.refused
    assert "Twin" not in Courses(site).within(category).values()


def test_a_person_from_account_to_suspension(site, environment, category, course):
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


def test_a_weak_password_is_refused_in_the_site_s_words(site):
    with pytest.raises(SiteError) as refusal:
        Accounts(site, Courses(site)).create(
            f"weak-{os.getpid()}", f"weak-{os.getpid()}@{DOMAIN}", "Ann", "Weak", "short"
        )
    assert "newpassword" in refusal.value.refused


def test_nobody_is_suspended_in_a_course_they_are_not_in(site, environment, course):
    username = f"outsider-{os.getpid()}"
    outsider = Accounts(site, Courses(site)).create(username, f"{username}@{DOMAIN}", "Out", "Sider", PASSWORD)
    with pytest.raises(SiteError, match="Suspending the enrolment of outsider"):
        Accounts(site, Courses(site)).suspend_enrolment(course, outsider)


def test_settings_are_saved_alone_and_read_back(site):
    def settings() -> dict[str, str]:
        return {name: value.strip() for name, value in plugin_settings(site).items()}

    before = settings()
    assert before["aws_secret_key"]
    save_plugin_settings(site, {"upload_rate_limit": "11"})
    assert settings() == before | {"upload_rate_limit": "11"}
    save_plugin_settings(site, {"upload_rate_limit": before["upload_rate_limit"]})
    assert settings() == before


def test_a_setting_that_is_not_kept_is_named_without_its_value(site):
    with pytest.raises(SiteError, match="did not keep no_such_setting") as failure:
        save_plugin_settings(site, {"no_such_setting": "a-secret-value"})
    assert "a-secret-value" not in str(failure.value)


def test_an_unknown_function_or_role_is_an_error(site, course):
    with pytest.raises(SiteError, match="Calling no_such_function failed"):
        site.ajax("no_such_function")
    with pytest.raises(SiteError, match="no role with the short name astronaut"):
        Accounts(site, Courses(site)).enrol(course, Person(id=2, username="x", password="x"), "astronaut")


# -- sites that are not well ----------------------------------------------------------------------


@contextmanager
def moodle_that_leads_to(path: str, status: int = 200) -> Iterator[str]:
    """A log-in form on HTTP that takes every password and leads to `path`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/my/":
                self.send_response(303)
                self.send_header("Location", path)
                self.end_headers()
                return
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            form = '<form id="login" method="post"><input name="username"><input id="password" name="password"></form>'
            self.wfile.write(f"<html><title>Moodle</title><body>{form}</body></html>".encode())

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
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
def test_a_hurdle_after_the_log_in_has_its_sentence(path, sentence):
    with moodle_that_leads_to(path) as url, pytest.raises(LoginRefused, match=f"ann {sentence}"):
        Site(url).login("ann", "secret")


def test_a_broken_page_is_a_failed_step_and_no_outage():
    with moodle_that_leads_to("/", status=502) as url, pytest.raises(SiteError, match=r"HTTP 502.*said “Moodle”"):
        Site(url).login("ann", "secret")


def test_no_answer_is_an_outage():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        refuses = Site(f"https://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(Unreachable, match=r"cannot be reached .*: Connection refused"):
            refuses.login("ann", "secret")
        deaf.listen()
        hangs = Site(refuses.base_url, timeout=0.2)
        with pytest.raises(Unreachable, match=r"did not answer within 0\.2 s"):
            hangs.login("ann", "secret")


def test_a_certificate_that_is_not_trusted_is_a_matter_of_configuration(environment, tmp_path):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    with pytest.raises(ConfigurationError, match=r"certificate of .* is not trusted: .*Set ca_file"):
        Site(environment.base_url, str(tmp_path / "another.pem")).login("admin", "secret")


# -- a run ----------------------------------------------------------------------------------------


def test_a_run_leaves_nothing(environment, site, category, open_workspace):
    bucket = new_bucket(environment)
    workspace = open_workspace("0001")
    workers = [Workspace.attach(environment, workspace.state, name) for name in ("gw0", "gw1")]
    students = [worker.new_student() for worker in workers for _ in range(2)]
    teacher = workers[0].new_teacher(workers[0].new_course())
    manager = workers[1].new_manager()
    people = [*students, teacher, manager]
    assert len({person.id for person in people}) == len(people)
    assert all(re.search(r"0001 gw[01]$", person.name) for person in people)
    assert all(person.email.endswith(".example.invalid") for person in people)

    assignment = workers[0].new_assignment()
    key = upload(session_of(students[0], environment), assignment, environment)
    assert key.startswith(f"videos/{students[0].id}/")

    with pytest.raises(Locked, match="run 0001"):
        Workspace.open(environment, "0002")
    workspace.refresh()

    report = workspace.close()
    assert report.problems == []
    assert report.objects == [key]
    assert {stored.key for stored in report.left_by_plugin} <= {key}
    assert len(report.courses) == 2
    assert sorted(report.people) == sorted(person.username for person in people)

    assert bucket.keys(f"videos/{students[0].id}/") == []
    assert not [name for name in Courses(site).within(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert manager.id not in Accounts(site, Courses(site)).role_holders(category, "manager")
    for person in people:
        with pytest.raises(LoginRefused):
            session_of(person, environment)
    assert list(folder(environment.base_url).iterdir()) == []


def test_the_next_run_meets_the_same_people(environment, open_workspace):
    names = []
    for run in ("0003", "0004"):
        workspace = open_workspace(run)
        names.append({workspace.new_student().username, workspace.new_teacher().username})
        assert workspace.close().problems == []
    assert names[0] == names[1]


KILLED = """
import sys
from selftest.runs.test_site import session_of, upload
from runner.environment import load
from runner.workspace import Workspace
from services.moodle.plugin import plugin_settings, save_plugin_settings

environment = load(sys.argv[1])
workspace = Workspace.open(environment, "0005")
student, manager = workspace.new_student(), workspace.new_manager()
rate = plugin_settings(workspace.site)["upload_rate_limit"]
workspace.journal.record("setting", name="upload_rate_limit", original=rate, changed="77")
save_plugin_settings(workspace.site, {"upload_rate_limit": "77"})
print(upload(session_of(student, environment), workspace.new_assignment(), environment), flush=True)
sys.stdin.read()
"""


def killed_run(warm: Warm) -> str:
    """A run that dies by SIGKILL in the middle; gives the key of what it had uploaded."""
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(warm.file)],
        cwd=Path(__file__).resolve().parents[2],
        env=warm.variables | {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    key = run.stdout.readline().strip()
    assert key.startswith("videos/")
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    return key


@pytest.mark.parametrize("finish", ["open", "restore"])
def test_the_next_run_clears_up_after_a_killed_one(environment, warm, site, category, finish, open_workspace):
    rate = plugin_settings(site)["upload_rate_limit"]
    key = killed_run(warm)
    assert plugin_settings(site)["upload_rate_limit"] == "77"

    if finish == "open":
        workspace = open_workspace("0006")
        report = workspace.dead_runs
        assert workspace.close().problems == []
    else:
        report = Workspace.restore(environment)
    assert report.problems == []
    assert report.settings == ["upload_rate_limit"]
    assert report.objects == [key]
    assert len(report.courses) == 1
    assert len(report.people) == 2
    assert plugin_settings(site)["upload_rate_limit"] == rate
    assert new_bucket(environment).keys(key) == []
    assert not [name for name in Courses(site).within(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert list(folder(environment.base_url).iterdir()) == []


def test_a_fresh_machine_clears_up_by_what_the_site_shows(
    environment, warm, site, category, monkeypatch, open_workspace
):
    key = killed_run(warm)
    (lock,) = [course for course, name in Courses(site).within(category).items() if name == LOCK_NAME]
    monkeypatch.setenv("XDG_STATE_HOME", f"{os.environ['XDG_STATE_HOME']}/elsewhere")
    with pytest.raises(Locked, match="run 0005"):
        Workspace.open(environment, "0007")

    Courses(site).write_summary(lock, "Held by somebody, run 0005 until 2020-01-01T00:00:00Z.")
    workspace = open_workspace("0007")
    assert workspace.dead_runs.problems == []
    assert workspace.dead_runs.objects == [key]
    assert len(workspace.dead_runs.people) == 2
    assert workspace.close().problems == []
    save_plugin_settings(site, {"upload_rate_limit": "10"})


def test_accounts_and_courses_of_others_are_not_touched(environment, site, category, course, open_workspace):
    (known,) = Accounts(site, Courses(site)).find(["s3va-77"]) or [None]
    stranger = known or Accounts(site, Courses(site)).create(
        "s3va-77", "someone@other.example.invalid", "Some", "One", PASSWORD
    )
    workspace = open_workspace("0008")
    report = workspace.close()
    assert "s3va-77" not in report.people
    assert not Accounts(site, Courses(site)).find([stranger.username])[0].suspended
    assert course.id in Courses(site).within(category)


def test_given_people_keep_what_they_had(environment, site, course, open_workspace):
    given = {}
    for part in ("student", "teacher", "manager"):
        username = f"given-{part}-{os.getpid()}"
        Accounts(site, Courses(site)).create(username, f"{username}@{DOMAIN}", "Given", part, PASSWORD)
        given[part] = GivenAccount.model_construct(username=username.title(), password=SecretStr(PASSWORD))
    accounts = environment.accounts.model_copy(update={"given": GivenAccounts.model_construct(**given)})
    environment_with_people = environment.model_copy(update={"accounts": accounts})

    (known,) = Accounts(site, Courses(site)).find([f"given-student-{os.getpid()}"])
    assignment = create_assignment(site, course, "Of theirs", datetime.now() + timedelta(days=3))
    Accounts(site, Courses(site)).enrol(course, known, "student")
    student = Person(**vars(known), password=PASSWORD)
    theirs = upload(session_of(student, environment), assignment, environment)

    workspace = open_workspace("0009", environment_with_people)
    assert workspace.new_student().id == known.id
    assert workspace.new_teacher().name == "Given teacher"
    assert workspace.new_manager().name == "Given manager"
    with pytest.raises(ConfigurationError, match=r"need a second student. Add second_student to \[accounts.given\]"):
        workspace.new_student(part="second_student")
    ours = upload(session_of(student, environment), workspace.new_assignment(), environment)
    report = workspace.close()

    assert report.problems == []
    assert report.objects == [ours]
    assert report.people == []
    assert workspace.bucket.keys(f"videos/{known.id}/") == [theirs]
    workspace.bucket.delete([theirs])


def test_a_given_person_whom_the_site_does_not_know_is_named(environment, open_workspace):
    student = GivenAccount.model_construct(username="nobody-at-all", password=SecretStr(PASSWORD))
    given = GivenAccounts.model_construct(student=student, teacher=student)
    accounts = environment.accounts.model_copy(update={"given": given})
    workspace = open_workspace("0010", environment.model_copy(update={"accounts": accounts}))
    with pytest.raises(ConfigurationError, match=r"accounts\.given\.student: .* has no account nobody-at-all"):
        workspace.new_student()
    assert workspace.close().problems == []


def test_keep_leaves_everything_to_the_next_run(environment, site, category, open_workspace):
    workspace = open_workspace("0011")
    student = workspace.new_student()
    assert workspace.close(keep=True).problems == []
    assert workspace.course.id in Courses(site).within(category)
    session_of(student, environment)

    workspace.journal._life.release()  # as the end of its process does
    later = open_workspace("0012")
    assert later.dead_runs.people == [student.username]
    assert later.close().problems == []


def test_what_cannot_be_removed_is_named(environment, monkeypatch, open_workspace):
    workspace = open_workspace("0013")
    student = workspace.new_student()
    delete = Courses.delete
    monkeypatch.setattr(Courses, "delete", lambda own, id: None if id == workspace.course.id else delete(own, id))
    monkeypatch.setattr(Site, "change_person", lambda *_, **__: None)
    monkeypatch.setattr(Site, "login", lambda *_: None)
    report = workspace.close()
    assert [problem for problem in report.problems if COURSE_NAME in problem and "still there" in problem]
    assert f"The test person {student.username} can still log in; suspend that account." in report.problems
    assert workspace.journal.path.exists()

    monkeypatch.undo()
    assert workspace.close().problems == []


def test_nothing_is_created_where_tests_may_not_write(environment, site, category, monkeypatch):
    before = Courses(site).within(category)
    with pytest.raises(ConfigurationError, match=r"not marked as a test site.*test_site = true"):
        Workspace.open(environment.model_copy(update={"test_site": False}), "0014")
    monkeypatch.setattr("runner.workspace.CATEGORY", "no-such-category")
    with pytest.raises(ConfigurationError, match="no course category with the ID number no-such-category"):
        Workspace.open(environment, "0014")
    assert Courses(site).within(category) == before


def test_a_start_that_fails_gives_the_site_back(environment, site, category, monkeypatch):
    def fails(_: Workspace) -> None:
        raise SiteError("The disk is full.")

    monkeypatch.setattr(Workspace, "new_course", fails)
    with pytest.raises(SiteError, match="The disk is full"):
        Workspace.open(environment, "0018")
    assert LOCK_NAME not in Courses(site).within(category).values()


def test_a_disabled_plugin_stops_the_run(environment, site, category):
    switch = "/mod/assign/adminmanageplugins.php"
    chosen = {"subtype": "assignsubmission", "plugin": "s3video", "sesskey": site.sesskey}
    site.get(switch, action="hide", **chosen)
    try:
        with pytest.raises(ConfigurationError, match="The S3 Video plugin is disabled"):
            Workspace.open(environment, "0015")
    finally:
        site.get(switch, action="show", **chosen)
    assert LOCK_NAME not in Courses(site).within(category).values()


def test_a_wrong_administrator_is_named_with_the_key_to_correct(environment):
    admin = environment.accounts.admin.model_copy(update={"password": SecretStr("wrong-password")})
    accounts = environment.accounts.model_copy(update={"admin": admin})
    with pytest.raises(ConfigurationError, match=r"Logging in as admin failed.*accounts\.admin") as refusal:
        Workspace.open(environment.model_copy(update={"accounts": accounts}), "0016")
    assert "wrong-password" not in str(refusal.value)


def test_all_people_in_use(environment, open_workspace):
    workspace = open_workspace("0017", pool=("s3va-01",))
    workspace.new_student()
    with pytest.raises(SiteError, match="All 1 test people are in use"):
        workspace.new_student()
    assert workspace.close().problems == []
