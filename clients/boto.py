"""The clients of AWS that the suite uses."""

from __future__ import annotations

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import create_loader

_LOADER = create_loader()
"""Keeps the descriptions of services that it has read; to read that of S3 takes longer than all else in a client."""


def new_client(
    service: str,
    *,
    region: str,
    access_key: str,
    secret_key: str,
    endpoint: str | None = None,
    verify: bool | str = True,
    timeout: float = 10,
    attempts: int = 3,
) -> Any:
    """`endpoint` is a server's address that is not AWS; `verify` as requests takes it; `timeout` in seconds.

    The environment file alone decides: nothing is read of `AWS_…` variables or of `~/.aws`.
    """
    client: Any = _alone().client
    return client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        verify=verify,
        config=Config(
            signature_version="s3v4" if service == "s3" else None,
            connect_timeout=timeout,
            read_timeout=timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            s3={"addressing_style": "path" if endpoint else "virtual"},
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # newer than the stubs
        ),
    )


def _alone() -> boto3.Session:
    """A session that knows no profile, no configuration file and no credentials but those it is given."""
    names = ("profile", "config_file", "credentials_file", "ca_bundle")
    unread = {name: (None, None, os.devnull if name.endswith("_file") else None, None) for name in names}
    alone = botocore.session.Session(session_vars=unread)
    alone.register_component("data_loader", _LOADER)
    return boto3.Session(botocore_session=alone)
