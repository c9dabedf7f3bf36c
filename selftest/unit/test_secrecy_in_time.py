"""No text holds up the search for secrets: it takes time that grows with the text, whatever that is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.secret_patterns import Detector
from selftest.unit.leaks import quick

ENOUGH = 2
"""Seconds for less than a megabyte; on two busy cores it takes a tenth of that."""

BEGINNINGS = ("sesskey", "logintoken", "MoodleSession", "Signature", "Credential", "Policy", "PRIVATE KEY-----")

BETWEEN = (
    "\n",
    "\r\n",
    "\\n",
    "\\\\n",
    "\\\\",
    "\\u0022",
    '"',
    "value",
    "name",
    "type=",
    ":",
    "=",
    "%252C",
    "&quot;",
    "a",
)


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("between", BETWEEN)
def test_one_thing_repeated(beginning: str, between: str) -> None:
    assert seconds(beginning + between * 2000) < ENOUGH
    assert seconds((beginning + between) * 2000) < ENOUGH


@quick
@given(st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(BETWEEN), max_size=8), st.integers(1, 500))
def test_a_few_things_repeated(beginning: str, between: list[str], times: int) -> None:
    assert seconds(beginning + "".join(between) * times) < ENOUGH


def seconds(text: str) -> float:
    began = time.perf_counter()
    detector = Detector(["a-secret-value"])
    detector.kinds(text.encode())
    detector.redact(text.encode())
    return time.perf_counter() - began
