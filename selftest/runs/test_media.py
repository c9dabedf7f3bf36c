"""The media files are what they claim to be, cost little to make, and really play in both engines."""

import hashlib
import io
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import av
import pytest
import uvicorn
from playwright.sync_api import Browser, Playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from media import MP4, WEBM, Clip, digest, in_container, large, odd_files, oversized, padded, plays_h264
from media.clip import MP4_CODECS
from pages.script import scripts
from runner.configuration.environment_tables import Target
from runner.configuration.targets import launch_of

GIB, MIB = 1 << 30, 1 << 20
SCRIPTS = scripts(__file__)
KINDS = pytest.mark.parametrize("clip", [MP4, WEBM], ids=["mp4", "webm"])


def frame_at(clip: Clip, seconds: float) -> float:
    """Time of the first frame decoded from the keyframe at or before `seconds`."""
    with av.open(clip.path) as container:
        container.seek(int(seconds * av.time_base))
        return float(next(container.decode(video=0)).time or 0)


@KINDS
def test_committed_clip(clip: Clip) -> None:
    assert clip.bytes < 400_000
    assert clip.seconds == pytest.approx(20, abs=0.1)
    with av.open(clip.path) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        names = (video.codec_context.name, audio.codec_context.name)
        assert names in {("h264", "aac"), ("libvpx-vp9", "libopus"), ("vp9", "opus")}
        assert (video.width, video.height, video.pix_fmt) == (640, 360, "yuv420p")
        packets = [packet for packet in container.demux(video) if packet.dts is not None]
    keyframes = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert len(packets) == 500
    assert max(after - before for before, after in zip(keyframes, [*keyframes[1:], 500], strict=True)) <= 25


def test_mp4_streams_and_is_what_canplaytype_is_asked() -> None:
    content = MP4.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    profile_and_level = content[content.index(b"avcC") + 5 :][:3]
    assert f"avc1.{profile_and_level.hex().upper()}" in MP4_CODECS


def test_what_a_browser_plays_is_asked_of_it() -> None:
    assert plays_h264(lambda mime: "probably")
    assert not plays_h264(lambda mime: "" if "mp4" in mime else "maybe")


def test_digest_streams_files_and_file_objects(tmp_path: Path) -> None:
    content = os.urandom(3 * MIB + 7)
    path = tmp_path / "random"
    path.write_bytes(content)
    assert digest(path) == digest(io.BytesIO(content)) == hashlib.sha256(content).hexdigest()


@KINDS
def test_padded_is_exact_unique_and_still_decodes(clip: Clip, tmp_path: Path) -> None:
    for size in (clip.bytes + 32, 5 * MIB, 5 * MIB + 1):
        one, other = padded(clip, size, tmp_path), padded(clip, size, tmp_path)
        assert one.bytes == other.bytes == one.path.stat().st_size == size
        assert one.sha256 != other.sha256
        assert one.mime == clip.mime
        assert one.seconds == pytest.approx(clip.seconds)
        assert frame_at(one, 19.5) == pytest.approx(19, abs=1)
    with pytest.raises(ValueError, match="or more"):
        padded(clip, clip.bytes + 31, tmp_path)


def test_oversized_takes_no_disk(tmp_path: Path) -> None:
    clip = oversized(5 * GIB + 1, tmp_path)
    assert clip.path.suffix == ".mp4"
    assert clip.bytes == 5 * GIB + 1
    assert clip.path.stat().st_blocks * 512 < MIB
    assert frame_at(clip, 10) == pytest.approx(10, abs=1)


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_large_is_exact_dense_and_continuous(kind: Literal["mp4", "webm"]) -> None:
    clip = large(64 * MIB, kind)
    assert clip.bytes == 64 * MIB
    assert clip.path.stat().st_blocks * 512 > clip.bytes * 0.99
    assert 3e6 < clip.bytes * 8 / clip.seconds < 8e6
    assert frame_at(clip, clip.seconds * 0.95) == pytest.approx(clip.seconds * 0.95, abs=1)
    with av.open(clip.path) as container:
        times = [packet.dts for packet in container.demux(video=0) if packet.dts is not None]
        step = 1 / 25 / (container.streams.video[0].time_base or 1)
    assert {after - before for before, after in itertools.pairwise(times)} == {step}


def test_large_too_small() -> None:
    with pytest.raises(ValueError, match="padded"):
        large(MIB)


def test_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    good = in_container("mov")
    sha256, inode = good.sha256, good.path.stat().st_ino
    assert in_container("mov").path.stat().st_ino == inode
    with good.path.open("r+b") as file:
        file.truncate(1000)
    assert in_container("mov").sha256 == sha256


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_large_needs_little_memory(kind: str, tmp_path: Path) -> None:
    """From an empty cache, so with the encoding of the source. VmHWM is the peak of resident memory, in kB."""
    script = f"""
import re, pathlib, media
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
before = peak()
media.large(64 << 20, "{kind}").sha256
print(peak() - before)"""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert int(run.stdout) < 150_000


@pytest.mark.parametrize(
    ("extension", "container_format"),
    [
        ("mp4", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("mov", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("avi", "avi"),
        ("mkv", "matroska,webm"),
        ("webm", "matroska,webm"),
    ],
)
def test_every_container_decodes(extension: Literal["mp4", "mov", "avi", "mkv", "webm"], container_format: str) -> None:
    clip = in_container(extension)
    assert clip.path.suffix == f".{extension}"
    assert clip.bytes <= 400_000
    with av.open(clip.path) as container:
        assert container.format.name == container_format
        assert sum(1 for _ in container.decode(video=0)) == 500
    with av.open(clip.path) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == pytest.approx(20 * 48_000, rel=0.01)


@pytest.fixture(scope="module", params=["chromium", pytest.param("firefox", marks=pytest.mark.nightly)])
def engine(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browser]:
    launch = launch_of(Target(name=request.param, engine=request.param), playwright)
    browser: Browser = getattr(playwright, request.param).launch(**launch.options)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder and its address; Starlette answers Range requests."""
    folder = tmp_path_factory.mktemp("served")
    app = Starlette(routes=[Mount("/", StaticFiles(directory=folder, html=True, follow_symlink=True))])
    (folder / "index.html").write_text("<!doctype html><title>media</title><input type=file><video muted></video>")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    listening = server.config.bind_socket()
    listening.listen()  # else who comes before the thread does is refused
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield folder, f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join()


def test_clips_play_and_seek(engine: Browser, served: tuple[Path, str], tmp_path: Path) -> None:
    """Every WebM, and every MP4 where the engine decodes it: Firefox has no H.264 without the system's libavcodec."""
    folder, url = served
    page = engine.new_page()
    page.goto(url)
    can_play = "mime => document.querySelector('video').canPlayType(mime)"
    clips = [WEBM, padded(WEBM, 64 * MIB, tmp_path), large(64 * MIB, "webm")]
    if plays_h264(lambda mime: page.evaluate(can_play, mime)):
        clips += [MP4, padded(MP4, 64 * MIB, tmp_path), large(64 * MIB)]
    for clip in clips:
        link = folder / f"{engine.browser_type.name}-{clip.path.name}"
        link.symlink_to(clip.path)
        seen = page.evaluate(SCRIPTS["playAndSeek"], [link.name, 0.95])
        assert seen["duration"] == pytest.approx(clip.seconds, abs=0.1), link.name
        assert seen["time"] == pytest.approx(seen["target"], abs=0.5), link.name
        assert seen["picture"] == pytest.approx(seen["target"], abs=0.5), link.name


def test_odd_files_reach_the_page(engine: Browser, served: tuple[Path, str], tmp_path: Path) -> None:
    page = engine.new_page()
    page.goto(served[1])
    for odd in odd_files(MP4).values():
        page.set_input_files("input", odd.choose(tmp_path))
        seen = page.evaluate("() => [...document.querySelector('input').files].map(file => [file.name, file.size])")
        assert seen == [[odd.name, len(odd.content)]], odd.why


def test_odd_names() -> None:
    files = odd_files(WEBM)
    assert len(files["too long"].name) == 256
    assert len(files["longest"].name) == 255
    assert isinstance(files["too long"].choose(Path()), dict)
    assert files["emoji"].name.endswith(".webm")
    assert files["renamed text"].content != WEBM.path.read_bytes()
