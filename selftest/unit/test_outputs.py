"""What is said of a run besides its page: JSON Schema, CTRF, JUnit, a job's summary, the terminal, tickets."""

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from lxml import etree  # type: ignore[import-untyped]

from checklist import results, words
from checklist.__main__ import main
from checklist.lines import LINES
from checklist.outputs import ctrf, junit
from checklist.outputs.summary import SHOWN, annotated, markdown
from checklist.publish import tell_job
from checklist.report import how, page, tickets
from checklist.results import json_schema, text_of
from checklist.terminal import told
from checklist.verdicts import Verdict
from runner.pytest_plugin.progress import called
from selftest.unit.sample_defects import run as many_defects
from selftest.unit.sample_runs import PLAYS, SAMPLES, SHOT, changed, go, no_go, passing, picture, run_of

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "results.schema.json"


def test_the_documented_schema_is_the_code_s() -> None:
    told = "make it anew: python -m checklist schema > docs/results.schema.json"
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema(), told


@pytest.mark.parametrize("name", SAMPLES)
def test_results_are_as_the_schema_says(name: str) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=checker).validate(json.loads(text_of(SAMPLES[name]())))


@pytest.mark.parametrize("change", [{"verdict": "fine"}, {"checks": None}, {"seconds": "long"}])
def test_results_that_are_not_are_told(change: dict[str, Any]) -> None:
    results = json.loads(text_of(go()))
    results["lines"][0] |= change
    assert not Draft202012Validator(json_schema()).is_valid(results)


# -- CTRF, https://github.com/ctrf-io/ctrf ---------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_ctrf_counts_what_it_lists(name: str) -> None:
    results = ctrf.document(SAMPLES[name]())["results"]
    summary, statuses = results["summary"], [test["status"] for test in results["tests"]]
    assert summary["tests"] == len(statuses)
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert summary[status] == statuses.count(status)
    assert summary["stop"] - summary["start"] == summary["duration"] == 754200
    assert results["extra"]["verdict"].lower() == name


def test_ctrf_has_a_test_for_each_line_on_each_target(tmp_path: Path) -> None:
    ctrf.write(no_go(), tmp_path)
    document = json.loads((tmp_path / ctrf.FILE).read_text("utf-8"))
    assert (document["reportFormat"], document["specVersion"]) == ("CTRF", "1.0.0")
    tests = {test["name"]: test for test in document["results"]["tests"]}
    red = tests["2.8.6 Click play button [chromium]"]
    assert (red["status"], red["rawStatus"], red["browser"]) == ("failed", "failed", "Chromium 156")
    assert red["suite"] == ["2.8 Test Playback Workflow"]
    assert red["message"].startswith("expected playback to go on")
    assert red["attachments"][0]["contentType"] == "image/png"
    assert tests["2.8.7 Verify video plays without errors [chromium]"]["status"] == "other"
    assert "2.8.6 Click play button [webkit]" not in tests
    assert {test["browser"] for name, test in tests.items() if "[all]" in name} == {"all"}


# -- the summary of a job --------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_summary_begins_with_verdict_and_reason(name: str) -> None:
    run = SAMPLES[name]()
    first, second = markdown(run).split("\n\n")[:2]
    assert first == f"## {run.verdict}: staging"
    assert second.replace("\\", "") == run.reason


def test_a_summary_lists_defects() -> None:
    text = markdown(no_go())
    on_each = sum(line.judged and not line.per_run for line in LINES.values())
    told = (
        "| function | The teacher cannot watch: a click on the player does not play the video "
        "| playback to go on after a click | it paused half a second later | 2.8.6 chromium | the plugin's author |"
    )
    assert told in text.splitlines()
    assert "Tested in Chromium 156, Firefox 153 and an emulated Pixel 7. Not tested: Safari, Edge." in text
    assert (
        f"| Firefox 153 | the system's /usr/bin/firefox-esr, 153.7 | {on_each} | 0 | 0 | 0 | 0 |" in text.splitlines()
    )
    assert re.search(r"^\| once a run \|  \| \d+ \| 1 \| 0 \| 1 \| 0 \|$", text, re.M)
    assert "known until 2026-12-31" in markdown(go())


def test_what_a_page_said_changes_no_table() -> None:
    checks = changed(passing(no_go().targets), "2.7.1", "chromium", verdict=Verdict.FAILED, message="a|b\n<b>`*c")
    row = next(row for row in markdown(run_of(checks)).splitlines() if "2.7.1" in row)
    assert r"| a\|b \<b\>\`\*c |" in row


def test_a_long_list_of_defects_is_cut() -> None:
    checks = [replace(check, verdict=Verdict.FAILED, message="x" * 1000) for check in passing(no_go().targets)]
    checks = [replace(check, message=f"{check.title} {check.message}") for check in checks]
    text = markdown(run_of(checks))
    assert text.count("xxx |") == SHOWN
    assert "more defects." in text
    assert len(text) < 30_000


@pytest.mark.parametrize("path", ["/nowhere/at/all/summary.md", "/proc/1/mem", "nul\0byte"])
def test_a_summary_that_cannot_be_written_is_a_note(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(os, "environ", {"GITHUB_STEP_SUMMARY": path})
    assert "the job's summary" in tell_job("text")


def test_a_summary_takes_any_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert tell_job("half a \ud83d pair") == ""
    assert (tmp_path / "summary.md").read_text("utf-8") == "half a \\ud83d pair"


def test_annotations_show_defects() -> None:
    click, phone = annotated(no_go())
    assert click == (
        "::error title=function%3A The teacher cannot watch%3A a click on the player does not play the video::expected "
        "playback to go on after a click, seen it paused half a second later (2.8.6 chromium)"
    )
    assert "2.13.6 pixel-7" in phone
    assert annotated(go())[0].startswith("::warning title=wording")


# -- JUnit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_junit_is_as_its_schema_says(name: str) -> None:
    schema = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit-10.xsd")))
    schema.assertValid(etree.fromstring(junit.text_of(SAMPLES[name]()).encode()))


def test_junit_has_a_testcase_for_each_line_on_each_target(tmp_path: Path) -> None:
    junit.write(no_go(), tmp_path)
    document = JUnitXml.fromfile(str(tmp_path / junit.FILE))
    cases = {case.name: case for suite in document for case in suite}
    assert len(cases) == document.tests == len(ctrf.document(no_go())["results"]["tests"])
    red = cases["2.8.6 Click play button [chromium]"]
    (failure,) = red.result
    assert (red.classname, red.time) == ("2.8 Test Playback Workflow", 6.4)
    assert failure.message.startswith("failed: expected playback to go on after a click")
    assert "seen:     it paused half a second later" in failure.text
    (skipped,) = cases["2.8.7 Verify video plays without errors [chromium]"].result
    assert skipped.message.startswith("not reached: 2.8.6")
    assert document.failures == 2
    told = {one.name: one.value for suite in document for one in suite.properties()}  # type: ignore[no-untyped-call]
    assert {name: what for name, what in told.items() if name.startswith("target ")} == {
        "target chromium": "Chromium 156",
        "target firefox": "Firefox 153",
        "target pixel-7": "an emulated Pixel 7",
    }


def test_junit_holds_what_no_xml_may() -> None:
    checks = changed(passing(no_go().targets), "2.7.1", "chromium", verdict=Verdict.FAILED, message="a\x00<b>\x1b[31m")
    assert "a&lt;b&gt;" in junit.text_of(run_of(checks))


def test_in_junit_what_is_known_is_no_failure() -> None:
    document = JUnitXml.fromstring(junit.text_of(go()))
    assert document.failures == 0
    (case,) = [
        case for suite in document for case in suite if case.name.startswith("2.7.5") and "chromium" in case.name
    ]
    assert "https://tracker.example/1" in case.result[0].message


# -- the terminal ----------------------------------------------------------------------------------


def test_a_terminal_tells_defects_before_the_verdict() -> None:
    text = [line.text for line in told(no_go())]
    assert text[:4] == [
        "✗ FUNCTION  The teacher cannot watch: a click on the player does not play the video",
        "    2.8.6 chromium · for the plugin's author",
        "    expected  playback to go on after a click",
        "    seen      it paused half a second later",
    ]
    assert text[-2] == "NO-GO: 2 defects stop this release: 2 function."
    assert text[-1] == "  Tested in Chromium 156, Firefox 153 and an emulated Pixel 7. Not tested: Safari, Edge."


def test_a_terminal_tells_fifteen_defects_at_most() -> None:
    checks = [
        replace(one, verdict=Verdict.FAILED, message=f"{one.title} was not so") for one in passing(no_go().targets)
    ]
    run = run_of(checks)
    text = [line.text for line in told(run)]
    assert sum(line.startswith("✗") for line in text) == 15 + 15
    assert f"  {len(run.defects) - 15} more defects in the report" in text


def test_the_end_of_an_output_has_every_defect_that_it_tells_in_a_line_each() -> None:
    run = many_defects()
    text = "\n".join(line.text for line in told(run, 200))
    *_, short, _ = text[-2000:].split("\n\n")
    lines = short.splitlines()
    assert max(map(len, lines)) <= 100
    assert [line[12:90].rstrip() for line in lines[:15]] == [one.sentence[:78].rstrip() for one in run.defects[:15]]
    assert lines[15] == f"  {len(run.defects) - 15} more defects in the report"


# -- tickets ---------------------------------------------------------------------------------------


WRONG = "The teacher cannot watch: a click on the player does not play the video"


def test_a_ticket_says_all_that_a_developer_needs() -> None:
    run = no_go()
    text = tickets.markdown(run.defects[0], run)
    for part in (
        WRONG,
        "**Expected:** playback to go on",
        "the plugin's author",
        "Chromium 156",
        "2.8.6 “Click play button”",
        "**Lines that cannot pass while this is open:** 2.8.7 “Verify video plays without errors” (not reached); ",
        "2.14.1 “All tests passed” (failed: it has no test of its own, and fails with 2.8.6)",
        "## Pictures to attach: in report.html on this defect's card, in the run's folder as files\n\n",
        f"- `{SHOT}`: {WRONG}. What the teacher saw: Grading",
        f"## How to see it again\n\n**What should happen:** {PLAYS}.",
        "moodle 4.5.6",
        f"<!-- s3video-acceptance: {run.defects[0].key} -->",
    ):
        assert part in text


def test_tickets_are_written_once(tmp_path: Path) -> None:
    results.write(no_go(), tmp_path)
    picture(tmp_path)
    command = ["issues", f"--run={tmp_path}", f"--to={tmp_path / 'issues'}"]
    assert main(command) == 0
    there = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "issues").iterdir()}
    assert sorted(Path(name).suffix for name in there) == [".md", ".md", ".png"]
    assert main(command) == 0
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "issues").iterdir()} == there


GH = """#!{python}
import json, pathlib, sys
book = pathlib.Path(__file__).with_name("book.json")
issues = json.loads(book.read_text()) if book.exists() else []
if sys.argv[1:3] == ["issue", "list"]:
    print(json.dumps(issues))
else:
    issues.append({{"body": sys.argv[sys.argv.index("--body") + 1]}})
    book.write_text(json.dumps(issues))
    print(f"https://github.example/issues/{{len(issues)}}")
"""


def test_none_is_opened_twice_on_github(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results.write(no_go(), tmp_path)
    gh = tmp_path / "gh"
    gh.write_text(GH.format(python=sys.executable), "utf-8")
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ["issues", "--github", f"--run={tmp_path}", f"--to={tmp_path / 'issues'}"]
    assert main(command) == 0
    assert capsys.readouterr().out.count("https://github.example/issues/") == 2
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    gh.unlink()
    assert main(command) == 4


# -- evidence in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "yes"),
        (None, "nothing"),
        (float("nan"), "unknown"),
        (24117248, "24\u202f117\u202f248"),
        ([0, 7, 10], "0, 7, 10"),
        (list(range(20)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8 more"),
        ({"page": {"may": False, "right": True, "seen": "Sorry"}}, "page: refused: Sorry"),
        ({"page": {"may": True, "right": False, "seen": "a video"}}, "page: allowed, which is wrong: a video"),
        ([], "nothing"),
    ],
)
def test_evidence_is_in_words(value: object, told: str) -> None:
    assert words.in_words(value) == told


def test_http_and_browsers_speak_in_words() -> None:
    assert words.status(206) == "206 Partial Content"
    assert words.status("net::ERR_BLOCKED_BY_ORB").startswith("blocked by the browser")
    assert words.console(["MathJax failed", "a", "a", "b"]) == ["a (2 times)", "b"]
    assert words.requests([{"address": "https://cdn.example/mathjax/x.js"}, {"address": "https://a"}]) == [
        {"address": "https://a"}
    ]


def test_one_line_has_of_a_key_folder_and_name_and_of_an_address_its_last_part() -> None:
    said = "videos/17/1795_5f/clip.mp4 on S3 and nothing else under videos/17/ (on https://m.example/mod/view.php?id=7)"
    assert words.short(said) == "videos/17/…/clip.mp4 on S3 and nothing else under videos/17/ (on …/view.php)"


def test_two_that_would_look_the_same_beside_each_other_are_told_by_what_differs() -> None:
    whole = "videos/17/1795_5f/clip.mp4 (on https://m.example/a/view.php)"
    other = "videos/17/1796_2f/clip.mp4 (on https://m.example/b/view.php)"
    assert words.short(whole, other) == "…/1795_5f/clip.mp4 (on https://m.example/a/view.php)"
    assert words.short(other, whole) == "…/1796_2f/clip.mp4 (on https://m.example/b/view.php)"
    assert words.short(whole, whole) == words.short(whole, "nothing") == "videos/17/…/clip.mp4 (on …/view.php)"


def test_in_a_ticket_a_name_with_underscores_stays_as_it_is() -> None:
    (one, *_) = no_go().defects
    seen = "get_upload_url.php and __init__, seen *nothing* _at all_"
    text = tickets.markdown(replace(one, seen=seen), no_go())
    assert "**Seen:** get_upload_url.php and \\_\\_init\\_\\_, seen \\*nothing\\* \\_at all\\_" in text


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('Choose clip"><img src=x onerror=1>.mp4 (3 KB).', 'Choose `clip"><img src=x onerror=1>.mp4` (3 KB).'),
        ("Choose vvv…, a name of 255 characters (3 KB).", "Choose `vvv…`, a name of 255 characters (3 KB)."),
        ("Hand in a`b.mp4 (3 bytes) to it.", "Hand in ``a`b.mp4`` (3 bytes) to it."),
        ("Send GET https://m.example/x.php?id=7.", "Send GET `https://m.example/x.php?id=7`."),
        ("Open it, /mod/x.php (id as there).", "Open it, `/mod/x.php` (id as there)."),
        ("Look for videos/7/1_a/…, [[status_{{x}}]]", "Look for `videos/7/1_a/…`, `[[status_{{x}}]]`"),
        ("Site administration > Plugins, #7", "Site administration > Plugins, \\#7"),
        ("Run: grep -F '[error]' THE_LOG; or aws s3 ls", "Run: `grep -F '[error]' THE_LOG`; or `aws s3 ls`"),
        ("# x", "\\# x"),
        ("No <label>, in it ([role=main]), 1 < 2", "No `<label>`, in it (`[role=main]`), 1 \\< 2"),
    ],
)
def test_in_a_ticket_what_is_taken_letter_by_letter_is_code(step: str, told: str) -> None:
    (one, *_) = no_go().defects
    assert f"**Seen:** {told}\n" in tickets.markdown(replace(one, seen=step), no_go())


def test_where_a_defect_shows_has_the_steps_that_no_way_tells() -> None:
    (one, *_) = no_go().defects
    first = replace(one.symptoms[0], steps=["Log in."], asked=(), own=0)
    other = replace(first, sentence="Another one", steps=["Log in.", "Close the tab."])
    again = replace(other, sentence="A third one", steps=["Log in.", "Close the tab."])
    text = tickets.markdown(replace(one, symptoms=[first, other, again]), no_go())
    assert "  - Another one: Log in. Close the tab.\n" in text
    assert "A third one: Log in" not in text


def test_a_defect_is_seen_again_by_the_fewest_steps_and_explanations(tmp_path: Path) -> None:
    run = no_go()
    (one, *_) = run.defects
    asleep = replace(one.symptoms[0], steps=["Have the tab's clock moved on by 2 hours."], asked=(), own=0)
    long = replace(asleep, sentence="It takes long", steps=["Press Tab.", "Press Enter.", "Press “Yes”."])
    short = replace(asleep, sentence="It is simple", steps=["Press Enter.", "Press “Yes”."])
    console = replace(short, sentence="It shows in a console", steps=["Look."], lines=["2.14.3"])
    other = replace(asleep, sentence="It has another way", way="another way", steps=["Look twice."])
    nameless = replace(asleep, sentence="It is no way", steps=["Look thrice."])
    defect = replace(one, symptoms=[replace(asleep, way="a way"), nameless, other])
    assert [told.sentence for told in tickets.recipes(defect)] == [asleep.sentence, other.sentence]
    defect = replace(one, symptoms=[asleep, long, short, console, other])
    assert [told.sentence for told in tickets.recipes(defect)] == ["It is simple", "It has another way"]
    text = tickets.markdown(defect, run)
    assert "1. Press Enter.\n2. Press “Yes”.\n3. It is simple: " in text
    card = page.render(replace(run, defects=[defect]), tmp_path).partition("<summary>The ticket")[0]
    assert re.search(r'<ol class="steps">\s*<li>Press Enter.</li>', card)


def test_the_same_request_to_another_page_is_told_as_well() -> None:
    (one, *_) = no_go().defects
    asked = "As the teacher, without a browser: Send GET https://m.example/{} with id SUBMISSION. Answer: 200 OK."
    first = replace(one.symptoms[0], steps=(), asked=[asked.format("view_video.php")], own=0)
    other = replace(first, sentence="Another one", asked=[asked.format("download_video.php")])
    assert "  - Another one: " in tickets.markdown(replace(one, symptoms=[first, other]), no_go())


def test_a_ticket_says_how_to_do_what_its_steps_say_and_nothing_else() -> None:
    (one, *_) = no_go().defects
    first = replace(one.symptoms[0], steps=["Slow what the browser sends down to 8 Mbit/s."], asked=())
    text = tickets.markdown(replace(one, symptoms=[first]), no_go())
    assert "## How to do what the steps say\n\n- Slow the browser: in Chromium" in text
    assert "SESSKEY" not in text


def test_what_explains_a_step_is_explained_as_well() -> None:
    request, *words = how.how("Begin an upload to it, and send nothing.")
    assert "POST /mod/assign/submission/s3video/ajax/get_upload_url.php with sesskey SESSKEY" in request
    assert [told.partition(":")[0] for told in words[1:]] == ["SESSKEY", "ASSIGNMENT", "MODULE"]


def test_a_card_explains_what_its_ticket_does(tmp_path: Path) -> None:
    run = no_go()
    (one, *_) = run.defects
    first = replace(one.symptoms[0], steps=[], asked=["As the student, without a browser: Send GET x with id MODULE."])
    defect = replace(one, symptoms=[first])
    card = page.render(replace(run, defects=[defect]), tmp_path).partition("<summary>The ticket")[0]
    told = tickets.explained(defect)
    assert "MODULE: `id` in the assignment's address." in told
    assert "<li>MODULE: <code>id</code> in the assignment&#39;s address.</li>" in card
    assert card.partition('<details class="how">')[2].partition("</details>")[0].count("<li>") == len(told)


def test_what_was_asked_by_requests_tells_of_no_browser_and_its_file(tmp_path: Path) -> None:
    run = no_go()
    (one, *_) = run.defects
    asked = replace(
        one.symptoms[0],
        steps=[],
        asked=["Send GET x."],
        captions=(),
        people=["student, at x"],
        file="clip.mp4, 3 bytes",
    )
    told = replace(one, symptoms=[asked])
    for text in (tickets.markdown(told, run), page.render(replace(run, defects=[told]), tmp_path)):
        assert "student, at x" not in text
        assert "clip.mp4, 3 bytes" not in text


WATCHED = "Leave the page open, and have the tab's clock moved on by 20 hours."


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("Choose text.mp4 (21 bytes).", ["text.mp4 is a text file"]),
        ("Choose clip.mp4 (3 KB).", ["Of a video only name and size count"]),
        ("Hand in it.", ["Hand in"]),
        ("POST it with sesskey, assignmentid.", ["SESSKEY", "ASSIGNMENT", "MODULE"]),
        ("Hand in it, in place of the video before.", ["Hand in", "Where the form refuses a second video"]),
        (WATCHED, ["Move the tab's clock on", "By hand in place of the tab's clock: leave the page open"]),
        (
            "Have the tab's clock moved on by 2 hours.",
            ["Move the tab's clock on", "By hand in place of the tab's clock: let"],
        ),
    ],
)
def test_a_step_is_explained_as_what_it_is(step: str, told: list[str]) -> None:
    found = how.how(step)
    assert [words[: len(begins)] for words, begins in zip(found, told, strict=False)] == told
    assert len(found) == len(told) or "savesubmission" in found[1]


def test_what_stands_at_the_head_of_a_ticket_and_of_a_card_is_told_once(tmp_path: Path) -> None:
    run = no_go()
    (one, *_) = run.defects
    first = replace(one.symptoms[0], expected="a", seen="b", steps=["Log in."])
    same = replace(first, sentence="Another one")
    other = replace(first, sentence="A third one", seen="c")
    defect = replace(one, expected="a", seen="b", symptoms=[first, same, other])
    text = tickets.markdown(defect, run)
    assert (text.count("expected a, seen b"), text.count("expected a, seen c")) == (0, 1)
    assert "2. See what stands above under “Seen”." in text
    card = page.render(replace(run, defects=[defect]), tmp_path).partition("<summary>The ticket")[0]
    assert (card.count("expected a, seen b"), card.count("expected a, seen c")) == (0, 1)
    assert "<li>See what stands above under “Seen”.</li>" in card


def test_each_thing_that_a_ticket_explains_is_in_a_step_or_a_message() -> None:
    folders = ("tests", "pages", "checks", "clients", "fixtures", "network", "checklist", "replica", "media")
    files = [*Path("checklist").glob("*.toml"), *(file for folder in folders for file in Path(folder).rglob("*.py"))]
    source = "\n".join(file.read_text("utf-8") for file in files)
    assert [pattern for pattern in how.table() if not re.search(pattern, source)] == []


@pytest.mark.parametrize(
    ("nodeid", "told"),
    [
        ("tests/test_2_07_upload.py::test_replacement[chromium]", "2.7 upload, chromium: replacement"),
        ("tests/test_t_troubleshooting.py::test_logs", "T troubleshooting: logs"),
        ("tests/test_x_2_rush.py::test_rush[firefox]", "X.2 rush, firefox: rush"),
    ],
)
def test_who_watches_reads_which_step_a_test_is_of(nodeid: str, told: str) -> None:
    assert called(nodeid) == told


def test_targets_are_a_list_in_words() -> None:
    assert [words.listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
