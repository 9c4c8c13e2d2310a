"""What other programs answer: a null is a member that is not there, and a refusal has their own words."""

import msgspec
import pytest

from mesharr.core.answers import decoded, redirect_fix, words_of

PROBLEM = b"""{
    "type": "https://x", "title": "One or more validation errors occurred.", "status": 400,
    "errors": {"$.qualityProfileId": ["The JSON value could not be converted."], "path": ["too long"]}}"""
PROBLEM_WORDS = (
    "One or more validation errors occurred. $.qualityProfileId: The JSON value could not be converted.; "
    "path: too long"
)


class Part(msgspec.Struct, frozen=True):
    path: str = ""


class Row(msgspec.Struct, frozen=True):
    id: int
    names: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str | None = "none given"


def test_a_null_where_none_is_allowed_is_a_member_that_is_not_there() -> None:
    content = b'{"id": 1, "names": null, "parts": [{"path": null}, null]}'
    assert decoded(content, Row) == Row(id=1, parts=(Part(),))


def test_a_null_that_is_allowed_stays() -> None:
    assert decoded(b'{"id": 1, "note": null}', Row) == Row(id=1, note=None)


def test_in_a_list_only_the_row_with_the_null_is_read_otherwise() -> None:
    content = b'[{"id": 1, "note": null}, null, {"id": 2, "names": null}]'
    assert decoded(content, list[Row]) == [Row(id=1, note=None), Row(id=2)]


@pytest.mark.parametrize("content", [b'{"id": null}', b'{"id": "x"}', b"null", b"[1]"])
def test_what_has_another_shape_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(content, Row)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"message": "database is locked", "description": "at System.Data"}', "database is locked"),
        (b'[{"errorMessage": "A"}, {"errorMessage": "B"}, {}, 1]', "A; B"),
        (PROBLEM, PROBLEM_WORDS),
        (b'{"errors": {"path": null}, "title": null}', "path: "),
        (b'{"errors": ["A", {"message": "B"}]}', "A; B"),
        (b'{"error": {"message": "no such device"}}', "no such device"),
        (b'"Invalid query parameters"', "Invalid query parameters"),
        (b"Client sent an HTTP request\r\n to HTTPS\n", "Client sent an HTTP request to HTTPS"),
        (
            b'{"errors": {"": ["A request body is required."]}, "title": "Invalid"}',
            "Invalid A request body is required.",
        ),
        (b'{"Message": "An error has occurred.", "ExceptionMessage": "no"}', "An error has occurred."),
        (b'{"ResponseStatus": {"ErrorCode": "E", "Message": "no such device"}}', "no such device"),
        (b'{"Title": "Bad Request", "Status": 400, "Detail": "no such id"}', "no such id"),
        (b'\xef\xbb\xbf{"message": "with a BOM"}', "with a BOM"),
        (b"\xef\xbb\xbf<html>a page with a BOM</html>", ""),
        (b"<html><h1>502 Bad Gateway</h1></html>", ""),
        (b"", ""),
        (b"\xff\xfe", ""),
        (b"null", ""),
        (b"{}", ""),
    ],
)
def test_a_refusal_is_explained_in_the_words_of_who_refuses(content: bytes, words: str) -> None:
    assert words_of(content) == words.strip()


def test_a_secret_in_those_words_is_masked_and_they_are_not_endless() -> None:
    assert words_of(b'{"message": "no hidden"}', "", "hidden") == "no ***"
    assert len(words_of(b"x" * 9000)) < 1000


def test_a_redirect_is_named_with_the_url_to_set() -> None:
    path = "/api/v3/movie"
    to_https = redirect_fix("Radarr redirects it", path, f"https://radarr.lan{path}", "hint")
    assert to_https == (f"Radarr redirects it to https://radarr.lan{path}", "set url to https://radarr.lan")
    assert (
        redirect_fix("x", path, f"http://r:7878/radarr{path}", "hint")[1] == "set url to http://r:7878/radarr"
    )
    assert redirect_fix("x", path, "http://r:7878/login", "hint") == ("x to http://r:7878/login", "hint")
    assert redirect_fix("x", path, "", "hint") == ("x", "hint")
