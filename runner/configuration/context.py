"""What every process of a run knows: the controller decides it, xdist's workers are told."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, overload

import pytest
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from checklist.verdicts import TargetState
from redaction.secrets import Secrets
from runner.configuration.environment import Environment, load

Default = TypeVar("Default")


class RunContext(BaseModel):
    """`workspace` is the state that `Workspace` takes; `folder` is the run's folder below `reports/`.

    With `reads_only` no tests run but those that may run on a site that is no test site.
    `large` is the size in bytes of the video of step 2.12. `rush` is how many students come to a rush (0 for none),
    and `rush_workers` the machines that they come from. `left` is what `left_file` tells of the site before an upgrade.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    environment_name: str
    folder: Path
    secrets_file: Path
    secrets_key: str = Field(repr=False)
    targets: tuple[TargetState, ...]
    workspace: dict[str, JsonValue] = {}
    large: int = 0
    reads_only: bool = False
    rush: int = 0
    rush_workers: tuple[str, ...] = ()
    left: dict[str, JsonValue] = {}
    left_file: Path | None = None

    @property
    def started(self) -> datetime:
        """When the run began, in UTC, to the second: the name of its folder says so."""
        return datetime.strptime(self.folder.name.partition("-")[0], "%Y%m%dT%H%M%S%z")

    @cached_property
    def environment(self) -> Environment:
        return load(self.environment_name)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(self.secrets_file, self.secrets_key)


RUN = pytest.StashKey[RunContext]()


@overload
def run_of(config: pytest.Config) -> RunContext: ...


@overload
def run_of(config: pytest.Config, default: Default, /) -> RunContext | Default: ...


def run_of(config: pytest.Config, *default: Any) -> Any:
    """The run that `config` belongs to; `default`, where one is given, outside acceptance runs."""
    return config.stash.get(RUN, *default) if default else config.stash[RUN]
