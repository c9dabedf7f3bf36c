"""What people did in a test, as the steps with which somebody else sees the same."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from checklist.verdicts import PREPARED
from checklist.words import lasting
from clients import steps
from clients.addresses import ASSIGNMENT, MANAGE_VIDEOS, VIDEO_PAGE, asked
from clients.plugin import api
from clients.words import parameters
from fixtures import data
from media import WEBM
from pages.base import Moodle
from pages.upload.widget import named
from selftest.unit.inner_run import Run, runs

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    steps.forget()
    yield
    steps.forget()


def moodle(who: str) -> Moodle:
    return Moodle("https://moodle.example.edu", page=1, upload=1, play=1, who=who)


def test_what_is_done_aside_is_told_until_it_is_done() -> None:
    student, admin = moodle("the student"), moodle("the administrator")
    student.step("Open the course.")
    with steps.aside():
        admin.step("Open the dashboard.")
        assert steps.steps() == ["As the student: Open the course.", "As the administrator: Open the dashboard."]
    student.step("Open the assignment.")
    assert steps.steps() == ["As the student: Open the course.", "Open the assignment."]
    assert steps.steps(whole=True) == [
        "As the student: Open the course.",
        "As the administrator: Open the dashboard.",
        "As the student: Open the assignment.",
    ]


def test_what_fails_aside_is_told_to_the_check_around_it() -> None:
    student = moodle("the student")

    def press() -> None:
        with steps.aside():
            student.step("Press the button.")
            raise AssertionError

    with pytest.raises(AssertionError):
        press()
    assert steps.steps() == ["As the student: Press the button."]


def test_a_step_is_told_with_what_it_came_to() -> None:
    student = moodle("the student")
    student.step("Open the assignment.")
    student.step("Wait for the message.")
    steps.came_to("Wait for the message: “Ready”.")
    told = ["As the student: Open the assignment.", "Wait for the message: “Ready”."]
    assert steps.steps() == steps.steps(whole=True) == told


def test_what_a_step_came_to_is_told_once_while_nobody_does_anything() -> None:
    student, said = moodle("the student"), "Wait for the message: “Broken”."
    for _ in range(2):
        student.step("Wait for the message.")
        steps.came_to(said)
        steps.step("", "Let the host be reached again.")
    assert steps.steps() == [f"As the student: {said}", "Let the host be reached again."]
    student.step("Press the button to try again.")
    student.step("Wait for the message.")
    steps.came_to(said)
    assert steps.steps()[-1] == said


def test_what_has_come_to_nothing_yet_is_told_as_nothing() -> None:
    steps.came_to("Wait for the message: “Ready”.")
    assert steps.steps() == []


def test_a_log_in_is_told_with_what_that_person_does_next() -> None:
    student, teacher, admin = moodle("the student"), moodle("the teacher"), moodle("the administrator")
    for person in (student, teacher, admin):
        person.step(steps.LOG_IN)
    admin.step("Open the dashboard.")
    begun = steps.steps()
    assert begun == ["As the administrator: Log in.", "Open the dashboard."]
    student.step("Open the assignment.")
    assert steps.steps() == [*begun, "As the student: Log in.", "Open the assignment."]


def test_a_log_in_says_who_logs_in_once_more() -> None:
    student = moodle("the student")
    for what in (steps.LOG_IN, "Open the assignment.", steps.LOG_IN, "Press play.", "Log in through the form."):
        student.step(what)
    assert steps.steps() == [
        "As the student: Log in.",
        "Open the assignment.",
        "As the student: Log in.",
        "Press play.",
        "As the student: Log in through the form.",
    ]


def test_who_hands_in_once_more_is_told_to_do_so_in_place_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "upload", lambda *_: (9, "videos/7/1_a/clip.webm"))
    monkeypatch.setattr(data, "save_submission", lambda *_: None)
    one, other = (
        SimpleNamespace(person=SimpleNamespace(id=number), moodle=moodle(who), site=lambda: None)
        for number, who in enumerate(("the student", "the second student"))
    )
    submit = vars(data.submit)["__wrapped__"](None, SimpleNamespace(verify=True), WEBM, iter(()), Path())
    assignment = SimpleNamespace(cmid=3)
    for owner in (one, other, one):
        submit(assignment, owner, WEBM)
    told = [step.partition(" to ")[2] for step in steps.steps()]
    assert told == ["the assignment.", "the assignment.", "the assignment, in place of the video before."]


def test_what_was_handed_in_aside_is_no_video_before() -> None:
    with steps.aside():
        steps.hand_in("the student", "one.mp4 (3 bytes)", 7)
    steps.hand_in("the student", "two.mp4 (3 bytes)", 7)
    assert steps.steps() == ["As the student: Hand in two.mp4 (3 bytes) to the assignment."]


def test_whose_keys_and_numbers_are_is_known_until_the_next_test() -> None:
    steps.handed_in("the student", "clip.mp4", 9, "videos/7/1_a/clip.mp4")
    assert steps.names() == {"SUBMISSION 9": "of the student", "KEY videos/7/1_a/…": "of the student's clip.mp4"}
    steps.made_up("videos/7/1_b/clip.mp4")
    assert steps.names()["KEY videos/7/1_b/…"] == "that nobody was given"
    steps.forget()
    assert steps.names() == {}


def test_who_acts_is_told_where_that_is_somebody_else() -> None:
    student, teacher = moodle("the student"), moodle("the teacher")
    student.step("Open the course.")
    student.step("Open the assignment.")
    teacher.step("Open the course.")
    student.step("Close the tab.")
    assert steps.steps() == [
        "As the student: Open the course.",
        "Open the assignment.",
        "As the teacher: Open the course.",
        "As the student: Close the tab.",
    ]


def test_what_nobody_does_leaves_whoever_acts() -> None:
    moodle("the student").step("Choose clip.mp4.")
    steps.step("", "Break every connection to S3.")
    moodle("the student").step("Press the button to try again.")
    assert steps.steps() == [
        "As the student: Choose clip.mp4.",
        "Break every connection to S3.",
        "Press the button to try again.",
    ]


def test_a_step_taken_twice_in_a_row_is_told_once() -> None:
    for _ in range(3):
        moodle("the student").step("Press play on the video.")
    assert steps.steps() == ["As the student: Press play on the video."]


def test_several_assignments_of_a_test_have_names() -> None:
    first, second = steps.the_assignment(7), steps.the_assignment(9)
    moodle("the student").step(f"Open {first}.")
    assert steps.steps() == ["As the student: Open the assignment."]
    moodle("the student").step(f"Hand in clip.mp4 to {second}.")
    moodle("the student").step(f"Open {first}.")
    assert steps.steps() == [
        "As the student: Open assignment A.",
        "Hand in clip.mp4 to assignment B.",
        "Open assignment A.",
    ]


def test_a_file_has_its_name_and_size_and_not_its_folder(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"0" * 2048)
    assert named(tmp_path / "clip.mp4") == "clip.mp4 (2 KB)"
    assert named({"name": f"{'v' * 251}.mp4", "mimeType": "", "buffer": b""}) == (
        f"{'v' * 60}….mp4, a name of 255 characters (0 bytes)"
    )
    assert named({"name": "", "mimeType": "", "buffer": b""}) == "a file without a name (0 bytes)"


def test_parameters_are_told_without_the_session_key_and_without_whose_video_is_called_what() -> None:
    given = asked({"submissionid": 7, "s3_key": "videos/7/1_a/ada.mp4", "sesskey": "abcdef1234"})
    assert given == {"submissionid": "7", "s3_key": "videos/7/1_a/…", "sesskey": "…"}
    assert parameters(given) == " with submissionid 7, s3_key “videos/7/1_a/…” and sesskey “…”"
    assert parameters({}) == ""
    assert len(asked({"filename": "a" * 300})["filename"]) < 70
    assert asked(b"...") == asked(None) == {}


def test_of_a_form_of_moodle_s_that_is_told_which_leads_somewhere() -> None:
    form = [("id", "7"), ("firstname", "Ada"), ("action", "savesubmission"), ("s3video_s3key", "videos/7/1_a/ada.mp4")]
    assert asked(form, whole=False) == {"id": "7", "action": "savesubmission", "s3video_s3key": "videos/7/1_a/…"}


VERBS = {"click", "fill", "press", "check", "uncheck", "select_option", "set_input_files", "set_files", "tap"}
"""What a page object does to a page."""


def called(function: ast.AST) -> set[str]:
    calls = [one.func for one in ast.walk(function) if isinstance(one, ast.Call)]
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in calls}


def silent(source: str) -> list[str]:
    """The public methods that do something to a page, by themselves or by a private one, and tell no step."""
    found = []
    for one in (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.ClassDef)):
        methods = {method.name: called(method) for method in one.body if isinstance(method, ast.FunctionDef)}
        for name, calls in methods.items():
            private = [methods[other] for other in calls & methods.keys() if other.startswith("_")]
            all_ = calls.union(*private)
            if not name.startswith("_") and all_ & VERBS and "step" not in all_:
                found.append(f"{one.name}.{name}")
    return found


def test_whatever_a_page_object_does_to_a_page_it_tells() -> None:
    pages = Path(Moodle.step.__code__.co_filename).parent
    files = [file for file in pages.rglob("*.py") if file != pages / "webdriver/tab.py"]  # what others press with
    assert len(files) > 20
    assert [one for file in files for one in silent(file.read_text("utf-8"))] == []


def test_a_page_object_that_does_something_and_does_not_tell_is_noticed() -> None:
    source = """
class Page:
    def save(self): self._press()
    def _press(self): press(self.button)
    def open(self): self.moodle.step("Open it."); self.link.click()
    def text(self): return self.page.inner_text()
"""
    assert silent(source) == ["Page.save"]


PREPARES = {
    *("Accounts.create", "Accounts.change", "Accounts.stop_mail", "Accounts.tell_of_submissions"),
    *("create_assignment", "create_group", "Courses.create", "Courses.delete", "Courses.keep", "remove_submissions"),
}
"""What makes people, courses and assignments for a test, and removes them after it: no step of anybody's."""

TOLD_BY_CALLERS = {"Accounts.suspend_enrolment", "Accounts.find", "notifications", "run_adhoc"}
"""The fixture knows by which name the report calls whose enrolment it is; who reads changes nothing."""

REQUESTS = {"call", "save_submission"}
"""What people send without a browser is told as requests, with who sends them."""


def unsaid(source: str) -> list[str]:
    """The public functions that send something to a site as a person, and tell no step."""
    tree = ast.parse(source)
    named = [(one.name, one) for one in tree.body if isinstance(one, ast.FunctionDef)]
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
    named += [(f"{of.name}.{one.name}", one) for of in classes for one in of.body if isinstance(one, ast.FunctionDef)]
    return [
        name
        for name, function in named
        if not name.rpartition(".")[2].startswith("_")
        and called(function) & {"send", "submit", "post", "ajax"}
        and "step" not in called(function)
    ]


def test_what_the_administrator_does_without_a_browser_is_told() -> None:
    clients = Path(steps.__file__).parent
    files = [file for file in (clients / "moodle").glob("*.py") if file.name != "forms.py"]
    silent_ones = {name for file in files for name in unsaid(file.read_text("utf-8"))}
    assert silent_ones == PREPARES | TOLD_BY_CALLERS | REQUESTS


def test_an_address_is_told_without_the_numbers_and_keys_of_one_run() -> None:
    assert lasting({"id": "7", "action": "grader", "userid": "8"}, ASSIGNMENT) == {
        "id": "MODULE",
        "action": "grader",
        "userid": "USER",
    }
    assert lasting({"id": "9", "s3key": "videos/8/1_a/…"}, VIDEO_PAGE) == {"id": "SUBMISSION", "s3key": "KEY"}
    assert lasting({"search": "videos/8/1_a/…", "perpage": "100"}, MANAGE_VIDEOS)["search"] == "KEY"
    assert lasting({"s3video_s3_bucket": "some-videos"}, ASSIGNMENT) == {"s3video_s3_bucket": "BUCKET"}
    assert lasting({"submissionid": "0"}, VIDEO_PAGE) == {"submissionid": "0"}


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return runs(pytester)


def test_a_failed_line_has_the_steps_of_its_own_test(run: Run) -> None:
    inner = run("""
from clients.steps import step

@pytest.mark.lines("2.7.1")
def test_before(line):
    step("the student", "Do something else.")
    with line("2.7.1", "first"):
        pass

@pytest.mark.lines("2.7.2")
def test_it(line):
    step("the student", "Open the assignment.")
    with line("2.7.2", "first"):
        step("the student", "Press “Add submission”.")
        assert False
""")
    check = next(check for check in inner.checks if check.line == "2.7.2")
    assert check.evidence["steps"] == [
        "As the student: Open the assignment.",
        "Press “Add submission”.",
    ]
    assert check.evidence[PREPARED] == 1
