"""What a run's controller tells its workers arrives as it was."""

from pathlib import Path

from checklist.verdicts import TargetState
from runner.configuration.context import RunContext

RUN = RunContext(
    run_id="11221815ab12",
    environment_name="staging",
    folder=Path("/reports/20261122T181501Z-staging"),
    secrets_file=Path("/state/11221815ab12.secrets"),
    secrets_key="key",
    targets=(TargetState("pixel-7", "chromium", required=False, device="Pixel 7", build="emulated"),),
    workspace={"run_id": "11221815ab12", "workers": 2, "people": [{"id": 7, "suspended": True}]},
    large=1024**3,
)


def test_crosses_to_workers_as_json() -> None:
    told = RunContext.model_validate_json(RUN.model_dump_json())
    assert told == RUN
    assert isinstance(told.targets[0], TargetState)


def test_began_when_its_folder_says() -> None:
    assert RUN.started.isoformat() == "2026-11-22T18:15:01+00:00"


def test_shows_no_key() -> None:
    assert "secrets_key" not in repr(RUN)
