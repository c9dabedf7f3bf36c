"""What the upload widget and an upload through it say when they are not as they should be."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import FilePayload

import media
from clients import steps
from pages.upload import Upload, UploadWidget
from selftest.runs.static_pages import MOODLE, SITE, STORE, Show, says

FILE: FilePayload = {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": b"a video"}
Uploading = Callable[[str], Upload]
"""Gives an upload through a widget that does what a script says."""

AJAX = "/mod/assign/submission/s3video/ajax"

WIDGET = """
<div class="s3video-upload-interface" data-max-file-size="5368709120">
  <p>At most 5 GB.</p>
  <input type="file" class="s3video-file-input">
  <button type="button" class="s3video-select-btn" onclick="this.previousElementSibling.click()">Choose</button>
  <div role="progressbar" aria-valuenow="0" hidden>progress</div>
  <div class="s3video-status-message" role="alert"></div>
</div>
<script>
  const widget = document.querySelector(".s3video-upload-interface");
  const [bar, message] = ["[role=progressbar]", "[role=alert]"].map(one => widget.querySelector(one));
  const painted = () => new Promise(requestAnimationFrame);
  const progress = async (...values) => {
    for (const value of values) { bar.hidden = false; bar.setAttribute("aria-valuenow", value); await painted(); }
  };
  const say = (kind, text) => { message.classList.add("alert", `alert-${kind}`); message.textContent = text; };
  const post = url => fetch(url, {method: "POST", body: "x", mode: "cors"}).then(answer => answer.text());
  widget.querySelector("input").onchange = async () => { %s };
</script>
"""


@pytest.fixture
def upload(show: Show) -> Uploading:
    """An upload through a widget that does what the script says once a file is chosen."""

    def upload(script: str) -> Upload:
        upload = UploadWidget(show(WIDGET % f"{script}; document.title = 'done'"), MOODLE).choose(FILE)
        upload.page.wait_for_function("document.title === 'done'")
        return upload

    return upload


def test_progress_as_it_should_be(upload: Uploading) -> None:
    assert upload("await progress(0, 10, 55, 80, 100)").expect_whole_progress(distinct=5) == [0, 10, 55, 80, 100]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("await progress(0, 30, 90)", ["up to 100%", "seen 0, 30, 90"]),
        ("await progress(0, 50, 40, 100)", ["never goes back", "seen 0, 50, 40, 100"]),
        ("await progress(0, 50, 100)", ["at least 5 distinct values", "seen 0, 50, 100"]),
        ("await progress(100)", ["at least 5 distinct values", "seen 100"]),
        ("await progress(1, 2, 3, 4, 100)", ["no step over 50 points", "seen one of 96"]),
        ("", ["up to 100%", "seen nothing"]),
        ("await progress(10); bar.hidden = true; bar.setAttribute('aria-valuenow', 100)", ["up to 100%", "seen 10"]),
    ],
)
def test_progress_that_is_none(upload: Uploading, script: str, told: list[str]) -> None:
    with says(*told):
        upload(script).expect_whole_progress(distinct=5, largest_step=50)


def test_no_progress_bar(upload: Uploading) -> None:
    with says("the progress bar", "visible"):
        upload("").expect_progress()


def test_messages_as_they_should_be(upload: Uploading) -> None:
    assert upload("say('success', 'Your video is there.')").expect_success() == "Your video is there."
    assert upload("say('danger', 'Not a video: wrong type.')").expect_refused("type") == "Not a video: wrong type."
    assert steps.steps()[-1] == "Wait for the form's message: “Not a video: wrong type.”"


@pytest.mark.parametrize(
    ("script", "ask", "told"),
    [
        (
            "say('danger', 'Storage is full.')",
            Upload.expect_success,
            ["upload succeeded, seen the message: Storage is full."],
        ),
        (
            "",
            Upload.expect_success,
            ["how the upload ended within 0.5 s, seen none, and nothing was sent or asked for"],
        ),
        ("say('info', 'Wait …')", Upload.expect_ended, ["a message about how the upload ended"]),
        (f"await post('{STORE}/b')", Upload.expect_ended, ["how the upload ended within 0.5 s, seen no message"]),
        ("say('success', 'Done.')", Upload.expect_refused, ["refused with an error message, seen the message: Done."]),
        (
            "say('danger', 'Error 17.')",
            lambda upload: upload.expect_refused("type", "video"),
            ["an error message that says type or video, seen: “Error 17.”"],
        ),
        (
            f"await post('{STORE}/b')",
            Upload.expect_nothing_sent,
            [f"expected no request of the upload, seen {STORE}/b"],
        ),
        (
            f"await post('{AJAX}/get_upload_url.php?id=1')",
            Upload.expect_nothing_sent,
            [f"expected no request of the upload, seen {SITE}{AJAX}/get_upload_url.php"],
        ),
        ("", lambda upload: upload.expect_started(0.2), ["within 0.2 s of choosing the file, seen no request"]),
        (
            "",
            lambda upload: upload.expect_sending(lambda: 400),
            ["expected the file to be sent, seen 0 bytes in 0.5 s"],
        ),
        (f"await post('{AJAX}/get_upload_url.php')", Upload.receipt, ["an upload URL, seen the refusal: no"]),
        ("", Upload.receipt, ["a request to get_upload_url.php, seen none"]),
    ],
)
def test_messages_that_are_wrong(
    upload: Uploading, script: str, ask: Callable[[Upload], object], told: list[str]
) -> None:
    with says(*told):
        ask(upload(script))


def test_what_moodle_fetches_meanwhile_and_what_counts_visitors_carry_no_file(upload: Uploading) -> None:
    texts = "await post('/lib/ajax/service-nologin.php?info=core_get_string')"
    upload(f"{texts}; navigator.sendBeacon('https://count.example.edu/', 'seen')").expect_nothing_sent()


STORED = f"await post('{STORE}/bucket')"
CONFIRMED = f"await post('{AJAX}/confirm_upload.php')"
SUCCESS = "say('success', 'Done.')"


def test_success_after_confirmation(upload: Uploading) -> None:
    times = upload(f"{STORED}; {CONFIRMED}; {SUCCESS}; await painted()").expect_success_after_confirmation()
    assert 0 <= times["stored"] <= times["confirmed"] <= times["told"]


def test_the_browsers_list_of_requests_may_be_full_before_a_file_is_chosen(show: Show) -> None:
    full = "performance.setResourceTimingBufferSize(1); fetch('/one').then(() => fetch('/two'))"
    page = show(
        f"{WIDGET % f'{STORED}; {CONFIRMED}; {SUCCESS}; await painted(); document.title = 7'}<script>{full}</script>"
    )
    page.wait_for_function("performance.getEntriesByType('resource').length === 1")
    attempt = UploadWidget(page, MOODLE).choose(FILE)
    page.wait_for_function("document.title === '7'")
    assert attempt.expect_success_after_confirmation()["stored"] >= 0


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (f"{SUCCESS}; await painted(); {STORED}; {CONFIRMED}", "seen it too early: told after "),
        (f"{STORED}; {SUCCESS}; await painted(); {CONFIRMED}", "seen it too early: told after "),
        (f"{CONFIRMED}; {SUCCESS}", "expected the transfer to storage to have ended"),
        (f"{STORED}; {SUCCESS}", "expected confirm_upload to have ended"),
        (f"{STORED}; {CONFIRMED}", "expected a success message, seen none"),
    ],
)
def test_success_that_is_told_too_early_or_never(upload: Uploading, script: str, told: str) -> None:
    with says(told):
        upload(script).expect_success_after_confirmation()


def test_the_dialogue_for_files(show: Show, impatient: None) -> None:
    button = '<div class="s3video-upload-interface"><input type=file hidden><button class="s3video-select-btn" %s>'
    widget = UploadWidget(show(button % "onclick='this.previousSibling.click()'"), MOODLE)
    widget.expect_on_screen()
    assert widget.choose_in_dialogue(media.WEBM.path).file_type() == "video/webm"

    with says("expected the button to open the dialogue for files, seen none"):
        UploadWidget(show(button % ""), MOODLE).choose_in_dialogue(media.WEBM.path)
    with says("expected the button to choose a file to fit on the screen, seen it reach from"):
        UploadWidget(show(button % "style='margin-left: -99px'"), MOODLE).expect_on_screen()


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("0", ""),
        ("7_200_000", ""),
        ("60_000", "a transfer that may take 1 hour, seen one that the browser gives up after 1"),
    ],
)
def test_how_long_the_browser_lets_a_transfer_take(upload: Uploading, limit: str, told: str) -> None:
    attempt = upload(f"""
        const request = new XMLHttpRequest();
        request.open("POST", "{STORE}");
        request.send(new FormData());
        request.timeout = {limit};
        await new Promise(done => {{ request.onloadend = done; }})""")
    if not told:
        attempt.expect_no_time_limit_below(timedelta(hours=1))
        return
    with says(told):
        attempt.expect_no_time_limit_below(timedelta(hours=1))


def test_a_button_that_opens_the_camera(show: Show) -> None:
    page = show(WIDGET.replace('type="file"', "type=file capture") % "")
    widget = UploadWidget(page, MOODLE)
    widget.expect_any_source()
    page.evaluate("() => { window.matchMedia = () => ({matches: true}); }")
    with says("to let choose a video that is on the phone, seen it open the camera alone"):
        widget.expect_any_source()


def test_the_limit(show: Show) -> None:
    widget = UploadWidget(show(WIDGET % ""), MOODLE)
    widget.expect_ready()
    widget.expect_limit(5 * 1024**3)
    with says("the limit in force", "5368709120"):
        widget.expect_limit(2 * 1024**3)
    silent = UploadWidget(show(WIDGET.replace("5 GB", "five") % ""), MOODLE)
    with says("expected the student to be told the limit of 5 GB, seen on the form: “At most five. Choose”"):
        silent.expect_limit(5 * 1024**3)
    with says("the upload widget"):
        UploadWidget(show("<p>No plugin here"), MOODLE).expect_ready()
    dead = UploadWidget(show(WIDGET.replace("onclick", "data-onclick") % ""), MOODLE)
    with says("the button to open the dialogue for files, seen none within", "the widget's script does not work"):
        dead.expect_ready()
