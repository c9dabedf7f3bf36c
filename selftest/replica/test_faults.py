"""The replica's faults: listed, and switched while it runs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic

import pytest
import requests

from replica.faults import CATALOGUE
from runner.configuration.replica import CHECKOUT
from selftest.replica.running import Running, control, fetch
from selftest.replica.visitors import Classroom, visitor


class TestFaults:
    @pytest.fixture(autouse=True)
    def off_again(self, replica: Running) -> Iterator[None]:
        yield
        assert switch(replica, []).json() == {"faults": []}

    def test_listing(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--list-faults"], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
        listed = json.loads(done.stdout)
        assert [fault["name"] for fault in listed] == list(CATALOGUE)
        assert all(fault.keys() == {"name", "sentence", "mechanism", "source"} for fault in listed)

    def test_switching_while_it_runs(self, replica: Running, classroom: Classroom) -> None:
        url = f"https://{replica.ready['cdn']['domain']}/{classroom.video['s3_key']}"
        assert fetch(replica, url).status_code == 403
        assert switch(replica, ["cdn-serves-unsigned"]).json() == {"faults": ["cdn-serves-unsigned"]}
        assert fetch(replica, url).status_code == 200

    def test_an_unknown_one_changes_nothing(self, replica: Running) -> None:
        assert switch(replica, ["no-such"]).status_code == 400

    def test_pages_tell_their_scripts(self, replica: Running, classroom: Classroom) -> None:
        switch(replica, ["progress-stuck"])
        assert '"faults": ["progress-stuck"]' in classroom.owner.get("/my/").text

    def test_latency_is_added_and_taken_away(self, replica: Running) -> None:
        assert control(replica, "latency", {"min_ms": 150, "max_ms": 160}).ok
        began = monotonic()
        visitor(replica).get("/login/index.php")
        assert monotonic() - began > 0.15
        assert control(replica, "latency", {"min_ms": 0, "max_ms": 0}).ok


def switch(replica: Running, names: list[str]) -> requests.Response:
    return control(replica, "fault", {"faults": names})
