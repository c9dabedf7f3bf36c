"""The S3 server: SeaweedFS (`weed server`) as a child process with TLS and a key for each who needs one."""

import ctypes
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from replica.settings import BUCKET, S3Key, Settings

OWN_PORTS = 15_000, 32_000
"""Linux lends from 32,768 on, other systems from 49,152."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Weed:
    """One `weed server`; `start()` spawns it, `stop()` leaves nothing."""

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
        ports = free_ports(8)
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
            "s3.port.https": self.settings.weed_port or self.settings.port + 1,
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
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing else runs yet, and no thread
                env=os.environ | {"GOMEMLIMIT": "500MiB", "GOGC": "50", "WEED_S3_SSE_KEY": secrets.token_hex(16)},
            )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

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


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, below those that a system lends to whoever asks for any."""
    held = []
    for port in random.SystemRandom().sample(range(*OWN_PORTS), len(range(*OWN_PORTS))):
        try:
            held.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        if len(held) == count:
            break
    ports = [server.getsockname()[1] for server in held]
    for server in held:
        server.close()
    return ports
