"""The S3 server: SeaweedFS (`weed server`) as a child process with TLS, three keys, and the bucket of checklist 1.1-1.2."""

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import requests
import tenacity
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from replica.settings import BUCKET, REGION, S3Key, Settings

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


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


class Weed:
    """One `weed server`; `start()` spawns it, `prepare()` waits until it stores objects, `stop()` leaves nothing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.grpc_ports: dict[str, int] = {}

    def start(self) -> None:
        """Spawn weed. It dies with this process, even when that is killed (Linux)."""
        folder = self.settings.folder
        (folder / "weed").mkdir()
        identities = folder / "identities.json"
        identities.touch(mode=0o600)
        identities.write_text(json.dumps(self._identities()))
        ports = _free_ports(8)
        self.grpc_ports = dict(zip(("master-grpc", "volume-grpc", "filer-grpc", "s3-grpc"), ports, strict=False))
        master, volume, filer, plain = ports[4:]
        self.grpc_ports |= {"filer": filer, "s3": plain}
        options = {
            "dir": folder / "weed",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "metricsPort": 0,
            "master.telemetry": "false",
            "master.port": master,
            "master.port.grpc": self.grpc_ports["master-grpc"],
            "master.volumeSizeLimitMB": 1024,
            "master.vacuumIntervalSeconds": 60,
            "volume.port": volume,
            "volume.port.grpc": self.grpc_ports["volume-grpc"],
            "volume.max": 60,
            "volume.minFreeSpace": "500MiB",
            "filer.port": filer,
            "filer.port.grpc": self.grpc_ports["filer-grpc"],
            "s3.port": plain,
            "s3.port.https": self.settings.port + 1,
            "s3.port.grpc": self.grpc_ports["s3-grpc"],
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.cert.file": self.settings.certificate,
            "s3.key.file": self.settings.certificate_key,
            "s3.config": identities,
            "s3.iam": "false",
            "s3.autoCreateBucket": "false",
        }
        command = [str(Path(sys.executable).with_name("weed")), "-logtostderr=true", "server", "-filer", "-s3"]
        with (folder / "weed.log").open("wb") as log:
            self.process = subprocess.Popen(
                command + [f"-{name}={value}" for name, value in options.items()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
                env=os.environ
                | {"GOMEMLIMIT": "500MiB", "GOGC": "50", "WEED_S3_SSE_KEK_PASSPHRASE": secrets.token_hex(16)},
            )

    def prepare(self) -> None:
        """Wait for the server, create the bucket: encrypted, private, CORS for the site. RuntimeError when weed dies."""
        root = client(self.settings, self.settings.root_key)
        for attempt in tenacity.Retrying(
            wait=tenacity.wait_fixed(0.05),
            stop=tenacity.stop_after_delay(30),
            retry=tenacity.retry_if_exception_type((requests.RequestException, BotoCoreError, ClientError)),
            reraise=True,
        ):
            with attempt:
                if self.process is None or self.process.poll() is not None:
                    raise RuntimeError(f"the S3 server ended while starting; see {self.settings.folder / 'weed.log'}")
                requests.get(self.settings.s3_endpoint, verify=str(self.settings.ca_file), timeout=2)
                if BUCKET not in [b["Name"] for b in root.list_buckets()["Buckets"]]:
                    root.create_bucket(Bucket=BUCKET)
                root.put_object(Bucket=BUCKET, Key="warm-up", Body=b"volume")
        root.delete_object(Bucket=BUCKET, Key="warm-up")
        root.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [cors_rule(self.settings.base_url)]})
        root.put_bucket_encryption(
            Bucket=BUCKET,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )

    def stop(self) -> None:
        """Ask weed to end, kill it after 0.3 s (left alone it takes 27 s), remove the sockets it leaves in /tmp."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(0.3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for name, port in self.grpc_ports.items():
            Path(f"/tmp/seaweedfs-{name}-{port}.sock").unlink(missing_ok=True)

    def _identities(self) -> dict[str, Any]:
        def identity(name: str, key: S3Key, *actions: str) -> dict[str, Any]:
            return {
                "name": name,
                "credentials": [{"accessKey": key.access, "secretKey": key.secret}],
                "actions": [action if action == "Admin" else f"{action}:{BUCKET}" for action in actions],
            }

        return {
            "identities": [
                identity("plugin", self.settings.plugin_key, "Read", "Write"),
                identity("suite", self.settings.suite_key, "Read", "Write", "List"),
                identity("edge", self.settings.edge_key, "Read"),
                identity("root", self.settings.root_key, "Admin"),
            ]
        }


def cors_rule(origin: str) -> dict[str, Any]:
    """The CORS rule of checklist step 1.2 for one site."""
    return {
        "AllowedHeaders": ["*"],
        "AllowedMethods": ["GET", "POST", "PUT"],
        "AllowedOrigins": [origin],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3000,
    }


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports
