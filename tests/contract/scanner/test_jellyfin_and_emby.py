"""Jellyfin and Emby, against fakes that answer as the real ones do."""

import httpx
import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.demo.servers import SimulatedEmby, SimulatedJellyfin
from mesharr.scanners import kinds
from tests.contract.scanner.test_autoscan_and_plex import scanner

Fake = SimulatedEmby | SimulatedJellyfin
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
    assert fake.ignored == ["d:\\movies\\A (2020)"], "the fake is no Windows; the spelling is what counts"


@both
def test_a_wrong_key_is_refused_and_not_repeated(kind: str, make: type[Fake]) -> None:
    fake = make(token="t", locations=[])
    with pytest.raises(Refused, match="credentials") as caught:
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
    found = kinds()[kind].settings.model_validate({"kind": kind, "url": "http://s", "token": "hidden"})
    assert "hidden" not in repr(found)
