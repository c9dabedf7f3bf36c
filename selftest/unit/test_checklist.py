"""The checklist as data has the shape of the document. Its words stand in docs/coverage.md too, which is compared."""

import re

import pytest

from checklist.lines import LINES, STEPS, Kind, _line


def test_ids_are_phase_step_and_position() -> None:
    assert len({step.id for step in STEPS}) == len(STEPS)
    steps = [step for step in STEPS if not step.id.startswith("X.")]
    document = [line.id for line in LINES.values() if not line.beyond]
    assert document == [f"{step.id}.{position}" for step in steps for position, _ in enumerate(step.lines, start=1)]


def test_the_steps_of_a_phase_stand_together_in_their_order() -> None:
    steps: dict[str, list[int]] = {}
    for step in STEPS:
        phase, _, number = step.id.partition(".")
        steps.setdefault(phase, []).append(int(number))
    assert [f"{phase}.{number}" for phase, numbers in steps.items() for number in numbers] == [s.id for s in STEPS]
    assert all(
        numbers == list(range(1, len(numbers) + 1)) if phase != "X" else numbers == sorted(set(numbers))
        for phase, numbers in steps.items()
    )


def test_every_step_has_a_title_and_boxes_and_no_box_is_empty() -> None:
    for step in STEPS:
        texts = [line.text for line in step.lines]
        assert step.title.strip(), step.id
        assert texts, step.id
        assert [text for text in texts if not text or text != text.strip()] == []


def test_a_line_follows_lines_that_are_judged() -> None:
    for line in LINES.values():
        followed = [other for other in LINES.values() if other.is_followed_by(line)]
        assert bool(followed) == (line.kind is Kind.FOLLOWS), line.id
        assert all(other.judged for other in followed), line.id


ONLY_A_CLICK = {
    'Click "Save changes"': "2.7.18 is a person's click in a browser, with a page of its own that follows; the others "
    "are clicks in AWS's console and on the page of settings, and follow what they saved"
}
"""Boxes of the same words and of other kinds, and why."""


def test_the_same_words_are_judged_in_the_same_way() -> None:
    kinds: dict[str, set[Kind]] = {}
    for line in LINES.values():
        kinds.setdefault(" ".join(re.findall(r"\w+", line.text.casefold())), set()).add(line.kind)
    excused = {" ".join(re.findall(r"\w+", text.casefold())) for text in ONLY_A_CLICK}
    assert {text for text, ones in kinds.items() if len(ones) > 1} == excused


def test_a_box_of_no_kind() -> None:
    with pytest.raises(ValueError, match=r"1\.1\.1 is no box"):
        _line("1.1", 1, {"by_foot": "Go there"})
