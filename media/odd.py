"""Files a student may choose by mistake or mischief."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import FilePayload

from media.clip import Clip

LONGEST_NAME = 255


@dataclass(frozen=True)
class OddFile:
    """One file: `refused` says whether the plugin has to turn it away, `why` says what is odd about it."""

    name: str
    content: bytes
    mime: str
    refused: bool
    why: str

    def choose(self, folder: Path) -> Path | FilePayload:
        """What to give to `set_input_files`: a file in `folder`, or a payload if no file system can hold the name."""
        if len(self.name.encode()) > LONGEST_NAME:
            return {"name": self.name, "mimeType": self.mime, "buffer": self.content}
        return self.written(folder)

    def written(self, folder: Path) -> Path:
        """The file, in `folder`. Raises OSError when no file system can hold the name."""
        path = folder / self.name
        path.write_bytes(self.content)
        return path


def odd_files(clip: Clip) -> dict[str, OddFile]:
    """All odd files by a short id; `clip` is the video behind those that are real videos."""
    text, video, suffix = b"This is not a video.\n", clip.path.read_bytes(), clip.path.suffix

    def odd_name(name: str, why: str, *, refused: bool = False) -> OddFile:
        return OddFile(name + suffix, video, clip.mime, refused, why)

    return {
        "text": OddFile("text.txt", text, "text/plain", True, "a text file"),
        "program": OddFile("program.exe", b"MZ" + bytes(62), "application/x-msdos-program", True, "a Windows program"),
        "renamed text": OddFile("text.mp4", text, "video/mp4", True, "a text file renamed to .mp4"),
        "empty": OddFile("empty.mp4", b"", "video/mp4", True, "an empty file"),
        "no extension": OddFile("video", video, "", True, "a video whose name has no extension"),
        "too long": odd_name("v" * (256 - len(suffix)), "a video whose name has 256 characters", refused=True),
        "longest": odd_name("v" * (255 - len(suffix)), "a video whose name has 255 characters"),
        # One odd thing a name: what a player does not play, it does not play for that.
        "space": odd_name("my clip", "a video with a space in its name"),
        "number sign": odd_name("clip#2", "a video with # in its name"),
        "quotes": odd_name('a"clip"', "a video with quotes in its name"),
        "apostrophe": odd_name("it's", "a video with an apostrophe in its name"),
        "angle brackets": odd_name("<b>clip<b>", "a video with markup as its name"),
        "capitals": OddFile(
            f"IMG_0001{suffix.upper()}", video, clip.mime, False, "a video from a phone, with capitals in its name"
        ),
        "emoji": odd_name("clip🎬👩‍🎓", "a video with emoji in its name"),
        "right to left": odd_name("تسليم", "a video with an Arabic name"),
    }
