"""The report of four runs in two browsers: what it shows, how it filters, that all can use it, and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Playwright, expect

from checklist import history, report
from checklist.gallery import PICTURE
from checklist.lines import LINES
from checklist.report.page import CELLS, Cell
from checklist.report.pictures import Pictures
from checklist.verdicts import Verdict
from runner.configuration.environment_tables import Target
from runner.configuration.targets import launch_of
from selftest.unit.sample_defects import pictures
from selftest.unit.sample_defects import run as many
from selftest.unit.sample_runs import CHROMIUM, SAMPLES, SHOT, changed, go, no_go, passing, picture, run_of

IN_CHROMIUM = pytest.mark.parametrize("browser", ["chromium"], indirect=True)
"""Where Playwright prints and shows dark pages, over WebDriver BiDi neither."""

PHONE = {"width": 390, "height": 844}

RUNS = {**SAMPLES, "many": many}

LAPTOP = {"width": 1300, "height": 900}


@pytest.fixture(scope="module", params=["chromium", pytest.param("firefox", marks=pytest.mark.nightly)])
def browser(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browser]:
    launch = launch_of(Target(name=request.param, engine=request.param), playwright)
    browser = getattr(playwright, request.param).launch(**launch.options)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The report of a sample, written once: the pictures of `many` take seconds."""

    @cache
    def written(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        picture(folder)
        if name == "many":
            pictures(folder)
        report.write(RUNS[name](), folder)
        return folder / report.FILE

    return written


@pytest.fixture
def opened(browser: Browser, written: Callable[[str], Path]) -> Iterator[Callable[..., Page]]:
    """Opens the report of a sample from disk; an error in its script fails the test."""
    errors: list[str] = []

    def opened(name: str, **options: object) -> Page:
        page = browser.new_page(**options)  # type: ignore[arg-type]
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(written(name).as_uri())
        return page

    yield opened
    for context in browser.contexts:
        context.close()
    assert errors == []


@pytest.mark.parametrize("name", SAMPLES)
def test_verdict_and_reason_come_first(opened: Callable[..., Page], name: str) -> None:
    page, run = opened(name), SAMPLES[name]()
    assert run.verdict.lower() == name
    expect(page.locator("h1")).to_have_text(run.verdict)
    expect(page.locator(".reason")).to_have_text(run.reason)
    expect(page.locator("details.line")).to_have_count(len(LINES))
    expect(page.locator(".defect")).to_have_count(len(run.defects))


@IN_CHROMIUM
@pytest.mark.parametrize(("name", "scheme"), [(name, scheme) for name in RUNS for scheme in ("light", "dark")])
def test_everybody_can_use_it(opened: Callable[..., Page], name: str, scheme: str) -> None:
    page = opened(name, color_scheme=scheme)
    assert page.evaluate("scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches", scheme)
    page.evaluate("for (const one of document.querySelectorAll('details')) { one.open = true; }")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_the_first_screen_says_what_does_not_hold_how_bad_and_who_must_act(opened: Callable[..., Page]) -> None:
    page = opened("no-go", viewport={"width": 1300, "height": 900})
    first = page.locator(".defect > summary").first
    expect(first).to_be_in_viewport(ratio=1)
    for words in (
        "function",
        "The teacher cannot watch: a click on the player does not play the video",
        "it paused half a second later",
        "the plugin's author",
        "2.8.6",
        "chromium",
    ):
        expect(first).to_contain_text(words)
    expect(page.locator("header")).to_contain_text("Not tested: Safari, Edge.")


def test_of_many_defects_the_first_screen_says_a_dozen(opened: Callable[..., Page]) -> None:
    page, found = opened("many", viewport=LAPTOP), many().defects
    assert len(found) >= 25
    for summary, defect in list(zip(page.locator(".defect > summary").all(), found, strict=True))[:12]:
        expect(summary).to_be_in_viewport(ratio=1)
        for words in (defect.severity, defect.sentence, defect.acts, *defect.lines[:1]):
            expect(summary).to_contain_text(words)
    expect(page.locator("#defects > .legend")).to_contain_text("videos are lost, or stay too long")


@IN_CHROMIUM
def test_it_opens_within_a_second(opened: Callable[..., Page]) -> None:
    page, took = opened("many"), []
    for _ in range(3):
        page.reload(wait_until="load")
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
    assert 0 < min(took) < 1000


def test_a_defect_tells_what_was_seen_and_how_to_see_it_again(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    defect = page.locator(".defect").first
    defect.locator("summary").first.click()
    expect(defect.locator(".is-seen")).to_have_text("it paused half a second later")
    expect(defect).to_contain_text("playback to go on after a click")
    expect(defect.locator(".steps")).to_contain_text("Press play on the video.")
    expect(defect.get_by_text("Cannot pass while this is open", exact=True)).to_be_visible()
    shot = defect.get_by_role("img", name="What was on the screen:")
    expect(shot).to_be_visible()
    assert shot.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    defect.get_by_role("button", name="Enlarge").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@IN_CHROMIUM
def test_a_ticket_is_copied(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".defect > summary").first.click()
    page.get_by_role("button", name="Copy as ticket").first.click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert "- **Seen:** it paused half a second later" in page.evaluate("navigator.clipboard.readText()")


def test_cells_lead_to_lines(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    matrix = page.locator("#matrix")
    expect(matrix.get_by_label("2.13, pixel-7: 1 failed, 1 passed")).to_have_text("✗1 ✓1")
    matrix.get_by_label("2.8, chromium: 1 failed, 3 not judged, 5 passed").click()
    expect(page.locator("#l2\\.8\\.6")).to_be_in_viewport()
    expect(page.locator(".box[data-target=firefox]:visible")).to_have_count(0)


def test_filters_and_search(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    shown, told = page.locator("details.line:visible"), page.locator("#checklist output")
    expect(page.get_by_label("what needs attention")).to_be_checked()
    expect(told).to_have_text(f"6 of {len(LINES)} lines shown")
    page.get_by_label("what a program judged").check()
    page.locator("select[name=target]").select_option("firefox")
    expect(page.locator(".box[data-target=chromium]:visible")).to_have_count(0)
    page.get_by_label("for people").check()
    expect(told).to_have_text(
        f"{len([line for line in LINES.values() if line.for_people])} of {len(LINES)} lines shown"
    )
    page.get_by_label("every line").check()
    page.get_by_label("Search").fill("play BUTTON")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("2.8.6")


def test_a_line_has_all_that_was_seen(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.locator(".defect > summary").first.click()
    page.locator(".defect").first.get_by_role("link", name="2.8.6").click()
    line = page.locator("#l2\\.8\\.6")
    expect(line).to_have_attribute("open", "")
    for told in ("NotAllowedError", "403 Forbidden", "no answer", "videos/12/1764_clip.mp4: 24117248 bytes"):
        expect(line).to_contain_text(told)
    expect(line.locator("> summary")).to_be_focused()
    line.get_by_role("link", name="see the defect").click()
    expect(page.locator(".defect > summary").first).to_be_focused()


def test_by_keyboard(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.locator(".defect > summary").first.press("Enter")
    expect(page.locator(".defect").first).to_have_attribute("open", "")


@pytest.mark.parametrize("name", RUNS)
def test_on_a_phone(opened: Callable[..., Page], name: str) -> None:
    page = opened(name, viewport=PHONE)
    page.evaluate("for (const one of document.querySelectorAll('details')) { one.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for filter_ in page.locator("#defects > form").all():
        box = filter_.bounding_box()
        assert box
        assert box["width"] > PHONE["width"] * 0.8, (
            "the filter stands below the heading, and not in what is left beside it"
        )


def test_untested_targets_are_folded_away(opened: Callable[..., Page]) -> None:
    page = opened("incomplete")
    why = page.locator(".facts").get_by_text("no webkit on this machine")
    expect(why).to_be_hidden()
    page.get_by_text("3 targets of the environment file did not run: firefox, webkit, msedge").click()
    expect(why).to_be_visible()
    expect(page.locator(".box[data-target=webkit]")).to_have_count(0)
    expect(page.locator("#open")).to_contain_text("no firefox on this machine")


@IN_CHROMIUM
@pytest.mark.parametrize("name", SAMPLES)
def test_it_prints(opened: Callable[..., Page], name: str) -> None:
    assert opened(name).pdf().startswith(b"%PDF")


@IN_CHROMIUM
def test_the_headings_of_defects_follow_the_filter(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    heading = page.locator("#defects > h2").first
    expect(heading).to_have_text("2 defects stop this release")
    page.get_by_label("function").check()
    expect(heading).to_have_text("2 defects stop this release, 2 of them function")
    page.get_by_label("all", exact=True).check()
    expect(heading).to_have_text("2 defects stop this release")


@IN_CHROMIUM
def test_on_paper_every_defect_and_the_lines_to_sign(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.get_by_label("function").check()
    page.pdf()
    page.emulate_media(media="print")
    for defect in page.locator(".defect").all():
        expect(defect).to_have_attribute("open", "")
    expect(page.locator("#l2\\.7\\.1")).to_be_visible()
    expect(page.locator("#signed").get_by_role("row", name="3.1.1 ")).to_be_visible()
    expect(page.locator("#checklist .filter")).to_be_hidden()


# -- without a browser ----------------------------------------------------------------------------


def test_lines_that_nobody_judged_are_told_apart_by_what_a_go_asks_for(tmp_path: Path) -> None:
    why = "give the version as plugin_version in [decided]"
    checks = changed(passing([CHROMIUM]), "P.1.8", "all", verdict=Verdict.NOT_CHECKABLE, message=why)
    checks = changed(checks, "2.7.10", "chromium", verdict=Verdict.NOT_CHECKABLE, message="too small")
    text = report.render(run_of(checks, [CHROMIUM]), tmp_path)
    assert ' were not judged (<a href="#open">why</a>); a GO asks for 1 of these.' in text
    assert "<h2>1 line not judged, which a GO asks for</h2>" in text
    assert re.search(r'<a href="#unjudged">\d+ more</a> were not judged', text)
    spare = text.partition('id="unjudged"')[2].partition("</details>")[0]
    assert f"<li>P.1.8 not checkable: {why}</li>" in spare
    assert "<li>2.7.10" not in spare
    assert "<b>1 line not checkable</b>: too small <small>2.7.10 on chromium</small>" in text


def test_figures_stand_beside_those_of_the_runs_before(tmp_path: Path) -> None:
    run = go()
    earlier = replace(run, started=run.started - timedelta(days=1), figures={"upload Mbit/s": {"chromium": 40.5}})
    elsewhere = replace(earlier, environment="other", figures={"upload Mbit/s": {"chromium": 777.5}})
    text = report.render(run, tmp_path, [history.past(elsewhere), history.past(earlier), history.past(run)])
    assert "1 earlier run" in text
    assert "chromium <b>44.7</b>" in text
    assert "<svg" in text
    assert "40.5" in text
    assert "777.5" not in text
    assert "<svg" not in report.render(run, tmp_path)


@pytest.mark.parametrize("name", RUNS)
def test_every_line_is_counted_once_and_the_numbers_agree(tmp_path: Path, name: str) -> None:
    run = RUNS[name]()
    text = report.render(run, tmp_path)
    aside = r"(?: \(\d+ of them known\))?(?: \(\d+ because of \d+ defects?[^)]*\))?"
    why = r"(?: \(<a[^>]*>why</a>\))?"
    asked = r"(?:; a GO asks for \d+ of these)?"
    many = rf"(\d+) passed, and (\d+) were not judged{why}{asked}\.\s+(\d+) more wait for people"
    counted = re.search(rf"(\d+) lines (\d+) failed{aside}, {many}", text)
    assert counted
    total, failed, *others = map(int, counted.groups())
    assert total == len([line for line in LINES.values() if not line.beyond]) == failed + sum(others)
    assert failed == len({e.id for e in run.lines if e.verdict is Verdict.FAILED and not LINES[e.id].beyond})
    red = re.findall(r'<td class="(?:failed|known)"><a href="#s([^"]+)"', text)
    assert set(red) == {LINES[entry.id].step for entry in run.lines if entry.verdict is Verdict.FAILED}
    stopping = re.findall(r'<td class="failed"><a href="#s([^"]+)"', text)
    assert bool(stopping) == any(defect.stops for defect in run.defects)
    signs = re.findall(r'<td class="\w+"><a [^>]+>(.)', text)
    assert set(signs) <= {told[:1] for told in CELLS}


def test_a_note_that_a_defect_tells_is_not_told_again(tmp_path: Path) -> None:
    said, other = (
        "plugin settings: playback_rate_limit is 100, not 30.",
        "plugin settings: retention_days is 9, not 90.",
    )
    wrong = "expected playback_rate_limit to be 30 a minute, seen 100 a minute"
    checks = changed(passing([CHROMIUM]), "2.5.18", "all", verdict=Verdict.FAILED, message=wrong)
    assert said not in report.render(run_of(checks, [CHROMIUM], notes=[said, other]), tmp_path)
    text = report.render(run_of(passing([CHROMIUM]), [CHROMIUM], notes=[said, other]), tmp_path)
    assert (said in text, other in text) == (True, True)


def test_the_table_names_what_no_test_tried_and_which_target_did_not_run(tmp_path: Path) -> None:
    absent = replace(CHROMIUM, name="webkit", engine="webkit", required=False, missing="no webkit here")
    text = report.render(run_of(passing([CHROMIUM]), [CHROMIUM, absent]), tmp_path)
    assert "no column: webkit (no webkit here)." in text
    assert "2.13.2, " in text.partition("tried by no test")[0].rpartition("no column")[2]


def test_a_cell_tells_what_failed_what_was_not_judged_and_what_passed() -> None:
    cell = Cell("chromium", 5, 4, 2, "")
    assert (cell.text, cell.words) == ("✗5 ?4 ✓2", "chromium: 5 failed, 4 not judged, 2 passed")
    assert [Cell("all", *numbers, "").text for numbers in ((0, 0, 9), (0, 4, 2), (0, 0, 0))] == ["✓9", "?4 ✓2", "–"]
    assert Cell("all", 2, 0, 1, "known").text == "✗2 known ✓1"


def test_pictures_of_what_passed_stand_in_a_strip(tmp_path: Path) -> None:
    picture(tmp_path)
    seen = {PICTURE: {"path": SHOT, "caption": "the form"}}
    checks = changed(passing([CHROMIUM]), "2.7.10", "chromium", evidence=seen)
    text = report.render(run_of(checks, [CHROMIUM]), tmp_path)
    assert "2.7.10 the form" in text
    assert 'src="data:image/webp;base64,' in text


def test_pictures_say_whose_page_they_show_and_requests_who_sent_them(tmp_path: Path) -> None:
    picture(tmp_path)
    text = report.render(no_go(), tmp_path)
    assert '<span class="caption">What the teacher saw: Grading (' in text
    assert "<td>the teacher</td><td>GET /mod/assign/view.php</td><td>id 7</td><td>200 OK</td>" in text
    assert "<td>Expires 1764000000, Signature hidden</td><td>403 Forbidden</td>" in text
    assert "<li>As the teacher: Log in through the form.</li>\n<li>Open the assignment.</li>" in text


def test_pictures_that_have_no_room_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path)
    assert 'src="data:image/webp;base64,' in report.render(no_go(), tmp_path)
    monkeypatch.setattr("checklist.report.page.Pictures", lambda folder: Pictures(folder, left=10))
    text = report.render(no_go(), tmp_path)
    assert 'href="screenshots/test_playback%5Bchromium%5D-2.8.6-1.png"' in text
    assert "data:image" not in text


def test_one_file_is_whole(tmp_path: Path) -> None:
    picture(tmp_path)
    text = report.render(no_go(), tmp_path)
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", text)
    assert "@import" not in text


def test_what_playwright_kept_of_a_failed_test_is_linked(tmp_path: Path) -> None:
    for name in ("tests-test-2-08-playback-py-test-playback-chromium", "tests-other-py-test-other-chromium"):
        (tmp_path / "artifacts" / name).mkdir(parents=True)
        (tmp_path / "artifacts" / name / "trace.zip").touch()
    text = report.render(no_go(), tmp_path)
    assert 'href="artifacts/tests-test-2-08-playback-py-test-playback-chromium/trace.zip"' in text
    assert "test-other" not in text


def test_what_a_page_said_is_text(tmp_path: Path) -> None:
    checks = [replace(one, title="<script>alert(1)</script>") for one in passing([CHROMIUM])]
    assert "<script>alert" not in report.render(run_of(checks), tmp_path)
    bad = changed(
        checks, "2.8.6", "chromium", verdict=Verdict.FAILED, message="expected x, seen </pre><script>alert(2)"
    )
    assert "<script>alert" not in report.render(run_of(bad), tmp_path)
