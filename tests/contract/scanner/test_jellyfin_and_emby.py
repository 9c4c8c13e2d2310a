"""Jellyfin and Emby, against fakes that answer as the real ones do."""

import httpx
import pytest

from mesharr.config import validated
from mesharr.core.errors import Refused, Unavailable
from mesharr.scanners import kinds
from tests.contract.scanner.test_autoscan_and_plex import scanner
from tests.support.scan_servers import SimulatedEmby, SimulatedJellyfin

Fake = SimulatedEmby | SimulatedJellyfin
PLEX = """{"MediaContainer": {"Directory": [
    {"key": "1", "Location": null},
    {"key": "2", "Location": [{"id": 1, "path": null}, {"path": "/data/Movies"}]}]}}"""
FOLDER = "/data/Movies/Amélie & Co (2001)"
both = pytest.mark.parametrize(
    ("kind", "make"), [("jellyfin", SimulatedJellyfin), ("emby", SimulatedEmby)], ids=["jellyfin", "emby"]
)


@both
def test_a_scan_is_requested_after_one_read_of_the_libraries(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=["/data/TV", "/data/Movies"])
    scanner(kind, fake.handle, token="t").scan(FOLDER)
    assert (fake.scans, fake.ignored) == ([FOLDER], [])
    assert [method for method, _ in fake.requests] == ["GET", "POST"]


@both
def test_a_folder_no_library_has_is_refused_with_the_known_ones(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=["/data/TV", "/data/More"])
    with pytest.raises(Refused, match="known: /data/More, /data/TV"):
        scanner(kind, fake.handle, token="t").scan(FOLDER)
    assert fake.scans == fake.ignored == []


@both
def test_a_server_on_windows_gets_its_own_spelling(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=["D:\\Movies"])
    scanner(kind, fake.handle, token="t").scan("d:\\movies/A (2020)")
    assert fake.ignored == ["D:\\Movies\\A (2020)"], "the fake is no Windows; the spelling is what counts"


@both
@pytest.mark.parametrize("location", ["/data/Ame\u0301lie", "/Data/AM\u00c9LIE"])
def test_a_location_in_another_spelling_is_scanned_as_the_server_spells_it(
    kind: str, make: type[Fake], location: str
) -> None:
    fake = make(token="t", locations=[location])
    scanner(kind, fake.handle, token="t").scan("/data/Am\u00e9lie/A (2020)")
    assert (fake.scans, fake.ignored) == ([f"{location}/A (2020)"], [])


@both
def test_a_wrong_key_is_refused_and_not_repeated(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=[])
    with pytest.raises(Refused, match="token") as caught:
        scanner(kind, fake.handle, token="hidden").check_available()
    assert "hidden" not in str(caught.value)


@both
def test_a_server_in_trouble_is_unavailable(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=["/data/Movies"])
    asked = scanner(kind, fake.handle, token="t")
    asked.check_available()
    fake.fail_with(503)
    with pytest.raises(Unavailable, match="answered 503"):
        asked.scan(FOLDER)


@both
def test_something_else_in_its_place_is_refused(kind: str, make: type[Fake]) -> None:
    with pytest.raises(Refused, match="itself"):
        scanner(kind, lambda _: httpx.Response(200, html="<h1>Log in</h1>"), token="t").check_available()


@both
def test_the_key_is_in_no_representation(kind: str, make: type[Fake]) -> None:
    found = validated(kinds()[kind].settings, {"kind": kind, "url": "http://s", "token": "hidden"})
    assert "hidden" not in repr(found)


@both
@pytest.mark.parametrize("page", ["", "/", "/web/index.html#!/home", "/web/", "/web?x=1"])
def test_a_url_copied_from_the_browser_is_good(kind: str, make: type[Fake], page: str) -> None:
    fake = make(token="t", locations=["/data/Movies"])
    scanner(kind, fake.handle, token="t", url=f"http://emby:8096{page}").scan(FOLDER)
    assert fake.scans == [FOLDER]


@pytest.mark.parametrize("page", ["/emby", "/emby/", "/emby/web/index.html"])
def test_the_url_of_emby_may_end_in_its_prefix(page: str) -> None:
    fake = SimulatedEmby(token="t", locations=["/data/Movies"])
    scanner("emby", fake.handle, token="t", url=f"http://emby:8096{page}").scan(FOLDER)
    assert fake.scans == [FOLDER]


@pytest.mark.parametrize(
    ("kind", "libraries"),
    [
        ("jellyfin", '[{"Name": "Channel", "Locations": null}, {"Locations": [null, "/data/Movies"]}, null]'),
        (
            "emby",
            '[{"SubFolders": null}, {"SubFolders": [{"Path": null}, null, {"Path": "/data/Movies"}]}, null]',
        ),
        (
            "plex",
            PLEX,
        ),
    ],
)
def test_a_library_without_a_folder_hides_no_other(kind: str, libraries: str) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=libraries)

    scanner(kind, handle, token="t").scan(FOLDER)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("kind", "nothing"), [("jellyfin", "[]"), ("plex", '{"MediaContainer": {"Directory": null}}')]
)
def test_a_server_without_libraries_is_refused_with_none(kind: str, nothing: str) -> None:
    with pytest.raises(Refused, match="known: none"):
        scanner(kind, lambda _: httpx.Response(200, content=nothing), token="t").scan(FOLDER)


@pytest.mark.parametrize("kind", ["plex", "jellyfin", "emby", "autoscan"])
def test_what_the_server_says_of_a_failure_is_told(kind: str) -> None:
    token = {} if kind == "autoscan" else {"token": "hidden"}
    for status, error in ((400, Refused), (500, Unavailable)):
        said = httpx.Response(status, json={"title": "Path of hidden is too long"})
        with pytest.raises(error, match=r"Path of (\*\*\*|hidden) is too long") as caught:
            scanner(kind, lambda _, said=said: said, **token).check_available()  # type: ignore[misc]  # mypy cannot type a lambda with a default
        assert kind == "autoscan" or "hidden" not in str(caught.value)


@both
def test_many_folders_are_one_request(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=["/data/Movies", "/data/TV"])
    folders = [f"/data/Movies/{n}" for n in range(30)] + ["/data/TV/A"]
    scanner(kind, fake.handle, token="t").scan_many(folders)
    assert fake.scans == folders
    assert [method for method, _ in fake.requests] == ["GET", "POST"]
    assert kinds()[kind].batch == 50


@both
def test_of_many_folders_one_in_no_library_is_named_and_none_is_scanned(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=["/data/Movies"])
    with pytest.raises(Refused, match="has /data/TV/A "):
        scanner(kind, fake.handle, token="t").scan_many(["/data/Movies/A", "/data/TV/A"])
    assert fake.scans == fake.ignored == []
