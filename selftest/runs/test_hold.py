"""A run's hold on a site: what it makes and removes, what a dead run leaves, and what must never be touched."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from media import MP4
from runner.changed_settings import Change
from runner.clean_up import SETTING
from runner.connect import new_bucket
from runner.environment import Environment
from runner.environment_tables import Account as GivenAccount
from runner.environment_tables import GivenAccounts
from runner.hold import Hold
from runner.journal import folder
from runner.lock import Locked
from runner.ours import COURSE_NAME, DOMAIN, LOCK_NAME
from runner.people_pool import PER_WORKER
from runner.workspace import Workspace
from selftest.proof.warm import Warm
from selftest.runs.test_site import PASSWORD, VIDEO, session_of, upload
from services.errors import ConfigurationError, LoginRefused, NotCheckable, SiteError
from services.moodle.accounts import Accounts
from services.moodle.courses import Courses
from services.moodle.model import Person
from services.moodle.plugin import plugin_settings, save_plugin_settings
from services.moodle.site import Site
from services.plugin_api import begin_upload, tell_promises

NUMBERS = count(1)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def category(environment: Environment, site: Site) -> int:
    found = Courses(site).category("s3video-acceptance")
    assert found is not None
    return found


Open = Callable[..., tuple[Hold, list[Workspace]]]


@pytest.fixture
def open_hold(environment: Environment) -> Iterator[Open]:
    """A hold with its workers' workspaces; given back even when the test fails."""
    holds: list[Hold] = []

    def open_hold(environment: Environment = environment, workers: int = 1) -> tuple[Hold, list[Workspace]]:
        hold, state = Hold.open(environment, f"run{next(NUMBERS)}", workers)
        holds.append(hold)
        return hold, [Workspace(environment, state, f"gw{number}") for number in range(workers)]

    yield open_hold
    for hold in holds:
        if hold._lock is not None:
            hold.close()


def own_session(workspace: Workspace, person: Person, environment: Environment) -> Site:
    return tell_promises(session_of(person, environment), workspace.promise)


def test_a_run_leaves_nothing(environment: Environment, site: Site, category: int, open_hold: Open) -> None:
    bucket = new_bucket(environment)
    hold, workers = open_hold(workers=2)
    assignment = workers[0].assignment()
    students = [workers[0].student(assignment.course), workers[1].student(workers[1].assignment().course)]
    teacher = workers[0].teacher(workers[0].new_course())
    manager = workers[1].manager()
    people = [*students, teacher, manager]
    assert len({person.id for person in people}) == len(people)
    assert all(re.search(rf"{hold.run_id} gw[01]$", person.name) for person in people)
    assert all(person.email.endswith(".example.invalid") for person in people)

    key = upload(own_session(workers[0], students[0], environment), assignment, environment)
    assert key.startswith(f"videos/{students[0].id}/")

    with pytest.raises(Locked, match=f"run {hold.run_id}"):
        Hold(environment, "another")
    hold.expect_kept()

    report = hold.close()
    assert report.problems == []
    assert report.left_by_plugin == [], "expected the plugin to remove the video with its submission"
    assert report.rows_left == 0
    assert len(report.courses) == 3
    assert sorted(report.people) == sorted(person.username for person in people)

    assert bucket.keys(f"videos/{students[0].id}/") == []
    assert not [name for name in Courses(site).within(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert manager.id not in Accounts(site, Courses(site)).role_holders(category, "manager")
    for person in people:
        with pytest.raises(LoginRefused):
            session_of(person, environment)
    assert list(folder(environment.base_url).iterdir()) == []


def test_the_next_run_meets_the_same_people(environment: Environment, site: Site, open_hold: Open) -> None:
    names = []
    for _ in range(2):
        hold, (workspace,) = open_hold()
        names.append(workspace.newcomer().username)
        assert hold.close().problems == []
    assert names[0] == names[1]


def test_people_go_back_with_nothing_in_their_hands(
    environment: Environment, site: Site, category: int, open_hold: Open
) -> None:
    bucket = new_bucket(environment)
    _, (workspace,) = open_hold()
    assignment = workspace.assignment()
    student, manager = workspace.student(assignment.course), workspace.manager()
    key = upload(own_session(workspace, student, environment), assignment, environment)
    assert bucket.keys(key) == [key]
    for person in (student, manager):
        workspace.give_back(person)
    assert bucket.keys(key) == []
    assert manager.id not in Accounts(site, Courses(site)).role_holders(category, "manager")
    assert workspace.student(assignment.course).id not in (student.id,)


def test_as_many_tests_as_one_likes_make_do_with_twelve_people(environment: Environment, open_hold: Open) -> None:
    """Seven students a test, as the table of who may what; each in a course where they never were."""
    _, (workspace,) = open_hold()
    courses: dict[int, set[int]] = {}
    for _ in range(4):
        course = workspace.assignment().course
        people = [workspace.student(course) for _ in range(7)]
        assert not courses.setdefault(course.id, set()) & {person.id for person in people}
        courses[course.id] |= {person.id for person in people}
        for person in people:
            workspace.give_back(person)
    assert len(courses) > 1
    lent = [workspace.newcomer() for _ in range(PER_WORKER)]
    assert len({person.id for person in lent}) == PER_WORKER
    with pytest.raises(NotCheckable, match="one more student than this run has"):
        workspace.newcomer()


KILLED = """
import json, sys
from media import MP4
from runner.changed_settings import Change
from runner.clean_up import SETTING
from runner.environment import load
from runner.hold import Hold
from runner.workspace import Workspace
from selftest.runs.test_hold import own_session
from services.moodle.plugin import plugin_settings, save_plugin_settings
from services.plugin_api import begin_upload

environment = load(sys.argv[1])
hold, state = Hold.open(environment, "killed")
workspace = Workspace(environment, state, "main")
assignment = workspace.assignment()
student, manager = workspace.student(assignment.course), workspace.manager()
change = Change("upload_rate_limit", plugin_settings(workspace.site)["upload_rate_limit"])
workspace.note(str(change.note("killed")))
workspace.journal.record(SETTING, note=str(change.note("killed")))
save_plugin_settings(workspace.site, {change.name: change.changed})
print(json.dumps(begin_upload(own_session(workspace, student, environment), assignment, MP4)), flush=True)
sys.stdin.read()
"""


def killed_run(warm: Warm) -> dict[str, Any]:
    """A run that dies by SIGKILL in the middle, a setting changed; gives the form for what it had begun to upload."""
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(warm.file)],
        cwd=Path(__file__).resolve().parents[2],
        env=warm.variables | {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    promised: dict[str, Any] = json.loads(run.stdout.readline())
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    return promised


def send(promised: dict[str, Any], verify: str) -> None:
    """Storage gets a video, and the plugin hears nothing of it."""
    form = {"data": promised["fields"], "files": {"file": ("clip.mp4", VIDEO, "video/mp4")}}
    assert requests.post(promised["url"], **form, verify=verify, timeout=10).status_code == 204


@pytest.mark.parametrize("finish", ["open", "restore"])
def test_the_next_run_clears_up_after_a_killed_one(
    environment: Environment, warm: Warm, site: Site, category: int, finish: str, open_hold: Open
) -> None:
    rate = plugin_settings(site)["upload_rate_limit"]
    promised = killed_run(warm)
    send(promised, warm.ca_file)
    assert plugin_settings(site)["upload_rate_limit"] != rate

    if finish == "open":
        hold, _ = open_hold()
        report = hold.found
        assert hold.close().problems == []
    else:
        report = Hold.restore(environment)
    assert report.problems == []
    assert report.settings == ["upload_rate_limit"]
    assert len(report.courses) == 1
    assert len(report.people) == 2
    assert plugin_settings(site)["upload_rate_limit"] == rate
    assert new_bucket(environment).keys(promised["s3_key"]) == []
    assert not [name for name in Courses(site).within(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert list(folder(environment.base_url).iterdir()) == []


def test_another_machine_puts_back_what_a_killed_run_changed_and_deletes_nothing_on_s3(
    environment: Environment, warm: Warm, site: Site, category: int, monkeypatch: pytest.MonkeyPatch, open_hold: Open
) -> None:
    rate = plugin_settings(site)["upload_rate_limit"]
    promised = killed_run(warm)
    assert not [path for path in Path(os.environ["XDG_STATE_HOME"]).rglob("*") if path.is_file() and told(path, rate)]
    (lock,) = [course for course, name in Courses(site).within(category).items() if name == LOCK_NAME]
    here = os.environ["XDG_STATE_HOME"]
    monkeypatch.setenv("XDG_STATE_HOME", f"{here}/elsewhere")
    with pytest.raises(Locked, match="run killed"):
        Hold(environment, "early")

    Courses(site).write_summary(lock, "Held by somebody, run killed until 2020-01-01T00:00:00Z.")
    report = Hold.restore(environment)
    assert (report.settings, report.problems) == (["upload_rate_limit"], [])
    assert plugin_settings(site)["upload_rate_limit"] == rate
    assert len(report.people) == 2
    send(promised, warm.ca_file)
    assert Hold.restore(environment).left_by_plugin == []
    assert new_bucket(environment).keys(promised["s3_key"]) == [promised["s3_key"]]
    with pytest.raises(ConfigurationError, match=r"is shared: it holds objects under videos/\d+/"):
        open_hold()

    monkeypatch.setenv("XDG_STATE_HOME", here)
    assert [stored.key for stored in Hold.restore(environment).left_by_plugin] == [promised["s3_key"]]


def told(file: Path, value: str) -> bool:
    return f'"{value}"'.encode() in file.read_bytes()


def test_objects_of_another_site_survive(environment: Environment, site: Site, open_hold: Open) -> None:
    """They may lie under the very ids of our people: then no run begins, and none is touched."""
    hold, (workspace,) = open_hold()
    assignment = workspace.assignment()
    person = workspace.student(assignment.course)
    theirs = begin_upload(session_of(person, environment), assignment, MP4)
    send(theirs, str(environment.verify))
    workspace.give_back(person)
    assert hold.close().problems == []
    send(theirs, str(environment.verify))
    with pytest.raises(ConfigurationError, match="is shared"):
        open_hold()
    bucket = new_bucket(environment)
    assert bucket.keys(f"videos/{person.id}/") == [theirs["s3_key"]]
    bucket.delete([theirs["s3_key"]])


def test_accounts_and_courses_of_others_are_not_touched(
    environment: Environment, site: Site, category: int, open_hold: Open
) -> None:
    accounts = Accounts(site, Courses(site))
    known = accounts.find(["s3va-240"])
    stranger = (
        known[0] if known else accounts.create("s3va-240", "someone@other.example.invalid", "Some", "One", PASSWORD)
    )
    course = Courses(site).create(category, f"Of others {os.getpid()}", f"of-others-{os.getpid()}")
    hold, _ = open_hold()
    report = hold.close()
    assert stranger.username not in report.people
    assert not accounts.find([stranger.username])[0].suspended
    assert course.id in Courses(site).within(category)
    Courses(site).delete(course.id)


@pytest.fixture
def with_given(environment: Environment, site: Site) -> Environment:
    """The environment with people of its own: two students, a teacher, a manager."""
    accounts = Accounts(site, Courses(site))
    given: dict[str, Any] = {}
    for part, many in (("student", 2), ("teacher", 1), ("manager", 1)):
        names = [f"given-{part}-{number}-{next(NUMBERS)}-{os.getpid()}" for number in range(many)]
        for name in names:
            accounts.create(name, f"{name}@{DOMAIN}", "Given", part, PASSWORD)
        given[part] = tuple(
            GivenAccount.model_construct(username=name.title(), password=SecretStr(PASSWORD)) for name in names
        )
    changed = environment.accounts.model_copy(update={"given": GivenAccounts.model_construct(**given)})
    return environment.model_copy(update={"accounts": changed})


def test_given_people_keep_what_they_had(
    environment: Environment, site: Site, with_given: Environment, open_hold: Open
) -> None:
    hold, (workspace,) = open_hold(with_given)
    assignment = workspace.assignment()
    person = workspace.student(assignment.course)
    assert person.name == workspace.student(assignment.course).name == "Given student"
    assert workspace.manager().name == "Given manager"
    with pytest.raises(NotCheckable, match="one more student than this run has"):
        workspace.student(assignment.course)
    theirs = begin_upload(session_of(person, environment), assignment, MP4)
    ours = upload(own_session(workspace, person, environment), assignment, environment)
    workspace.give_back(person)
    assert workspace.assignment().course != assignment.course, "expected a course where they never were"

    report = hold.close()
    assert report.problems == []
    assert report.people == []
    bucket = new_bucket(environment)
    send(theirs, str(environment.verify))
    assert bucket.keys(f"videos/{person.id}/") == [theirs["s3_key"]], f"expected {ours} to be gone"
    bucket.delete([theirs["s3_key"]])
    session_of(person, environment)


def test_more_workers_than_given_people_is_told_before_the_run(with_given: Environment, open_hold: Open) -> None:
    with pytest.raises(ConfigurationError, match=r"2 workers need 2 people.*\[accounts.given\] has 1 for teacher"):
        open_hold(with_given, workers=2)


def test_a_given_person_whom_the_site_does_not_know_is_named(environment: Environment, open_hold: Open) -> None:
    nobody = GivenAccount.model_construct(username="nobody-at-all", password=SecretStr(PASSWORD))
    given = GivenAccounts.model_construct(student=(nobody,), teacher=(nobody,))
    accounts = environment.accounts.model_copy(update={"given": given})
    with pytest.raises(ConfigurationError, match=r"accounts\.given\.student: .* has no account nobody-at-all"):
        open_hold(environment.model_copy(update={"accounts": accounts}))


def test_keep_leaves_everything_to_the_next_run(
    environment: Environment, site: Site, category: int, open_hold: Open
) -> None:
    hold, (workspace,) = open_hold()
    course = workspace.assignment().course
    student = workspace.student(course)
    assert hold.close(keep=True).problems == []
    assert course.id in Courses(site).within(category)
    session_of(student, environment)

    hold.journal._life.release()  # as the end of its process does
    later, _ = open_hold()
    assert later.found.people == [student.username]
    assert later.close().problems == []


def test_what_cannot_be_removed_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, open_hold: Open
) -> None:
    hold, (workspace,) = open_hold()
    course = workspace.assignment().course
    student = workspace.student(course)
    delete = Courses.delete
    monkeypatch.setattr(Courses, "delete", lambda own, id: None if id == course.id else delete(own, id))
    monkeypatch.setattr(Accounts, "change", lambda *_, **__: None)
    monkeypatch.setattr(Site, "login", lambda *_: None)
    report = hold.close()
    assert [problem for problem in report.problems if COURSE_NAME in problem and "still there" in problem]
    assert f"The test person {student.username} can still log in; suspend that account." in report.problems

    monkeypatch.undo()
    assert hold.close().problems == []


def test_while_a_setting_cannot_be_put_back_the_lock_stays_and_says_which(
    environment: Environment, site: Site, category: int, monkeypatch: pytest.MonkeyPatch, open_hold: Open
) -> None:
    hold, (workspace,) = open_hold()
    rate = plugin_settings(site)["upload_rate_limit"]
    change = Change("upload_rate_limit", rate)
    note = str(change.note(hold.run_id))
    workspace.note(note)
    hold.journal.record(SETTING, note=note)
    save_plugin_settings(site, {change.name: change.changed})
    with monkeypatch.context() as broken:
        broken.setattr("runner.clean_up.undo", lambda *_: (_ for _ in ()).throw(SiteError("The site is read-only.")))
        assert "The site is read-only." in hold.close().problems
    (lock,) = [course for course, name in Courses(site).within(category).items() if name == LOCK_NAME]
    assert Courses(site).idnumber(lock) == note
    assert hold.close().settings == ["upload_rate_limit"]
    assert plugin_settings(site)["upload_rate_limit"] == rate


def test_nothing_is_created_where_tests_may_not_write(
    environment: Environment, site: Site, category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Courses(site).within(category)
    with pytest.raises(ConfigurationError, match=r"not marked as a test site.*test_site = true"):
        Hold(environment.model_copy(update={"test_site": False}), "unmarked")
    monkeypatch.setattr("runner.ours.CATEGORY", "no-such-category")
    with pytest.raises(ConfigurationError, match="no course category with the ID number no-such-category"):
        Hold(environment, "unmarked")
    assert Courses(site).within(category) == before


@pytest.mark.parametrize(
    ("description", "seen"),
    [
        ("", "names no address"),
        ("Tests may write to https://moodle.example.edu", "names https://moodle.example.edu"),
        ("Tests may write to {here}.evil.example", "names {here}.evil.example"),
    ],
)
def test_a_mark_that_came_along_with_another_site_is_none(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, description: str, seen: str
) -> None:
    here = environment.base_url
    monkeypatch.setattr(Courses, "description", lambda *_: description.format(here=here))
    with pytest.raises(ConfigurationError, match=re.escape(seen.format(here=here))) as told:
        Hold(environment, "cloned")
    assert f"write {here} into that description" in str(told.value)


def test_a_start_that_fails_gives_the_site_back(
    environment: Environment, site: Site, category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise SiteError("The disk is full.")

    monkeypatch.setattr("runner.hold.prepare", fails)
    with pytest.raises(SiteError, match="The disk is full"):
        Hold.open(environment, "fails")
    assert LOCK_NAME not in Courses(site).within(category).values()


def test_a_disabled_plugin_stops_the_run(environment: Environment, site: Site, category: int) -> None:
    switch = "/mod/assign/adminmanageplugins.php"
    chosen = {"subtype": "assignsubmission", "plugin": "s3video", "sesskey": site.sesskey}
    site.get(switch, action="hide", **chosen)
    try:
        with pytest.raises(ConfigurationError, match="The S3 Video plugin is disabled"):
            Hold(environment, "disabled")
    finally:
        site.get(switch, action="show", **chosen)
    assert LOCK_NAME not in Courses(site).within(category).values()


def test_a_wrong_administrator_is_named_with_the_key_to_correct(environment: Environment) -> None:
    admin = environment.accounts.admin.model_copy(update={"password": SecretStr("wrong-password")})
    accounts = environment.accounts.model_copy(update={"admin": admin})
    with pytest.raises(ConfigurationError, match=r"Logging in as admin failed.*accounts\.admin") as refusal:
        Hold(environment.model_copy(update={"accounts": accounts}), "wrong")
    assert "wrong-password" not in str(refusal.value)


def test_an_upload_that_was_begun_only_is_promised_too(environment: Environment, site: Site, open_hold: Open) -> None:
    _, (workspace,) = open_hold()
    assignment = workspace.assignment()
    student = workspace.student(assignment.course)
    promised = begin_upload(own_session(workspace, student, environment), assignment, MP4)
    assert [entry["key"] for entry in workspace.journal.entries("promised")] == [promised["s3_key"]]
