"""Bandwidths, as rclone 1.75 took or refused each of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mesharr.settings.formats.bandwidth import bandwidth

TAKEN = (
    *("10M", "10M:1M", "off", "OFF", "1.5G", "10m", "10MiB", "10Mib", "10mib", "10Mi", "512B", "1b", "0"),
    *(".5M", "5.M", "+5M", "1e3", "1e3M", "1E", "1T", "10M:off", "off:1M"),
    "08:00,512k 12:00,10M 13:00,512k 18:00,30M 23:00,off",
    *("Mon-00:00,512 Fri-23:59,10M", "Mon-00:00,512 12:00,1M Sun-20:00,off", "monday-08:00,1M"),
    *("08:00,512k;09:00,off", "08:00,1M  09:00,2M", "08:00,10M:1M", "08:00,off:1M", "MON-08:00,1M"),
)
REFUSED = (
    *("10 M", "10MB", "10kB", "10Mbit", "10MB/s", "-1", "10M:", ":10M", "0x10", "1i", "10MIB", "inf", "1,5M"),
    *("25:00,1M", "24:00,1M", "23:60,1M", "8:00,1M", "008:00,1M", "8:00 1M", "Mon-08:00", "Mon,1M", "12,1M"),
    *(
        "08:00,1M,2M",
        "20 08:00,1M",
        "10M 08:00,1M",
        "08:00-09:00,1M",
        "Mond-08:00,1M",
        "1M:1M:1M",
        "10M,08:00",
    ),
)


@pytest.mark.parametrize("text", TAKEN)
def test_what_rclone_takes_is_taken(text: str) -> None:
    assert bandwidth(text)


@pytest.mark.parametrize("text", REFUSED)
def test_what_rclone_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rclone|want"):
        bandwidth(text)


def test_no_bandwidth_is_no_limit_and_space_around_one_is_left_out() -> None:
    assert bandwidth("") == ""
    assert bandwidth(" 10M ") == "10M"


def test_a_unit_that_rclone_does_not_know_is_answered_with_the_one_it_does() -> None:
    with pytest.raises(ValueError, match="write 10M"):
        bandwidth("10MB")


@pytest.mark.campaign
@pytest.mark.parametrize(("texts", "code"), [(TAKEN, 0), (REFUSED, 2)])
def test_rclone_itself_says_the_same(texts: tuple[str, ...], code: int) -> None:
    beside = Path(sys.executable).parent / "rclone"
    rclone = str(beside) if beside.exists() else shutil.which("rclone")
    if rclone is None:
        pytest.skip("rclone is not installed")
    for text in texts:
        done = subprocess.run([rclone, "version", f"--bwlimit={text}"], capture_output=True, check=False)
        assert done.returncode == code, text
