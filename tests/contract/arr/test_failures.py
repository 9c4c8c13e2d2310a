"""How every arr's failures are named: what the caller does next, in the arr's own words, without the key."""

import contextlib
import traceback
import tracemalloc

import httpx
import msgspec
import pytest

from mesharr.arr.base import ArrKind
from mesharr.arr.shared.api import ServerError
from mesharr.core.errors import Collision, MesharrError, Outage, Refused, Unavailable
from tests.contract.arr.contract import KEY, METHODS, Handler, calls, connected, known_kinds

for_each_kind = pytest.mark.parametrize("kind", known_kinds(), ids=lambda kind: kind.name)


class Failure(msgspec.Struct, frozen=True):
    """A way to fail, the error it must be, and words its text must have."""

    handler: Handler
    error: type[MesharrError]
    words: tuple[str, ...]


def _answer(status: int, content: bytes = b"", **headers: str) -> Handler:
    return lambda _: httpx.Response(status, content=content, headers=headers)


def _raising(error: Exception) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        raise error

    return handle


VALIDATION = (
    b'[{"propertyName":"Path","errorMessage":"Path \'/m\' is already configured for an existing movie",'
    b'"severity":"error"},{"propertyName":"QualityProfileId",'
    b'"errorMessage":"Quality Profile does not exist"}]'
)
PROBLEM = (
    b'{"type":"https://tools.ietf.org/html/rfc9110","title":"One or more validation errors occurred.",'
    b'"status":400,"errors":{"$.qualityProfileId":["The JSON value could not be converted to Int32."]}}'
)
FAILURES = {
    "wrong key": Failure(_answer(401), Refused, ("refuses the API key (401)", "Settings > General")),
    "forbidden": Failure(_answer(403), Refused, ("refuses the API key (403)", "Settings > General")),
    "server error": Failure(
        _answer(500, b'{"message":"database is locked"}'), Unavailable, ("500", "is locked")
    ),
    "proxy": Failure(_answer(502, b"<html>Bad Gateway</html>"), Outage, ("502",)),
    "proxy, no answer": Failure(_answer(504, b"error code: 504"), Outage, ("504", "error code")),
    "proxy of Cloudflare": Failure(_answer(521, b"error code: 521"), Outage, ("521",)),
    "stopped": Failure(_answer(503), Outage, ("503",)),
    "starting": Failure(
        _answer(503, b'{"errorMessage":"Radarr is starting up, please try again later"}'),
        Outage,
        ("503", "is starting up"),
    ),
    "no metadata": Failure(
        _answer(503, b'{"message":"Unable to communicate with RadarrAPI","description":"at NzbDrone"}'),
        ServerError,
        ("503", "RadarrAPI"),
    ),
    "too many": Failure(_answer(429), Unavailable, ("429",)),
    "login page": Failure(_answer(200, b"<html>login</html>"), Refused, ("not JSON", "check that url")),
    "wrong encoding": Failure(_answer(200, "[]".encode("utf-16")), Refused, ("not JSON",)),
    "url base": Failure(_answer(307, location="/radarr/api"), Refused, ("redirects", "URL base")),
    "validation": Failure(
        _answer(400, VALIDATION), Refused, ("already configured", "Profile does not exist")
    ),
    "problem details": Failure(
        _answer(400, PROBLEM),
        Refused,
        ("(400): One or more", "$.qualityProfileId: The JSON value could not be converted to Int32."),
    ),
    "in plain text": Failure(_answer(400, b"Bad path\n"), Refused, ("(400): Bad path",)),
    "another scheme": Failure(
        lambda request: httpx.Response(
            301, headers={"location": str(request.url).replace("http:", "https:")}
        ),
        Refused,
        ("to https://", "set url to https://"),
    ),
    "bad request": Failure(_answer(400, b'{"message":"Invalid id"}'), Refused, ("(400): Invalid id",)),
    "conflict": Failure(_answer(409, b'{"message":"constraint failed"}'), Refused, ("constraint failed",)),
    "added meanwhile": Failure(
        _answer(409, b'{"message":"constraint failed\\nUNIQUE constraint failed: MovieMetadata.TmdbId"}'),
        Collision,
        ("409", "UNIQUE constraint failed"),
    ),
    "list of nothing": Failure(_answer(400, b"[1, {}]"), Refused, ("(400)",)),
    "time-out": Failure(_raising(httpx.ReadTimeout("")), Outage, ("did not answer", "in time")),
    "refused": Failure(_raising(httpx.ConnectError("refused")), Outage, ("cannot be reached: refused",)),
    "cut off": Failure(_raising(httpx.RemoteProtocolError("")), Outage, ("RemoteProtocolError",)),
    "no scheme": Failure(_raising(httpx.UnsupportedProtocol("no http")), Refused, ("start url with http",)),
    "broken key": Failure(
        _raising(httpx.LocalProtocolError(f"Illegal header value b'{KEY}\\n'")),
        Refused,
        ("the API key is not",),
    ),
    "with the key": Failure(_answer(500, f'{{"message":"no {KEY}"}}'.encode()), Unavailable, ("no ***",)),
    "refused with the key": Failure(_answer(400, f'{{"message":"no {KEY}"}}'.encode()), Refused, ("no ***",)),
}


@for_each_kind
@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_a_failure_is_named_by_what_the_caller_does_next(kind: ArrKind, failure: Failure) -> None:
    found = {call: _unlike(kind, call, failure) for call in METHODS}
    assert {call: said for call, said in found.items() if said} == {}


def _unlike(kind: ArrKind, call: str, failure: Failure) -> str:
    """Return what a call that fails says otherwise than it must, "" for nothing."""
    arr = connected(kind, failure.handler)
    try:
        calls(kind)[call](arr)
    except MesharrError as error:
        shown = "".join(traceback.format_exception(error))
        if KEY in f"{error!r} {error} {shown} {arr!r} {vars(arr)}":
            return "it names the key"
        if not isinstance(error, failure.error) or kind.title not in error.what:
            return repr(error)
        absent = [words for words in failure.words if words not in str(error)]
        return f"{error} lacks {absent}" if absent else ""
    return "nothing is raised"


@for_each_kind
@pytest.mark.parametrize(
    "call", ["read", "read_all", "check_settings", "history_since", "scans", "library_info", "rescan"]
)
def test_a_404_for_what_every_arr_has_is_a_wrong_url_and_never_an_empty_library(
    kind: ArrKind, call: str
) -> None:
    with pytest.raises(Refused):
        calls(kind)[call](connected(kind, _answer(404)))


@for_each_kind
@pytest.mark.parametrize("call", ["read", "read_all", "history_since", "scans", "library_info"])
@pytest.mark.parametrize(
    "content", [b"", b'"hello"', b"[1]", b'[{"id":"x","movie":"y","series":"y","artist":"y","author":"y"}]']
)
def test_json_of_another_program_is_refused(kind: ArrKind, call: str, content: bytes) -> None:
    with pytest.raises(Refused, match=r"url points at \w+ itself"):
        calls(kind)[call](connected(kind, _answer(200, content)))


@for_each_kind
@pytest.mark.parametrize("call", ["remove", "move", "command_ended"])
def test_what_is_gone_needs_nothing_done(kind: ArrKind, call: str) -> None:
    assert calls(kind)[call](connected(kind, _answer(404))) in {None, True}


@for_each_kind
def test_a_long_list_takes_memory_only_for_the_members_that_are_used(kind: ArrKind) -> None:
    """A real film is several KiB, most of it images, ratings and translations that nobody here asks for."""
    chaff = ",".join(f'"chaff{n}":["{n}",{{"a":{n}.5}}]' for n in range(300))
    row = f'{{"id":1,"title":"A","path":"/a",{chaff}}}'
    content = f"[{','.join([row] * 300)}]".encode()
    arr = connected(kind, lambda _: httpx.Response(200, content=content))
    tracemalloc.start()
    with contextlib.suppress(MesharrError):  # no arr says this of all that is asked
        list(arr.read_all())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < len(content)
