"""The end of the recipe for a check in docs/adding.md: the new fault turns the new check red, in a browser."""

import pytest

from selftest.unit.test_adding import COMMANDS, Copy, copy, needs_a_browser

__all__ = ["copy"]


@pytest.mark.nightly
def test_the_new_fault_turns_the_new_check_red(copy: Copy) -> None:
    (prove,) = filter(needs_a_browser, COMMANDS)
    proven = copy.run(prove)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert "1 faults, 1 caught, 0 survivors, 0 collateral" in proven.stdout
