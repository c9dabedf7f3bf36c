"""Steps 3.2 and 3.8, maintenance mode: nobody but administrators comes in, and nothing is lost meanwhile."""

from collections.abc import Callable

import pytest

import media
from checks.maintenance import (
    expect_confirmed,
    expect_let_in,
    expect_message,
    expect_no_upload_url,
    expect_on,
    expect_opens,
    expect_over,
    expect_shut,
)
from clients.addresses import ASSIGNMENT
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment
from clients.moodle.server import MAINTENANCE_MODE, switch
from clients.plugin.api import begin_upload, send
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace


@pytest.mark.provokes
@pytest.mark.lines("3.2.3", "3.2.4", "3.2.5", "3.8.2", "3.8.3", "R.1.1", "R.1.9")
def test_maintenance(
    visit: Callable[..., MoodleClient],
    assignment: Assignment,
    workspace: Workspace,
    settings_guard: SettingsGuard,
    environment: Environment,
    line: Lines,
) -> None:
    """An administrator shuts the site while a student's upload is on its way, and opens it again."""
    admin, clip = workspace.site, media.MP4
    student = visit(workspace.student(assignment.course))
    teacher = visit(workspace.teacher(assignment.course), "teacher")
    another = visit(workspace.student(assignment.course))
    promised = begin_upload(student, assignment, clip)
    begun = promised["s3_key"], int(promised["submission_id"])

    with settings_guard.maintenance():
        with line("3.2.3", "The administrator enables maintenance mode"):
            switch(admin, MAINTENANCE_MODE, on=True)
        with line("R.1.1", "The site's setting says that maintenance mode is enabled", blocks=True):
            expect_on(admin)
        for who, person in (("A student", student), ("A teacher", teacher)):
            with line("3.2.5", f"{who} sees the maintenance page, at an assignment's address too") as evidence:
                evidence["page"] = expect_shut(person)
                expect_shut(person, f"{ASSIGNMENT}?id={assignment.cmid}")
        with line("3.2.4", "Who is shut out reads the site's maintenance message") as evidence:
            evidence["message"] = expect_message(admin, student)
        with line("3.2.5", "The plugin gives no upload URL in maintenance mode", extra=True) as evidence:
            evidence["answer"] = expect_no_upload_url(another, assignment, clip)
        send(promised, clip, environment.verify)
        with line("3.8.2", "The administrator disables maintenance mode"):
            switch(admin, MAINTENANCE_MODE, on=False)
        with line("R.1.9", "The site's setting says that maintenance mode is disabled"):
            expect_over(admin)

    for who, person in (("The student", student), ("The teacher", teacher)):
        with line("3.8.3", f"{who} comes in again after maintenance, without another log-in"):
            expect_let_in(person)
    with line("3.8.3", "The upload that was on its way is confirmed after maintenance", extra=True):
        expect_confirmed(student, *begun)


@pytest.mark.production
@pytest.mark.lines("3.8.2", "3.8.3", "R.1.9")
def test_no_maintenance(workspace: Workspace, visitor: MoodleClient, line: Lines) -> None:
    """The site is there for everybody: nobody has left it in maintenance mode."""
    workspace.site.log_in_again()
    for box in ("3.8.2", "R.1.9"):
        with line(box, "The site's setting says that maintenance mode is disabled"):
            expect_over(workspace.site)
    with line("3.8.3", "The site's first page opens for whoever comes"):
        expect_opens(visitor)
