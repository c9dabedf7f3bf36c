"""Makes the committed clips: `python -m media.make`."""

from media.clip import MP4, WEBM
from media.film import H264, VP9, encode

if __name__ == "__main__":
    one_thread = {"threads": "1"}  # the same bytes on any number of cores
    encode(MP4.path, H264, one_thread | {"preset": "veryslow", "level": "3.0", "b": "90k"}, 20, "640x360")
    encode(WEBM.path, VP9, one_thread | {"qmin": "20", "b": "90k"}, 20, "640x360")
