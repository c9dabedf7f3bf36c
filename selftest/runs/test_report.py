"""The report of four runs in two browsers: what it shows, how it filters, that all can use it, and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Playwright, expect

from checklist import history, report
from checklist.lines import LINES
from runner.environment_tables import Target
from runner.targets import launch_of
from selftest.unit.sample_runs import CHROMIUM, NO_PLAY, SAMPLES, SHOT, go, no_go, passing, picture, run_of

IN_CHROMIUM = pytest.mark.parametrize("browser", ["chromium"], indirect=True)
"""Where Playwright prints and shows dark pages, over WebDriver BiDi neither."""

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browser]:
    launch = launch_of(Target(name=request.param, engine=request.param), playwright)
    browser = getattr(playwright, request.param).launch(**launch.options)
    yield browser
    browser.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Writes the report of a sample and opens it from disk; an error in its script fails the test."""
    errors: list[str] = []

    def opened(name: str, **options: object) -> Page:
        picture(tmp_path)
        report.write(SAMPLES[name](), tmp_path)
        page = browser.new_page(**options)  # type: ignore[arg-type]
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / report.FILE).as_uri())
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
    expect(page.locator(".line")).to_have_count(len(LINES))


@IN_CHROMIUM
@pytest.mark.parametrize(("name", "scheme"), [*((name, "light") for name in SAMPLES), ("no-go", "dark")])
def test_everybody_can_use_it(opened: Callable[..., Page], name: str, scheme: str) -> None:
    page = opened(name, color_scheme=scheme)
    assert page.evaluate("scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches", scheme)
    page.evaluate("for (const one of document.querySelectorAll('details')) { one.open = true; }")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_filters_and_search(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    shown, told = page.locator(".line:visible"), page.locator("output")
    expect(told).to_have_text(f"{len(LINES)} of {len(LINES)} lines")
    page.get_by_label("failed", exact=True).check()
    expect(shown).to_have_count(3)
    page.get_by_label("not passed").check()
    expect(told).to_have_text(f"10 of {len(LINES)} lines")  # three not reached, 2.13.3 to 2.13.5, 2.14.3 that follows
    page.get_by_label("Target").select_option("firefox")
    expect(page.locator("#l2\\.8\\.6")).to_be_hidden()
    expect(page.locator("#l2\\.13\\.6")).to_be_visible()
    page.get_by_label("for people").check()
    expect(told).to_have_text(f"{len([line for line in LINES.values() if line.for_people])} of {len(LINES)} lines")
    page.get_by_label("all", exact=True).check()
    expect(page.locator(".box[data-target=chromium]:visible")).to_have_count(0)
    page.get_by_label("Search").fill("play BUTTON")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("2.8.6")


def test_a_red_line_shows_what_was_seen_in_one_click(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.get_by_label("Target").select_option("firefox")
    page.get_by_role("link", name="2.8.6 on chromium").click()
    line = page.locator("#l2\\.8\\.6")
    expect(line).to_have_attribute("open", "")
    expect(line.locator(".halves dd").first).to_have_text("playback to go on after a click")
    expect(line.locator(".halves dd").last).to_have_text("it paused half a second later")
    shot = line.get_by_role("img", name="What was on the screen when 2.8.6 failed in chromium")
    expect(shot).to_be_visible()
    assert shot.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    for told in ("NotAllowedError", "403", "no answer", "videos/12/1764_clip.mp4: 24117248 bytes"):
        expect(line).to_contain_text(told)


def test_by_keyboard(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.get_by_role("link", name="2.8.6 on chromium").press("Enter")
    expect(page.locator("#l2\\.8\\.6 > summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#l2\\.8\\.6")).not_to_have_attribute("open", "")


def test_on_a_phone(opened: Callable[..., Page]) -> None:
    page = opened("no-go", viewport=PHONE)
    page.get_by_role("link", name="2.8.6 on chromium").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_untested_targets_are_folded_away(opened: Callable[..., Page]) -> None:
    page = opened("incomplete")
    why = page.locator(".facts").get_by_text("no webkit on this machine")
    expect(why).to_be_hidden()
    page.get_by_text("3 targets not tested: firefox, webkit, msedge").click()
    expect(why).to_be_visible()
    expect(page.locator(".box[data-target=webkit]")).to_have_count(0)


@IN_CHROMIUM
@pytest.mark.parametrize("name", SAMPLES)
def test_it_prints(opened: Callable[..., Page], name: str) -> None:
    assert opened(name).pdf().startswith(b"%PDF")


@IN_CHROMIUM
def test_on_paper_the_whole_checklist_with_what_failed(opened: Callable[..., Page]) -> None:
    page = opened("no-go")
    page.get_by_label("failed", exact=True).check()
    page.pdf()
    expect(page.locator("#l2\\.8\\.6")).to_have_attribute("open", "")
    page.emulate_media(media="print")
    expect(page.locator("#l2\\.7\\.1")).to_be_visible()
    expect(page.locator(".filter")).to_be_hidden()


# -- without a browser ----------------------------------------------------------------------------


def test_times_stand_beside_those_of_the_runs_before(tmp_path: Path) -> None:
    run = go()
    earlier = replace(run, started=run.started - timedelta(days=1), figures={"upload Mbit/s": {"chromium": 40.5}})
    elsewhere = replace(earlier, environment="other", figures={"upload Mbit/s": {"chromium": 1.25}})
    text = report.render(run, tmp_path, [history.past(elsewhere), history.past(earlier), history.past(run)])
    assert "the 1 runs before" in text
    assert '<td class="number">44.7</td>\n<td class="past">40.5</td>' in text
    assert "1.25" not in text


def test_pictures_beyond_the_limit_are_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path)
    assert 'src="data:image/png;base64,' in report.render(no_go(), tmp_path)
    (tmp_path / SHOT).unlink()
    text = report.render(no_go(), tmp_path)
    assert 'src="screenshots/test_playback%5Bchromium%5D-2.8.6-1.png"' in text


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


@pytest.mark.parametrize(
    ("message", "halves"),
    [
        (NO_PLAY, ("playback to go on after a click", "it paused half a second later")),
        ("x: expected one, seen: two, seen too", ("one", "two, seen too")),
        (
            "the bar Locator expected to be visible Actual value: hidden",
            ("the bar Locator expected to be visible", "hidden"),
        ),
        ("S3 holds no object", None),
    ],
)
def test_expected_and_seen(message: str, halves: tuple[str, str] | None) -> None:
    assert report.expected_and_seen(message) == halves
