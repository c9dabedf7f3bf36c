"""The mutants of the plugin: what is changed, which are taken, that the plugin is put back, and what is judged told."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from selftest.mutants import __main__ as command
from selftest.mutants import report, sample, syntax
from selftest.mutants.edits import DoesNotFit, Edit, applied, read, right
from selftest.mutants.folder import FolderError, PluginFolder, contents
from selftest.mutants.judge import (
    ELSEWHERE,
    NO_EFFECT,
    NOT_TOLD,
    RIGHT,
    SURVIVED,
    TOLD,
    UNDECIDED,
    Baseline,
    Failure,
    Order,
    Verdict,
    is_enough,
    verdict_of,
    wanted,
)
from selftest.mutants.work import Coverage, Judged, likely_tests

PHP = b"""<?php
defined('MOODLE_INTERNAL') || die();
require_once(__DIR__ . '/lib.php');
use assignsubmission_s3video\\logger;

require_login();
if ($size > 5368709120) {
    throw new moodle_exception('toolarge', 'plugin');
}
function may($context) {
    if (has_capability('mod/assign:grade', $context)) {
        return true;
    }
    return find($context, 'all');
}
"""

JS = b"""define(['jquery'], function($) {
    'use strict';
    return {
        init: function(id) {
            if (id === 0) {
                return;
            }
            $('.player').show(id, 250);
        }
    };
});
"""


def changed(kind: str, file: str = "a.php", source: bytes = PHP) -> list[str]:
    """The text that each mutant of a kind has instead of the original's."""
    return [mutant.new for mutant in syntax.mutants(file, source) if mutant.change.kind == kind]


# -- what is changed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        (syntax.CONDITION, "if (!(($size > 5368709120))) {"),
        (syntax.OPERATOR, "if ($size >= 5368709120) {"),
        (syntax.CONSTANT, "if ($size > (5368709120 * 10)) {"),
        (syntax.CONSTANT, "return false;"),
        (syntax.CHECK, "if (true) {"),
        (syntax.ARGUMENTS, "throw new moodle_exception('plugin', 'toolarge');"),
        (syntax.RETURN, "return null;"),
        (syntax.STRING, "throw new moodle_exception('', 'plugin');"),
    ],
)
def test_php(kind: str, new: str) -> None:
    assert new in changed(kind)


def test_a_statement_and_a_guard_are_dropped() -> None:
    statements = [mutant for mutant in syntax.mutants("a.php", PHP) if mutant.change.new == ";"]
    dropped = [(mutant.change.kind, mutant.old) for mutant in statements]
    assert (syntax.CHECK, "require_login();") in dropped
    assert (syntax.STATEMENT, "throw new moodle_exception('toolarge', 'plugin');") in dropped
    assert (syntax.STATEMENT, "require_login();") not in dropped


def test_what_a_file_cannot_be_loaded_without_is_left_alone() -> None:
    assert not [mutant for mutant in syntax.mutants("a.php", PHP) if mutant.line in (2, 3, 4)]


def test_javascript() -> None:
    mutants = syntax.mutants("a.js", JS)
    assert {mutant.new for mutant in mutants if mutant.line == 8} >= {
        "$('').show(id, 250);",
        "$('.player').show(250, id);",
        "$('.player').show(id, (250 * 10));",
        ";",
    }
    assert not [mutant for mutant in mutants if mutant.line in (1, 2)], "the modules that it needs, and 'use strict'"


@pytest.mark.parametrize(("file", "source"), [("a.php", PHP), ("a.js", JS)])
def test_each_mutant_can_be_read_and_differs_in_one_place(file: str, source: bytes) -> None:
    mutants = syntax.mutants(file, source)
    assert len({mutant.id for mutant in mutants}) == len(mutants) > 8
    for mutant in mutants:
        mutated, change = mutant.applied(source), mutant.change
        assert mutated != source
        assert mutated.startswith(source[: change.start])
        assert mutated.endswith(source[change.end :])


# -- which statements are executed ----------------------------------------------------------------


def test_a_probe_stands_before_each_statement() -> None:
    probed = syntax.probed("a.php", PHP, "a.php", "require_once('probe');").decode()
    assert probed.count("\\s3v_hit(") == len(syntax.statements("a.php", PHP)) == 8
    assert probed.count("require_once('probe');") == 1
    assert "require_once('probe');\\s3v_hit(\"a.php:0\");defined(" in probed


def test_no_probe_makes_a_script_less_strict() -> None:
    probed = syntax.probed("a.js", JS, "a.js", "").decode()
    assert "function($) {\n    'use strict';\n" in probed


def test_the_innermost_statement_counts() -> None:
    found = syntax.statements("a.php", PHP)
    inner = syntax.at(found, PHP.index(b"'toolarge'"))
    outer = syntax.at(found, PHP.index(b"5368709120"))
    assert inner is not None
    assert outer is not None
    assert found[outer].start < found[inner].start < found[inner].end < found[outer].end
    assert syntax.at(found, PHP.index(b"function may")) is None


# -- which are taken ------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_order() -> None:
    every = [*syntax.mutants("a.php", PHP), *syntax.mutants("a.js", JS)]
    order = sample.in_order(every, 1)
    assert order == sample.in_order(every[::-1], 1)
    assert order != sample.in_order(every, 2)
    assert sorted(order, key=lambda one: one.id) == sorted(every, key=lambda one: one.id)


def test_the_first_are_spread_over_files_and_kinds() -> None:
    every = [*syntax.mutants("a.php", PHP), *syntax.mutants("a.js", JS)]
    cells = {(mutant.file, mutant.change.kind) for mutant in every}
    first = sample.in_order(every, 3)[: len(cells)]
    assert {(mutant.file, mutant.change.kind) for mutant in first} == cells


def test_what_is_not_served_is_left_out_unless_it_is_asked_for() -> None:
    files = [
        "lib.php",
        "tests/a_test.php",
        "db/upgrade.php",
        "lang/en/a.php",
        "amd/src/a.js",
        "amd/build/a.min.js",
        "a.md",
    ]
    assert sample.wanted(files) == ["amd/build/a.min.js", "lib.php"]
    assert sample.wanted(files, ["lang/*", "db/*"]) == ["db/upgrade.php", "lang/en/a.php"]


# -- the plugin is put back -----------------------------------------------------------------------


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = tmp_path / "plugin"
    (folder / "ajax").mkdir(parents=True)
    (folder / "version.php").write_bytes(b"<?php\r\n")
    (folder / "ajax" / "a.php").write_bytes(b"one")
    return folder


def test_only_what_differs_is_written_and_all_is_put_back(plugin: Path, tmp_path: Path) -> None:
    before = contents(plugin)
    folder = PluginFolder(plugin, tmp_path / "state")
    assert folder.put({"ajax/a.php": b"two", "probe.php": b"new"}) == {"ajax/a.php", "probe.php"}
    assert contents(plugin) == {**before, "ajax/a.php": b"two", "probe.php": b"new"}
    assert folder.put({"version.php": b"other"}) == {"ajax/a.php", "probe.php", "version.php"}
    assert folder.put({}) == {"version.php"}
    assert contents(plugin) == before


def test_what_a_killed_run_left_is_put_back_first(plugin: Path, tmp_path: Path) -> None:
    before = contents(plugin)
    killed = PluginFolder(plugin, tmp_path / "state")
    killed.put({"ajax/a.php": b"broken", "probe.php": b"new"})
    again = PluginFolder(plugin, tmp_path / "state")
    assert contents(plugin) == before
    assert again.restored == {"ajax/a.php", "probe.php"}
    assert again.digest == killed.digest


def test_a_new_version_of_the_plugin_is_the_original_from_then_on(plugin: Path, tmp_path: Path) -> None:
    first = PluginFolder(plugin, tmp_path / "state")
    (plugin / "ajax" / "a.php").write_bytes(b"next version")
    second = PluginFolder(plugin, tmp_path / "state")
    assert second.digest != first.digest
    assert not second.restored
    second.put({"ajax/a.php": b"broken"})
    second.put({})
    assert (plugin / "ajax" / "a.php").read_bytes() == b"next version"


def test_a_file_never_keeps_its_time(plugin: Path, tmp_path: Path) -> None:
    """PHP's cache knows a file by the whole second of its last change."""
    folder, file = PluginFolder(plugin, tmp_path / "state"), plugin / "ajax" / "a.php"
    times = [int(file.stat().st_mtime)]
    for content in (b"two", b"tri", b"for"):
        folder.put({"ajax/a.php": content})
        times.append(int(file.stat().st_mtime))
    assert len(set(times)) == len(times)


def test_the_copy_cannot_be_in_the_plugin(plugin: Path) -> None:
    with pytest.raises(FolderError, match="elsewhere"):
        PluginFolder(plugin, plugin / "state")


def test_another_folder_is_no_plugin(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"version\.php"):
        PluginFolder(tmp_path, tmp_path / "state")


# -- what is judged told --------------------------------------------------------------------------


def answer(*failed: str, broken: str = "", passed: str = "2.7.8") -> dict[str, Any]:
    checks = [{"line": line, "verdict": "failed", "title": "a title", "message": "seen"} for line in failed]
    checks.append({"line": passed, "verdict": "passed", "title": "a title", "message": ""})
    return {"checks": checks, "broken": [broken] if broken else [], "seconds": 10.0}


def test_told_is_what_did_not_fail_before() -> None:
    baseline = Baseline()
    baseline.add("test_upload", answer("2.7.13"))
    failures = Failure.of("test_upload", answer("2.7.13", "2.7.16", broken="call: boom"))
    assert [failure.line for failure in baseline.new(failures)] == ["2.7.16", ""]


def test_a_second_answer_adds_to_what_is_known_to_fail() -> None:
    baseline = Baseline()
    baseline.add("test_upload", answer("2.7.13"))
    baseline.add("test_upload", answer(broken="call: boom"))
    assert baseline.known("test_upload") == ["", "2.7.13"]


def test_a_test_that_judges_nothing_is_left_out() -> None:
    baseline = Baseline()
    baseline.add("test_bucket", {"checks": [{"line": "1.1.5", "verdict": "not checkable"}], "broken": [], "seconds": 1})
    assert "test_bucket" not in baseline.failures


@pytest.mark.parametrize(
    ("failed", "right", "executed", "verdict"),
    [
        (["2.7.5"], None, True, TOLD),
        ([], None, True, SURVIVED),
        ([], None, False, NO_EFFECT),
        (["2.7.5", "2.7.6"], ("2.7.6",), True, RIGHT),
        (["2.7.5"], ("2.7.6",), True, ELSEWHERE),
        ([""], ("2.7.6",), True, ELSEWHERE),
        ([], ("2.7.6",), True, NOT_TOLD),
    ],
)
def test_verdict(failed: list[str], right: tuple[str, ...] | None, executed: bool, verdict: str) -> None:
    assert verdict_of([Failure("test", line, "") for line in failed], right, executed) == verdict


def test_an_edit_is_settled_by_its_line_or_when_no_test_is_left_that_judges_it() -> None:
    lines = {"test_upload": ["2.7.6"], "test_playback": ["2.8.1"]}
    elsewhere = [Failure("test", "2.7.5", "")]
    assert is_enough([Failure("test", "2.7.6", "")], ["2.7.6"], ["test_upload"], lines)
    assert not is_enough(elsewhere, ["2.7.6"], ["test_upload"], lines)
    assert is_enough(elsewhere, ["2.7.6"], ["test_playback"], lines)
    assert not is_enough([], ["2.7.6"], [], lines)


def test_a_test_that_judges_the_right_line_goes_on_until_that_fails() -> None:
    assert wanted(["2.7.5", "2.7.6"], ["2.7.6"]) == {"2.7.6"}
    assert wanted(["2.8.1"], ["2.7.6"]) is None
    assert wanted(["2.8.1"], []) is None


def test_the_order_is_right_lines_then_what_told_before_then_what_is_short() -> None:
    baseline = Baseline({"long": [], "short": [], "other": []}, {"long": 60.0, "short": 5.0, "other": 30.0})
    order, lines = Order(baseline), {"long": ["2.12.1"], "short": ["2.7.5"], "other": ["2.8.1"]}
    assert order.of(["long", "short", "other"], "lib.php", lines, ["2.12.1"]) == ["long", "short", "other"]
    for _ in range(5):
        order.learn("lib.php", Verdict("x", TOLD, [Failure("other", "2.8.1", "")], ["short", "other"]))
    assert order.of(["long", "short", "other"], "lib.php", lines, []) == ["other", "short", "long"]


def test_what_was_left_for_want_of_patience_is_gone_on_with() -> None:
    survived = Verdict("x", SURVIVED, left=["test_upload"], patience=100)
    assert survived.is_settled(100)
    assert not survived.is_settled(200)
    assert Verdict("x", SURVIVED, patience=100).is_settled(200)
    assert Verdict("x", TOLD, left=["test_upload"], patience=100).is_settled(200)
    assert not Verdict("x", UNDECIDED).is_settled(0)


def test_the_state_file_holds_what_is_judged(tmp_path: Path) -> None:
    told = Verdict("a", TOLD, [Failure("test_upload", "2.7.5", "seen")], ["test_upload"], about={"kind": "é"})
    judged = Judged(tmp_path / "state.jsonl")
    judged.add(Verdict("a", UNDECIDED))
    judged.add(told)
    again = Judged(tmp_path / "state.jsonl")
    assert again.all == {"a": told}
    assert again.is_settled("a", 0)
    assert not again.is_settled("b", 0)


# -- edits of others ------------------------------------------------------------------------------

ORIGINAL = {
    "lib.php": PHP,
    "amd/src/a.js": JS,
    "amd/build/a.min.js": JS.replace(b"    ", b""),
    "style.css": b"a {}",
}


def edit(*changes: tuple[str, str, str], lines: tuple[str, ...] = ("2.7.5",)) -> Edit:
    return Edit("x", lines, "The limit is wrong.", changes)


def test_a_line_that_follows_others_is_told_by_them() -> None:
    assert right(["2.7.5"]) == ["2.7.5"]
    assert right(["2.14.3"]) == ["2.14.3"]
    assert {"2.12.1", "2.12.6"} <= {*right(["2.14.4"])}


def test_edits_are_read_from_json(tmp_path: Path) -> None:
    one = {"file": "lib.php", "find": "a", "replace": "b"}
    entry = {"id": "x", "lines": ["2.7.5"], "sentence": "The limit is wrong.", "edits": [one], "why": "a typo"}
    (tmp_path / "x.json").write_text(json.dumps([entry]), encoding="utf-8")
    assert read([tmp_path / "x.json"]) == [edit(("lib.php", "a", "b"))]


def test_an_edit_says_where_the_file_differs() -> None:
    files, places = applied(edit(("lib.php", "if ($size > 5368709120)", "if ($size > 5368709121)")), ORIGINAL)
    assert files["lib.php"] == PHP.replace(b"5368709120", b"5368709121")
    assert places == [("lib.php", PHP.index(b"5368709120") + 9)]


def test_a_served_script_changes_with_its_source() -> None:
    files, _ = applied(edit(("amd/src/a.js", "id === 0", "id === 1")), ORIGINAL)
    assert {file for file, content in files.items() if b"id === 1" in content} == {"amd/src/a.js", "amd/build/a.min.js"}


@pytest.mark.parametrize("find", ["nowhere", "$context"])
def test_an_edit_has_one_place(find: str) -> None:
    with pytest.raises(DoesNotFit, match=r"lib\.php has the text"):
        applied(edit(("lib.php", find, "x")), ORIGINAL)


def test_a_source_that_is_not_served_as_it_is_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match="what is served"):
        applied(edit(("amd/src/a.js", "            if (id", "            if (1")), ORIGINAL)


def test_the_tests_of_an_edit_execute_it() -> None:
    lines = {"judges": ["2.7.5"], "executes": ["2.8.1"], "neither": ["2.8.2"]}
    number = syntax.at(syntax.statements("lib.php", PHP), PHP.index(b"'toolarge'"))
    coverage = Coverage({"judges": [], "executes": [f"lib.php:{number}"], "neither": ["lib.php:0"]})
    one = edit(("lib.php", "'toolarge'", "''"))
    _, places = applied(one, ORIGINAL)
    assert likely_tests(lines, coverage, ORIGINAL, places) == {"executes"}
    assert likely_tests(lines, coverage, ORIGINAL, [("style.css", 0)]) == {*lines}, "nobody can tell who sees it"


# -- what is told of it ---------------------------------------------------------------------------


def test_the_report_has_figures_and_survivors() -> None:
    about = {"file": "lib.php", "kind": syntax.CHECK, "line": 6, "old": "require_login();", "new": ";"}
    text = report.mutants(
        [
            Verdict("a", SURVIVED, ran=["test_upload"], about=about),
            Verdict("b", TOLD, about=about),
            Verdict("c", NO_EFFECT, about=about),
        ]
    )
    assert "2 mutants judged: 1 told, 1 survived." in text
    assert "| check removed | 1 | 1 | 1 | 0 |" in text
    assert "  -require_login();\n  +;\n" in text


def test_the_table_of_edits_has_those_first_that_were_not_told() -> None:
    about = {"lines": ["2.7.5"], "sentence": "A | B"}
    text = report.edits(
        [
            Verdict("a", RIGHT, [Failure("test_upload", "2.7.5", "")], about=about),
            Verdict("b", NOT_TOLD, about=about),
        ]
    )
    assert "2 edits: 1 told by the right line, 1 not told." in text
    assert text.index("| b |") < text.index("| a | 2.7.5 | A / B | told by the right line | 2.7.5 (test_upload) |")


# -- the command line -----------------------------------------------------------------------------


def test_edits_that_cannot_be_read_end_before_anything_is_changed(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = SimpleNamespace(test_site=True, name="staging", file=tmp_path / "staging.toml")
    monkeypatch.setattr(command, "load", lambda name: environment)
    monkeypatch.setattr(command, "OnSite", lambda *told: None)
    told = ["--plugin", str(plugin), "--env", "staging", "--state", str(tmp_path / "state"), "--edits", "nowhere.json"]
    monkeypatch.setattr("sys.argv", ["mutants", *told])
    assert command.main() == 4
    assert "nowhere.json cannot be read as edits" in capsys.readouterr().err
    assert not (tmp_path / "state" / "original").exists()


def test_no_plugin_is_changed_on_a_site_that_is_no_test_site(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "load", lambda name: SimpleNamespace(test_site=False, name="production"))
    monkeypatch.setattr("sys.argv", ["mutants", "--plugin", str(plugin), "--env", "production"])
    assert command.main() == 4
    assert "production is not marked as a test site" in capsys.readouterr().err
