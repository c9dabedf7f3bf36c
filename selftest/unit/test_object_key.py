import pytest

from clients.plugin.object_key import CLOCKS_APART, belongs_to

START = 1_795_000_000


@pytest.mark.parametrize(
    ("key", "user", "belongs"),
    [
        (f"videos/7/{START}_0123abcd/clip.mp4", 7, True),
        (f"videos/7/{START - CLOCKS_APART}_0123abcd/clip.mp4", 7, True),
        ("videos/7/another-scheme/clip.mp4", 7, True),
        (f"videos/424242/{START}_0123abcd/thesis.mp4", 7, False),
        (f"videos/77/{START}_0123abcd/clip.mp4", 7, False),
        (f"videos/7/{START - 86400}_0123abcd/lecture.mp4", 7, False),
        ("backup.zip", 7, False),
        *(
            (f"videos/7/{odd}", 7, False)
            for odd in (
                "../8/clip.mp4",
                "x/./clip.mp4",
                "/clip.mp4",
                "%2e%2E/8/clip.mp4",
                "..%2f8/clip.mp4",
                r"..\8\clip.mp4",
                "",
                "clip.mp4\n",
                "\x00",
                "clip\x1b[31m.mp4",
            )
        ),
        ("videos/7/1_a/my clip 🎬👩\u200d🎓.mp4", 7, True),
        ("videos/7/1_a/100% wirklich ... (2).mp4", 7, True),
        ("", 7, False),
        (f"videos/0/{START}_0123abcd/clip.mp4", 0, False),
    ],
)
def test_a_run_may_delete_what_its_own_people_were_promised(key: str, user: int, belongs: bool) -> None:
    assert belongs_to(key, user, since=START) is belongs
