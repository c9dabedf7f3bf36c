"""`python -m checklist sign` and `verify`: who signed what, and what was changed since."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from checklist import report, results, signing
from checklist.__main__ import main
from checklist.lines import LINES
from checklist.verdicts import TargetState, Verdict
from selftest.unit.sample_runs import CHROMIUM, PIXEL, SHOT, no_go, passing, picture, run_of

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


def test_a_signature_names_what_was_tested_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gtk = TargetState("webkitgtk", "webkit", required=True, channel="webkitgtk", build="WebKitGTK, 2.50.4")
    phone = TargetState("iphone", "webkit", required=False, real="iPhone 16, iOS 26", build="Safari 26")
    targets = [CHROMIUM, gtk, PIXEL, phone]
    results.write(run_of(passing(targets), targets), tmp_path)
    for line in ("", "2.13.3", "2.13.6", "3.1.1"):
        assert main(["sign", *filter(None, [line]), *SIGN[1:], "--run", str(tmp_path)]) == 0
    gtk_told, phones = "WebKitGTK 2.50.4 (not Safari)", ("an emulated Pixel 7", "a real iPhone 16, iOS 26")
    assert [one.targets for one in signing.read(tmp_path)] == [
        ("Chromium 156", gtk_told, *phones),
        (gtk_told,),
        phones,
        (),
    ]
    assert f"signed 2.13.3 in run 11221815ab12 (GO), tested in {gtk_told}" in capsys.readouterr().out
    assert main(["verify", "--run", str(tmp_path)]) == 0
    assert f"UTC, tested in {phones[0]} and {phones[1]}: holds" in capsys.readouterr().out
    assert f"UTC, tested in {gtk_told}: seen &amp; agreed" in shown(tmp_path)


def test_a_picture_that_somebody_adds_is_signed_with_the_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "iphone.png").write_bytes(b"a picture")
    assert main(["sign", "2.13.6", *SIGN[1:], "--run", str(folder)]) == 0
    assert main(["verify", "--run", str(folder)]) == 0
    (folder / "iphone.png").write_bytes(b"another one")
    assert main(["verify", "--run", str(folder)]) == 1
    assert "iphone.png was changed after it was signed" in capsys.readouterr().out


def test_a_signature_of_an_earlier_suite_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*SIGN, "--run", str(folder)])
    (one,) = json.loads((folder / signing.FILE).read_text("utf-8"))
    del one["targets"]
    (folder / signing.FILE).write_text(json.dumps([one]), "utf-8")
    assert main(["verify", "--run", str(folder)]) == 0
    (earlier,) = signing.read(folder)
    assert b"targets" not in earlier.message, "nor was it in what a key signed then"


def test_lines_are_signed_one_by_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("2.8.6", "2.14.1"):
        assert main([*SIGN, line, "--run", str(folder)]) == 0
    assert [one.line for one in signing.read(folder)] == ["2.8.6", "2.14.1"]
    assert "signed 2.14.1 in run 11221815ab12" in capsys.readouterr().out
    assert shown(folder).count("signed by Ada Lovelace") == 2


def test_what_people_settle_has_room_for_a_name(folder: Path) -> None:
    report.write(results.read(folder), folder)
    room = '<td class="name"></td><td class="date"></td>'
    for_people = sum(line.for_people for line in LINES.values())
    assert shown(folder).count(room) == for_people
    assert main([*SIGN, "3.1.1", "--run", str(folder)]) == 0
    assert shown(folder).count(room) == for_people - 1


def test_lines_for_people_that_are_required_keep_a_run_from_go_until_they_are_signed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(passing([CHROMIUM]), [CHROMIUM], required=["3.1.1", "3.1.2"])
    assert (run.verdict, run.reason) == (
        "INCOMPLETE",
        "2 required lines by hand: 3.1.1, 3.1.2.",
    )
    results.write(run, folder)
    main([*SIGN, "3.1.1", "--run", str(folder)])
    assert "(INCOMPLETE)" in capsys.readouterr().out
    assert main(["verify", "--run", str(folder)]) == 7
    assert "3.1.2 is required for a GO, and nobody has signed it" in capsys.readouterr().out
    main([*SIGN, "3.1.2", "--run", str(folder)])
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
    told = capsys.readouterr().out
    assert "BROKEN: results.json was changed after it was signed" in told
    assert "NO-GO: run 11221815ab12 of staging" in told
    assert "BROKEN signature" in shown(folder)
    assert '<span class="verdict no-go">NO-GO</span>' in shown(folder)
    assert main([*SIGN, "--run", str(folder)]) == 4
    assert "was changed after it was judged: its verdict is GO (1), and NO-GO (1) by its" in capsys.readouterr().err


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


# -- which files, and with which key ---------------------------------------------------------------


@pytest.mark.parametrize("name", [SHOT, "raw.html", "junit.xml", "ctrf.json", "artifacts/trace.zip"])
def test_every_file_of_the_run_is_signed(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    picture(folder)
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"as it was")
    main([*SIGN, "--run", str(folder)])
    assert main(["verify", "--run", str(folder)]) == 0
    file.write_bytes(b"as it is")
    assert main(["verify", "--run", str(folder)]) == 1
    assert f"BROKEN: {name} was changed after it was signed" in capsys.readouterr().out
    assert "BROKEN signature" in shown(folder)
    file.unlink()
    assert main(["verify", "--run", str(folder)]) == 1


def test_a_file_that_comes_later_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*SIGN, "--run", str(folder)])
    (folder / "more.html").symlink_to("/etc/passwd")
    assert main(["verify", "--run", str(folder)]) == 1
    assert "BROKEN: more.html was changed after it was signed" in capsys.readouterr().out
    assert main([*SIGN, "--run", str(folder)]) == 4
    assert "is a link, or no file; it cannot be signed" in capsys.readouterr().err


def test_the_list_is_one_that_sha256sum_checks(folder: Path) -> None:
    picture(folder)
    (folder / "odd\\ name\n.txt").write_text("x", "utf-8")
    main([*SIGN, "--run", str(folder)])
    check = ["sha256sum", "--check", "--strict", "--quiet", signing.SUMS]
    assert subprocess.run(check, cwd=folder, check=False).returncode == 0


@pytest.mark.parametrize("text", ["[]", None])
def test_signatures_that_were_taken_out_are_missed(
    folder: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*SIGN, "--run", str(folder)])
    (folder / signing.FILE).unlink()
    if text:
        (folder / signing.FILE).write_text(text, "utf-8")
    assert main(["verify", "--run", str(folder)]) == 1
    assert "BROKEN: somebody had" in capsys.readouterr().out


@pytest.mark.parametrize("change", [{"at": "2026-11-22T18:15:01"}, {"line": "9.9.9"}, {"by": 7}])
def test_signatures_of_another_form_are_none(folder: Path, change: dict[str, object]) -> None:
    main([*SIGN, "--run", str(folder)])
    file = folder / signing.FILE
    (one,) = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps([one | change]), "utf-8")
    assert main(["verify", "--run", str(folder)]) == 4


class Keys:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.allowed = folder / "allowed_signers"
        self.allowed.write_text("", "utf-8")

    def new(self, who: str = "") -> Path:
        """A key pair; `who` is allowed to sign with it."""
        key = self.folder / f"key{len(list(self.folder.iterdir()))}"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        if who:
            with self.allowed.open("a") as file:
                file.write(f"{who} {key.with_suffix('.pub').read_text('utf-8')}")
        return key


@pytest.fixture
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not here")
    return Keys(tmp_path_factory.mktemp("keys"))


def verify(folder: Path, keys: Keys) -> int:
    return main(["verify", "--run", str(folder), "--allowed-signers", str(keys.allowed)])


def test_a_key_tells_who_signed(folder: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    key = keys.new("ada@example.edu")
    assert main([*SIGN, "--key", str(key), "--run", str(folder)]) == 0
    assert verify(folder, keys) == 0
    assert "holds, signed with the key of ada@example.edu" in capsys.readouterr().out
    assert main(["verify", "--run", str(folder)]) == 0
    assert "holds, signed with a key; --allowed-signers tells whose" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change", [{"by": "Eve"}, {"note": "all is well"}, {"line": "3.1.1"}, {"ssh": ""}, {"targets": []}]
)
def test_nothing_of_what_a_key_signed_can_be_changed(folder: Path, keys: Keys, change: dict[str, object]) -> None:
    main([*SIGN, "--key", str(keys.new("ada@example.edu")), "--run", str(folder)])
    file = folder / signing.FILE
    (one,) = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps([one | change]), "utf-8")
    assert verify(folder, keys) == 1


def test_whoever_signs_anew_what_they_changed_needs_a_key_that_is_allowed(
    folder: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*SIGN, "--key", str(keys.new("ada@example.edu")), "--run", str(folder)])
    checks = [replace(check, verdict=Verdict.PASSED, message="") for entry in no_go().lines for check in entry.checks]
    results.write(run_of(checks), folder)  # a whole run, that nobody made
    (folder / signing.FILE).unlink()
    main([*SIGN, "--key", str(keys.new()), "--run", str(folder)])
    assert main(["verify", "--run", str(folder)]) == 0
    capsys.readouterr()
    assert verify(folder, keys) == 1
    assert "nobody whose key is allowed has signed the whole run" in capsys.readouterr().out


def test_a_line_for_people_is_settled_by_a_key_that_is_allowed(folder: Path, keys: Keys) -> None:
    results.write(run_of(passing([CHROMIUM]), [CHROMIUM], required=["3.1.1"]), folder)
    ada = keys.new("ada@example.edu")
    main([*SIGN, "--key", str(ada), "--run", str(folder)])
    main([*SIGN, "3.1.1", "--run", str(folder)])
    assert main(["verify", "--run", str(folder)]) == 0
    assert verify(folder, keys) == 1
    (folder / signing.FILE).write_text(json.dumps(json.loads((folder / signing.FILE).read_text("utf-8"))[:1]), "utf-8")
    main([*SIGN, "3.1.1", "--key", str(ada), "--run", str(folder)])
    assert verify(folder, keys) == 0


def test_a_key_that_cannot_sign_is_usage(folder: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "text").write_text("hello", "utf-8")
    for name, told in {"nowhere": "is no file. Name your SSH key", "text": "is no SSH key. Name yours"}.items():
        assert main([*SIGN, "--key", str(folder / name), "--run", str(folder)]) == 4
        assert f"{name} {told}" in capsys.readouterr().err
    assert not (folder / signing.FILE).exists()


def test_a_list_of_signers_that_is_none_is_usage(folder: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    ada = keys.new("ada@example.edu")
    main([*SIGN, "--key", str(ada), "--run", str(folder)])
    capsys.readouterr()
    (folder.parent / "text").write_text("hello", "utf-8")
    for file in (folder.parent / "text", ada.with_name(f"{ada.name}.pub"), ada):
        assert main(["verify", f"--run={folder}", f"--allowed-signers={file}"]) == 4
        assert "is no list of allowed signers. Name a file that has one signer a line" in capsys.readouterr().err


def test_a_line_that_no_test_has_judged_is_not_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results.write(run_of(passing([CHROMIUM])[:1], [CHROMIUM]), tmp_path)
    assert main([*SIGN, "2.14.1", "--run", str(tmp_path)]) == 4
    assert "2.14.1 is judged by a test, and was not run in " in capsys.readouterr().err
    assert main([*SIGN, "3.1.1", "--run", str(tmp_path)]) == 0


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, None])
def test_a_list_of_signers_that_cannot_be_read_is_usage(
    tmp_path: Path, make: Callable[[Path], None] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    results.write(no_go(), tmp_path)
    signing.sign(tmp_path, "Ada", "ok")
    if make:
        make(tmp_path / "allowed")
    assert main(["verify", f"--run={tmp_path}", f"--allowed-signers={tmp_path / 'allowed'}"]) == 4
    assert "allowed" in capsys.readouterr().err


def test_a_name_writes_no_line_of_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forged = "Ada\nrun      Boss, 2026-11-30 10:00 UTC: holds"
    assert main(["sign", "--by", forged, "--note", "seen", "--run", str(folder)]) == 0
    assert main(["verify", "--run", str(folder)]) == 0
    assert "\nrun      Boss" not in capsys.readouterr().out
    written = json.loads((folder / signing.FILE).read_text("utf-8"))
    (folder / signing.FILE).write_text(json.dumps([written[0] | {"by": forged}]), "utf-8")
    main(["verify", "--run", str(folder)])
    assert "\nrun      Boss" not in capsys.readouterr().out


def test_a_name_that_is_not_utf_8_is_signed_as_it_can_be_written(folder: Path) -> None:
    assert main(["sign", "--by", "Ad\udce4", "--note", "gesehen, f\udcfcr gut", "--run", str(folder)]) == 0
    (signature,) = signing.read(folder)
    assert (signature.by, signature.note) == ("Ad\\udce4", "gesehen, f\\udcfcr gut")


def test_a_key_that_is_locked_is_usage(folder: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    key = keys.folder / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", key], check=True)
    assert main([*SIGN, "--key", str(key), "--run", str(folder)]) == 4
    assert "locked does not sign: ssh-keygen says " in (told := capsys.readouterr().err)
    assert "Give its passphrase, or name a key that can." in told


def test_a_file_in_place_of_a_folder_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := folder.parent / "file").touch()
    assert main(["issues", "--run", str(folder), "--to", str(file)]) == 4
    assert capsys.readouterr().err == f"checklist: {file} cannot be used (File exists). Name another, or mend that.\n"
    assert main(["merge", str(folder), "--reports", str(file)]) == 4
    assert "cannot be used (Not a directory). Name another, or mend that." in capsys.readouterr().err


def test_a_name_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results.write(no_go(), tmp_path)
    main(["sign", "--by=Ada\x1b[31m", "--note=ok", f"--run={tmp_path}"])
    main(["verify", f"--run={tmp_path}"])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert r"Ada\x1b[31m signed run" in said
