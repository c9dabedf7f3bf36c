"""The replica as a program: how it starts and ends."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil
import pytest

from runner.configuration.replica import CHECKOUT
from selftest.replica.running import STARTED_WITHIN, Running, end, sockets_of_weed, start
from selftest.replica.visitors import visitor


class TestProcess:
    def test_is_up_in_time_and_says_so_in_one_line(self, replica: Running) -> None:
        assert replica.seconds < STARTED_WITHIN
        parts = {"base_url", "plain_url", "ca_file", "accounts", "storage", "cdn", "audit", "server", "pid"}
        assert set(replica.ready) == parts

    def test_a_page_is_whole_as_soon_as_its_head_is_there(self, replica: Running) -> None:
        anybody = visitor(replica)
        waited = []
        for _ in range(40):
            answer = anybody.session.get(f"{replica.ready['base_url']}/login/index.php", stream=True)
            started = time.perf_counter()
            assert answer.content
            waited.append(time.perf_counter() - started)
        assert median(waited) < 0.02  # a system confirms a head after 40 ms

    def test_a_second_one_takes_other_ports(self, replica: Running, tmp_path: Path) -> None:
        second = start(tmp_path / "state")
        end(second)
        assert urlsplit(second.ready["base_url"]).port not in (None, urlsplit(replica.ready["base_url"]).port)

    def test_a_taken_port_is_named_with_what_to_do(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            first = taken.getsockname()[1] - 2
            done = subprocess.run(
                [sys.executable, "-m", "replica", "--port", str(first), "--dir", str(tmp_path / "state")],
                cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
            )  # fmt: skip
        assert done.returncode == 4
        # Somebody else may have one of the two before.
        assert re.fullmatch(
            rf"replica: port ({first}|{first + 1}|{first + 2}) is in use; end what uses it, or choose another with "
            r"--port \(four in a row are needed\)\n",
            done.stderr,
        )
        assert not (tmp_path / "state").exists()

    def test_refuses_to_wipe_a_folder_that_is_not_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("precious")
        done = subprocess.run(
            [sys.executable, "-m", "replica", "--dir", str(tmp_path)],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == 4
        assert "--dir" in done.stderr
        assert (tmp_path / "thesis.txt").read_text() == "precious"

    @pytest.mark.parametrize(
        ("wrong", "hint"),
        [(("--fault", "no-such"), "--list-faults"), (("--site", "no-such=1"), "--list-site")],
    )
    def test_an_unknown_name_is_usage(self, wrong: tuple[str, str], hint: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "replica", *wrong],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == 4
        assert hint in done.stderr

    def test_ctrl_c_leaves_nothing(self, tmp_path: Path) -> None:
        running = start(tmp_path / "state")
        tree, sockets = running.tree, sockets_of_weed(running)
        assert sockets
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(5) == 0
        assert psutil.wait_procs(tree, timeout=1)[1] == []
        assert not running.folder.exists()
        assert not [path for path in sockets if path.exists()]

    def test_ends_with_its_parent_even_when_that_is_killed(self, tmp_path: Path) -> None:
        running = start(tmp_path / "state", parent=True)
        tree = running.tree
        running.process.kill()
        end(running)
        assert psutil.wait_procs(tree, timeout=5)[1] == []
        assert not running.folder.exists()

    def test_weed_dies_with_a_killed_replica(self, tmp_path: Path) -> None:
        running = start(tmp_path / "state")
        tree = running.tree
        running.process.kill()
        end(running)
        assert psutil.wait_procs(tree, timeout=5)[1] == []
