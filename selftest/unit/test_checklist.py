"""The checklist as data is the document: every box, in its words and order."""

import hashlib
import re

import pytest

from checklist.lines import LINES, STEPS, Kind, Step, _line

BOXES = {
    "P.1": (10, "187bf2a29703f4f3"),
    "P.2": (4, "ef847093660450d0"),
    "P.3": (4, "9b92295731915681"),
    "1.1": (12, "ed6ecda8b36a2a0e"),
    "1.2": (9, "e797ba054e9a049d"),
    "1.3": (8, "6e993d68d325334e"),
    "1.4": (26, "537f3453fdae9d06"),
    "1.5": (12, "02c1231815fa4bd0"),
    "1.6": (24, "b2fed5a2c52a642f"),
    "1.7": (5, "8f92b64a8100acf2"),
    "2.1": (4, "0ea5a94cb741aca4"),
    "2.2": (10, "f4bfd1839641741f"),
    "2.3": (4, "856774c6f3795b6f"),
    "2.4": (7, "992f2b7103072c0b"),
    "2.5": (20, "359a3b60ae9e591b"),
    "2.6": (5, "b9f27a10e4e2d48f"),
    "2.7": (19, "7cf61d1df3c9f77f"),
    "2.8": (9, "29bd80f421f1bffe"),
    "2.9": (6, "017a1adcadd12230"),
    "2.10": (11, "9988e8cd3b667d4a"),
    "2.11": (8, "fb4c405b771fb56d"),
    "2.12": (6, "ff5b71da2599b641"),
    "2.13": (6, "68c042c775a4be7f"),
    "2.14": (6, "8b56293d01cdbe93"),
    "3.1": (8, "cf7c031862891dfe"),
    "3.2": (5, "50bf3ca4f4d46e79"),
    "3.3": (4, "db0e4837924ec1f5"),
    "3.4": (6, "00e5bb00f3463e8f"),
    "3.5": (7, "e32bb5d41e8e8e5d"),
    "3.6": (4, "4692239d840e9454"),
    "3.7": (6, "b988f9f854729c0f"),
    "3.8": (3, "6aa557fb4bbec7cc"),
    "3.9": (5, "303d795a852b40d6"),
    "3.10": (6, "c99c7d8f81c6ef39"),
    "3.11": (8, "4e32bef5aeb45949"),
    "3.12": (5, "376789b3b4b83bec"),
    "3.13": (5, "b9f0d52f414f1422"),
    "3.14": (6, "90fd9c8bd643e045"),
    "4.1": (7, "11c5b747fb7322eb"),
    "4.2": (5, "74f0ae910589eb32"),
    "4.3": (6, "f0ede0619b4b170c"),
    "4.4": (7, "27b39d3096346646"),
    "4.5": (6, "1381c264362e76b1"),
    "4.6": (6, "35e97f7f2accc17e"),
    "4.7": (6, "f69e2f347081f469"),
    "4.8": (6, "f124a7656b12fcb4"),
    "4.9": (8, "4d235cf17aaa5ce2"),
    "4.10": (6, "982f922b4b096011"),
    "R.1": (13, "eef52bacf3f3251a"),
    "R.2": (5, "ba7948e61c7c0985"),
    "T.1": (4, "098425d0d6933cd0"),
    "T.2": (4, "c6c9670e7f942914"),
    "T.3": (5, "3bdfe7c5b73960a1"),
    "T.4": (5, "403616b56423d155"),
    "T.5": (6, "02a5dc369df4a23e"),
    "T.6": (6, "7ccbf970e6eeff5c"),
}
"""Boxes a step, and the start of the SHA-256 of their texts, a line each, in the deployment checklist 1.0.0."""


def test_every_step_of_the_document_is_there_in_its_order() -> None:
    assert [step.id for step in STEPS] == list(BOXES)
    assert len(LINES) == 411 + BOXES["R.1"][0], "the rollback has numbered steps in place of boxes"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_every_box_is_there_in_its_words(step: Step) -> None:
    texts = "\n".join(line.text for line in step.lines)
    assert (len(step.lines), hashlib.sha256(texts.encode()).hexdigest()[:16]) == BOXES[step.id]


def test_ids_are_phase_step_and_position() -> None:
    assert [line.id for step in STEPS for line in step.lines] == [
        f"{step}.{position}" for step, (boxes, _) in BOXES.items() for position in range(1, boxes + 1)
    ]


def test_what_is_out_of_reach_says_why() -> None:
    assert all(line.why for line in LINES.values() if line.kind is Kind.OUT_OF_REACH)


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
