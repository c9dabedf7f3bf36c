"""`python -m checklist sign` and `verify`: who signed what, and what was changed since."""

import json
from pathlib import Path

import pytest

from checklist import report, results, signing
from checklist.__main__ import main
from checklist.lines import LINES
from selftest.unit.sample_runs import CHROMIUM, no_go, passing, run_of

SIGN = ("sign", "--by", "Ada Lovelace", "--note", "seen & agreed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results.write(no_go(), tmp_path)
    return tmp_path


def shown(folder: Path) -> str:
    return (folder / report.FILE).read_text("utf-8")


def test_a_signed_run_says_so_and_verifies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SIGN, "--run", str(folder)]) == 0
    assert "Ada Lovelace signed run 11221815ab12 (NO-GO)" in capsys.readouterr().out
    (signature,) = json.loads((folder / signing.FILE).read_text("utf-8"))
    assert signature["sha256"] == signing.digest(folder)
    assert "Signed by <b>Ada Lovelace</b>" in shown(folder)
    assert "seen &amp; agreed" in shown(folder)
    assert main(["verify", "--run", str(folder)]) == 0
    assert "Ada Lovelace" in capsys.readouterr().out


def test_lines_are_signed_one_by_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("2.8.6", "2.14.1"):
        assert main([*SIGN, line, "--run", str(folder)]) == 0
    assert [one.line for one in signing.read(folder)] == ["2.8.6", "2.14.1"]
    assert "signed 2.14.1 in run 11221815ab12" in capsys.readouterr().out
    assert shown(folder).count("signed by Ada Lovelace") == 2


def test_what_people_settle_has_room_for_a_name(folder: Path) -> None:
    report.write(results.read(folder), folder)
    room = '<small class="room">'
    for_people = sum(line.for_people for line in LINES.values())
    assert shown(folder).count(room) == for_people
    assert main([*SIGN, "3.1.1", "--run", str(folder)]) == 0
    assert shown(folder).count(room) == for_people - 1


def test_lines_for_people_that_are_required_keep_a_run_from_go_until_they_are_signed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(passing([CHROMIUM]), [CHROMIUM], required=["3.1.1", "2.2.6"])
    assert (run.verdict, run.reason) == (
        "INCOMPLETE",
        "1 required line not checkable: 2.2.6; 1 required line by hand: 3.1.1.",
    )
    results.write(run, folder)
    main([*SIGN, "3.1.1", "--run", str(folder)])
    assert "(INCOMPLETE)" in capsys.readouterr().out
    assert main(["verify", "--run", str(folder)]) == 7
    assert "2.2.6 is required for a GO, and nobody has signed it" in capsys.readouterr().out
    main([*SIGN, "2.2.6", "--run", str(folder)])
    assert "(GO)" in capsys.readouterr().out
    assert main(["verify", "--run", str(folder)]) == 0
    assert '<span class="verdict go">GO</span>' in shown(folder)
    assert results.read(folder).verdict == "INCOMPLETE"


def test_a_signature_makes_nothing_good_that_a_run_found(folder: Path) -> None:
    main([*SIGN, "2.8.6", "--run", str(folder)])
    assert '<span class="verdict no-go">NO-GO</span>' in shown(folder)


def test_a_changed_file_shows_as_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*SIGN, "--run", str(folder)])
    file = folder / results.FILE
    file.write_text(file.read_text("utf-8").replace('"NO-GO"', '"GO"'), "utf-8")
    assert main(["verify", "--run", str(folder)]) == 1
    assert "BROKEN: results.json was changed after it was signed" in capsys.readouterr().out
    assert "BROKEN signature" in shown(folder)

    main([*SIGN, "--run", str(folder)])
    assert main(["verify", "--run", str(folder)]) == 1  # the first signature stays broken
    assert "holds" in capsys.readouterr().out


def test_a_report_that_was_changed_is_made_anew(folder: Path) -> None:
    main([*SIGN, "--run", str(folder)])
    (folder / report.FILE).write_text("<h1>GO</h1>", "utf-8")
    main(["verify", "--run", str(folder)])
    assert "NO-GO" in shown(folder)


def test_nobody_has_signed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--run", str(folder)]) == 0
    assert "nobody has signed this run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([*SIGN, "2.99.1"], "2.99.1 is no line of the checklist"),
        (["sign", "--by", " ", "--note", "x"], "needs a name and a note"),
        (["sign", "--by", "Ada"], "--note"),
        (["verify", "--run", "nowhere"], "nowhere"),
        (["bless"], "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_usage(
    folder: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = [] if "--run" in arguments or arguments == ["bless"] else ["--run", str(folder)]
    try:
        code: object = main([*arguments, *run])
    except SystemExit as end:
        code = end.code
    assert code == 4
    assert told in capsys.readouterr().err


def test_signatures_that_cannot_be_read_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / signing.FILE).write_text("[{}]", "utf-8")
    assert main([*SIGN, "--run", str(folder)]) == 4
    assert signing.FILE in capsys.readouterr().err
