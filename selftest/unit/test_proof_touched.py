"""Which faults a change touches, on a small suite of its own."""

import subprocess
from pathlib import Path

import pytest

from checklist.lines import LINES
from selftest.proof.__main__ import main
from selftest.proof.outcome import Expectation
from selftest.proof.suite import SuiteTest
from selftest.proof.touched import changes, touched

FILES = {
    "pages/player.py": """\
\"\"\"The player.\"\"\"

LIMIT = 3


class Player:
    def expect_sound(self):
        return self._ask("heard") < LIMIT

    def expect_controls(self):
        return self._ask("shown")

    def _ask(self, what):
        return what
""",
    "pages/player.js": """\
export function heard() { return level(); }

function level() { return 1; }

export async function shown() { return 2; }
""",
    "pages/grader.py": """\
from pages.player import Player

LIMIT = 4


def player():
    return Player()


def opened():
    return LIMIT
""",
    "media/__init__.py": """\
from media.clip import small
""",
    "media/clip.py": """\
def small():
    return 1
""",
    "tests/test_2_08.py": """\
import media
from pages.grader import opened, player


def test_playback(line):
    found = player()
    with line("2.8.6", "It is there"):
        opened()
    with line("2.8.7", "It is heard"):
        found.expect_sound()


def test_controls(line):
    with line("2.8.8", "It has controls"):
        look(player(), media.small())


def look(player, clip):
    return player.expect_controls()
""",
    "replica/player.js": """\
if (M.replica.fault("silent")) { mute(); }
""",
    "replica/faults.toml": """\
[silent]
sentence = "It is mute."

[bare]
sentence = "It has no controls."
[bare.expected]
lines = ["2.8.8"]
""",
}

SUITE = {
    "test_playback": SuiteTest("test_playback", ("2.8.6", "2.8.7")),
    "test_controls": SuiteTest("test_controls", ("2.8.8",)),
}


def fault(name: str, line: str, test: str = "") -> Expectation:
    assert line in LINES
    return Expectation(fault=name, lines=(line,), symptom="seen", test=test)  # type: ignore[arg-type]


EXPECTED = {
    one.fault: one
    for one in (fault("closed", "2.8.6"), fault("silent", "2.8.7"), fault("bare", "2.8.8"), fault("elsewhere", "2.9.1"))
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for file, text in FILES.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "names"),
    [
        ("pages/player.py", "expect_sound", ["silent"]),
        ("pages/player.py", "expect_controls", ["bare"]),
        ("pages/player.py", "def _ask", ["silent", "bare"]),
        ("pages/player.py", "LIMIT = 3", ["silent"]),
        ("pages/player.py", "class Player", []),
        ("pages/player.py", "The player", []),
        ("pages/player.js", "shown", ["bare"]),
        ("pages/player.js", "function level", ["silent", "bare"]),
        ("pages/grader.py", "LIMIT = 4", ["closed"]),
        ("pages/grader.py", "return Player", ["closed", "silent", "bare"]),
        ("media/clip.py", "return 1", ["bare"]),
        ("tests/test_2_08.py", "found = player", ["closed", "silent"]),
        ("tests/test_2_08.py", "return player.expect", ["bare"]),
        ("replica/player.js", "mute", ["silent"]),
        ("replica/faults.toml", "It is mute", ["silent"]),
        ("replica/faults.toml", "lines", ["bare"]),
    ],
)
def test_a_changed_line_touches(root: Path, file: str, line: str, names: list[str]) -> None:
    (number, *_) = [number for number, text in enumerate(FILES[file].splitlines(), 1) if line in text]
    assert touched({file: frozenset({number})}, EXPECTED, SUITE, root) == names


def test_a_test_that_has_to_notice_is_the_only_one_that_counts(root: Path) -> None:
    expected = {"silent": fault("silent", "2.8.7", test="test_controls")}
    assert touched({"pages/player.py": frozenset({8})}, expected, SUITE, root) == []


def test_what_differs_from_a_revision(root: Path) -> None:
    for command in ("init -q", "add -A", "-c user.name=A -c user.email=a@b.invalid commit -qm first"):
        subprocess.run(["git", *command.split()], cwd=root, check=True)
    assert changes("HEAD", root) == {}
    file = root / "pages/player.py"
    changed = FILES["pages/player.py"].replace("LIMIT = 3", "LIMIT = 5").replace("\n    def _ask", "    def _ask")
    file.write_text(changed, encoding="utf-8")
    (root / "pages/grader.py").unlink()
    assert changes("HEAD", root) == {"pages/player.py": frozenset({3, 11, 12})}
    with pytest.raises(subprocess.CalledProcessError):
        changes("no-such-revision", root)


def test_a_revision_that_nobody_knows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["proof", "--since", "no-such-revision"])
    assert main() == 4
    assert "git knows no revision no-such-revision here" in capsys.readouterr().err
