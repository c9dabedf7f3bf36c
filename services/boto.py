"""The clients of AWS that the suite uses."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config


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
    """`endpoint` is a server's address that is not AWS; `verify` as requests takes it; `timeout` in seconds."""
    client: Any = boto3.client
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
        ),
    )
