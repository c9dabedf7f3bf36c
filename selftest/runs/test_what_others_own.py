"""What a run must never touch: objects, accounts and courses of others, and what given people had."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from pydantic import SecretStr

from clients.errors import ConfigurationError, NotCheckable
from clients.http import Session
from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.api import begin_upload
from media import MP4
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Account as GivenAccount
from runner.configuration.environment_tables import GivenAccounts
from runner.configuration.naming import DOMAIN
from runner.reservation.people_pool import PER_WORKER
from selftest.runs.students import PASSWORD, Open, own_session, send, session_of, upload

pytestmark = pytest.mark.usefixtures("state")

NUMBERS = count(1)

COPIES = "two-objects-per-upload"


@pytest.fixture
def with_given(environment: Environment, site: MoodleClient) -> Environment:
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


def test_objects_of_another_site_survive(environment: Environment, site: MoodleClient, open_reservation: Open) -> None:
    """They may lie under the very ids of our people: then others take part in the run, and none is touched."""
    reservation, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    person = workspace.student(assignment.course)
    theirs = begin_upload(session_of(person, environment), assignment, MP4)
    send(theirs, str(environment.verify))
    workspace.release(person)
    assert reservation.close().problems == []
    send(theirs, str(environment.verify))
    later, (workspace,) = open_reservation()
    assert later.taken == [f"videos/{person.id}/"]
    assert person.id not in {workspace.unenrolled_user().id for _ in range(PER_WORKER)}
    report = later.close()
    assert (report.problems, report.not_promised) == ([], [])
    bucket = new_bucket(environment)
    assert bucket.keys(f"videos/{person.id}/") == [theirs["s3_key"]]
    bucket.delete([theirs["s3_key"]])


def test_what_the_plugin_leaves_is_named_and_the_next_run_begins(
    environment: Environment, open_reservation: Open, copies_are_kept: None
) -> None:
    reservation, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    person = workspace.student(assignment.course)
    key = upload(own_session(workspace, person, environment), assignment, environment)
    workspace.release(person)
    report = reservation.close()
    assert (report.problems, report.not_promised) == ([], [f"{key}.bak"])
    later, _ = open_reservation()
    assert later.taken == [f"videos/{person.id}/"]
    assert later.close().not_promised == []
    new_bucket(environment).delete([f"{key}.bak"])


@pytest.fixture
def copies_are_kept(environment: Environment) -> Iterator[None]:
    """The plugin keeps a copy of each video that is confirmed."""
    with Session(environment.verify, 10) as session:
        for faults in ([COPIES], []):
            assert session.put(environment.url("/__replica__/fault"), json={"faults": faults}).ok
            if faults:
                yield


def test_a_plugin_that_names_a_key_of_somebody_else_costs_nobody_a_video(
    environment: Environment, open_reservation: Open
) -> None:
    reservation, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    person, other = workspace.student(assignment.course), workspace.student(assignment.course)
    theirs = begin_upload(session_of(other, environment), assignment, MP4)
    send(theirs, str(environment.verify))
    workspace.promise(person, theirs["s3_key"])
    assert workspace.journal.entries("promised") == []
    workspace.release(person)
    assert new_bucket(environment).keys(f"videos/{other.id}/") == [theirs["s3_key"]]
    reservation.close()


def test_accounts_and_courses_of_others_are_not_touched(
    environment: Environment, site: MoodleClient, category: int, open_reservation: Open
) -> None:
    accounts = Accounts(site, Courses(site))
    known = accounts.find(["s3va-240"])
    stranger = (
        known[0] if known else accounts.create("s3va-240", "someone@other.example.invalid", "Some", "One", PASSWORD)
    )
    course = Courses(site).create(category, f"Of others {os.getpid()}", f"of-others-{os.getpid()}")
    reservation, _ = open_reservation()
    report = reservation.close()
    assert stranger.username not in report.people
    assert not accounts.find([stranger.username])[0].suspended
    assert course.id in Courses(site).within(category)
    Courses(site).delete(course.id)


def test_given_people_keep_what_they_had(
    environment: Environment, site: MoodleClient, with_given: Environment, open_reservation: Open
) -> None:
    reservation, (workspace,) = open_reservation(with_given)
    assignment = workspace.assignment()
    person = workspace.student(assignment.course)
    assert person.name == workspace.student(assignment.course).name == "Given student"
    assert workspace.manager().name == "Given manager"
    with pytest.raises(NotCheckable, match="one more student than this run has"):
        workspace.student(assignment.course)
    theirs = begin_upload(session_of(person, environment), assignment, MP4)
    ours = upload(own_session(workspace, person, environment), assignment, environment)
    workspace.release(person)
    assert workspace.assignment().course != assignment.course, "expected a course where they never were"

    report = reservation.close()
    assert report.problems == []
    assert report.people == []
    bucket = new_bucket(environment)
    send(theirs, str(environment.verify))
    assert bucket.keys(f"videos/{person.id}/") == [theirs["s3_key"]], f"expected {ours} to be gone"
    bucket.delete([theirs["s3_key"]])
    session_of(person, environment)


def test_more_workers_than_given_people_is_told_before_the_run(with_given: Environment, open_reservation: Open) -> None:
    with pytest.raises(ConfigurationError, match=r"2 workers need 2 people.*\[accounts.given\] has 1 for teacher"):
        open_reservation(with_given, workers=2)


def test_a_given_person_whom_the_site_does_not_know_is_named(environment: Environment, open_reservation: Open) -> None:
    nobody = GivenAccount.model_construct(username="nobody-at-all", password=SecretStr(PASSWORD))
    given = GivenAccounts.model_construct(student=(nobody,), teacher=(nobody,))
    accounts = environment.accounts.model_copy(update={"given": given})
    with pytest.raises(ConfigurationError, match=r"accounts\.given\.student: .* has no account nobody-at-all"):
        open_reservation(environment.model_copy(update={"accounts": accounts}))
