"""What lies on the server: Composer, the AWS SDK, the plugin's files, their permissions, and room for them."""

from __future__ import annotations

import stat
from hashlib import sha256
from pathlib import Path

from checks.served_files import files_of
from clients.errors import NotCheckable
from clients.server.host import Host

ROOM = 5 * 1024**2
"""Bytes that the plugin's files take, as the checklist says."""

OLDEST_SDK = 3
"""The plugin uses the classes of the AWS SDK's third version."""


def expect_site(host: Host, base_url: str) -> str:
    """The shell leads to the Moodle that is tested; returns how."""
    if host.facts.wwwroot.rstrip("/") != base_url:
        raise AssertionError(
            f"expected the shell to lead to the Moodle of {base_url}, seen that of {host.facts.wwwroot} in "
            f"{host.shell.place.moodle}"
        )
    return host.shell.name


def expect_composer(host: Host) -> str:
    """Composer is installed; returns where. It is not checkable where the SDK is there without it."""
    if found := host.composer():
        return found
    if host.facts.sdk:
        folder, version = next(iter(host.facts.sdk.items()))
        raise NotCheckable(
            f"the server has no Composer, and the AWS SDK {version} without it, in {folder}: sign if that is how it is "
            "to be"
        )
    raise AssertionError("expected Composer on the server, seen no such command, and no AWS SDK")


def expect_room(host: Host) -> int:
    """The disk has room for the plugin's files; returns the bytes."""
    free = host.free_bytes()
    if free < ROOM:
        raise AssertionError(f"expected room for 5 MB of files on the server, seen {free // 1024} KiB left")
    return free


def expect_sdk(host: Host) -> dict[str, str]:
    """PHP finds an AWS SDK that the plugin can use; returns the versions by folder."""
    found = host.facts.sdk
    if not found:
        raise AssertionError("expected the AWS SDK on the server, seen none in vendor, local/aws or lib/aws-sdk")
    if old := [version for version in found.values() if int(version.partition(".")[0]) < OLDEST_SDK]:
        raise AssertionError(f"expected the AWS SDK 3, seen {', '.join(old)}")
    return found


def expect_sdk_whole(host: Host) -> str:
    """What Composer lists is there; returns the version. Without it another SDK does."""
    found, listed = expect_sdk(host), host.facts.listed
    if listed and not any("vendor" in folder for folder in found):
        raise AssertionError(f"expected the files of the AWS SDK {listed} that Composer lists, seen none in vendor")
    return listed or ", ".join(found.values())


def expect_permissions(host: Host) -> dict[str, int]:
    """The web server's user can read each file, and nobody may write to one but its owner and group; returns how many
    files each user owns."""
    files, user = host.files(), host.facts.owner
    if unreadable := [file.path for file in files if not _readable(file.mode, file.kind, file.owner == user)]:
        raise AssertionError(f"expected {user} to be able to read all of the plugin's files, seen {_few(unreadable)}")
    if writable := [file.path for file in files if file.kind != "l" and file.mode & stat.S_IWOTH]:
        raise AssertionError(f"expected nobody else to be able to change the plugin's files, seen {_few(writable)}")
    owners = [file.owner for file in files]
    return {owner: owners.count(owner) for owner in dict.fromkeys(owners)}


def expect_owner(host: Host) -> None:
    """As the document's `chown` leaves it."""
    others = sorted({file.owner for file in host.files()} - {host.facts.owner})
    if others:
        raise AssertionError(f"expected the plugin's files to be {host.facts.owner}'s, seen {', '.join(others)}'s")


def expect_release(host: Host, release: Path | None) -> int:
    """The plugin's folder holds the release's files, each byte for byte; returns how many."""
    wanted = {name: sha256(content).hexdigest() for name, content in files_of(release, ("",)).items()}
    found = host.digests()
    if missing := sorted(wanted.keys() - found.keys()):
        raise AssertionError(f"expected all files of the release on the server, seen these missing: {_few(missing)}")
    if other := sorted(name for name in wanted if found[name] != wanted[name]):
        raise AssertionError(f"expected the files of the release on the server, seen another {_few(other)}")
    return len(wanted)


def expect_nothing_more(host: Host, release: Path | None) -> None:
    """No file lies in the plugin's folder that the release does not have; history and libraries do not count."""
    more = sorted(
        name
        for name in host.digests().keys() - files_of(release, ("",)).keys()
        if name.partition("/")[0] not in (".git", "vendor")
    )
    if more:
        raise AssertionError(f"expected no file that the release does not have, seen {_few(more)}")


def _readable(mode: int, kind: str, own: bool) -> bool:
    """Whether the web server's user reads it. Its groups are unknown, so what the group may is taken for granted."""
    needed = 0o5 if kind == "d" else 0o4
    ways = (mode >> 6,) if own else (mode, mode >> 3)
    return kind == "l" or any(way & needed == needed for way in ways)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(name or "the folder itself" for name in names[:3]) + more
