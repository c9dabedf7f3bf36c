"""A run that finds what there is to find in plugin 1.0.0, in two browsers: more than anybody reads in one go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw

from checklist.results import Run
from checklist.verdicts import Check, Role, Verdict
from selftest.unit.sample_runs import CHROMIUM, EDGE, FIREFOX, PIXEL, WEBKIT, passing, run_of

TARGETS = [CHROMIUM, FIREFOX, WEBKIT, EDGE, PIXEL]
BOTH = ("chromium", "firefox")
ONCE = ("all",)

LOST = "expected no harm to the video, seen that its owner has lost it after "
LOST += "somebody else's confirmation was refused with status 403 (Forbidden): Not yours."
GIVEN = "expected a refusal, seen a signed URL, the video's address, a player or a link to the video"
KEY = "videos/7/1795968787_86c172d6/clip.mp4"
TASK = "Failed to initialize S3 client: AWS S3 authentication failed. Please check your credentials"

FAILED: list[tuple[str, str, tuple[str, ...], str, str]] = [
    ("2.4.5", "test_installation", ONCE, "Students, teachers and managers have the plugin's capabilities of appendix C",
     "expected the capabilities of appendix C among those that a role can be given, seen no s3video:use, s3video:view, "
     "s3video:manage there"),
    *[(line, "test_limits", ONCE, f"The limit of {kind} URLs counts by the minute",
       f"expected {kind}_rate_limit to count by the minute, seen “Rate Limit (per hour)” on the settings page")
      for line, kind in (("2.5.17", "upload"), ("2.5.18", "playback"))],
    *[(line, "test_limits", ONCE, f"The settings hold the {what}",
       f"expected a setting for the {what}, seen none among the plugin's settings")
      for line, what in (("2.5.14", "largest size of a file"), ("2.5.15", "allowed types of video"))],
    ("4.4.3", "test_rate_limits", ("chromium",), "Who has waited for a minute is given upload and playback URLs again",
     "expected the next upload URL a minute later, seen a refusal: Upload rate limit exceeded"),
    ("2.7.5", "test_upload", BOTH, "The limit in force is 5 GB, and the form says so",
     "expected the student to be told the limit of 5 GB, seen on the form: “Maximum size for new files: :”"),
    ("2.7.19", "test_replacement", BOTH, "The form of a saved submission has finished texts",
     "expected finished texts on every page, seen “[[status_{{videostatus}}]]” on https://moodle.example.edu/mod/assign"),
    ("2.7.19", "test_replacement", BOTH, "Another video can be saved in place of the first",
     "expected the submission's status after Save changes, seen the form again, which says: You have existing "
     "submission data. Please leave this page and try again. S3 Video: [[status_{{videostatus}}]]"),
    ("2.7.19", "test_confirmations", BOTH, "A late confirmation of a replaced video does not harm the new one",
     "expected the handed-in video to play after a late confirmation of the video that it replaced, seen: Not ready"),
    ("2.7.19", "test_confirmations", BOTH, "The form's word alone does not hand in a video that never reached S3",
     "expected the server to check that S3 has what a form hands in, seen that it takes the form's word, and gives "
     "an address to play a video that never reached S3"),
    *[("2.7.19", "test_failed_replacement", BOTH, title.format(failure),
       "expected the video that was handed in to be there still, seen the video listed as “Pending”")
      for failure in ("the connection broke", "the session ended", "the tab was closed")
      for title in ("The student still has the video handed in, and can play it, after {}",
                    "The teacher still has the video in table and grader after {}")],
    ("2.8.9", "test_playback", BOTH, "The teacher's console tells nobody the signed URL, with which anyone could watch",
     "expected no signed URL in the teacher's console, seen 2 messages with one, such as “URL refreshed:”"),
    *[("2.9.4", "test_who_may_what", BOTH, f"{who} gets nothing of the video, and does it no harm", LOST)
      for who in ("A guest", "A student of another course", "A teacher of another course")],
    ("2.9.4", "test_who_may_what", BOTH,
     "A student whose enrolment is suspended no longer gets at their video, and hands in no other",
     f"video page: {GIVEN}; playback URL: {GIVEN}"),
    ("2.9.4", "test_tricks", BOTH, "Another student's key, saved in one's own submission, opens no video", GIVEN),
    ("2.10.2", "test_dashboard", BOTH, "The menus lead to the dashboard",
     "expected a working page, seen Moodle's own error on https://moodle.example.edu/…/dashboard.php: Section error!"),
    ("2.10.3", "test_dashboard", BOTH, "The dashboard opens",
     "expected a working page, seen Moodle's own error on https://moodle.example.edu/…/dashboard.php: Section error!"),
    ("2.10.3", "test_time_ranges", BOTH, "The dashboard opens by its address",
     "expected a working page, seen Moodle's own error on https://moodle.example.edu/…/dashboard.php: Section error!"),
    ("2.10.8", "test_manage_videos", BOTH, "The texts of Manage Videos are finished",
     "expected finished texts on https://moodle.example.edu/…/videomanagement.php, seen [[allcourses]], [[status]]"),
    ("2.10.10", "test_manage_videos", BOTH, "A search by the student's full name finds the video, and not another one",
     f"expected {KEY} in the list for search “Ada Lovelace”, seen no video"),
    ("2.10.10", "test_manage_videos", BOTH, "A search by status finds an upload that has not ended",
     "expected the filter status to offer “pending”, seen All, Ready, Uploading and Error"),
    ("2.10.11", "test_delete_video", BOTH, "The page says after Yes that the video is deleted",
     "expected the message that the video was deleted, seen: Failed to create CloudFront cache invalidation."),
    ("2.10.11", "test_delete_video", BOTH, "The list no longer shows the deleted video",
     f"expected {KEY} not to be in the list, seen it there"),
    ("2.11.1", "test_wrong_files", BOTH, "A text file renamed to .mp4 is refused",
     "expected the file to be refused with an error message, seen the message: Video uploaded successfully!"),
    ("2.11.1", "test_wrong_files", BOTH, "The server refuses a program said to be a video",
     "expected the server to refuse a program said to be a video, seen an upload URL for it"),
    ("2.11.1", "test_odd_names", BOTH, "The player plays a video with emoji in its name",
     "expected the video to load, seen nothing of it within 20 s and no message"),
    ("2.11.3", "test_too_large", BOTH, "The server refuses a file of a negative number of bytes",
     "expected the server to refuse a negative number of bytes, seen an upload URL for it"),
    ("2.11.6", "test_session_over", BOTH, "After a new log-in S3 has one video, and no orphan",
     f"expected {KEY} on S3 and nothing else under videos/7/, seen videos/7/1795968787_ed0ae893/clip.mp4 as well"),
    ("2.11.6", "test_upload_never_ended", BOTH, "A form that is saved without a video hands nothing in",
     "expected nothing to count as handed in, seen “Submitted for grading”"),
    ("2.11.7", "test_wrong_credentials", BOTH, "With a wrong secret the message has no word of AWS",
     "expected a message in plain words, seen one that shows “status: 403” (an HTTP status): “S3 upload failed”"),
    ("2.11.7", "test_broken_connection", BOTH, "The message after a broken connection names it, and what to do",
     "expected a message that tells the student what to do, seen: Network error during S3 upload"),
    ("2.13.1", "test_types", ("chromium",), "A video as phones make them plays on its page",
     "expected the video to load, seen a source that the browser does not take (video/quicktime) and no message"),
    ("2.13.6", "test_types", ("pixel-7",), "A video as phones make them plays on its page",
     "expected the video to load, seen a source that the browser does not take (video/quicktime) and no message"),
    ("2.13.5", "test_upload_and_playback", BOTH, "The video's page tells browsers the type that was uploaded",
     "expected the video to be offered as video/mp4, seen no type"),
    ("3.7.6", "test_smoke", ("chromium",), "S3 no longer holds the deleted assignment's video",
     f"expected the video to be gone with its assignment, seen {KEY} on S3"),
    ("4.2.2", "test_clean_up", ONCE, "The task runs without trouble when the administrator starts it",
     f"expected the task to run without trouble, seen “{TASK}”"),
    ("4.2.4", "test_clean_up", ONCE, "A video past its retention is gone from the list and from S3",
     f"expected a video older than 90 days gone from the list and gone from S3, seen {KEY} in the list and on S3"),
    ("4.3.2", "test_privacy", ONCE, "The exported data tell of the student's video",
     f"expected the export to tell of {KEY}, seen 56 files, none of which names it: a, b, c and 53 more"),
    ("4.3.4", "test_privacy", ONCE, "S3 no longer holds anything of the deleted student",
     f"expected nothing on S3 under videos/7/, seen {KEY}"),
    ("4.4.2", "test_what_is_given_away", ("chromium",),
     "No report on the plugin's inside, and no key or copy, is served to anybody",
     "expected the plugin to ship no internal files, or the web server to keep them to itself, seen these given "
     "to anybody: security_audit_report.md"),
    ("R.1.5", "test_rollback", ONCE, "The server gives no upload URL while the plugin is disabled",
     "expected no upload URL while the plugin is disabled, seen that the server gave one"),
]  # fmt: skip
"""Line, test, targets, title and message of each check that fails."""

FOLLOW = [
    Check(line, target, Verdict.NOT_REACHED, "", "2.10.3 (The dashboard opens) failed, and the rest builds on it", 0.0,
          {}, f"test_dashboard[{target}]")
    for line in ("2.10.4", "2.10.5", "2.10.6", "2.10.7")
    for target in BOTH
]  # fmt: skip


ASKED = [
    {
        "sender": "the second student",
        "method": "POST",
        "address": "https://moodle.example.edu/…/ajax/confirm_upload.php",
        "parameters": {"s3_key": "videos/7/…", "submissionid": "9"},
        "status": 403,
    },
    {
        "sender": "the student",
        "method": "GET",
        "address": "https://moodle.example.edu/mod/assign/view.php?id=7",
        "status": 200,
    },
]


SAW = "What the student saw: Edit submission (https://moodle.example.edu/mod/assign/view.php?id=7)"


def shot(number: int) -> str:
    return f"screenshots/test_it-{number}.png"


def run() -> Run:
    checks = [one for one in passing(TARGETS) if (one.line, one.target) not in {(it.line, it.target) for it in FOLLOW}]
    for number, (line, test, targets, title, message) in enumerate(FAILED):
        for target in targets:
            pictured = {"screenshots": [shot(number)], "captions": [SAW]}
            seen = {"requests without a browser": ASKED} if "who_may" in test else pictured
            evidence = {
                **seen,
                "story": "A student hands in a small video, and a teacher looks at it.",
                "people": ["student, at the assignment"],
                "steps": ["As the student: Log in.", "Open the assignment.", "Press “Add submission”."],
                "file": "clip.mp4, 332538 bytes",
            }
            told = Check(line, target, Verdict.FAILED, title, message, 1.0, evidence, f"{test}[{target}]", Role.EXTRA)
            checks.append(replace(told, number=number + 9))
    return run_of([*checks, *FOLLOW], TARGETS)


def pictures(folder: Path) -> None:
    """Puts a screenshot of each failed check into a run's folder, such as they are: large, and no two the same."""
    (folder / "screenshots").mkdir(parents=True, exist_ok=True)
    for number, (line, _, _, title, _) in enumerate(FAILED):
        page = Image.new("RGB", (1280, 720), "white")
        drawn = ImageDraw.Draw(page)
        for row in range(40):
            drawn.text((20, 18 * row), f"{line} {title} " * 6, fill=(20 * row % 200, number, 90))
        page.save(folder / shot(number))
