"""What was measured, as docs/benchmarks.md tells it."""

from typing import Any

from selftest.bench.document import Row, write


def row(name: str, wall: float, **more: Any) -> Row:
    return {"name": name, "target": "chromium", "wall": wall, "suite": 1.0, "browser": 2.0, "site": 0.5, **more}


def part(*rows: Row) -> dict[str, Any]:
    return {"rows": rows, "times": 3, "at": "2026-01-01 00:00 UTC", "revision": "abc", "machine": "2 cores"}


def test_the_journey_is_told_by_medians() -> None:
    rows = [row("test_upload", wall) for wall in (10.0, 12.0, 90.0)]
    rows += [row("test_playback", 8.0), row("bare 2.7", 9.0), row("bare 2.8", 7.0)]
    text = write({"replica": {"a": part(*rows)}})
    assert "| chromium | 20.0 | 16.0 | 1.25 |  |  |" in text
    assert "| chromium | suite | 20.0 | 1.00 | 4.00 | 2.00 | 13.0 |" in text
    assert "3 times, 2026-01-01 00:00 UTC, suite abc, 2 cores." in text


def test_parts_that_were_not_measured_are_not_told() -> None:
    text = write({"staging": {"c": part(row("1 worker", 300.0, failed=0), row("2 workers", 150.0, failed=0))}})
    assert "## staging" in text
    assert "| 2 workers | 150.0 | 2.00 | 0 |" in text
    assert "curl" not in text.partition("## staging")[2]


def test_the_start_is_told_by_clock_and_processor() -> None:
    rows = [row("pytest --doctor", wall, used=used) for wall, used in ((4.0, 2.0), (5.0, 2.5), (9.0, 2.6))]
    assert "| pytest --doctor | 5.00 | 2.50 |" in write({"replica": {"s": part(*rows)}})


def test_memory_and_large_files() -> None:
    large = part(row("large by the suite", 6.0), row("large by curl", 5.0))
    memory = part({"bytes": 5368709120, "grown": 30_000_000, "verdict": "passed", "wall": 100.0})
    text = write({"replica": {"e": large, "m": memory}})
    assert "| 6.00 | 5.00 | 1.20 |" in text
    assert "| 5368709120 | 30.0 | passed | 100.0 |" in text
