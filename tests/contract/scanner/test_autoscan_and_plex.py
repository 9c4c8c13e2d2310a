"""autoscan and Plex, against fakes that answer as the real ones do."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import ValidationError

from mesharr.config import validated
from mesharr.core.errors import Refused, Unavailable
from mesharr.demo.plex import PlexSection, SimulatedPlex
from mesharr.scanners import kinds
from mesharr.scanners.base import Scanner, SectionTrash, TrashScanner
from tests.support.scan_servers import SimulatedAutoscan

Handle = Callable[[httpx.Request], httpx.Response]
PLEX = PlexSection("1", "Films", ("/data/Movies", "/data/More"))
DEEPER = PlexSection("2", "4K", ("/data/Movies/UHD",))
SERIES = PlexSection("3", "Series", ("/data/TV",), type="show")


def scanner(kind: str, handle: Handle, **settings: str) -> Scanner:
    found = kinds()[kind]
    chosen = validated(found.settings, {"kind": kind, "url": "http://scans:1/", **settings})
    return found.connect(httpx.Client(transport=httpx.MockTransport(handle), follow_redirects=True), chosen)


def test_a_folder_is_queued_in_autoscan_by_post() -> None:
    fake = SimulatedAutoscan()
    scanner("autoscan", fake.handle).scan("/data/Movies/Amélie & Co (2001)")
    assert fake.scans == ["/data/Movies/Amélie & Co (2001)"]
    assert [method for method, _ in fake.requests] == ["POST"]


def test_autoscan_gets_a_login_when_both_halves_are_set() -> None:
    fake = SimulatedAutoscan(username="u", password="p")
    scanner("autoscan", fake.handle, username="u", password="p").scan("/data/A")
    assert fake.scans == ["/data/A"]
    with pytest.raises(Refused, match="refuses the username and password"):
        scanner("autoscan", fake.handle, username="u").scan("/data/B")
    assert fake.scans == ["/data/A"]


def test_autoscan_is_checked_by_head_and_queues_nothing() -> None:
    fake = SimulatedAutoscan()
    scanner("autoscan", fake.handle).check_available()
    assert fake.requests == [("HEAD", "/triggers/manual")]
    assert fake.scans == []


def test_a_redirect_of_autoscan_is_not_followed_into_a_get_that_queues_nothing() -> None:
    def redirects(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, html="<form>")
        return httpx.Response(302, headers={"Location": "https://scans/triggers/manual"})

    with pytest.raises(Refused, match="302"):
        scanner("autoscan", redirects).scan("/data/A")


def test_a_login_page_in_place_of_autoscan_is_refused() -> None:
    with pytest.raises(Refused, match="page"):
        scanner("autoscan", lambda _: httpx.Response(200, html="<h1>Log in</h1>")).scan("/data/A")


def test_autoscan_in_trouble_is_unavailable() -> None:
    fake = SimulatedAutoscan()
    fake.fail_with(500)
    with pytest.raises(Unavailable, match="autoscan answered 500"):
        scanner("autoscan", fake.handle).scan("/data/A")
    with pytest.raises(Unavailable):
        scanner("autoscan", fake.handle).check_available()


def test_a_password_in_the_url_is_not_repeated_in_an_error() -> None:
    with pytest.raises(Refused) as caught:
        scanner("autoscan", lambda _: httpx.Response(404), url="http://u:hidden@scans:1").scan("/data/A")
    assert "hidden" not in str(caught.value)


def test_plex_scans_every_section_that_has_the_folder_the_closest_first() -> None:
    fake = SimulatedPlex(token="t", sections=[PLEX, DEEPER, SERIES])
    scanner("plex", fake.handle, token="t").scan("/data/Movies/UHD/Amélie & Co (2001)")
    assert fake.scans == ["/data/Movies/UHD/Amélie & Co (2001)"] * 2
    refreshed = [path.partition("?")[0] for _, path in fake.requests if "refresh" in path]
    assert refreshed == ["/library/sections/2/refresh", "/library/sections/1/refresh"]


@pytest.mark.parametrize("location", ["/data/Ame\u0301lie", "/Data/AM\u00c9LIE"])
def test_plex_scans_a_location_in_its_own_spelling(location: str) -> None:
    fake = SimulatedPlex(token="t", sections=[PlexSection("1", "Films", (location,)), SERIES])
    scanner("plex", fake.handle, token="t").scan("/data/Am\u00e9lie/A (2020)")
    assert (fake.scans, fake.ignored) == ([f"{location}/A (2020)"], [])


def test_of_two_locations_that_differ_in_capitals_plex_scans_the_one_that_was_meant() -> None:
    sections = [PlexSection("1", "Films", ("/data/Films",)), PlexSection("2", "films", ("/data/films",))]
    fake = SimulatedPlex(token="t", sections=sections)
    scanner("plex", fake.handle, token="t").scan("/data/films/A (2020)")
    assert fake.scans == ["/data/films/A (2020)"]


def test_plex_scans_a_location_itself() -> None:
    fake = SimulatedPlex(token="t", sections=[PLEX, SERIES])
    scanner("plex", fake.handle, token="t").scan("/data/TV")
    assert fake.scans == ["/data/TV"]


def test_a_folder_no_section_has_is_refused_with_the_known_locations() -> None:
    fake = SimulatedPlex(token="t", sections=[PLEX, SERIES])
    with pytest.raises(Refused, match="known: /data/More, /data/Movies, /data/TV"):
        scanner("plex", fake.handle, token="t").scan("/data/Movies2/A")
    assert fake.scans == fake.ignored == []


def test_a_section_added_a_moment_ago_is_seen() -> None:
    before = SimulatedPlex(token="t", sections=[])
    after = SimulatedPlex(token="t", sections=[SERIES])
    running = [before]

    def handle(request: httpx.Request) -> httpx.Response:
        return running[-1].handle(request)

    plex = scanner("plex", handle, token="t")
    with pytest.raises(Refused, match="known: none"):
        plex.scan("/data/TV/A")
    running.append(after)
    plex.scan("/data/TV/A")
    assert after.scans == ["/data/TV/A"]


def test_a_plex_on_windows_gets_its_own_spelling() -> None:
    paths: list[str] = []

    def windows(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.params.get("path", ""))
        found = {"key": "7", "Location": [{"id": 1, "path": "D:\\Movies"}]}
        return httpx.Response(200, json={"MediaContainer": {"size": 1, "Directory": [found]}})

    scanner("plex", windows, token="t").scan("d:\\movies/A (2020)")
    assert paths == ["", "D:\\Movies\\A (2020)"]


def test_a_wrong_token_is_refused_and_not_repeated() -> None:
    fake = SimulatedPlex(token="t", sections=[PLEX])
    with pytest.raises(Refused, match="token") as caught:
        scanner("plex", fake.handle, token="hidden").check_available()
    assert "hidden" not in str(caught.value)


def test_plex_in_trouble_is_unavailable() -> None:
    fake = SimulatedPlex(token="t", sections=[PLEX])
    plex = scanner("plex", fake.handle, token="t")
    plex.check_available()
    fake.fail_with(503)
    with pytest.raises(Unavailable, match="Plex answered 503"):
        plex.scan("/data/Movies/A")


def test_something_else_in_place_of_plex_is_refused() -> None:
    with pytest.raises(Refused, match="Plex itself"):
        scanner("plex", lambda _: httpx.Response(200, text="<MediaContainer/>"), token="t").check_available()


def trash_scanner(fake: SimulatedPlex) -> TrashScanner:
    plex = scanner("plex", fake.handle, token="t")
    assert isinstance(plex, TrashScanner)
    return plex


def test_only_plex_has_a_trash() -> None:
    assert not isinstance(scanner("autoscan", SimulatedAutoscan().handle), TrashScanner)
    assert not isinstance(scanner("jellyfin", SimulatedAutoscan().handle, token="t"), TrashScanner)


def test_what_a_scan_of_plex_does_not_find_is_in_the_trash_of_its_section_until_that_is_emptied() -> None:
    there = {"/data/TV/A/1.mkv", "/data/TV/A/2.mkv"}
    fake = SimulatedPlex(token="t", sections=[PLEX, SERIES], disk=lambda _folder: there)
    fake.sizes["/data/TV/A/2.mkv"] = 7
    plex = trash_scanner(fake)
    plex.scan("/data/TV/A")
    there.discard("/data/TV/A/2.mkv")
    plex.scan("/data/TV/A")
    lost = SectionTrash("3", "Series", ("/data/TV",), files={"/data/TV/A/2.mkv": 7})
    assert plex.trash_of(["/data/TV"]) == [lost]
    plex.empty_trash("3")
    assert fake.requests[-1] == ("PUT", "/library/sections/3/emptyTrash")
    [section] = plex.trash_of(["/data/TV"])
    assert section.files == {}


@pytest.mark.parametrize(
    ("folder", "titles"),
    [("/data", ["Films", "4K", "Series"]), ("/data/Movies/UHD/A", ["Films", "4K"]), ("/data/Movies2", [])],
)
def test_every_section_that_has_a_part_of_a_library_has_a_trash_of_it(folder: str, titles: list[str]) -> None:
    plex = trash_scanner(SimulatedPlex(token="t", sections=[PLEX, DEEPER, SERIES]))
    assert [section.title for section in plex.trash_of([folder])] == titles


def test_a_section_that_is_being_scanned_says_so_and_an_item_without_a_file_is_named() -> None:
    fake = SimulatedPlex(token="t", sections=[PLEX])
    fake.refreshing.add("1")
    [section] = trash_scanner(fake).trash_of(["/data/Movies"])
    assert section.is_scanned

    def without_files(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/all"):
            return httpx.Response(200, json={"MediaContainer": {"size": 1, "Metadata": [{"title": "Dune"}]}})
        return SimulatedPlex(token="t", sections=[PLEX]).handle(request)

    plex = scanner("plex", without_files, token="t")
    assert isinstance(plex, TrashScanner)
    assert plex.trash_of(["/data/Movies"])[0].unnamed == ("Dune",)


def test_secrets_are_in_no_representation() -> None:
    plex = validated(kinds()["plex"].settings, {"kind": "plex", "url": "http://p", "token": "hidden"})
    assert "hidden" not in repr(plex)
    with pytest.raises(ValidationError):
        validated(kinds()["plex"].settings, {"kind": "plex", "url": "http://p"})
