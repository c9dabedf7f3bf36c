"""Files as phones send them, told by their containers."""

from __future__ import annotations

from itertools import pairwise

import av
import pytest
from av.video.stream import VideoStream

import media

VIDEOS = {video.clip.path.name: video for video in media.phone_videos()}


def stream_of(name: str) -> tuple[str, int, list[int]]:
    """Name of the codec in the container, by how many degrees a frame is turned, and the times of all frames."""
    with av.open(VIDEOS[name].clip.path) as container:
        (stream,) = container.streams.video
        assert isinstance(stream, VideoStream)
        tag = stream.codec_context.codec_tag
        frames = list(container.decode(stream))
        return tag, frames[0].rotation, [frame.pts or 0 for frame in frames]


def test_one_is_turned() -> None:
    assert stream_of("upright.mp4")[:2] == ("avc1", -90)


def test_one_has_an_uneven_rate() -> None:
    times = stream_of("uneven.mp4")[2]
    assert len({later - earlier for earlier, later in pairwise(times)}) > 1


def test_one_has_no_pictures() -> None:
    with av.open(VIDEOS["sound.mp4"].clip.path) as container:
        assert [stream.type for stream in container.streams] == ["audio"]


def test_one_is_hevc_under_the_name_that_safari_takes() -> None:
    assert stream_of("IMG_0002.MOV")[:2] == ("hvc1", -90)


def test_one_is_in_4k() -> None:
    with av.open(VIDEOS["4k.mp4"].clip.path) as container:
        (stream,) = container.streams.video
        assert (stream.width, stream.height) == (3840, 2160)


def test_one_is_a_single_picture() -> None:
    assert len(stream_of("moment.mp4")[2]) == 1


@pytest.mark.parametrize("name", list(VIDEOS))
def test_they_are_small(name: str) -> None:
    clip = VIDEOS[name].clip
    assert clip.bytes < 1_000_000
    assert clip.seconds == pytest.approx({"IMG_0002.MOV": 10, "4k.mp4": 4, "moment.mp4": 0}.get(name, 20), abs=0.1)
    assert clip.mime in ("video/mp4", "video/quicktime")
