"""The rules of `defects.toml` and the sentences of `wrong.toml`, held against what tests and page objects say today."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from checklist.defects import GAP, Rule, key_of, rules, wrong, wrongs
from checklist.lines import CONSOLES, LINES
from checklist.words import AXE
from checks.access_table import SENTENCES

PROJECT = Path(__file__).resolve().parents[2]

FILLED = {
    "file.why": "a video with quotes in its name of 255 characters",
    "why": "a text file said to be a video",
    "failure": "Cancel was pressed",
    "self._per(name)": " an hour",
}
"""What stands in the braces of texts, by what the source has there; else that stands for itself."""


def _text(node: ast.AST) -> str:
    """A text of the source; empty for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    values = [ast.unparse(one.value) if isinstance(one, ast.FormattedValue) else _text(one) for one in node.values]
    return "".join(FILLED.get(value, value) for value in values)


@cache
def _checks() -> list[tuple[set[str], str]]:
    """Line and title of every check in `tests/`; all lines of a test, where the source has a name for the line."""
    files = [*sorted((PROJECT / "tests").glob("test_*.py")), PROJECT / "runner" / "pytest_plugin" / "lines.py"]
    named = [({"2.9.4", "2.9.6"}, title) for title in SENTENCES.values()]
    named += [({"X.3.2"}, f"The player keeps WCAG's rule {rule}") for rule in AXE]
    return [*named, *(found for file in files for found in _checks_of(file))]


def _checks_of(file: Path) -> Iterator[tuple[set[str], str]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    texts = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    declared = {CONSOLES, *(texts & LINES.keys())}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "line":
            named = {str(one.value) for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)} & declared
            yield named or declared, _text(node.args[1])


PLUGIN_SAYS = """
student's: request failed: GET https://cdn/videos/2/a?Expires=1 (on https://m/a?s3key=img+onerror%3D1.mp4); \
teacher's: request failed: GET https://cdn/videos/2/a?Expires=1
seen the teacher's: console error: URL refresh attempt 1 failed: TypeError
step 2.10, seen the teacher's: request failed: GET https://cdn/videos/2/a?Expires=1 (on https://m/view.php?action=grader)
[proxy_fcgi:error] Invalid status line from script 'get_playback_url.php': 4290"""
"""What the plugin and its file names put into messages of consoles and logs."""


@cache
def _messages() -> str:
    """Every text in what the suite raises, a line each."""
    files = [
        file
        for room in ("checks", "clients", "pages", "fixtures", "tests", "runner")
        for file in (PROJECT / room).rglob("*.py")
    ]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    texts = (text for tree in trees for node in ast.walk(tree) if (text := _text(node)))
    return "\n".join([*texts, PLUGIN_SAYS])


def _told(rule: Rule) -> str:
    return " ".join(
        [*rule.lines, rule.title.pattern if rule.title else "", rule.message.pattern if rule.message else ""]
    )


def _fits(rule: Rule, lines: set[str], title: str) -> bool:
    mine = not rule.lines or any(f"{line}.".startswith(f"{one}.") for one in rule.lines for line in lines)
    return mine and (rule.title is None or re.search(rule.title, title) is not None)


ADVICE = {"The plugin's files are the web server's, as chown leaves them"}

CHOSEN = {
    "A video plays, if it was taken",
    "A sound is in the player, if it was taken",
    "IMG_0001.MOV is accepted and stored",
    "The upload of a video with markup as its name works",
}
"""Titles of which the source chooses a word."""


def test_every_check_says_what_is_wrong() -> None:
    titles = {title for _, title in _checks()}
    judged = {title for title in titles - ADVICE if title and " if video.moves else " not in title}
    assert len(judged) > 400
    assert [title for title in sorted(judged) if not wrong(title) and "own default" not in title] == []


def test_no_sentence_says_the_requirement_again() -> None:
    sentences = [(title, told) for title, table in wrongs().items() for told in table.values()]
    assert [title for title, told in sentences if title == told] == []
    assert [title for title, told in sentences if told.count(GAP) > title.count(GAP)] == []


def test_each_sentence_says_the_one_thing_that_holds() -> None:
    told = [told for table in wrongs().values() for told in table.values()]
    told += [text for rule in rules() for text in (rule.together or "", *(rule.parts or {}).values())]
    assert [text for text in told if re.search(r"\bor\b", text)] == []


def test_no_two_rules_make_one_key() -> None:
    together = {rule.together for rule in rules() if rule.together}
    assert len({key_of(sentence) for sentence in together}) == len(together)


COMPOSED = {
    "(confirmation|upload URL): expected",
    "(video page|playback URL|download): expected",
    "seen \\S+ in the list and on S3",
    "seen \\S+ in the list",
    "seen \\S+ gone from the list and gone from S3",
    "seen \\S+ gone from the list",
    "seen status",
    "“”",
    "5 GB",
    "[Ff]ile type",
}
"""What the source puts together of parts, or has from the site."""


def test_every_way_to_fail_is_in_a_message() -> None:
    ways = {way for table in wrongs().values() for way in table if way}
    assert ways >= COMPOSED
    assert [way for way in ways - COMPOSED for part in _alternatives(way) if not re.search(part, _messages())] == []


@pytest.mark.parametrize("title", [title for title, table in wrongs().items() if len(table) > 1])
def test_whatever_a_check_says_its_sentence_is_told(title: str) -> None:
    assert [*wrongs()[title]][-1] == ""
    assert wrong(title, "expected this, seen that")


def test_every_sentence_is_of_a_check_that_is_made() -> None:
    made = CHOSEN.union(title for _, title in _checks())
    for title in wrongs():
        form = "(.*)".join(map(re.escape, title.split(GAP)))
        assert any(re.fullmatch(form, one) for one in made), f"no check is called {title}"


@pytest.mark.parametrize("rule", rules(), ids=_told)
def test_every_rule_fits_a_check_that_is_made(rule: Rule) -> None:
    for line in rule.lines or ("",):
        one = rule.model_copy(update={"lines": (line,) if line else ()})
        assert any(_fits(one, *check) for check in _checks()), f"no check of {line} has such a title"


def test_why_it_matters_is_one_sentence() -> None:
    told = [rule.matters for rule in rules() if rule.matters]
    assert [text for text in told if not re.fullmatch(r"[A-Z][^.!?;\n]{20,140}\.", text)] == []
    assert [rule.together for rule in rules() if rule.together and not rule.matters] == []


@pytest.mark.parametrize("rule", [rule for rule in rules() if rule.title], ids=_told)
def test_every_alternative_of_a_title_is_in_one(rule: Rule) -> None:
    assert rule.title
    for part in _alternatives(rule.title.pattern):
        one = rule.model_copy(update={"title": re.compile(part)})
        assert any(_fits(one, *check) for check in _checks()), f"no title has {part}"


@pytest.mark.parametrize("rule", [rule for rule in rules() if rule.message], ids=_told)
def test_every_alternative_of_a_message_is_in_one(rule: Rule) -> None:
    assert rule.message
    for part in _alternatives(rule.message.pattern):
        assert re.search(part, _messages()), f"no message has {part}"


def _alternatives(pattern: str) -> list[str]:
    """Those outside of any group."""
    parts, depth = [""], 0
    for character in pattern:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts
