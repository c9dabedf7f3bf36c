"""Step 2.9, test access control: a second student at the first one's video, and everybody at every way to it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from checks.access import VideoAccess
from checks.access_table import OWNER, SENTENCES, AccessTable
from checks.credentials import Credentials
from checks.delivery import Delivery
from checks.traffic import expect_nothing_from, expect_received_from
from checks.video_store import VideoStore
from clients.addresses import ASSIGNMENT, VIDEO_PAGE
from clients.cdn import CDN
from clients.moodle.assignments import save_submission
from clients.moodle.model import Assignment
from clients.plugin.api import WATCH, confirm_upload, confirmation, playback_url, video_page
from clients.s3 import Bucket
from clients.steps import aside, made_up
from clients.words import answered
from fixtures.data import Submission
from fixtures.people import People
from network.proxy import ProxiedNetwork
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace

STRANGE_SITE = "https://elsewhere.example.invalid"


@pytest.fixture(scope="module")
def assignment(workspace: Workspace) -> Assignment:
    """In a course of its own: the first student has no classmates with videos, and the second one has."""
    return workspace.new_assignment(workspace.new_course())


@pytest.mark.happy_path
@pytest.mark.lines("2.9.1", "2.9.2", "2.9.3", "2.9.4", "2.9.5", "2.9.6")
def test_second_student(
    submission: Submission,
    people: People,
    video_access: VideoAccess,
    network: ProxiedNetwork,
    delivery: Delivery,
    bucket: Bucket,
    environment: Environment,
    line: Lines,
) -> None:
    """Two students at their browsers: the second one tries the first one's address, the first one watches."""
    first, assignment = submission.owner, submission.assignment

    with line("2.9.1", "A second student has an account, and is in the same course", blocks=True) as evidence:
        second = people.student(assignment.course)
        evidence["accounts"] = [first.person.id, second.person.id]
        assert second.person.id != first.person.id, "expected another account, seen the first student's again"
    with line("2.9.2", "The second student logs in through the form", blocks=True):
        second.log_in_by_form()
    with line("2.9.4", "The second student's page of the assignment shows no video", extra=True):
        second.open(assignment).expect_no_video()
    with network.measured() as traffic:
        with line("2.9.3", "The second student goes to the address of the first student's video", blocks=True):
            answer = second.visit(VIDEO_PAGE, **submission.parameters)
        with line("2.9.4", "The second student is told that the video is not for them, and gets none") as evidence:
            evidence["message"] = video_access.expect_denied(answer, submission)
        for action in ("grader", "grading"):
            with line(
                "2.9.4", f"The teacher's page with action={action} is closed to them as well", extra=True
            ) as evidence:
                answer = second.visit(ASSIGNMENT, id=assignment.cmid, action=action, userid=first.person.id)
                evidence["message"] = video_access.expect_denied(answer, submission)
    with line("2.9.4", "Not a byte came to the second student from S3 or the CDN", extra=True):
        expect_nothing_from(traffic, environment.cdn.domain, bucket.url)
    with line("2.9.4", "The second student's console holds no signed URL", extra=True):
        second.console.expect_nothing_signed("the second student's")

    with line("2.9.5", "The first student logs in through the form", blocks=True):
        first.log_in_by_form()
    with (
        network.measured() as traffic,
        line("2.9.6", "The first student finds the own submission, and it plays", blocks=True),
    ):
        page = first.open(assignment)
        page.expect_video(submission.clip.bytes)
        player = page.watch().player
        player.expect_loaded(submission.clip.seconds)
        player.play()
        player.expect_playing()
    with line("2.9.6", "The picture is that of the first student's own video", extra=True):
        player.expect_picture_of(submission.clip)
    with line("2.9.6", "It comes from the CDN, by a signed URL of that very video", extra=True) as evidence:
        delivery.expect_signed(player.source(), submission.key)
        evidence["bytes received"] = expect_received_from(traffic, environment.cdn.domain, submission.clip.bytes // 2)


@pytest.mark.lines("2.9.4", "2.9.6")
def test_who_may_what(access: AccessTable, line: Lines) -> None:
    """Everybody tries every way to one video, each in a session of their own."""
    with line("2.9.6", "The owner's page of the assignment shows the video", blocks=True, extra=True):
        access.expect_on_own_page()
    for who in access.everybody:
        with aside(), line("2.9.6" if who == OWNER else "2.9.4", SENTENCES[who], extra=True) as evidence:
            evidence["who"] = who
            evidence["tried"] = access.try_everything(who)
            access.expect_rights(evidence["tried"])


@pytest.mark.lines("2.9.4", "2.9.6")
def test_tricks(
    submission: Submission,
    submit: Callable[..., Submission],
    assignment: Assignment,
    video_access: VideoAccess,
    cdn: CDN,
    delivery: Delivery,
    video_store: VideoStore,
    credentials: Credentials,
    line: Lines,
) -> None:
    """What somebody tries who knows identifiers, keys and addresses of another student's video."""
    theirs, mine = submission, submit(assignment, clip=submission.clip)  # only the key tells the same file apart
    owner, thief = theirs.owner.site(), mine.owner.site()

    for way, ask in WATCH.items():
        with line(
            "2.9.4",
            f"A {way} for one's own submission does not open another one's key, though the file's name is the same",
            extra=True,
        ):
            video_access.expect_denied(ask(thief, replace(theirs, id=mine.id)), theirs)
    with line("2.9.4", "A confirmation with a guessed key does no harm to another one's submission", extra=True):
        guess = f"{theirs.owner.videos.prefix}1_00000000/{theirs.clip.path.name}"
        made_up(guess)
        answer = confirm_upload(thief, guess, theirs.id)
        video_access.expect_unharmed(
            owner, theirs, f" after the confirmation was answered with {answered(answer.status)}"
        )
    confirmation(owner, theirs)  # what follows needs the video, whatever became of it
    with line("2.9.4", "A sesskey opens nothing in another session", extra=True):
        video_access.expect_denied(playback_url(thief, theirs, owner.sesskey), theirs)
        video_access.expect_denied(playback_url(owner, theirs, thief.sesskey), theirs)
    with line("2.9.4", "Another student's key, saved in one's own submission, opens no video", extra=True) as evidence:
        save_submission(thief, assignment, theirs.key, theirs.clip.bytes, theirs.clip.mime)
        evidence["message"] = video_access.expect_denied(video_page(thief, replace(theirs, id=mine.id)), theirs)

    with line("2.9.6", "The owner's signed URL plays", blocks=True, extra=True):
        signed = video_access.signed_url(owner, theirs)
    for way, ask in WATCH.items():
        with line("2.9.4", f"The address that a {way} leads to ends within a day", extra=True) as evidence:
            evidence["seconds"] = delivery.expect_lifetime(video_access.address(ask(owner, theirs)))
    for change, url in cdn.tampered(signed, other=mine.key).items():
        with line("2.9.4", f"The CDN refuses a URL {change}", extra=True):
            delivery.expect_refused(url, change)
    with line("2.9.4", "The CDN refuses a URL that has expired", extra=True) as evidence:
        evidence["seconds"] = delivery.expect_expiry(theirs.key)
    with line("2.9.4", "S3 refuses whoever comes without a signature", extra=True):
        video_store.expect_private(theirs.key)
    with line("2.9.4", "S3 takes nothing from the pages of another site", extra=True):
        video_store.expect_no_uploads_from(STRANGE_SITE)
    with line("2.9.4", "No page, script or JSON that a student gets holds a credential", extra=True) as evidence:
        evidence["looked into"] = credentials.expect_untold(thief, mine)
