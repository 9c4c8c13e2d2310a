"""What is masked in texts, and what counts as a secret of a request or of a URL."""

import pytest

from mesharr.core.answers import failure_text, words_of
from mesharr.core.secrets import Scrubber, secrets_in_url, secrets_sent

SECRETS = ("hunter2", "hunter2-longer", "p@ss/w&rd 1", "quo'te\\d", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the key hunter2 is wrong", "the key *** is wrong"),
        ("hunter2-longer", "***"),
        ("http://x/?k=p%40ss%2Fw%26rd%201", "http://x/?k=***"),
        ("http://x/?k=p%40ss%2Fw%26rd+1", "http://x/?k=***"),
        (repr({"key": "quo'te\\d"}), "{'key': \"***\"}"),
        ("GET /hook/radarr?apikey=abc123&x=1", "GET /hook/radarr?apikey=***&x=1"),
        ("http://plex:32400/library?X-Plex-Token=abc_-1", "http://plex:32400/library?X-Plex-Token=***"),
        ("http://emby/?api_key=abc#top", "http://emby/?api_key=***"),
        ("{'X-Api-Key': 'abc123', 'accept': '*/*'}", "{'X-Api-Key': '***', 'accept': '*/*'}"),
        ("(b'Authorization', b'Basic dXNlcjpwYXNz')", "(b'Authorization', b'***')"),
        ("http://user:secret@rclone:5572/rc", "http://***@rclone:5572/rc"),
        ("http://user:se@cret@rclone:5572", "http://***@rclone:5572"),
        ("(discord://id:tok@host)", "(discord://***@host)"),
        ("http://radarr:7878/api?mail=a@b.example", "http://radarr:7878/api?mail=a@b.example"),
        ("Dune (2021) {tmdb-438631}", "Dune (2021) {tmdb-438631}"),
        ("set api_key in mesharr.yml", "set api_key in mesharr.yml"),
    ],
)
def test_secrets_become_stars_and_nothing_else_does(text: str, shown: str) -> None:
    assert Scrubber(SECRETS).scrub(text) == shown


def test_a_long_answer_without_an_end_of_a_word_is_masked_too() -> None:
    text = "a." * 250_000  # by the square of its length it would take ten minutes, and no thread would run
    assert Scrubber(()).scrub(text) == text


def test_without_known_secrets_ordinary_text_stays() -> None:
    assert Scrubber(()).scrub("nothing to hide") == "nothing to hide"


def test_what_a_request_carries_in_its_headers_is_a_secret_also_without_what_stands_before_it() -> None:
    headers = {
        "Host": "radarr",
        "User-Agent": "python-httpx",
        "X-Secret": "abc",
        "Authorization": "Basic dTpw",
        "X-Emby-Authorization": 'MediaBrowser Token="k3y"',
    }
    assert {"abc", "dTpw", "k3y", "Basic dTpw"} <= set(secrets_sent(headers))
    assert not {"radarr", "python-httpx"} & set(secrets_sent(headers))


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("http://user:p%40ss@radarr:7878/x?apikey=k&page=2&Token=t", ["p@ss", "k", "t"]),
        ("discord://id:tok@host", ["tok"]),
        ("unix:///run/rclone.sock", []),
        ("http://radarr:7878", []),
        ("http://[broken", []),
        ("Dune: part two", []),
    ],
)
def test_the_password_of_a_url_and_the_keys_in_its_query_are_secrets(url: str, secrets: list[str]) -> None:
    assert list(secrets_in_url(url)) == secrets


def test_neither_an_answer_nor_an_error_repeats_a_secret() -> None:
    assert words_of(b'{"message": "no http://u:p@x/ for k3y"}', "k3y") == "no http://***@x/ for ***"
    assert failure_text(OSError("no http://u:p@x/ for k3y"), "k3y") == "no http://***@x/ for ***"
    assert failure_text(OSError()) == "OSError"
