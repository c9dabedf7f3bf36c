"""The bucket of checklist steps 1.1 and 1.2: created, encrypted and given its CORS rule as soon as S3 answers."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import boto3
import requests
import tenacity
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from replica.settings import BUCKET, REGION, S3Key, Settings


def client(settings: Settings, key: S3Key) -> Any:
    """A boto3 S3 client (path style, SigV4, no retries) for the replica's endpoint."""
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=REGION,
        aws_access_key_id=key.access,
        aws_secret_access_key=key.secret,
        verify=str(settings.ca_file),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 0},
            connect_timeout=5,
            read_timeout=15,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def prepare(settings: Settings, alive: Callable[[], bool]) -> None:
    """Wait for S3 and make the bucket ready for objects. RuntimeError when the server is no longer `alive`."""
    root = client(settings, settings.root_key)
    for attempt in tenacity.Retrying(
        wait=tenacity.wait_fixed(0.05),
        stop=tenacity.stop_after_delay(30),
        retry=tenacity.retry_if_exception_type((requests.RequestException, BotoCoreError, ClientError)),
        reraise=True,
    ):
        with attempt:
            if not alive():
                raise RuntimeError(f"the S3 server ended while starting; see {settings.folder / 'weed.log'}")
            requests.get(settings.s3_endpoint, verify=str(settings.ca_file), timeout=2)
            if BUCKET not in [b["Name"] for b in root.list_buckets()["Buckets"]]:
                root.create_bucket(Bucket=BUCKET)
            root.put_object(Bucket=BUCKET, Key="warm-up", Body=b"volume")
    root.delete_object(Bucket=BUCKET, Key="warm-up")
    root.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )


def publish(settings: Settings, key: str) -> None:
    """Let anybody read one object."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/{key}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(settings, settings.root_key).put_bucket_policy(Bucket=BUCKET, Policy=policy)


@lru_cache(maxsize=1)
def take_uploads_from(settings: Settings, origins: tuple[str, ...], exposed: str) -> None:
    """Let pages of these sites use the bucket, or of any with "*", and read that header. The last are remembered."""
    rules = {"CORSRules": [cors_rule(*origins) | {"ExposeHeaders": [exposed]}]}
    client(settings, settings.root_key).put_bucket_cors(Bucket=BUCKET, CORSConfiguration=rules)


def cors_rule(*origins: str) -> dict[str, Any]:
    """The CORS rule of checklist step 1.2 for these sites."""
    return {
        "AllowedHeaders": ["*"],
        "AllowedMethods": ["GET", "POST", "PUT"],
        "AllowedOrigins": [*origins],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3000,
    }
