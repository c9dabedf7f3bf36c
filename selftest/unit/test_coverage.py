"""docs/coverage.md is of this checklist, these tests and these faults."""

from checklist.lines import LINES
from runner.configuration.replica import CHECKOUT
from selftest.proof.coverage import document, judging


def test_the_document_is_up_to_date() -> None:
    written = (CHECKOUT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert written == document(), "make it anew: python -m selftest.proof.coverage > docs/coverage.md"


def test_a_line_is_judged_by_a_test_and_no_other_line_is() -> None:
    assert {line.id for line in LINES.values() if line.judged} == set(judging())
