"""Set-up and clean-up by request: the steps on a site, a run's stage, and what a dead run leaves."""

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
from runner.lock import NAME as LOCK_NAME
from runner.lock import Locked
from runner.workspace import CATEGORY, COURSE_NAME, DOMAIN, Workspace
from selftest.proof.warm import Warm
from services.errors import ConfigurationError, LoginRefused, SiteError, Unreachable
from services.moodle.model import Assignment, Person
from services.moodle.site import Site

PASSWORD = "Right-Horse-7-Battery"
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 1000


@pytest.fixture(scope="module")
def category(site: Site) -> int:
    category = site.category(CATEGORY)
    assert category is not None
    return category


@pytest.fixture(scope="module")
def course(site, category):
    course = site.create_course(category, f"Of test_site {os.getpid()}", f"of-test-site-{os.getpid()}", "Old & <new>")
    yield course
    site.delete_course(course.id)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def open_stage(environment):
    """`Workspace.open`, with the lock given back even when the test fails."""
    stages = []

    def open_stage(run_id: str, environment: Environment = environment) -> Workspace:
        stages.append(Workspace.open(environment, run_id))
        return stages[-1]

    yield open_stage
    for stage in stages:
        if stage._lock is not None:
            stage.close()


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
    assert re.fullmatch(r"\d\.\d+(\.\d+)?", site.release())
    plugin = site.plugin()
    assert plugin.enabled
    assert plugin.version.startswith("20")


def test_a_wrong_password_is_told_without_being_shown(environment):
    with pytest.raises(LoginRefused, match=r"Logging in as admin failed at .*The page said “.+”.*Check") as refused:
        Site(environment.base_url, environment.verify).login("admin", "not-the-password")
    assert "not-the-password" not in str(refused.value)


def test_a_guest(environment):
    guest = Site(environment.base_url, environment.verify)
    guest.login_as_guest()
    assert guest.sesskey


def test_the_category_is_found_by_its_id_number(site):
    assert site.category(CATEGORY)
    assert site.category("no-such-category") is None


def test_a_course_is_made_listed_described_and_deleted(site, category):
    course = site.create_course(category, "Short-lived", f"short-lived-{os.getpid()}", "First words")
    assert site.courses_in(category)[course.id] == "Short-lived"
    site.write_course_summary(course.id, "Other words")
    assert site.course_summary(course.id) == (course.short_name, "Other words")

    site.delete_course(course.id)
    assert course.id not in site.courses_in(category)
    with pytest.raises(SiteError, match=f"Deleting course {course.id} failed at https://"):
        site.delete_course(course.id)


def test_a_short_name_comes_once(site, category, course):
    with pytest.raises(SiteError, match=r"Creating the course Twin failed at .*shortname: ") as refusal:
        site.create_course(category, "Twin", course.short_name)
    assert "shortname" in refusal.value.refused
    assert "Twin" not in site.courses_in(category).values()


def test_a_person_from_account_to_suspension(site, environment, category, course):
    assignment = site.create_assignment(course, "A video", datetime.now() + timedelta(days=3))
    username = f"whole-life-{os.getpid()}"
    person = site.create_person(username, f"{username}@{DOMAIN}", "Ann", "O'Hara & Söhne", PASSWORD)
    assert site.accounts([username, "nobody-of-that-name"])[0].name == person.name == "Ann O'Hara & Söhne"
    with pytest.raises(SiteError) as refusal:
        site.create_person(username, f"{username}@{DOMAIN}", "Ann", "Other", PASSWORD)
    assert {"username", "email"} <= refusal.value.refused.keys()

    theirs = session_of(person, environment)
    page = f"/mod/assign/view.php?id={assignment.cmid}"
    assert "editsubmission" not in theirs.get(page).text
    site.enrol(course, person, "student")
    assert "editsubmission" in theirs.get(page).text
    site.suspend_enrolment(course, person)
    assert "editsubmission" not in theirs.get(page).text

    assert person.id not in site.role_holders(category, "manager")
    site.assign_role(category, person, "manager")
    assert person.id in site.role_holders(category, "manager")
    assert "action=grading" in theirs.get(page).text
    site.remove_role(category, person, "manager")
    assert person.id not in site.role_holders(category, "manager")

    changed = site.change_person(person, "Idle", "One", PASSWORD + "2", suspended=True)
    assert (changed.name, changed.suspended) == ("Idle One", True)
    assert "/login/" in theirs.get("/my/").url
    with pytest.raises(LoginRefused):
        session_of(changed, environment)


def test_a_weak_password_is_refused_in_the_site_s_words(site):
    with pytest.raises(SiteError) as refusal:
        site.create_person(f"weak-{os.getpid()}", f"weak-{os.getpid()}@{DOMAIN}", "Ann", "Weak", "short")
    assert "newpassword" in refusal.value.refused


def test_nobody_is_suspended_in_a_course_they_are_not_in(site, environment, course):
    username = f"outsider-{os.getpid()}"
    outsider = site.create_person(username, f"{username}@{DOMAIN}", "Out", "Sider", PASSWORD)
    with pytest.raises(SiteError, match="Suspending the enrolment of outsider"):
        site.suspend_enrolment(course, outsider)


def test_settings_are_saved_alone_and_read_back(site):
    def settings() -> dict[str, str]:
        return {name: value.strip() for name, value in site.plugin_settings().items()}

    before = settings()
    assert before["aws_secret_key"]
    site.save_plugin_settings({"upload_rate_limit": "11"})
    assert settings() == before | {"upload_rate_limit": "11"}
    site.save_plugin_settings({"upload_rate_limit": before["upload_rate_limit"]})
    assert settings() == before


def test_a_setting_that_is_not_kept_is_named_without_its_value(site):
    with pytest.raises(SiteError, match="did not keep no_such_setting") as failure:
        site.save_plugin_settings({"no_such_setting": "a-secret-value"})
    assert "a-secret-value" not in str(failure.value)


def test_an_unknown_function_or_role_is_an_error(site, course):
    with pytest.raises(SiteError, match="Calling no_such_function failed"):
        site.ajax("no_such_function")
    with pytest.raises(SiteError, match="no role with the short name astronaut"):
        site.enrol(course, Person(id=2, username="x", password="x"), "astronaut")


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


def test_a_run_leaves_nothing(environment, site, category, open_stage):
    bucket = new_bucket(environment)
    stage = open_stage("0001")
    workers = [Workspace.attach(environment, stage.state, name) for name in ("gw0", "gw1")]
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
    stage.refresh()

    report = stage.close()
    assert report.problems == []
    assert report.objects == [key]
    assert {stored.key for stored in report.left_by_plugin} <= {key}
    assert len(report.courses) == 2
    assert sorted(report.people) == sorted(person.username for person in people)

    assert bucket.keys(f"videos/{students[0].id}/") == []
    assert not [name for name in site.courses_in(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert manager.id not in site.role_holders(category, "manager")
    for person in people:
        with pytest.raises(LoginRefused):
            session_of(person, environment)
    assert list(folder(environment.base_url).iterdir()) == []


def test_the_next_run_meets_the_same_people(environment, open_stage):
    names = []
    for run in ("0003", "0004"):
        stage = open_stage(run)
        names.append({stage.new_student().username, stage.new_teacher().username})
        assert stage.close().problems == []
    assert names[0] == names[1]


KILLED = """
import sys
from selftest.test_site import session_of, upload
from fixtures.environment import load
from fixtures.stage import Workspace

environment = load(sys.argv[1])
stage = Workspace.open(environment, "0005")
student, manager = stage.new_student(), stage.new_manager()
rate = stage.site.plugin_settings()["upload_rate_limit"]
stage.journal.record("setting", name="upload_rate_limit", original=rate, changed="77")
stage.site.save_plugin_settings({"upload_rate_limit": "77"})
print(upload(session_of(student, environment), stage.new_assignment(), environment), flush=True)
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
def test_the_next_run_clears_up_after_a_killed_one(environment, warm, site, category, finish, open_stage):
    rate = site.plugin_settings()["upload_rate_limit"]
    key = killed_run(warm)
    assert site.plugin_settings()["upload_rate_limit"] == "77"

    if finish == "open":
        stage = open_stage("0006")
        report = stage.dead_runs
        assert stage.close().problems == []
    else:
        report = Workspace.restore(environment)
    assert report.problems == []
    assert report.settings == ["upload_rate_limit"]
    assert report.objects == [key]
    assert len(report.courses) == 1
    assert len(report.people) == 2
    assert site.plugin_settings()["upload_rate_limit"] == rate
    assert new_bucket(environment).keys(key) == []
    assert not [name for name in site.courses_in(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert list(folder(environment.base_url).iterdir()) == []


def test_a_fresh_machine_clears_up_by_what_the_site_shows(environment, warm, site, category, monkeypatch, open_stage):
    key = killed_run(warm)
    (lock,) = [course for course, name in site.courses_in(category).items() if name == LOCK_NAME]
    monkeypatch.setenv("XDG_STATE_HOME", f"{os.environ['XDG_STATE_HOME']}/elsewhere")
    with pytest.raises(Locked, match="run 0005"):
        Workspace.open(environment, "0007")

    site.write_course_summary(lock, "Held by somebody, run 0005 until 2020-01-01T00:00:00Z.")
    stage = open_stage("0007")
    assert stage.dead_runs.problems == []
    assert stage.dead_runs.objects == [key]
    assert len(stage.dead_runs.people) == 2
    assert stage.close().problems == []
    site.save_plugin_settings({"upload_rate_limit": "10"})


def test_accounts_and_courses_of_others_are_not_touched(environment, site, category, course, open_stage):
    (known,) = site.accounts(["s3va-77"]) or [None]
    stranger = known or site.create_person("s3va-77", "someone@other.example.invalid", "Some", "One", PASSWORD)
    stage = open_stage("0008")
    report = stage.close()
    assert "s3va-77" not in report.people
    assert not site.accounts([stranger.username])[0].suspended
    assert course.id in site.courses_in(category)


def test_given_people_keep_what_they_had(environment, site, course, open_stage):
    given = {}
    for part in ("student", "teacher", "manager"):
        username = f"given-{part}-{os.getpid()}"
        site.create_person(username, f"{username}@{DOMAIN}", "Given", part, PASSWORD)
        given[part] = GivenAccount.model_construct(username=username.title(), password=SecretStr(PASSWORD))
    accounts = environment.accounts.model_copy(update={"given": GivenAccounts.model_construct(**given)})
    environment_with_people = environment.model_copy(update={"accounts": accounts})

    (known,) = site.accounts([f"given-student-{os.getpid()}"])
    assignment = site.create_assignment(course, "Of theirs", datetime.now() + timedelta(days=3))
    site.enrol(course, known, "student")
    student = Person(**vars(known), password=PASSWORD)
    theirs = upload(session_of(student, environment), assignment, environment)

    stage = open_stage("0009", environment_with_people)
    assert stage.new_student().id == known.id
    assert stage.new_teacher().name == "Given teacher"
    assert stage.new_manager().name == "Given manager"
    with pytest.raises(ConfigurationError, match=r"need a second student. Add second_student to \[accounts.given\]"):
        stage.new_student(part="second_student")
    ours = upload(session_of(student, environment), stage.new_assignment(), environment)
    report = stage.close()

    assert report.problems == []
    assert report.objects == [ours]
    assert report.people == []
    assert stage.bucket.keys(f"videos/{known.id}/") == [theirs]
    stage.bucket.delete([theirs])


def test_a_given_person_whom_the_site_does_not_know_is_named(environment, open_stage):
    student = GivenAccount.model_construct(username="nobody-at-all", password=SecretStr(PASSWORD))
    given = GivenAccounts.model_construct(student=student, teacher=student)
    accounts = environment.accounts.model_copy(update={"given": given})
    stage = open_stage("0010", environment.model_copy(update={"accounts": accounts}))
    with pytest.raises(ConfigurationError, match=r"accounts\.given\.student: .* has no account nobody-at-all"):
        stage.new_student()
    assert stage.close().problems == []


def test_keep_leaves_everything_to_the_next_run(environment, site, category, open_stage):
    stage = open_stage("0011")
    student = stage.new_student()
    assert stage.close(keep=True).problems == []
    assert stage.course.id in site.courses_in(category)
    session_of(student, environment)

    stage.journal._life.release()  # as the end of its process does
    later = open_stage("0012")
    assert later.dead_runs.people == [student.username]
    assert later.close().problems == []


def test_what_cannot_be_removed_is_named(environment, monkeypatch, open_stage):
    stage = open_stage("0013")
    student = stage.new_student()
    delete = Site.delete_course
    monkeypatch.setattr(Site, "delete_course", lambda site, id: None if id == stage.course.id else delete(site, id))
    monkeypatch.setattr(Site, "change_person", lambda *_, **__: None)
    monkeypatch.setattr(Site, "login", lambda *_: None)
    report = stage.close()
    assert [problem for problem in report.problems if COURSE_NAME in problem and "still there" in problem]
    assert f"The test person {student.username} can still log in; suspend that account." in report.problems
    assert stage.journal.path.exists()

    monkeypatch.undo()
    assert stage.close().problems == []


def test_nothing_is_created_where_tests_may_not_write(environment, site, category, monkeypatch):
    before = site.courses_in(category)
    with pytest.raises(ConfigurationError, match=r"not marked as a test site.*test_site = true"):
        Workspace.open(environment.model_copy(update={"test_site": False}), "0014")
    monkeypatch.setattr("fixtures.stage.CATEGORY", "no-such-category")
    with pytest.raises(ConfigurationError, match="no course category with the ID number no-such-category"):
        Workspace.open(environment, "0014")
    assert site.courses_in(category) == before


def test_a_start_that_fails_gives_the_site_back(environment, site, category, monkeypatch):
    def fails(_: Workspace) -> None:
        raise SiteError("The disk is full.")

    monkeypatch.setattr(Workspace, "new_course", fails)
    with pytest.raises(SiteError, match="The disk is full"):
        Workspace.open(environment, "0018")
    assert LOCK_NAME not in site.courses_in(category).values()


def test_a_disabled_plugin_stops_the_run(environment, site, category):
    switch = "/mod/assign/adminmanageplugins.php"
    chosen = {"subtype": "assignsubmission", "plugin": "s3video", "sesskey": site.sesskey}
    site.get(switch, action="hide", **chosen)
    try:
        with pytest.raises(ConfigurationError, match="The S3 Video plugin is disabled"):
            Workspace.open(environment, "0015")
    finally:
        site.get(switch, action="show", **chosen)
    assert LOCK_NAME not in site.courses_in(category).values()


def test_a_wrong_administrator_is_named_with_the_key_to_correct(environment):
    admin = environment.accounts.admin.model_copy(update={"password": SecretStr("wrong-password")})
    accounts = environment.accounts.model_copy(update={"admin": admin})
    with pytest.raises(ConfigurationError, match=r"Logging in as admin failed.*accounts\.admin") as refusal:
        Workspace.open(environment.model_copy(update={"accounts": accounts}), "0016")
    assert "wrong-password" not in str(refusal.value)


def test_all_people_in_use(environment, monkeypatch, open_stage):
    monkeypatch.setattr("fixtures.stage.POOL", ("s3va-01",))
    stage = open_stage("0017")
    stage.new_student()
    with pytest.raises(SiteError, match="All 1 test people are in use"):
        stage.new_student()
    assert stage.close().problems == []
