"""What is told of a page that people without a mouse, or with a screen reader, cannot use."""

from types import SimpleNamespace
from typing import Any, cast

from pages.accessible import NARROW, ZOOMED, Accessible
from selftest.runs.static_pages import MOODLE, Show, says

FORM = """
<main role="main"><div class="s3video-upload-interface">
  <input type="file" hidden>
  <button class="pick" onclick="this.previousElementSibling.click()">Choose</button>
  <p class="message" role="alert">Done.</p>
</div></main>
<style>%s</style>
"""


def accessible(show: Show, style: str = "", page: str = FORM) -> Accessible:
    return Accessible(cast(Any, SimpleNamespace(page=show(page % style), moodle=MOODLE)))


def test_a_form_for_everybody(show: Show) -> None:
    page = accessible(show)
    assert list(page.broken(".s3video-upload-interface", "the form")) == []
    page.expect_focus_seen(".pick", "the button")
    page.reach(".pick", "the button")
    assert page.dialogue(5).is_multiple() is False
    page.expect_live(page.page.locator(".message"), "the message")
    page.expect_focus_kept("after that")


def test_what_somebody_cannot_use_is_told(show: Show) -> None:
    pale = accessible(show, ".message { color: #ccc; background: #fff; }")
    broken = list(pale.broken(".s3video-upload-interface", "the form"))
    assert [one.rule for one in broken] == ["color-contrast"]
    with says(
        "axe's rule color-contrast to hold, “Elements must meet", "”, seen it broken by 1 element of the form, p: "
    ):
        broken[0].fail()
    assert list(pale.broken(".s3video-upload-interface", "the form with an error")) == []
    ringless = accessible(show, ".pick { outline: none; }")
    with says("expected the focus to be seen on the button, seen it look as without"):
        ringless.expect_focus_seen(".pick", "the button")
    silent = accessible(show, page=FORM.replace(' role="alert"', ""))
    with says("expected the message in a live region, seen it in none"):
        silent.expect_live(silent.page.locator(".message"), "the message")
    out_of_order = accessible(show, page=FORM.replace('class="pick"', 'class="pick" tabindex="-1"'))
    with says("expected Tab to lead to the button, seen 60 other stops"):
        out_of_order.reach(".pick", "the button")
    dead = accessible(show, page=FORM.replace("onclick", "data-onclick"))
    dead.reach(".pick", "the button")
    with says("expected Enter to open the dialogue for files, seen none"):
        dead.dialogue(0.5)


BAR = """
<main role="main"><div class="s3video-upload-interface">
  <button class="pick">Choose</button>
  <div style="background: #eee"><div role="progressbar" style="width: 40%%; height: 9px; background: #06c"></div></div>
  <p class="figure">40 %%</p>
</div></main>
<style>%s</style>
"""


def test_a_form_in_forced_colours(show: Show) -> None:
    page = accessible(show, page=BAR)
    with page.forced_colours():
        page.expect_focus_seen(".pick", "the button")
        page.expect_progress_seen(".s3video-upload-interface")
        page.expect_words_seen(".s3video-upload-interface", "the form")
    soft = accessible(show, ".pick:focus { outline: none; box-shadow: 0 0 0 3px #05c; }", BAR)
    soft.expect_focus_seen(".pick", "the button")
    with soft.forced_colours(), says("expected the focus to be seen on the button, seen it look as without"):
        soft.expect_focus_seen(".pick", "the button")
    white = accessible(show, ".pick { forced-color-adjust: none; background: #fff; color: #fefefe; }", BAR)
    with white.forced_colours(), says("expected the words of the form to stand out by 4.5 to 1, seen “Choose” by 1.0"):
        white.expect_words_seen(".s3video-upload-interface", "the form")
    bare = accessible(show, ".figure { display: none; }", BAR)
    bare.expect_progress_seen(".s3video-upload-interface")
    with bare.forced_colours(), says("expected the progress to be seen, seen neither a figure nor a bar"):
        bare.expect_progress_seen(".s3video-upload-interface")


def test_a_form_at_a_zoom(show: Show) -> None:
    wide = "@media (min-width: 500px) and (max-width: 800px) { .pick { width: 900px; } }"
    page = accessible(show, wide, BAR)
    parts = {"the button": page.page.locator(".pick")}
    page.expect_fits(NARROW, parts)
    with says("expected the button to fit on the screen"):
        page.expect_fits(ZOOMED, parts)


def test_a_button_that_is_cut_off(show: Show) -> None:
    for style, sides in (
        (".pick { width: 30px; overflow: hidden; white-space: nowrap; }", "right"),
        (".s3video-upload-interface { height: 8px; overflow: hidden; }", "bottom"),
    ):
        page = accessible(show, style, BAR)
        with says(f"expected to see the whole button “Choose”, seen it cut off at its {sides}"):
            page.expect_fits(NARROW, {"the form": page.page.locator(".s3video-upload-interface")})
