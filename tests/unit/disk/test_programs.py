"""Which other programs upload what mesharr uploads."""

import subprocess
import sys

import pytest

from mesharr.disk.programs import is_cloudplow, running_programs, uploads_from


@pytest.mark.parametrize(
    ("line", "uploads"),
    [
        ("/usr/bin/rclone move /mnt/local/Movies gdrive:Movies", True),
        ("rclone move --min-age 15m /mnt/local/ gdrive:", True),
        ("rclone sync /mnt/local/Movies/Film gdrive:x", True),
        ("rclone -v copy /mnt/local gdrive:", True),
        ("rclone mount gdrive: /mnt/local/Movies", False),
        ("rclone move /mnt/local/Movies2 gdrive:Movies2", False),
        ("rclone copyto --copy-links -- /proc/self/fd/9 gdrive:Movies/a.mkv", False),
        ("mv move /mnt/local/Movies", False),
    ],
)
def test_an_rclone_that_uploads_the_folder_or_one_around_it_is_recognised(line: str, uploads: bool) -> None:
    assert uploads_from(line.split(), "/mnt/local/Movies") is uploads


def test_cloudplow_is_recognised_by_its_script() -> None:
    assert is_cloudplow(["python3", "/opt/cloudplow/cloudplow.py", "run"])
    assert not is_cloudplow(["vi", "x", "y", "cloudplow.py"])


def test_running_programs_are_listed_with_their_words() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "input('begun\\n')", "a word of its own"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        # while a program begins, the kernel lists it without its words for a moment
        assert child.stdout.readline() == "begun\n"
        assert any(line[-1] == "a word of its own" for line in running_programs())
    finally:
        child.communicate("\n")
