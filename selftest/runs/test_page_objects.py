"""What page objects say when a page is not as it should be: small static pages in Chromium, short time limits."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

import media
from pages.base import Moodle, MoodleBroke, MoodlePage
from pages.login import LoginPage
from pages.player import Player
from pages.upload import Upload, UploadWidget
from runner.environment_tables import Target
from runner.targets import launch_of

SITE, STORE = "https://moodle.example.edu", "https://s3.example.edu"
MOODLE = Moodle(SITE, page=0.5, upload=0.5, play=1)
LOADING = 10_000
"""Milliseconds for what is not under test."""
FILE = {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": b"a video"}
AJAX = "/mod/assign/submission/s3video/ajax"

WIDGET = """
<div class="s3video-upload-interface" data-max-file-size="5368709120">
  <p>At most 5 GB.</p>
  <input type="file" class="s3video-file-input">
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


@pytest.fixture(scope="module")
def tab(playwright: Playwright) -> Iterator[Page]:
    launch = launch_of(Target(name="chromium", engine="chromium"), playwright)
    browser = playwright.chromium.launch(**launch.options)
    page = browser.new_page()
    page.set_default_timeout(LOADING)
    yield page
    browser.close()


@pytest.fixture
def show(tab: Page) -> Iterator[Callable[[str], Page]]:
    """Serves a page's HTML at the site, and answers everything else with a few words."""
    expect.set_options(timeout=MOODLE.page * 1000)

    def show(html: str, path: str = "/") -> Page:
        def answer(route: Route) -> None:
            if route.request.url == SITE + path:
                route.fulfill(content_type="text/html", body=f"<!doctype html><title>A page</title>{html}")
            elif route.request.url.endswith(".webm"):
                route.fulfill(path=media.WEBM.path, content_type="video/webm")
            else:
                route.fulfill(json={"success": False, "error": "no"}, headers={"Access-Control-Allow-Origin": "*"})

        tab.unroute_all()
        tab.route("**/*", answer)
        tab.goto(SITE + path, timeout=LOADING)
        return tab

    yield show
    expect.set_options(timeout=5000)


@pytest.fixture
def impatient(tab: Page) -> Iterator[None]:
    """For tests of what never comes."""
    tab.set_default_timeout(MOODLE.page * 1000)
    yield
    tab.set_default_timeout(LOADING)


def says(*words: str) -> pytest.RaisesExc:
    return pytest.raises(AssertionError, match="(?s)" + ".*".join(map(re.escape, words)))


# -- the upload widget ----------------------------------------------------------------------------


@pytest.fixture
def upload(show: Callable[[str], Page]) -> Callable[[str], Upload]:
    """An upload through a widget that does what the script says once a file is chosen."""

    def upload(script: str) -> Upload:
        upload = UploadWidget(show(WIDGET % f"{script}; document.title = 'done'"), MOODLE).choose(FILE)
        upload.page.wait_for_function("document.title === 'done'")
        return upload

    return upload


def test_progress_as_it_should_be(upload):
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
def test_progress_that_is_none(upload, script, told):
    with says(*told):
        upload(script).expect_whole_progress(distinct=5, largest_step=50)


def test_no_progress_bar(upload):
    with says("the progress bar", "visible"):
        upload("").expect_progress()


def test_messages_as_they_should_be(upload):
    assert upload("say('success', 'Your video is there.')").expect_success() == "Your video is there."
    assert upload("say('danger', 'Not a video: wrong type.')").expect_refused("type") == "Not a video: wrong type."


@pytest.mark.parametrize(
    ("script", "ask", "told"),
    [
        ("say('danger', 'Storage is full.')", Upload.expect_success, ["upload succeeded, seen: Storage is full."]),
        ("", Upload.expect_success, ["a message about how the upload ended", "not found"]),
        ("say('info', 'Wait …')", Upload.expect_ended, ["a message about how the upload ended"]),
        ("say('success', 'Done.')", Upload.expect_refused, ["refused with an error message, seen the message 'Done.'"]),
        (
            "say('danger', 'Error 17.')",
            lambda upload: upload.expect_refused("type", "video"),
            ["an error message that says type or video, seen: Error 17."],
        ),
        ("await post('/upload')", Upload.expect_nothing_sent, [f"expected no request, seen ['{SITE}/upload']"]),
        ("", lambda upload: upload.expect_started(0.2), ["within 0.2 s of choosing the file, seen no request"]),
        (
            "",
            lambda upload: upload.expect_sending(lambda: 400),
            ["expected the file to be sent, seen 0 bytes in 0.5 s"],
        ),
        (f"await post('{AJAX}/get_upload_url.php')", Upload.receipt, ["an upload URL, seen the refusal 'no'"]),
        ("", Upload.receipt, ["a request to get_upload_url.php, seen []"]),
    ],
)
def test_messages_that_are_wrong(upload, script, ask, told):
    with says(*told):
        ask(upload(script))


STORED = f"await post('{STORE}/bucket')"
CONFIRMED = f"await post('{AJAX}/confirm_upload.php')"
SUCCESS = "say('success', 'Done.')"


def test_success_after_confirmation(upload):
    times = upload(f"{STORED}; {CONFIRMED}; {SUCCESS}; await painted()").expect_success_after_confirmation()
    assert 0 <= times["stored"] <= times["confirmed"] <= times["told"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (f"{SUCCESS}; await painted(); {STORED}; {CONFIRMED}", "seen it too early: {'stored': "),
        (f"{STORED}; {SUCCESS}; await painted(); {CONFIRMED}", "seen it too early: {'stored': "),
        (f"{CONFIRMED}; {SUCCESS}", "expected the transfer to storage to have ended"),
        (f"{STORED}; {SUCCESS}", "expected confirm_upload to have ended"),
        (f"{STORED}; {CONFIRMED}", "expected a success message, seen none"),
    ],
)
def test_success_that_is_told_too_early_or_never(upload, script, told):
    with says(told):
        upload(script).expect_success_after_confirmation()


def test_the_dialogue_for_files(show, impatient):
    button = '<div class="s3video-upload-interface"><input type=file hidden><button class="s3video-select-btn" %s>'
    widget = UploadWidget(show(button % "onclick='this.previousSibling.click()'"), MOODLE)
    widget.expect_on_screen()
    assert widget.choose_in_dialogue(media.WEBM.path).file_type() == "video/webm"

    with says("expected the button to open the dialogue for files, seen none"):
        UploadWidget(show(button % ""), MOODLE).choose_in_dialogue(media.WEBM.path)
    with says("expected the button to choose a file to fit on the screen, seen it reach from"):
        UploadWidget(show(button % "style='margin-left: -99px'"), MOODLE).expect_on_screen()


def test_the_limit(show):
    widget = UploadWidget(show(WIDGET % ""), MOODLE)
    widget.expect_ready()
    widget.expect_limit(5 * 1024**3)
    with says("the limit in force", "5368709120"):
        widget.expect_limit(2 * 1024**3)
    silent = UploadWidget(show(WIDGET.replace("5 GB", "five") % ""), MOODLE)
    with says("expected the student to be told the limit of 5 GB, seen: At most five."):
        silent.expect_limit(5 * 1024**3)
    with says("the upload widget"):
        UploadWidget(show("<p>No plugin here"), MOODLE).expect_ready()


# -- every page -----------------------------------------------------------------------------------

IDLE = "<script>var M = {util: {pending_js: []}, cfg: {sesskey: 'x'}}</script>"


@pytest.mark.parametrize(
    ("html", "told"),
    [
        (f"{IDLE}<div class=errorbox>Error reading from database</div>", "Moodle's own error on https://moodle"),
        (f"{IDLE}<div class=debuggingmessage>Missing param</div>", f"{SITE}/: Missing param"),
        (f"{IDLE}<div data-rel=phpdebugmessage>Notice: Undefined index</div>", "Notice: Undefined index"),
        (f"{IDLE}<div data-rel=fatalerror>Can't find data record</div>", "Can't find data record"),
    ],
)
def test_a_page_that_is_broken(show, html, told):
    with says(told):
        MoodlePage(show(html), MOODLE).ready()


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<script>var M = {util: {pending_js: ['core/first']}}</script>", "seen it busy with ['core/first']"),
        ("<p>502 Bad Gateway", "seen it busy with no Moodle page"),
    ],
)
def test_a_page_that_never_comes_to_rest(show, impatient, html, told):
    page = MoodlePage(show(html), MOODLE)
    with says(f"expected {SITE}/ to be idle within 0.5 s", told):
        page.ready()


def test_a_page_that_is_sound(show):
    page = MoodlePage(show(f"{IDLE}<div class=errorbox hidden>a template</div><p>Fine [1] {{it}} and [[]]."), MOODLE)
    page.ready().expect_translated()


def test_what_moodle_prints_is_told_from_other_failures(show):
    with pytest.raises(MoodleBroke):
        MoodlePage(show(f"{IDLE}<div class=errorbox>No</div>"), MOODLE).ready()


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<p>[[uploadfailed,assignsubmission_s3video]] [[uploadfailed]]", "[[uploadfailed]]"),
        ("<p>Hello {$a}, {$a->size} left", "{$a->size}, {$a}"),
        ("<p>{{#str}}save{{/str}}", "{{#str}}, {{/str}}"),
        ("<button aria-label='[[retry]]'>↻</button>", "[[retry]]"),
        ("<select><option>[[all]]</select>", "[[all]]"),
    ],
)
def test_texts_that_are_not_finished(show, html, told):
    with says(f"expected finished texts on {SITE}/, seen {told}"):
        MoodlePage(show(html), MOODLE).expect_translated()


def test_a_page_that_does_not_lead_where_it_should(show, impatient):
    with says(f"expected to arrive at the submission within 0.5 s, seen {SITE}/"):
        MoodlePage(show(IDLE), MOODLE).arrive("the submission", lambda url: "action=view" in url)


LOGIN = f"""{IDLE}<form onsubmit="history.pushState(0, '', '?loginredirect=1');
    document.querySelector('[role=alert]').hidden = false; return false">
  <input id=username><input id=password type=password %s><button id=loginbtn>Log in</button></form>
  <div role=alert class="alert-danger" hidden>Invalid login, please try again</div>"""


def test_a_login_that_is_refused(show):
    with says("expected ann to be logged in, seen the log-in page again: Invalid login, please try again") as refused:
        LoginPage(show(LOGIN % "", LoginPage.path), MOODLE).log_in("ann", "the-password-of-ann")
    assert "the-password-of-ann" not in str(refused.value)


def test_a_password_field_that_loses_its_text(show):
    with says("the password stays in its field"):
        LoginPage(show(LOGIN % "oninput=\"this.value = ''\"", LoginPage.path), MOODLE).log_in("ann", "secret-of-ann")


# -- the player -----------------------------------------------------------------------------------


@pytest.fixture
def player(show: Callable[[str], Page]) -> Callable[[str], Player]:
    def player(script: str) -> Player:
        video = "<video controls muted src=/clip.webm></video>"
        page = show(f"{video}<script>const video = document.querySelector('video'); {script}</script>")
        page.wait_for_function("!video.isConnected || video.readyState >= 2 || video.error")
        return Player(page.locator("video"), MOODLE)

    return player


def watch(player: Player) -> None:
    player.play()
    player.expect_smooth(3, stalled_percent=5)


SEEKS_BACK = "video.addEventListener('seeked', () => { if (video.currentTime) video.currentTime = 0 })"


@pytest.mark.parametrize(
    ("script", "ask", "told"),
    [
        ("", lambda player: player.expect_loaded(7), ["expected a video of 7.0 s, seen one of 20.0 s"]),
        ("video.src = '/clip.mp4'", Player.expect_loaded, ["expected the video to load, seen", "and no message"]),
        ("video.remove()", Player.expect_loaded, ["expected the video player, seen no message"]),
        (SEEKS_BACK, lambda player: player.seek(5), ["expected the seek to 5.0 s to land there", "'at': 0"]),
        ("", Player.expect_playing, ["expected playback to advance by 1.5 s within 1 s", "'paused': True"]),
        ("video.addEventListener('click', e => e.preventDefault())", Player.play, ["the video plays after a click"]),
        (
            "let looks = 0; Object.defineProperty(video, 'paused', {get: () => ++looks !== 2})",
            Player.play,
            ["expected playback to go on after a click, seen it paused half a second later"],
        ),
        (
            "video.play(); video.addEventListener('pause', () => setTimeout(() => video.play(), 700))",
            Player.pause,
            ["expected pause to hold at", "a second later"],
        ),
        (
            "video.addEventListener('volumechange', () => { video.volume = 1 })",
            lambda player: player.set_volume(0.3),
            ["expected volume to stay at 0.3, seen 1"],
        ),
        (
            "video.addEventListener('volumechange', () => { video.muted = true })",
            lambda player: player.set_muted(False),
            ["expected muted to stay at False, seen True"],
        ),
        ("video.playbackRate = 0.5", watch, ["expected 3 s of playback that stalls for at most 5%", " s stalled"]),
        ("video.onplaying = () => setTimeout(() => video.pause(), 2000)", watch, ["'paused': True"]),
        ("video.width = 3000", Player.expect_on_screen, ["the video player to fit on the screen, seen it reach from"]),
    ],
)
def test_a_player_that_is_broken(player, script, ask, told):
    with says(*told):
        ask(player(script))
