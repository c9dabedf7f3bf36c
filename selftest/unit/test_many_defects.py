"""What plugin 1.0.0 has wrong comes out as so many cards, each for one thing to mend."""

from dataclasses import replace
from pathlib import Path

from markupsafe import escape

from checklist.defects import Acts, Severity, wrong
from checklist.lines import LINES
from checklist.report.page import render
from checklist.report.tickets import markdown
from checklist.verdicts import Check, Role, Verdict
from selftest.texts import not_for_people
from selftest.unit.sample_defects import FAILED, run
from selftest.unit.sample_runs import run_of

MOST = 26

UNFINISHED = "People read names out of the program in place of words: [[status_{{videostatus}}]] and [[allcourses]]"

HARM = (
    "One hand-made request breaks another student's video, and these people can send it: guests, students and teachers"
)

SHOWS = "Whoever gets a copy of what a teacher's browser console shows can watch a student's video without logging in"

COUNTS = (
    "A handed-in video stops playing after the student's next upload fails, and also when the browser tells late that "
    "the video before it has arrived"
)

LIMITS = (
    "People who reach a limit of uploads and playbacks are shut out for too long: the limit counts by the hour, not "
    "by the minute"
)


def test_what_is_wrong_comes_out_as_few_cards() -> None:
    found = run().defects
    assert len(found) <= MOST
    told = {sentence for one in found for symptom in one.symptoms for sentence in [symptom.sentence]}
    assert told == {wrong(title, message) or f"Not so: {title}" for *_, title, message in FAILED}
    assert [one.sentence for one in found if one.sentence.startswith("Not so: ")] == []


def test_each_says_how_bad_it_is_and_who_must_act() -> None:
    kinds = {one.sentence: (one.severity, one.acts) for one in run().defects}
    expected = {
        LIMITS: Severity.FUNCTION,
        COUNTS: Severity.DATA,
        HARM: Severity.ACCESS,
        UNFINISHED: Severity.WORDING,
        "A student can upload a second video in place of the first, and the form refuses to save it": Severity.FUNCTION,
        "Administrators cannot open the plugin's dashboard": Severity.FUNCTION,
        "Students' videos stay on S3 after a teacher has removed their submissions and deleted the assignment (neither "
        "was tried alone)": Severity.DATA,
        SHOWS: Severity.ACCESS,
    }
    assert {sentence: kinds[sentence][0] for sentence in expected} == expected
    assert {acts for _, acts in kinds.values()} == {Acts.AUTHOR}


def test_what_the_dashboard_keeps_from_being_judged_is_told_with_it() -> None:
    (dashboard,) = [one for one in run().defects if "open the plugin's dashboard" in one.sentence]
    assert dashboard.follows[:4] == ["2.10.4", "2.10.5", "2.10.6", "2.10.7"]


def test_each_says_why_it_matters(tmp_path: Path) -> None:
    sample = run()
    assert [one.sentence for one in sample.defects if not one.matters] == []
    page, (first, *_) = render(sample, tmp_path), sample.defects
    assert f"<dt>Why it matters</dt><dd>{escape(first.matters)}</dd>" in page
    assert f"- **Why it matters:** {first.matters}" in markdown(first, sample)


def test_a_card_and_its_ticket_say_of_each_way_in_which_it_shows_how_to_see_it_again(tmp_path: Path) -> None:
    def lacks(title: str, *steps: str) -> Check:
        message = "expected the video, seen none"
        return Check("4.3.4", "all", Verdict.FAILED, title, message, evidence={"steps": steps}, test="test_privacy")

    asked = "As the administrator: Request the export of the student's data."
    exported = lacks("The exported data tell of the student's video", asked)
    deleted = lacks("S3 no longer holds anything of the deleted student", asked, "Request the deletion of their data.")
    another = lacks("S3 no longer holds anything of the deleted student, ever", asked)
    held = Check(
        "4.3.4", "all", Verdict.PASSED, "S3 still holds another student's video as it was", test="test_privacy"
    )
    elsewhere = Check("4.3.4", "all", Verdict.PASSED, "The student is deleted", test="test_deletion")
    sample = run_of([exported, deleted, another, held, elsewhere])
    (rights,) = sample.defects
    assert [one.sentence for one in rights.ways] == [wrong(exported.title), wrong(deleted.title)]
    assert [one.way for one in rights.ways] == [
        "the export does not mention the student's video",
        "erasing the student leaves the video files on S3",
    ]
    assert rights.held == [held.title]
    page, ticket = render(sample, tmp_path), markdown(rights, sample)
    told = f"Another way to see it: {wrong(deleted.title)}"
    assert escape(told) in page
    assert f"### {told}\n\n**What should happen:** {deleted.title}.\n\n1. {asked}\n2. Request the deletion" in ticket
    assert f'<dt>Also checked, and right</dt><dd><span class="line-of">{escape(held.title)}</span></dd>' in page
    assert f"- **Also checked, and right:** {held.title}" in ticket


def test_what_somebody_else_does_in_the_same_way_is_told_once() -> None:
    (harm,) = [one for one in run().defects if one.sentence == HARM]
    assert len({one.way for one in harm.symptoms}) > 1
    assert len(harm.ways) == 1


def test_no_sentence_is_written_as_programs_write() -> None:
    assert [odd for one in run().defects for part in (one.expected, one.seen) for odd in not_for_people(part)] == []


def test_a_card_without_a_picture_says_why_and_names_no_browser_that_showed_it(tmp_path: Path) -> None:
    def told(**evidence: object) -> tuple[str, str]:
        message = "expected a refusal, seen a video"
        check = Check("2.9.4", "chromium", Verdict.FAILED, "A sesskey opens nothing in another session", message)
        sample = run_of([replace(check, evidence=evidence, test="test_tricks[chromium]")])
        (defect,) = sample.defects
        return render(sample, tmp_path), markdown(defect, sample)

    page, ticket = told(steps=["As the administrator: Open the plugin's settings."])
    assert "The suite asked without a browser, so there is no picture." in page
    assert "the browser makes no difference</dd>" in page
    assert "**Found in:** Chromium 156; asked by requests, so that the browser makes no difference" in ticket
    page, ticket = told(steps=["As the student: Log in."], people=["student, at /my/"])
    assert "There is no picture of this." in page
    assert "<dt>Found in</dt>" in page
    assert "the browser makes no difference</dd>" not in page
    assert "**Found in:** Chromium 156\n" in ticket
    assert "No page shows this." in told()[0]


def test_a_card_and_its_ticket_tell_of_a_waived_line_that_failed(tmp_path: Path) -> None:
    waiver = {"line": "2.13.6", "reason": "no phones", "owner": "Ada", "expires": "2026-12-31"}
    told = "2.13.6 (phones) was tested in an emulated Pixel 7 and failed, so its waiver does not count."
    waived = replace(run(), waived=[waiver])
    (defect,) = [one for one in waived.defects if "2.13.6" in one.lines]
    assert render(waived, tmp_path).count(told) > render(run(), tmp_path).count(told)
    assert told in markdown(defect, waived).replace("\\", "")
    assert "waive" not in markdown(defect, run())


def test_where_no_page_shows_it_the_requests_are_told() -> None:
    (harm,) = [one for one in run().defects if one.sentence.startswith("One hand-made request")]
    asked = (
        "As the second student, without a browser: Send POST https://moodle.example.edu/…/ajax/confirm_upload.php with "
        "s3_key KEY, submissionid SUBMISSION. Answer: 403 Forbidden."
    )
    assert harm.symptoms[0].asked[0] == asked
    site = "https://moodle.example.edu/…/ajax/confirm_upload.php"
    assert f"4. {asked}".replace(site, f"`{site}`") in markdown(harm, run())
    assert [one.symptoms[0].asked for one in run().defects if one.pictures] == [[]] * 22


def test_a_line_whose_id_does_not_tell_its_chapter_says_it(tmp_path: Path) -> None:
    sample = run()
    (rollback,) = [one for one in sample.defects if "R.1.5" in one.lines]
    assert "- **Lines of the checklist:** R.1.5 (rollback) “This prevents" in markdown(rollback, sample)
    page = render(sample, tmp_path)
    assert '<a href="#lR.1.5">R.1.5</a> (rollback) This prevents' in page
    assert "<dt>R.…</dt> <dd>Rollback</dd>" in page
    assert "<dt>P.…</dt>" not in page


def test_advice_of_the_test_that_found_a_defect_is_told_with_it_and_not_once_more(tmp_path: Path) -> None:
    def check(title: str, seen: str, verdict: Verdict, line: str = "2.5.18") -> Check:
        role = Role.ADVICE if verdict is Verdict.ADVICE else Role.DECIDES
        return Check(line, "chromium", verdict, title, f"expected it, seen {seen}", role=role, test="test_limits")

    label = check("The label of playback_rate_limit says what it is", "another label", Verdict.FAILED)
    label = replace(label, message="expected a label, seen another one")
    number = check("The limit of playback URLs is set to 30", "100", Verdict.FAILED)
    default = check("The plugin's own default of the limit of playback URLs is 30", "100", Verdict.ADVICE)
    other = check("The plugin's files are the web server's, as chown leaves them", "root's", Verdict.ADVICE, "2.2.6")
    page = render(run_of([label, number, default, other]), tmp_path)
    section = page[page.index('<section id="advice">') : page.index('<section id="tested">')]
    assert ("plugin&#39;s own default" in section, "chown" in section) == (False, True)
    assert page.count("that is the plugin&#39;s own default (seen: 100)") == 1
    assert "<dt>Advice beside it</dt>" in page


def test_a_line_without_a_test_of_its_own_says_that_it_follows_others(tmp_path: Path) -> None:
    page = render(run(), tmp_path)
    assert "(failed: no test of its own, it follows others)" in page
    assert "No test of its own, it follows others. " in page


def test_the_lines_to_be_signed_are_as_many_as_their_table_has(tmp_path: Path) -> None:
    page = render(run(), tmp_path)
    for_people = sum(line.for_people for line in LINES.values())
    beyond = sum(line.for_people and line.beyond for line in LINES.values())
    assert f"<small>{for_people - beyond} lines for people, and {beyond} beyond the checklist</small>" in page
    table = page[page.index('<section id="signed">') :]
    assert table.count('<td class="name">') == for_people
