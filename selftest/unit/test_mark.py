"""A number in a picture: drawn, seen again, in a part of the picture too, and not seen where there is none."""

import io

import av
import av.filter
import pytest
from av import VideoFrame
from av.video.stream import VideoStream

from media import MARKS, mark


def picture(filters: list[tuple[str, str]]) -> bytes:
    """One frame of ffmpeg's test picture as PNG, with these filters."""
    graph = av.filter.Graph()
    steps = [("testsrc", "size=320x180:rate=1:duration=1"), ("format", "yuv420p"), *filters]
    graph.link_nodes(*(graph.add(name, arguments) for name, arguments in steps), graph.add("buffersink")).configure()
    frame = graph.pull()
    assert isinstance(frame, VideoFrame)
    png = io.BytesIO()
    with av.open(png, "w", format="image2pipe") as container:
        stream = container.add_stream("png", rate=1)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "rgb24"
        for packet in [*stream.encode(frame.reformat(format="rgb24")), *stream.encode(None)]:
            container.mux(packet)
    return png.getvalue()


@pytest.mark.parametrize("number", range(MARKS))
def test_a_mark_is_seen(number: int) -> None:
    assert mark.read(picture(mark.boxes(number))) == number


def test_a_mark_is_seen_where_the_picture_is_but_a_part() -> None:
    boxed = [*mark.boxes(5), ("pad", "width=640:height=180:x=160:y=0:color=black")]
    assert mark.read(picture(boxed), 0.25, 0, 0.5, 1) == 5


def test_no_mark() -> None:
    assert mark.read(picture([("drawbox", "x=0:y=0:w=iw:h=ih:t=fill:color=gray")])) is None
