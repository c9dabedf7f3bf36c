"""Every line that a test judges has a check that decides it; a test's lines speak of targets, or all of none."""

from __future__ import annotations

import re

import pytest

from checklist.lines import CONSOLES, LINES
from checklist.verdicts import Role
from checks.access_table import SENTENCES
from selftest.proof.suite import SuiteTest, suite
from selftest.proof.written import reasons, unproven, written

SENTENCE = re.compile(r"[A-Z].* .*[^.:;,]")


@pytest.mark.parametrize("id_", [line.id for line in LINES.values() if line.judged and line.id != CONSOLES])
def test_each_judged_line_has_a_check_that_decides_it(id_: str) -> None:
    assert [one for one in written() if (one.line, one.role) == (id_, Role.DECIDES)], (
        f"no check decides {id_}: “{LINES[id_].text}”"
    )


@pytest.mark.parametrize("test", suite().values(), ids=lambda test: test.name)
def test_the_lines_of_a_test_speak_of_targets_or_all_of_none(test: SuiteTest) -> None:
    assert len({LINES[id_].of_no_target for id_ in test.lines}) == 1, f"make two tests of {test.name}"


TITLES = {one.title for one in written()} - {"{}"} | set(SENTENCES.values())


@pytest.mark.parametrize("title", sorted(TITLES))
def test_a_title_is_a_sentence_that_stands_alone(title: str) -> None:
    assert SENTENCE.fullmatch(title.replace("{}", "Any")), f"not a whole sentence: “{title}”"


def test_a_check_of_which_none_was_ever_red_is_unproven() -> None:
    assert {one.title for one in unproven(())} == {one.title for one in written() if one.role is not Role.ADVICE}
    titles = {one.title for one in unproven([("2.9.4", "The CDN refuses a URL without its Expires")])}
    assert "The CDN refuses a URL {}" not in titles
    assert "The CDN refuses a URL that has expired" in titles


def test_a_reason_is_for_a_check_that_there_is() -> None:
    titles = {one.title for one in written() if one.role is not Role.ADVICE}
    assert not reasons().keys() - titles, "selftest/proof/unproven.toml has reasons for checks that no test makes"
    assert all(reason.endswith(".") for reason in reasons().values())
