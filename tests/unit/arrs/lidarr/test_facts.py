"""What a real Lidarr was seen to do, each fact as the simulated one does it."""

from pathlib import Path
from typing import Any

from tests.arrs.works.tags import tagged
from tests.unit.arrs.lidarr.household import (
    BOC,
    GEOGADDI,
    GEOGADDI_CD,
    GEOGADDI_LP,
    LidarrHousehold,
)

FOLDER = "Boards of Canada/Geogaddi (2002)"


def tagged_files(lidarr: LidarrHousehold, edition: str) -> list[Path]:
    """Both tracks, with tags of this edition in them; the app reads tags from now on."""
    lidarr.arr.library.facts.reads_tags = True
    paths = lidarr.geogaddi()
    for path in paths:
        path.write_bytes(tagged(edition))
    return paths


def unmapped(lidarr: LidarrHousehold) -> list[str]:
    return [Path(row["path"]).name for row in lidarr.get("/trackfile?unmapped=true")]


def album(lidarr: LidarrHousehold) -> dict[str, Any]:
    found: dict[str, Any] = lidarr.get(f"/album/{lidarr.album_id()}")
    return found


def test_each_scan_decides_for_the_other_one_of_two_files_for_a_track(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    lidarr.put(f"{FOLDER}/01 Ready Lets Go.flac")
    lidarr.rescan(lidarr.artist, artist_id)
    lidarr.put(f"{FOLDER}/01 - Ready Lets Go.flac")
    lidarr.connect()
    kept = []
    for _ in range(4):
        lidarr.rescan(lidarr.artist, artist_id)
        [path] = lidarr.paths()
        kept.append(Path(path).name)
    assert kept == ["01 - Ready Lets Go.flac", "01 Ready Lets Go.flac"] * 2
    assert lidarr.received == []


def test_a_lidarr_that_wavers_shows_neither_of_two_sets_of_an_album_whole(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    for gap in (" ", " - "):
        for name in (f"01{gap}Ready Lets Go", f"02{gap}Music Is Math"):
            lidarr.put(f"{FOLDER}/{name}.flac")
    lidarr.arr.library.facts.wavers = True
    shown = []
    for _ in range(4):
        lidarr.rescan(lidarr.artist, artist_id)
        shown.append(sorted(Path(path).name for path in lidarr.paths()))
    one, other = shown[:2]
    assert ["-" in name for name in (*one, *other)] in (
        [True, False, False, True],
        [False, True, True, False],
    )
    assert shown == [one, other] * 2


def test_a_release_switch_without_any_release_detaches_all_files_and_no_rescan_takes_them_back(
    lidarr: LidarrHousehold,
) -> None:
    artist_id = lidarr.boards()
    paths = tagged_files(lidarr, GEOGADDI_CD)
    lidarr.rescan(lidarr.artist, artist_id)
    assert len(lidarr.paths()) == 2
    lidarr.connect()
    body = {**album(lidarr), "anyReleaseOk": False}
    for release in body["releases"]:
        release["monitored"] = release["foreignReleaseId"] == GEOGADDI_LP
    lidarr.client.put(f"/album/{lidarr.album_id()}", json=body)
    lidarr.arr.run_commands()
    for _ in range(2):
        assert lidarr.paths() == []
        assert unmapped(lidarr) == [path.name for path in paths]
        lidarr.rescan(lidarr.artist, artist_id)
    assert lidarr.received == []


def test_where_any_release_will_do_the_files_bring_their_own(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    tagged_files(lidarr, GEOGADDI_LP)
    lidarr.rescan(lidarr.artist, artist_id)
    assert len(lidarr.paths()) == 2
    monitored = [row["foreignReleaseId"] for row in album(lidarr)["releases"] if row["monitored"]]
    assert monitored == [GEOGADDI_LP]


def test_files_whose_tags_are_not_close_enough_are_unmapped(lidarr: LidarrHousehold) -> None:
    artist_id = lidarr.boards()
    paths = tagged_files(lidarr, "")
    for _ in range(2):
        lidarr.rescan(lidarr.artist, artist_id)
        assert (lidarr.paths(), unmapped(lidarr)) == ([], [path.name for path in paths])


def test_an_add_while_somebody_else_adds_the_artist_breaks_a_constraint(lidarr: LidarrHousehold) -> None:
    lidarr.arr.library.facts.busy_until[BOC] = lidarr.time + 2
    assert lidarr.post(BOC, "Boards of Canada").status_code == 409
    lidarr.time += 3
    assert lidarr.post(BOC, "Boards of Canada").status_code == 201


def test_a_download_that_fails_sends_no_webhook(lidarr: LidarrHousehold) -> None:
    lidarr.boards()
    release = lidarr.arr.grab(GEOGADDI)
    lidarr.connect()
    lidarr.arr.fail_download(release)
    assert lidarr.received == []
    rows = lidarr.get("/history?sortDirection=ascending")["records"]
    assert [row["eventType"] for row in rows] == ["grabbed", "downloadFailed"]


def test_files_appear_when_the_slow_refresh_of_an_add_is_done(lidarr: LidarrHousehold) -> None:
    lidarr.geogaddi()
    lidarr.arr.library.facts.refresh_seconds = 0.45
    lidarr.boards()
    assert lidarr.get("/album") == []
    lidarr.time += 0.5
    lidarr.arr.run_commands()
    assert len(lidarr.paths()) == 2
