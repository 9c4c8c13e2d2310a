"""Decode the answers of other programs: their JSON, and their reasons for a failure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec

from mesharr.core.secrets import Scrubber

Shape = TypeVar("Shape")

NOT_JSON: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding raises for bytes that are no JSON, or none of the expected shape."""
_WORDS: Final = ("message", "errormessage", "error", "detail", "title", "responsestatus")
"""The members of an answer that state why a request failed, in lower case, the most telling first."""
_BOM: Final = b"\xef\xbb\xbf"
_LONGEST: Final = 400
_STARTING: Final = 503
_OF_PROXIES: Final = frozenset({502, 504, *range(520, 528), 530})
"""The statuses by which a proxy, or Cloudflare, says that it does not reach the program behind it."""


def decoded(content: bytes, shape: type[Shape]) -> Shape:
    """Return JSON as a `shape`; a null that it does not allow is a missing member.

    Programs write null for a list or a text without content as freely as they leave it out.
    Raises one of `NOT_JSON`; `msgspec.ValidationError` for JSON of another shape.
    """
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError:
        # one by one: as Python objects a list of 20 000 films would take some hundred MiB
        if get_origin(shape) is list:
            (row_shape,) = get_args(shape)
            rows = msgspec.json.decode(content, type=list[msgspec.Raw])
            return [decoded(bytes(row), row_shape) for row in rows if bytes(row) != b"null"]  # type: ignore[return-value]  # mypy cannot follow that `shape` is this list
        return _decoded_without_nulls(content, shape)


def _decoded_without_nulls(content: bytes, shape: type[Shape]) -> Shape:
    return msgspec.json.decode(msgspec.json.encode(without_nulls(msgspec.json.decode(content))), type=shape)


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the members and elements that are null, at any depth."""
    if isinstance(value, Mapping):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value if each is not None]
    return value


class _ErrorBody(msgspec.Struct, frozen=True):
    message: str | None = None


def says_down(status: int, content: bytes) -> bool:
    """Return whether an answer says that an app does not run, or is starting.

    An app that runs answers 503, with an error's `message`, while its metadata server does not answer.
    """
    if status != _STARTING:
        return status in _OF_PROXIES
    try:
        return decoded(content, _ErrorBody).message is None
    except NOT_JSON:
        return True


def words_of(content: bytes, *secrets: str) -> str:
    """Return why a program refused a request, in its own words on one line; "": no reason.

    `secrets` are masked, and whatever looks like one. Known forms: a message, a list of validation errors,
    the problem details of ASP.NET (`title`, and `errors` by member), ServiceStack's `ResponseStatus`, text;
    the case of members does not matter. A page of HTML says nothing.
    """
    content = content.removeprefix(_BOM)
    try:
        text = "; ".join(dict.fromkeys(each for each in _words(msgspec.json.decode(content)) if each))
    except NOT_JSON:
        text = _plain_text(content)
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return Scrubber(secrets).scrub(text)[:_LONGEST]


def failure_text(error: Exception, *secrets: str) -> str:
    """Return what an error of a request says, without `secrets` and what looks like one."""
    return Scrubber(secrets).scrub(str(error) or type(error).__name__)[:_LONGEST]


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, Mapping):
        members = {str(name).lower(): each for name, each in value.items()}
        errors = members.get("errors")
        if isinstance(errors, Mapping):
            named = ((f"{name}: " if name else "", " ".join(_words(each))) for name, each in errors.items())
            yield " ".join((*_first(members), "; ".join(name + text for name, text in named)))
        elif errors:
            yield from _words(errors)
        else:
            yield from _first(members)


def _first(members: Mapping[str, object]) -> tuple[str, ...]:
    """Return the text of the most telling member, of those with names in lower case."""
    found = ("; ".join(_words(members[name])) for name in _WORDS if name in members)
    return tuple(text for text in found if text)[:1]


def _plain_text(content: bytes) -> str:
    try:
        text = content.decode().strip()
    except UnicodeError:
        return ""
    return "" if text.startswith("<") else text


PUBLIC_PAGES: Final = ("/login", "/System/Info/Public")
"""What Radarr and its kin, and Jellyfin and Emby, show to anybody. Plex names itself in each answer."""
_KIN: Final = ("Radarr", "Sonarr", "Lidarr", "Readarr", "Prowlarr", "Whisparr")
_PAGE_TITLE: Final = re.compile(rf"<title>(?:Login - )?({'|'.join(_KIN)})\s*</title>".encode())
_BASIC: Final = re.compile(f'Basic realm="({"|".join(_KIN)})"')


class _PublicInfo(msgspec.Struct, frozen=True, rename="pascal"):
    """What Jellyfin and Emby say of themselves to anybody; only Jellyfin names its product."""

    id: str
    version: str
    server_name: str
    product_name: str = "Emby"


def program_in(headers: Mapping[str, str], content: bytes) -> str:
    """Return which program an answer comes from, "" when it names none."""
    if "x-plex-protocol" in headers:
        return "Plex"
    if named := _BASIC.match(headers.get("www-authenticate", "")):
        return named[1]
    if titled := _PAGE_TITLE.search(content):
        return titled[1].decode()
    try:
        return decoded(content, _PublicInfo).product_name.partition(" ")[0]
    except NOT_JSON:
        return ""


def other_program(title: str, found: str) -> tuple[str, str] | None:
    """Return that another program than `title` was found at its url, and the fix, else None.

    Only the name of one that is known counts: a fork of an app may have a name of its own.
    """
    if found == title or found not in {*_KIN, "Plex", "Jellyfin", "Emby"}:
        return None
    return f"{found} answers at the url of {title}", f"set url to where {title} answers"


def redirect_fix(what: str, path: str, target: str, hint: str) -> tuple[str, str]:
    """Return what is wrong with a redirect of `path`, which `what` describes, and the fix.

    `target` is the URL that it names, with neither query nor login. Where that ends with `path`, what stands
    before is the url to set; else the fix is `hint`.
    """
    if not target:
        return what, hint
    what = f"{what} to {target}"
    return what, f"set url to {target.removesuffix(path)}" if target.endswith(path) else hint


def tls_failure(
    title: str, error: BaseException, *, url: str = "url", ca_file: str = "ca_file"
) -> tuple[str, str] | None:
    """Return what is wrong with the TLS of a connection, and the fix; None: nothing.

    `url` and `ca_file` are the settings that the fix names.
    """
    each: BaseException | None = error
    while each is not None:
        if reason := getattr(each, "verify_message", ""):
            trust = f"set {ca_file} to the server's certificate or its authority's (PEM)"
            return f"{title}'s certificate is not accepted: {reason}", f"{trust}, and {url} to a name in it"
        if getattr(each, "reason", "") in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}:
            return f"{title} does not speak https at this {url}", f"start {url} with http://"
        each = each.__cause__ or each.__context__
    return None
